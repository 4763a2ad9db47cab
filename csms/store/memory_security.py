"""In-memory security: the fakes of `handlers.ports_security` for the tests of handlers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from cryptography import x509

from csms.clock import wall_now
from csms.domain.certificates import CertificateHash, CertificateUse, CsrRefusal
from csms.domain.crl import ListAnswer, read_list
from csms.domain.ids import ChargingStationId
from csms.domain.messages_certificates import Get15118EVCertificate
from csms.domain.ocsp import OcspAnswer, read_answer
from csms.handlers.ports_security import (
    AuthorityUnavailable,
    ContractCertificate,
    IssuedCertificate,
    Security,
)

NOT_AFTER: Final = datetime(2030, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class MemorySecurity:
    """Every port in one. Set `away` to lose the authority, the pool and the responders."""

    organization: str | None = None
    profiles: dict[ChargingStationId, int] = field(default_factory=dict)
    forged: bool = False
    away: bool = False
    contracts: Mapping[str, str] = field(default_factory=dict)
    responses: Mapping[str, bytes] = field(default_factory=dict)
    issuers: Sequence[x509.Certificate] = ()
    passwords_made: int = 0

    async def proves_its_key(self, csr: str) -> bool:
        """Unless `forged`."""
        self._check()
        return not self.forged

    async def issue(self, csr: str, use: CertificateUse | None) -> IssuedCertificate | CsrRefusal:
        """The request itself, as if it were the chain."""
        self._check()
        return IssuedCertificate(chain=csr, serial_number="1f", not_after=NOT_AFTER)

    async def names(
        self, station_id: ChargingStationId, use: CertificateUse | None
    ) -> frozenset[str]:
        """Its identity."""
        return frozenset({station_id})

    async def profile(self, station_id: ChargingStationId) -> int:
        """1 unless said."""
        return self.profiles.get(station_id, 1)

    def new(self, station_id: ChargingStationId) -> tuple[str, bytes]:
        """A password with a number."""
        self.passwords_made += 1
        password = f"password-of-{station_id}-{self.passwords_made:016}"
        return password, password.encode()[::-1]

    async def answer(
        self, station_id: ChargingStationId, request: Get15118EVCertificate
    ) -> ContractCertificate | None:
        """By the request; it is the last one."""
        self._check()
        told = self.contracts.get(request.exi_request)
        remaining = None if request.most_contracts is None else 0
        return None if told is None else ContractCertificate(told, remaining)

    async def ask(
        self,
        certificate: CertificateHash,
        responder_url: str,
        issuers: Sequence[x509.Certificate] = (),
    ) -> OcspAnswer:
        """By the responder's URL."""
        return read_answer(self._told(responder_url), certificate, issuers, wall_now())

    async def look_up(
        self, certificate: CertificateHash, list_url: str, issuers: Sequence[x509.Certificate] = ()
    ) -> ListAnswer:
        """By the list's URL; `issuers` are known without being told."""
        known = (*issuers, *self.issuers)
        return read_list(self._told(list_url), certificate, known, list_url, wall_now())

    def security(self) -> Security:
        """Itself in every place."""
        return Security(
            authority=self, stations=self, passwords=self, contracts=self, statuses=self
        )

    def _told(self, url: str) -> bytes:
        self._check()
        if url not in self.responses:
            raise AuthorityUnavailable(url)
        return self.responses[url]

    def _check(self) -> None:
        if self.away:
            raise AuthorityUnavailable("gone")
