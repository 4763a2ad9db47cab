"""M07."""

import json
from datetime import datetime, timedelta

import pytest
from cryptography.x509.ocsp import OCSPCertStatus

from csms.clock import wall_now
from csms.ocppj.codec21 import decode_response
from csms.ocppj.types_v21 import GetCertificateChainStatusResponse
from tests import pki
from tests.csms.handlers.conftest import iso

URL = "http://ocsp.example/"
GOOD, REVOKED, UNKNOWN = OCSPCertStatus.GOOD, OCSPCertStatus.REVOKED, OCSPCertStatus.UNKNOWN


def asked(certificate, *urls, source="OCSP"):
    return {"certificateHashData": pki.hash_data(certificate), "source": source, "urls": urls}


async def told(hub, *requests):
    answer = await hub.tell(
        "GetCertificateChainStatus", {"certificateStatusRequests": list(requests)}
    )
    valid = decode_response("GetCertificateChainStatus", json.dumps(answer).encode())
    assert isinstance(valid, GetCertificateChainStatusResponse)
    return answer["certificateStatus"]


@pytest.mark.parametrize(
    ("state", "status"), [(GOOD, "Good"), (REVOKED, "Revoked"), (UNKNOWN, "Unknown")]
)
async def test_m07_fr_03_the_responders_word_is_told_until_it_ends(
    hub21, issuer, certificate, state, status
):
    hub21.now = wall_now()
    until = (hub21.now + timedelta(days=2)).replace(microsecond=0)
    answer = pki.ocsp_answer(certificate, issuer, state, shown=[issuer], until=until)
    hub21.store.security.responses = {URL: answer}
    request = asked(certificate, "http://elsewhere.example/", URL)  # M07.FR.01: one of them
    (one,) = await told(hub21, request)
    assert one["certificateHashData"] == request["certificateHashData"]
    assert (one["source"], one["status"]) == ("OCSP", status)
    assert datetime.fromisoformat(one["nextUpdate"]) == until


async def test_m07_fr_09_nothing_is_kept_for_more_than_a_week(hub21, issuer, certificate):
    hub21.now = wall_now()
    year = hub21.now + timedelta(days=365)
    answer = pki.ocsp_answer(certificate, issuer, shown=[issuer], until=year)
    hub21.store.security.responses = {URL: answer}
    (one,) = await told(hub21, asked(certificate, URL))
    kept = datetime.fromisoformat(one["nextUpdate"]) - hub21.now
    assert abs(kept - timedelta(weeks=1)) < timedelta(seconds=1)


async def test_m07_fr_08_each_is_answered_and_what_cannot_be_known_failed(
    hub21, issuer, certificate
):
    hub21.store.security.responses = {
        URL: pki.ocsp_answer(certificate, issuer, shown=[issuer]),
        "http://broken.example/": b"<html>",
    }
    statuses = await told(
        hub21,
        asked(certificate, URL),
        asked(certificate, "http://away.example/"),  # M07.FR.02
        asked(certificate, "http://broken.example/"),
        asked(certificate, "http://away.example/", source="CRL"),  # M07.FR.05
    )
    assert [one["status"] for one in statuses] == ["Good", "Failed", "Failed", "Failed"]
    assert [one["nextUpdate"] for one in statuses[1:]] == [iso(hub21.now)] * 3
    assert [one["source"] for one in statuses] == ["OCSP", "OCSP", "OCSP", "CRL"]


@pytest.mark.parametrize(("listed", "status"), [(True, "Revoked"), (False, "Good")])
async def test_m07_fr_04_a_list_tells_by_who_is_on_it(hub21, issuer, certificate, listed, status):
    hub21.now = wall_now()
    until = (hub21.now + timedelta(days=2)).replace(microsecond=0)
    serial_numbers = [int(certificate.serial_number, 16)] if listed else []
    crl = pki.revocation_list(issuer, *serial_numbers, until=until)
    hub21.store.security.responses = {URL: crl, "http://forged.example/": b"<html>"}
    hub21.store.security.issuers = [issuer.issuer]
    request = asked(certificate, "http://forged.example/", URL, source="CRL")  # one of them
    (one,) = await told(hub21, request)
    assert (one["source"], one["status"]) == ("CRL", status)
    assert datetime.fromisoformat(one["nextUpdate"]) == until
