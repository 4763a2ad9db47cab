"""OCSP (RFC 6960): the request for one certificate known by its hashes, and what an answer says.

A station asks with hashes and a responder's URL (M06); who is asked, and how, is the shell's.
"""

from dataclasses import dataclass
from typing import Final

from csms.domain import asn1
from csms.domain.asn1 import DerFault, Node
from csms.domain.certificates import CertificateHash

HASHES: Final = {
    "SHA256": "2.16.840.1.101.3.4.2.1",
    "SHA384": "2.16.840.1.101.3.4.2.2",
    "SHA512": "2.16.840.1.101.3.4.2.3",
}
BASIC: Final = "1.3.6.1.5.5.7.48.1.1"
SUCCESSFUL: Final = 0
STATES: Final = {0: "good", 1: "revoked", 2: "unknown"}


@dataclass(frozen=True, slots=True)
class OcspAnswer:
    """`state` of the certificate we asked for: "good", "revoked" or "unknown"."""

    state: str


def request_for(asked: CertificateHash) -> bytes:
    """The DER of an unsigned OCSPRequest (§4.1.1). Raises DerFault for hashes that are none."""
    return _sequence(_sequence(_sequence(_sequence(_cert_id(asked)))))


def read_answer(response: bytes, asked: CertificateHash) -> OcspAnswer:
    """What a responder says of `asked`. Raises DerFault: an error, or not about it (§4.2.1)."""
    whole = asn1.parse(response).expect(asn1.SEQUENCE)
    if int.from_bytes(whole.child(0).expect(asn1.ENUMERATED).content) != SUCCESSFUL:
        raise DerFault("the responder did not answer")
    basic = whole.child(1).child(0).expect(asn1.SEQUENCE)
    if asn1.read_oid(basic.child(0)) != BASIC:
        raise DerFault("not a basic OCSP response")
    data = asn1.parse(basic.child(1).expect(asn1.OCTET_STRING).content).child(0)
    lists = [one for one in data.children() if one.tag == asn1.SEQUENCE]
    for single in asn1.at(lists, 0).children():
        state = STATES.get(single.child(1).tag & 0x1F)
        if state and _same(single.child(0), asked):
            return OcspAnswer(state)
    raise DerFault("the answer is about something else")


def _same(cert_id: Node, asked: CertificateHash) -> bool:
    """By its values: responders spell the algorithm with parameters or without."""
    ours = asn1.parse(_cert_id(asked)).children()
    return [one.raw for one in cert_id.children()[1:]] == [one.raw for one in ours[1:]]


def _cert_id(asked: CertificateHash) -> bytes:
    try:
        name, key = bytes.fromhex(asked.issuer_name_hash), bytes.fromhex(asked.issuer_key_hash)
        serial = int(asked.serial_number, 16)
        algorithm = _sequence(
            asn1.write_oid(HASHES[asked.hash_algorithm]), asn1.write(asn1.NULL, b"")
        )
    except (ValueError, KeyError) as fault:
        raise DerFault("not hashes") from fault
    name_hash, key_hash = asn1.write(asn1.OCTET_STRING, name), asn1.write(asn1.OCTET_STRING, key)
    return _sequence(algorithm, name_hash, key_hash, asn1.write_integer(serial))


def _sequence(*values: bytes) -> bytes:
    return asn1.write(asn1.SEQUENCE, b"".join(values))
