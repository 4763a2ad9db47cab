"""Get15118EVCertificate (OCPP 2.0.1, M01 and M02): passed on to the pool, its answer passed back.

What the vehicle and the pool say to each other is EXI that only they read.
"""

from dataclasses import dataclass
from datetime import datetime

from csms.domain.facts import Noticed
from csms.domain.ids import ChargingStationId
from csms.domain.messages_certificates import Get15118EVCertificate, Get15118EVCertificateAnswer
from csms.handlers.notice import Severity
from csms.handlers.ports import Journal
from csms.handlers.ports_security import AuthorityUnavailable, ContractCertificates


@dataclass(frozen=True, slots=True)
class Get15118EVCertificateHandler:
    journal: Journal
    contracts: ContractCertificates

    async def handle(
        self, station_id: ChargingStationId, request: Get15118EVCertificate, now: datetime
    ) -> Get15118EVCertificateAnswer:
        reason = "NoContract"
        try:
            told = await self.contracts.answer(station_id, request)
            if told is not None and len(told.exi_response) > request.longest:
                told, reason = None, "AnswerTooLong"
        except AuthorityUnavailable:
            told, reason = None, "PoolUnavailable"
        noticed = Noticed(
            station_id=station_id,
            kind="Get15118EVCertificate",
            at=now,
            received_at=now,
            severity=(Severity.WARNING if told is None else Severity.INFO).value,
            payload={"action": request.action, "result": reason if told is None else "Accepted"},
        )
        await self.journal.commit([noticed])
        if told is None:
            return Get15118EVCertificateAnswer(accepted=False, reason=reason)
        return Get15118EVCertificateAnswer(
            accepted=True, exi_response=told.exi_response, remaining=told.remaining
        )
