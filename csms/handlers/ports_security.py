"""What blocks A and M ask of the outside: an authority that signs, pools, responders, passwords."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from cryptography import x509

from csms.domain.certificates import CertificateHash, CertificateUse, CsrRefusal
from csms.domain.crl import ListAnswer
from csms.domain.ids import ChargingStationId
from csms.domain.messages_certificates import Get15118EVCertificate
from csms.domain.ocsp import OcspAnswer


@dataclass(frozen=True, slots=True)
class IssuedCertificate:
    """A chain in PEM, the station's own certificate first."""

    chain: str
    serial_number: str
    not_after: datetime


class AuthorityUnavailable(Exception):  # noqa: N818 - the state of the world
    """The authority (or pool, or responder) cannot be reached or does not work: try again."""


class CertificateAuthority(Protocol):
    """Who signs for us: a dedicated server (A02.FR.04), or the local one."""

    @property
    def organization(self) -> str | None:
        """What O a station's certificate must name (A00.FR.404); None: any."""

    async def proves_its_key(self, csr: str) -> bool:
        """Whether the request's own signature is right. Raises AuthorityUnavailable."""

    async def issue(self, csr: str, use: CertificateUse | None) -> IssuedCertificate | CsrRefusal:
        """Sign. Raises AuthorityUnavailable."""


class StationSecurity(Protocol):
    """What the store knows of a station's identity."""

    async def names(
        self, station_id: ChargingStationId, use: CertificateUse | None
    ) -> frozenset[str]:
        """The common names that a certificate of this use may bear. Raises StoreUnavailable."""

    async def profile(self, station_id: ChargingStationId) -> int:
        """The security profile it has reached. Raises StoreUnavailable."""


class Passwords(Protocol):
    """Makes passwords; only their HMACs are ever stored."""

    def new(self, station_id: ChargingStationId) -> tuple[str, bytes]:
        """A random password of 32 characters (A01.FR.07), and what is kept of it."""


@dataclass(frozen=True, slots=True)
class ContractCertificate:
    """An EXI response in base64; `remaining` more wait, None: the vehicle takes one alone."""

    exi_response: str
    remaining: int | None = None


class ContractCertificates(Protocol):
    """The pool of contract certificates: it reads EXI, we do not (M01, M02)."""

    async def answer(
        self, station_id: ChargingStationId, request: Get15118EVCertificate
    ) -> ContractCertificate | None:
        """The next contract for this request; None: there is none. Raises AuthorityUnavailable."""


class CertificateStatuses(Protocol):
    """OCSP responders, and who publishes revocation lists."""

    async def ask(
        self,
        certificate: CertificateHash,
        responder_url: str,
        issuers: Sequence[x509.Certificate] = (),
    ) -> OcspAnswer:
        """What a responder says of `certificate`, and may say: `issuers` are candidates beside
        those that are known. Raises AuthorityUnavailable; DerFault: no answer that counts."""

    async def look_up(
        self, certificate: CertificateHash, list_url: str, issuers: Sequence[x509.Certificate] = ()
    ) -> ListAnswer:
        """What the list at `list_url` says of it. Raises as `ask`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Security:
    """All of it, as one thing to wire."""

    authority: CertificateAuthority
    stations: StationSecurity
    passwords: Passwords
    contracts: ContractCertificates
    statuses: CertificateStatuses
