"""What certificates and signing requests say (X.509, PKCS #10), and which requests we may sign.

Read only: that a signature is right is for the authority to tell. Extensions that a request asks
for are never looked at: what a certificate may do is ours to say (A02, A03).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509 import ocsp
from cryptography.x509.oid import NameOID

RSA: Final = "RSA"
ELLIPTIC: Final = "EC"
OTHER: Final = "other"
CURVES: Final = frozenset({"secp256r1", "secp384r1", "secp521r1"})
SMALLEST_RSA_BITS: Final = 2048  # A00.FR.502, .503: 112 bits of strength or more
LARGEST_RSA_BITS: Final = 8192
HASHES: Final[Mapping[str, hashes.HashAlgorithm]] = {
    "SHA256": hashes.SHA256(),
    "SHA384": hashes.SHA384(),
    "SHA512": hashes.SHA512(),
}
UNREADABLE: Final = (ValueError, x509.InvalidVersion, UnsupportedAlgorithm)


class DerFault(ValueError):  # noqa: N818 - the state of some bytes
    """Not DER (or PEM), or not what was expected there."""


class CertificateUse(StrEnum):
    """CertificateSigningUseEnumType; V2G20 is ISO 15118-20's, in OCPP 2.1."""

    CHARGING_STATION = "ChargingStationCertificate"
    V2G = "V2GCertificate"
    V2G20 = "V2G20Certificate"


class CsrRefusal(StrEnum):
    """Why a signing request is not signed."""

    UNREADABLE = "csr_unreadable"
    WRONG_SIGNATURE = "csr_signature_wrong"
    WRONG_COMMON_NAME = "common_name_is_not_the_station"
    WRONG_ORGANIZATION = "organization_is_not_ours"
    KEY_TOO_WEAK = "key_too_weak"
    KEY_UNKNOWN = "key_algorithm_not_allowed"


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectKey:
    """A public key: `algorithm` is RSA, ELLIPTIC or OTHER, `curve` the SEC 2 name of a curve."""

    algorithm: str
    bits: int
    curve: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningRequest:
    """A PKCS #10 request: who asks, with which key."""

    common_names: tuple[str, ...]
    organizations: tuple[str, ...]
    key: SubjectKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What we use of an X.509 certificate; `whole` is all that it says."""

    serial_number: str
    common_names: tuple[str, ...]
    organizations: tuple[str, ...]
    not_before: datetime
    not_after: datetime
    issuer: x509.Name
    subject: x509.Name
    whole: x509.Certificate

    @property
    def self_issued(self) -> bool:
        """Whether it names itself as its issuer: a root."""
        return self.issuer == self.subject


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateHash:
    """CertificateHashDataType: how stations name a certificate."""

    hash_algorithm: str
    issuer_name_hash: str
    issuer_key_hash: str
    serial_number: str


def certificate_hash(
    certificate: Certificate, issuer: Certificate, hash_algorithm: str = "SHA256"
) -> CertificateHash:
    """RFC 6960 §4.1.1: hashes of the issuer's name and of its key's bits."""
    whole = (certificate.whole, issuer.whole)
    named = ocsp.OCSPRequestBuilder().add_certificate(*whole, HASHES[hash_algorithm]).build()
    return CertificateHash(
        hash_algorithm=hash_algorithm,
        issuer_name_hash=named.issuer_name_hash.hex(),
        issuer_key_hash=named.issuer_key_hash.hex(),
        serial_number=certificate.serial_number,
    )


def csr_refusal(
    request: SigningRequest, names: Collection[str], organization: str | None
) -> CsrRefusal | None:
    """Why we do not sign `request` of a station that may be called `names`; None: sign it.

    `organization` None: any, but there must be one (A00.FR.404, .405).
    """
    key = request.key
    if key.algorithm == ELLIPTIC:
        if key.curve not in CURVES:
            return CsrRefusal.KEY_UNKNOWN
    elif key.algorithm != RSA:
        return CsrRefusal.KEY_UNKNOWN
    elif not SMALLEST_RSA_BITS <= key.bits <= LARGEST_RSA_BITS:
        return CsrRefusal.KEY_TOO_WEAK
    if len(request.common_names) != 1 or request.common_names[0] not in names:
        return CsrRefusal.WRONG_COMMON_NAME
    if len(request.organizations) != 1:
        return CsrRefusal.WRONG_ORGANIZATION
    if organization is not None and request.organizations[0] != organization:
        return CsrRefusal.WRONG_ORGANIZATION
    return None


def load_csr(pem: str) -> x509.CertificateSigningRequest:
    """The one request of a PEM text. Raises DerFault."""
    text = _lines(pem)
    if text.count("CERTIFICATE REQUEST-----") != 2:  # its first line and its last
        raise DerFault("not exactly one PEM block")
    try:
        return x509.load_pem_x509_csr(text.encode())
    except UNREADABLE as fault:
        raise DerFault("not a signing request") from fault


def read_csr(pem: str) -> SigningRequest:
    """A request in PEM. Raises DerFault."""
    request = load_csr(pem)
    try:
        return SigningRequest(
            common_names=_values(request.subject, NameOID.COMMON_NAME),
            organizations=_values(request.subject, NameOID.ORGANIZATION_NAME),
            key=_key(request),
        )
    except UNREADABLE as fault:
        raise DerFault("not a signing request") from fault


def read_chain(pem: str) -> list[Certificate]:
    """The certificates of a PEM text, in its order; at least one. Raises DerFault."""
    try:
        return [
            certificate_of(one) for one in x509.load_pem_x509_certificates(_lines(pem).encode())
        ]
    except UNREADABLE as fault:
        raise DerFault("not certificates") from fault


def certificate_of(whole: x509.Certificate) -> Certificate:
    """What we use of it. Raises ValueError if it says what cannot be."""
    return Certificate(
        serial_number=f"{whole.serial_number:x}",
        common_names=_values(whole.subject, NameOID.COMMON_NAME),
        organizations=_values(whole.subject, NameOID.ORGANIZATION_NAME),
        not_before=whole.not_valid_before_utc,
        not_after=whole.not_valid_after_utc,
        issuer=whole.issuer,
        subject=whole.subject,
        whole=whole,
    )


def _values(name: x509.Name, kind: x509.ObjectIdentifier) -> tuple[str, ...]:
    return tuple(str(one.value) for one in name.get_attributes_for_oid(kind))


def _key(request: x509.CertificateSigningRequest) -> SubjectKey:
    try:
        key = request.public_key()
    except UnsupportedAlgorithm:
        return SubjectKey(algorithm=OTHER, bits=0)
    if isinstance(key, EllipticCurvePublicKey):
        return SubjectKey(algorithm=ELLIPTIC, bits=key.key_size, curve=key.curve.name)
    if isinstance(key, RSAPublicKey):
        return SubjectKey(algorithm=RSA, bits=key.key_size)
    return SubjectKey(algorithm=OTHER, bits=0)


def _lines(pem: str) -> str:
    """Some stations escape the ends of lines twice."""
    return pem.replace("\\n", "\n")
