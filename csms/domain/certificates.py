"""What certificates and signing requests say (X.509, PKCS #10), and which requests we may sign.

Read only: that a signature is right is for the authority to tell. Extensions that a request asks
for are never looked at: what a certificate may do is ours to say (A02, A03).
"""

import base64
import binascii
import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from csms.domain import asn1
from csms.domain.asn1 import DerFault, Node, at

COMMON_NAME: Final = "2.5.4.3"
ORGANIZATION: Final = "2.5.4.10"
RSA: Final = "1.2.840.113549.1.1.1"
ELLIPTIC: Final = "1.2.840.10045.2.1"
CURVE_BITS: Final[Mapping[str, int]] = {
    "1.2.840.10045.3.1.7": 256,
    "1.3.132.0.34": 384,
    "1.3.132.0.35": 521,
}
SMALLEST_RSA_BITS: Final = 2048  # A00.FR.502, .503: 112 bits of strength or more
LARGEST_RSA_BITS: Final = 8192


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
    """A public key: `algorithm` is its OID, `curve` the OID of an elliptic key's curve."""

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
    """What we use of an X.509 certificate; names and the key as their DER bytes."""

    serial_number: str
    common_names: tuple[str, ...]
    organizations: tuple[str, ...]
    not_before: datetime
    not_after: datetime
    issuer: bytes
    subject: bytes
    key_bits: bytes

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
    algorithm = hash_algorithm.lower()
    return CertificateHash(
        hash_algorithm=hash_algorithm,
        issuer_name_hash=hashlib.new(algorithm, issuer.subject).hexdigest(),
        issuer_key_hash=hashlib.new(algorithm, issuer.key_bits).hexdigest(),
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
        if key.curve not in CURVE_BITS:
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


def read_csr(pem: str) -> SigningRequest:
    """A request in PEM. Raises DerFault."""
    (encoded,) = _only(_pem_blocks(pem, ("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST")))
    info = asn1.parse(encoded).expect(asn1.SEQUENCE).child(0).expect(asn1.SEQUENCE)
    parts = info.children()
    names = dict(_names(at(parts, 1)))
    return SigningRequest(
        common_names=names.get(COMMON_NAME, ()),
        organizations=names.get(ORGANIZATION, ()),
        key=_key(at(parts, 2)),
    )


def read_chain(pem: str) -> list[Certificate]:
    """The certificates of a PEM text, in its order; at least one. Raises DerFault."""
    found = [_certificate(encoded) for encoded in _pem_blocks(pem, ("CERTIFICATE",))]
    if not found:
        raise DerFault("no certificate")
    return found


def _certificate(encoded: bytes) -> Certificate:
    body = asn1.parse(encoded).expect(asn1.SEQUENCE).child(0).expect(asn1.SEQUENCE)
    parts = body.children()
    if at(parts, 0).tag == 0xA0:  # the version
        parts = parts[1:]
    names = dict(_names(at(parts, 4)))
    not_before, not_after = (_time(one) for one in _two(at(parts, 3).children()))
    key = at(parts, 5).expect(asn1.SEQUENCE).child(1).expect(asn1.BIT_STRING)
    return Certificate(
        serial_number=f"{int.from_bytes(at(parts, 0).expect(asn1.INTEGER).content):x}",
        common_names=names.get(COMMON_NAME, ()),
        organizations=names.get(ORGANIZATION, ()),
        not_before=not_before,
        not_after=not_after,
        issuer=at(parts, 2).raw,
        subject=at(parts, 4).raw,
        key_bits=key.content[1:],
    )


def _names(subject: Node) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Attribute type → its values, in order."""
    found: dict[str, list[str]] = {}
    for relative in subject.expect(asn1.SEQUENCE).children():
        for attribute in relative.expect(asn1.SET).children():
            kind, value = _two(attribute.expect(asn1.SEQUENCE).children())
            text = value.content.decode("utf-8", errors="replace")
            found.setdefault(asn1.read_oid(kind), []).append(text)
    return ((kind, tuple(values)) for kind, values in found.items())


def _key(info: Node) -> SubjectKey:
    identifier, bits = _two(info.expect(asn1.SEQUENCE).children())
    parts = identifier.expect(asn1.SEQUENCE).children()
    algorithm = asn1.read_oid(at(parts, 0))
    if algorithm == ELLIPTIC:
        curve = asn1.read_oid(at(parts, 1)) if at(parts, 1).tag == asn1.OID else None
        return SubjectKey(algorithm=algorithm, bits=CURVE_BITS.get(curve or "", 0), curve=curve)
    if algorithm == RSA:
        numbers = asn1.parse(bits.expect(asn1.BIT_STRING).content[1:]).children()
        modulus = int.from_bytes(at(numbers, 0).expect(asn1.INTEGER).content)
        return SubjectKey(algorithm=algorithm, bits=modulus.bit_length())
    return SubjectKey(algorithm=algorithm, bits=0)


def _time(node: Node) -> datetime:
    """UTCTime or GeneralizedTime, as RFC 5280 §4.1.2.5 restricts them."""
    text = node.content.decode("ascii", errors="replace")
    if node.tag == asn1.UTC_TIME:
        text = ("19" if text[:2] >= "50" else "20") + text
    try:
        return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
    except ValueError as fault:
        raise DerFault("not a time") from fault


def _pem_blocks(pem: str, labels: Collection[str]) -> list[bytes]:
    blocks: list[bytes] = []
    lines: list[str] | None = None
    for line in pem.replace("\\n", "\n").splitlines():
        said = line.strip()
        if said.startswith("-----BEGIN ") and said[11:-5] in labels:
            lines = []
        elif said.startswith("-----END ") and lines is not None:
            try:
                blocks.append(base64.b64decode("".join(lines), validate=True))
            except binascii.Error as fault:
                raise DerFault("not PEM") from fault
            lines = None
        elif lines is not None:
            lines.append(said)
    return blocks


def _only(blocks: list[bytes]) -> list[bytes]:
    if len(blocks) != 1:
        raise DerFault("not exactly one PEM block")
    return blocks


def _two(nodes: list[Node]) -> tuple[Node, Node]:
    if len(nodes) != 2:
        raise DerFault("not two values")
    return nodes[0], nodes[1]
