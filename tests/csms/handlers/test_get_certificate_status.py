"""M06."""

import base64
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.x509 import ocsp
from cryptography.x509.ocsp import OCSPCertStatus

from csms.clock import wall_now
from tests import pki

URL = "http://ocsp.example/"
GOOD, REVOKED, UNKNOWN = OCSPCertStatus.GOOD, OCSPCertStatus.REVOKED, OCSPCertStatus.UNKNOWN


async def status_of(hub, certificate, told):
    hub.store.security.responses = {URL: told}
    asked = pki.hash_data(certificate) | {"responderURL": URL}
    return await hub.tell("GetCertificateStatus", {"ocspRequestData": asked})


@pytest.mark.parametrize("state", [GOOD, REVOKED, UNKNOWN])  # all are answers
async def test_m06_fr_02_the_responders_answer_is_passed_on(hub, issuer, certificate, state):
    told = pki.ocsp_answer(certificate, issuer, state, shown=[issuer])
    answer = await status_of(hub, certificate, told)
    assert answer == {"status": "Accepted", "ocspResult": base64.b64encode(told).decode()}


def failed(reason):
    return {"status": "Failed", "statusInfo": {"reasonCode": reason}}


async def test_m06_fr_04_what_is_no_answer_failed(hub, issuer, certificate):
    status = ocsp.OCSPResponseStatus.UNAUTHORIZED
    unsuccessful = ocsp.OCSPResponseBuilder.build_unsuccessful(status)
    for told in (unsuccessful.public_bytes(pki.Encoding.DER), b"<html>", b""):
        assert await status_of(hub, certificate, told) == failed("NoAnswer")


async def test_m06_fr_04_a_good_word_that_does_not_count_is_not_passed_on(
    hub, issuer, certificate, tmp_path
):
    stranger = pki.root(tmp_path)
    forged = pki.ocsp_answer(certificate, stranger, shown=[issuer, stranger])
    yesterday = wall_now() - timedelta(days=2)
    stale = pki.ocsp_answer(certificate, issuer, shown=[issuer], at=yesterday)
    for told in (forged, stale):
        assert await status_of(hub, certificate, told) == failed("NoAnswer")


async def test_m06_fr_04_an_answer_too_long_failed(hub, issuer, certificate):
    told = pki.ocsp_answer(
        certificate, issuer, shown=[issuer], extension=x509.OCSPNonce(bytes(5_000))
    )
    assert await status_of(hub, certificate, told) == failed("AnswerTooLong")


async def test_m06_a_station_of_2_1_takes_a_longer_answer(hub21, issuer, certificate):
    for size, status in ((5_000, "Accepted"), (14_000, "Failed")):
        nonce = x509.OCSPNonce(bytes(size))
        told = pki.ocsp_answer(certificate, issuer, shown=[issuer], extension=nonce)
        assert (await status_of(hub21, certificate, told))["status"] == status


async def test_m06_fr_04_no_responder_failed(hub, certificate):
    hub.store.security.away = True
    assert await status_of(hub, certificate, b"") == failed("NoResponder")
