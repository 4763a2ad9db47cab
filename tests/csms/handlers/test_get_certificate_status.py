"""M06."""

import base64
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.ocsp import OCSPCertStatus

from tests import pki

NAMED = {
    "hashAlgorithm": "SHA256",
    "issuerNameHash": "aa" * 32,
    "issuerKeyHash": "bb" * 32,
    "serialNumber": "1f",
    "responderURL": "http://ocsp.example/",
}


NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
GOOD, REVOKED, UNKNOWN = OCSPCertStatus.GOOD, OCSPCertStatus.REVOKED, OCSPCertStatus.UNKNOWN


def response(serial: int = 0x1F, state: OCSPCertStatus = GOOD, nonce: bytes = b"") -> bytes:
    """An OCSPResponse of somebody (RFC 6960 §4.2.1)."""
    key = pki.new_key()
    name = pki.name_of("responder")
    pem = pki.signed(name, key.public_key(), name, key, [])
    told = (
        ocsp.OCSPResponseBuilder()
        .add_response_by_hash(
            b"\xaa" * 32,
            b"\xbb" * 32,
            serial,
            SHA256(),
            state,
            this_update=NOW,
            next_update=None,
            revocation_time=NOW if state is REVOKED else None,
            revocation_reason=None,
        )
        .responder_id(ocsp.OCSPResponderEncoding.HASH, x509.load_pem_x509_certificate(pem.encode()))
    )
    if nonce:
        told = told.add_extension(x509.OCSPNonce(nonce), critical=False)
    return told.sign(key, SHA256()).public_bytes(Encoding.DER)


def unsuccessful() -> bytes:
    status = ocsp.OCSPResponseStatus.UNAUTHORIZED
    return ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(Encoding.DER)


@pytest.mark.parametrize("state", [GOOD, REVOKED, UNKNOWN])  # all are answers
async def test_m06_fr_02_the_responders_answer_is_passed_on(hub, state):
    told = response(state=state)
    hub.store.security.responses = {"http://ocsp.example/": told}
    answer = await hub.tell("GetCertificateStatus", {"ocspRequestData": NAMED})
    assert answer == {"status": "Accepted", "ocspResult": base64.b64encode(told).decode()}


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        (unsuccessful(), "NoAnswer"),
        (response(serial=0x20), "NoAnswer"),  # about another certificate
        (b"<html>", "NoAnswer"),
        (b"", "NoAnswer"),
        (response(nonce=bytes(5_000)), "AnswerTooLong"),
    ],
)
async def test_m06_fr_04_what_is_no_answer_failed(hub, told, reason):
    hub.store.security.responses = {"http://ocsp.example/": told}
    answer = await hub.tell("GetCertificateStatus", {"ocspRequestData": NAMED})
    assert answer == {"status": "Failed", "statusInfo": {"reasonCode": reason}}


async def test_m06_fr_04_no_responder_failed(hub):
    answer = await hub.tell("GetCertificateStatus", {"ocspRequestData": NAMED})
    assert answer == {"status": "Failed", "statusInfo": {"reasonCode": "NoResponder"}}
