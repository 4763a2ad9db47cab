"""M06."""

import base64

import pytest

from csms.domain import asn1

NAMED = {
    "hashAlgorithm": "SHA256",
    "issuerNameHash": "aa" * 32,
    "issuerKeyHash": "bb" * 32,
    "serialNumber": "1f",
    "responderURL": "http://ocsp.example/",
}


def sequence(*values: bytes) -> bytes:
    return asn1.write(asn1.SEQUENCE, b"".join(values))


def response(serial: int = 0x1F, status: int = 0, state: int = 0x80, more: bytes = b"") -> bytes:
    """An OCSPResponse as RFC 6960 §4.2.1 has it, without a signature that anybody could check."""
    algorithm = sequence(asn1.write_oid("2.16.840.1.101.3.4.2.1"), asn1.write(asn1.NULL, b""))
    cert_id = sequence(
        algorithm,
        asn1.write(asn1.OCTET_STRING, b"\xaa" * 32),
        asn1.write(asn1.OCTET_STRING, b"\xbb" * 32),
        asn1.write_integer(serial),
    )
    single = sequence(cert_id, asn1.write(state, b""), asn1.write(0x18, b"20260301080000Z"))
    data = sequence(
        asn1.write(0xA2, asn1.write(asn1.OCTET_STRING, b"key")),
        asn1.write(0x18, b"20260301080000Z"),
        sequence(single),
    )
    basic = sequence(data, algorithm, asn1.write(asn1.BIT_STRING, b"\0signature" + more))
    body = sequence(asn1.write_oid("1.3.6.1.5.5.7.48.1.1"), asn1.write(asn1.OCTET_STRING, basic))
    return sequence(asn1.write(asn1.ENUMERATED, bytes([status])), asn1.write(0xA0, body))


@pytest.mark.parametrize("state", [0x80, 0xA1, 0x82])  # good, revoked, unknown: all are answers
async def test_m06_fr_02_the_responders_answer_is_passed_on(hub, state):
    told = response(state=state)
    hub.store.security.responses = {"http://ocsp.example/": told}
    answer = await hub.tell("GetCertificateStatus", {"ocspRequestData": NAMED})
    assert answer == {"status": "Accepted", "ocspResult": base64.b64encode(told).decode()}


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        (response(status=6), "NoAnswer"),
        (response(serial=0x20), "NoAnswer"),  # about another certificate
        (b"<html>", "NoAnswer"),
        (b"", "NoAnswer"),
        (response(more=bytes(5_000)), "AnswerTooLong"),
    ],
)
async def test_m06_fr_04_what_is_no_answer_failed(hub, told, reason):
    hub.store.security.responses = {"http://ocsp.example/": told}
    answer = await hub.tell("GetCertificateStatus", {"ocspRequestData": NAMED})
    assert answer == {"status": "Failed", "statusInfo": {"reasonCode": reason}}


async def test_m06_fr_04_no_responder_failed(hub):
    answer = await hub.tell("GetCertificateStatus", {"ocspRequestData": NAMED})
    assert answer == {"status": "Failed", "statusInfo": {"reasonCode": "NoResponder"}}
