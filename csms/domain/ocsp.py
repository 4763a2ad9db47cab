"""OCSP (RFC 6960): the request for one certificate known by its hashes, and what an answer says.

A station asks with hashes and a responder's URL (M06); who is asked, and how, is the shell's.
"""

from dataclasses import dataclass
from typing import Final

from csms.domain import der
from csms.domain.certificates import CertificateHash
from csms.domain.der import DerFault

HASHES: Final = {
    "SHA256": "2.16.840.1.101.3.4.2.1",
    "SHA384": "2.16.840.1.101.3.4.2.2",
    "SHA512": "2.16.840.1.101.3.4.2.3",
}
BASIC: Final = "1.3.6.1.5.5.7.48.1.1"
SUCCESSFUL: Final = 0


@dataclass(frozen=True, slots=True)
class OcspAnswer:
    """`state` of the certificate we asked for: "good", "revoked" or "unknown"."""

    state: str


def request_for(asked: CertificateHash) -> bytes:
    """The DER of an unsigned OCSPRequest (§4.1.1). Raises DerFault for hashes that are none."""
    return _sequence(_sequence(_sequence(_sequence(_cert_id(asked)))))


def read_answer(response: bytes, asked: CertificateHash) -> OcspAnswer:
    """What a responder says of `asked`. Raises DerFault: an error, or not about it (§4.2.1)."""
    status, *rest = der.parse(response).expect(der.SEQUENCE).children()
    if int.from_bytes(status.expect(der.ENUMERATED).content) != SUCCESSFUL or not rest:
        raise DerFault("the responder did not answer")
    kind, body = rest[0].children()[0].expect(der.SEQUENCE).children()
    if der.read_oid(kind) != BASIC:
        raise DerFault("not a basic OCSP response")
    data = der.parse(body.expect(der.OCTET_STRING).content).children()[0]
    for single in next(one for one in data.children() if one.tag == der.SEQUENCE).children():
        cert_id, state, *_ = single.expect(der.SEQUENCE).children()
        if _same(cert_id, asked):
            return OcspAnswer(("good", "revoked", "unknown")[state.tag & 0x1F])
    raise DerFault("the answer is about something else")


def _same(cert_id: der.Node, asked: CertificateHash) -> bool:
    """By its values: responders spell the algorithm with parameters or without."""
    ours = der.parse(_cert_id(asked)).children()
    return [one.raw for one in cert_id.children()[1:]] == [one.raw for one in ours[1:]]


def _cert_id(asked: CertificateHash) -> bytes:
    try:
        name, key = bytes.fromhex(asked.issuer_name_hash), bytes.fromhex(asked.issuer_key_hash)
        serial = int(asked.serial_number, 16)
        algorithm = _sequence(der.write_oid(HASHES[asked.hash_algorithm]), der.write(der.NULL, b""))
    except (ValueError, KeyError) as fault:
        raise DerFault("not hashes") from fault
    name_hash, key_hash = der.write(der.OCTET_STRING, name), der.write(der.OCTET_STRING, key)
    return _sequence(algorithm, name_hash, key_hash, der.write_integer(serial))


def _sequence(*values: bytes) -> bytes:
    return der.write(der.SEQUENCE, b"".join(values))
