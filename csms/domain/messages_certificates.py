"""Blocks A and M: certificates that stations and vehicles ask for."""

from dataclasses import dataclass
from typing import Final

from csms.domain.certificates import CertificateHash, CertificateUse

AUTHORITY_AWAY: Final = "authority_unavailable"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignCertificate:
    """A02, A03 · sign this; `use` None: one certificate for both lines. `request_id` is 2.1's."""

    csr: str
    use: CertificateUse | None = None
    request_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignCertificateAnswer:
    """`accepted`: the certificate follows by CertificateSigned."""

    accepted: bool
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Get15118EVCertificate:
    """M01, M02 · a vehicle wants its contract certificate; `exi_request` is base64, not ours."""

    schema_version: str
    action: str
    exi_request: str
    most_contracts: int | None = None
    """How many the vehicle takes, one an answer; only ISO 15118-20 says so (M01.FR.03 of 2.1)."""
    emaids: tuple[str, ...] = ()
    """Whose contracts it wants first."""
    longest: int = 7_500
    """Characters of an EXI response that the station takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Get15118EVCertificateAnswer:
    """What the pool of contract certificates said, as it said it."""

    accepted: bool
    exi_response: str = ""
    reason: str | None = None
    remaining: int | None = None
    """Contracts that wait for the same request to be sent again (ISO 15118-20)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetCertificateStatus:
    """M06 · is this certificate revoked?"""

    certificate: CertificateHash
    responder_url: str
    longest: int = 5_500
    """Characters of an answer that the station takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetCertificateStatusAnswer:
    """The DER of an OCSPResponse in base64, or why there is none."""

    ocsp_result: str | None = None
    reason: str | None = None


CertificateRequest = SignCertificate | Get15118EVCertificate | GetCertificateStatus
CertificateAnswer = SignCertificateAnswer | Get15118EVCertificateAnswer | GetCertificateStatusAnswer
