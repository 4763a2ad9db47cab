"""C01, C07: a token, and the certificates that a contract comes with."""

from dataclasses import replace

import pytest

from csms.domain.authorization import AuthorizationStatus, PersonalMessage, Token, TokenRef
from csms.domain.contract import CertificateStatus
from csms.domain.ids import IdToken
from tests.csms.handlers.conftest import STATION, T0, iso

HASH = {
    "hashAlgorithm": "SHA256",
    "issuerNameHash": "aa",
    "issuerKeyHash": "bb",
    "serialNumber": "1",
    "responderURL": "http://ocsp.example",
}


def listed(hub, name="GOOD", **changes):
    token = Token(ref=TokenRef(IdToken(name)), status=AuthorizationStatus.ACCEPTED)
    hub.store.tokens[IdToken(name)] = replace(token, **changes)


async def authorize(hub, name="GOOD", kind="Central", **more):
    return await hub.tell("Authorize", {"idToken": {"idToken": name, "type": kind}, **more})


@pytest.mark.parametrize(("token", "status"), [("GOOD", "Accepted"), ("OTHER", "Unknown")])
async def test_c01_the_status_of_a_token(hub, token, status):
    assert await authorize(hub, token) == {"idTokenInfo": {"status": status}}


async def test_c01_fr06_all_that_is_known_of_a_token_is_told(hub):
    listed(
        hub,
        group=TokenRef(IdToken("fleet")),
        cache_s=60,
        charging_priority=3,
        language1="en",
        personal_message=PersonalMessage("Welcome"),
        places={STATION: (1, 2)},
    )
    hub.now = T0
    told = await authorize(hub)
    assert told["idTokenInfo"] == {
        "status": "Accepted",
        "cacheExpiryDateTime": "2026-03-01T08:01:00Z",
        "chargingPriority": 3,
        "language1": "en",
        "evseId": [1, 2],
        "groupIdToken": {"idToken": "fleet", "type": "Central"},
        "personalMessage": {"format": "UTF8", "content": "Welcome"},
    }
    assert iso(hub.now) == "2026-03-01T08:00:00Z"


async def test_c07_fr14_a_good_contract(hub):
    listed(hub, "DE8AA")
    told = await authorize(hub, "DE8AA", "eMAID", iso15118CertificateHashData=[HASH])
    assert told == {"idTokenInfo": {"status": "Accepted"}, "certificateStatus": "Accepted"}


async def test_c07_fr13_a_good_certificate_of_a_contract_that_ended(hub):
    listed(hub, "DE8AA", status=AuthorizationStatus.BLOCKED)
    told = await authorize(hub, "DE8AA", "eMAID", iso15118CertificateHashData=[HASH])
    assert told["certificateStatus"] == "ContractCancelled"
    assert told["idTokenInfo"] == {"status": "Blocked"}


@pytest.mark.parametrize(
    ("found", "status"),
    [
        (CertificateStatus.EXPIRED, "Expired"),
        (CertificateStatus.REVOKED, "Invalid"),
        (CertificateStatus.CHAIN_ERROR, "Invalid"),
    ],
)
async def test_c07_fr15_to_17_a_bad_chain_spoils_a_good_token(hub, found, status):
    listed(hub, "DE8AA")
    hub.store.chain_status = found
    told = await authorize(hub, "DE8AA", "eMAID", certificate="-----BEGIN CERTIFICATE-----")
    assert told == {"idTokenInfo": {"status": status}, "certificateStatus": found.value}
