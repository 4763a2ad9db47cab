"""OCPP 1.6: local authorization lists, their versions counted here."""

import pytest

from csms.clock import wall_now
from csms.domain.commands import CommandStatus
from csms.store import tables
from tests.conformance.conftest import Bench

pytestmark = pytest.mark.integration

ACCEPTED = {"status": "Accepted"}


async def test_16_a_full_list_and_its_version(bench: Bench) -> None:
    station = await bench.station("1.6")
    station.answers["GetLocalListVersion"] = {"listVersion": 4}
    entries = [
        {
            "idToken": {"idToken": "TAG", "type": "ISO14443"},
            "idTokenInfo": {"status": "Accepted"},
        },
        {
            "idToken": {"idToken": "much-too-long-for-an-id-tag", "type": "Central"},
            "idTokenInfo": {"status": "Accepted"},
        },
    ]
    payload = {"updateType": "Full", "localAuthorizationList": entries}
    asked = await bench.command(station, "SendLocalList", payload)
    said = await station.expect("SendLocalList", ACCEPTED)
    assert said == {
        "listVersion": 5,
        "updateType": "Full",
        "localAuthorizationList": [{"idTag": "TAG", "idTagInfo": {"status": "Accepted"}}],
    }
    assert (await bench.outcome(asked)).status is CommandStatus.CONFIRMED
    row = await bench.hub.row(tables.local_list, station.station_id)
    assert row["version"] == 5


async def test_16_the_list_is_made_of_the_tokens(bench: Bench) -> None:
    station = await bench.station("1.6")
    station.answers["GetLocalListVersion"] = {"listVersion": 0}
    async with bench.hub.engine.begin() as conn:
        token = tables.id_token.insert().values(
            id_key="list-tag", id_token="LIST-TAG", status="Accepted", updated_at=wall_now()
        )
        await conn.execute(token)
    asked = await bench.command(station, "SendLocalList", {})
    said = await station.expect("SendLocalList", ACCEPTED)
    tags = {one["idTag"]: one["idTagInfo"]["status"] for one in said["localAuthorizationList"]}
    assert tags["LIST-TAG"] == "Accepted"
    assert (said["listVersion"], said["updateType"]) == (1, "Full")
    assert (await bench.outcome(asked)).status is CommandStatus.CONFIRMED


@pytest.mark.parametrize("status", ["Failed", "NotSupported"])
async def test_16_a_list_that_is_not_taken(bench: Bench, status: str) -> None:
    station = await bench.station("1.6")
    station.answers |= {
        "GetLocalListVersion": {"listVersion": 0},
        "SendLocalList": {"status": status},
    }
    entry = {
        "idToken": {"idToken": "TAG", "type": "ISO14443"},
        "idTokenInfo": {"status": "Accepted"},
    }
    payload = {"updateType": "Full", "localAuthorizationList": [entry]}
    outcome = await bench.outcome(await bench.command(station, "SendLocalList", payload))
    assert outcome.status is CommandStatus.REFUSED
    assert outcome.reason in ("Failed", "NotSupported")


async def test_16_the_version_that_a_station_has_is_kept(bench: Bench) -> None:
    station = await bench.station("1.6")
    asked = await bench.command(station, "GetLocalListVersion", {})
    assert await station.expect("GetLocalListVersion", {"listVersion": 12}) == {}
    outcome = await bench.outcome(asked)
    assert outcome.response == {"versionNumber": 12}
    row = await bench.hub.row(tables.local_list, station.station_id)
    assert row["version"] == 12


async def test_16_a_station_without_lists_says_minus_one(bench: Bench) -> None:
    station = await bench.station("1.6")
    asked = await bench.command(station, "GetLocalListVersion", {})
    await station.expect("GetLocalListVersion", {"listVersion": -1})
    outcome = await bench.outcome(asked)
    assert outcome.status is CommandStatus.REFUSED
    assert outcome.reason == "not_in_ocpp_1_6: local list at this station"
