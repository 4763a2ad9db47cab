"""SignCertificate (OCPP 2.0.1, A02 and A03): checked here, signed and sent by a command of ours.

A request repeated (A02.FR.17) is the same request: it is signed once, and again only when the time
to sign it is over: a station that repeats it then never got its certificate.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import NAMESPACE_URL, UUID, uuid5

from csms.domain.certificates import CsrRefusal, DerFault, csr_refusal, read_csr
from csms.domain.commands import Command, CommandKind, CommandPriority
from csms.domain.facts import CommandAsked, Noticed
from csms.domain.facts_security import CertificateRequested
from csms.domain.ids import ChargingStationId
from csms.domain.messages_certificates import (
    AUTHORITY_AWAY,
    SignCertificate,
    SignCertificateAnswer,
)
from csms.handlers.notice import Severity
from csms.handlers.ports import Journal
from csms.handlers.ports_security import AuthorityUnavailable, Security

ISSUE_WITHIN: Final = timedelta(hours=1)
COMBINED: Final = "Combined"


@dataclass(frozen=True, slots=True)
class SignCertificateHandler:
    journal: Journal
    security: Security

    async def handle(
        self, station_id: ChargingStationId, request: SignCertificate, now: datetime
    ) -> SignCertificateAnswer:
        use = request.use.value if request.use else COMBINED
        reason = await self._refusal(station_id, request)
        asked = CertificateRequested(
            certificate_id=_certificate_id(station_id, request, reason),
            station_id=station_id,
            certificate_type=use,
            csr=request.csr,
            at=now,
            status="requested" if reason is None else "refused",
            reason=reason,
        )
        if reason is None:
            await self.journal.commit([asked, CommandAsked(command=_issue(asked, request, now))])
            return SignCertificateAnswer(accepted=True)
        noticed = Noticed(
            station_id=station_id,
            kind="SignCertificate",
            at=now,
            received_at=now,
            severity=Severity.WARNING.value,
            payload={"certificateType": use, "refused": reason},
        )
        await self.journal.commit([asked, noticed])
        return SignCertificateAnswer(accepted=False, reason=reason)

    async def _refusal(self, station_id: ChargingStationId, request: SignCertificate) -> str | None:
        try:
            told = read_csr(request.csr)
        except DerFault:
            return CsrRefusal.UNREADABLE.value
        names = await self.security.stations.names(station_id, request.use)
        if (why := csr_refusal(told, names, self.security.authority.organization)) is not None:
            return why.value
        try:
            if not await self.security.authority.proves_its_key(request.csr):
                return CsrRefusal.WRONG_SIGNATURE.value
        except AuthorityUnavailable:
            return AUTHORITY_AWAY
        return None


def _certificate_id(
    station_id: ChargingStationId, request: SignCertificate, reason: str | None
) -> UUID:
    """The same for every repeat that ends the same way."""
    return uuid5(NAMESPACE_URL, f"v2ghub:csr:{station_id}:{request.use}:{reason}:{request.csr}")


def _issue(asked: CertificateRequested, request: SignCertificate, now: datetime) -> Command:
    attempt = now.timestamp() // ISSUE_WITHIN.total_seconds()
    return Command(
        command_id=uuid5(asked.certificate_id, f"{attempt:.0f}"),
        station_id=asked.station_id,
        kind=CommandKind.ISSUE_CERTIFICATE,
        payload={
            "certificate_id": str(asked.certificate_id),
            "certificate_type": asked.certificate_type,
            "csr": asked.csr,
            "request_id": request.request_id,
        },
        priority=CommandPriority.PROVISIONING,
        created_at=now,
        deadline_at=now + ISSUE_WITHIN,
    )
