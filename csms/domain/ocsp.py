"""OCSP (RFC 6960): the request for one certificate known by its hashes, and what an answer says.

A station asks with hashes and a responder's URL (M06); who is asked, and how, is the shell's.
"""

from dataclasses import dataclass

from cryptography.hazmat.primitives.hashes import HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from csms.domain.certificates import HASHES, UNREADABLE, CertificateHash, DerFault


@dataclass(frozen=True, slots=True)
class OcspAnswer:
    """`state` of the certificate we asked for: "good", "revoked" or "unknown"."""

    state: str


def named_by(asked: CertificateHash) -> tuple[bytes, bytes, int, HashAlgorithm]:
    """CertID (§4.1.1): the hashes of the issuer's name and key, the serial number, the algorithm.

    Raises DerFault for hashes that are none.
    """
    try:
        algorithm = HASHES[asked.hash_algorithm]
        name, key = bytes.fromhex(asked.issuer_name_hash), bytes.fromhex(asked.issuer_key_hash)
        serial = int(asked.serial_number, 16)
    except (ValueError, KeyError) as fault:
        raise DerFault("not hashes") from fault
    if serial < 0 or {len(name), len(key)} != {algorithm.digest_size}:
        raise DerFault("not hashes")
    return name, key, serial, algorithm


def request_for(asked: CertificateHash) -> bytes:
    """The DER of an unsigned OCSPRequest (§4.1.1). Raises DerFault for hashes that are none."""
    request = ocsp.OCSPRequestBuilder().add_certificate_by_hash(*named_by(asked)).build()
    return request.public_bytes(Encoding.DER)


def read_answer(response: bytes, asked: CertificateHash) -> OcspAnswer:
    """What a responder says of `asked`. Raises DerFault: an error, or not about it (§4.2.1)."""
    ours = named_by(asked)[:3]
    try:
        told = ocsp.load_der_ocsp_response(response)
        if told.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            raise DerFault("the responder did not answer")
        for one in told.responses:
            if (one.issuer_name_hash, one.issuer_key_hash, one.serial_number) == ours:
                return OcspAnswer(one.certificate_status.name.lower())
    except UNREADABLE as fault:
        raise DerFault("not an OCSP response") from fault
    raise DerFault("the answer is about something else")
