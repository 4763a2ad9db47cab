"""Contract certificates (OCPP 2.0.1, C07): what they add to the status of an eMAID."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from csms.domain.authorization import AuthorizationStatus, IdTokenInfo


class CertificateStatus(StrEnum):
    """AuthorizeCertificateStatusEnumType."""

    ACCEPTED = "Accepted"
    SIGNATURE_ERROR = "SignatureError"
    EXPIRED = "CertificateExpired"
    REVOKED = "CertificateRevoked"
    NONE_AVAILABLE = "NoCertificateAvailable"
    CHAIN_ERROR = "CertChainError"
    CONTRACT_CANCELLED = "ContractCancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class OcspQuery:
    """OCSPRequestDataType: a certificate named by hashes, and who knows whether it is revoked."""

    hash_algorithm: str
    issuer_name_hash: str
    issuer_key_hash: str
    serial_number: str
    responder_url: str


CANCELLED: Final[AbstractSet[AuthorizationStatus]] = frozenset(
    {
        AuthorizationStatus.BLOCKED,
        AuthorizationStatus.EXPIRED,
        AuthorizationStatus.INVALID,
        AuthorizationStatus.UNKNOWN,
    }
)


def with_certificate(
    info: IdTokenInfo, found: CertificateStatus
) -> tuple[IdTokenInfo, CertificateStatus]:
    """Token and certificate together (C07.FR.13…17): a bad chain spoils a good token."""
    if found is CertificateStatus.ACCEPTED:
        cancelled = info.status in CANCELLED
        return info, CertificateStatus.CONTRACT_CANCELLED if cancelled else found
    expired = found is CertificateStatus.EXPIRED
    status = AuthorizationStatus.EXPIRED if expired else AuthorizationStatus.INVALID
    return replace(info, status=status), found
