"""Block D: local authorization lists."""

from typing import Any

import pytest

from csms.domain.authorization import TokenRef
from csms.domain.commands import CommandStatus
from csms.domain.ids import IdToken
from csms.store import tables, tokens
from tests.conformance.conftest import Bench
from tests.conformance.people import token
from tests.conformance.station import Payload, ScriptedStation

pytestmark = pytest.mark.integration
ACCEPTED: Payload = {"status": "Accepted"}
DIFFERENTIAL: Payload = {"updateType": "Differential"}


async def send(
    bench: Bench, station: ScriptedStation, payload: Payload, answer: Payload = ACCEPTED
) -> Payload:
    """SendLocalList as it is heard; the command ends as `answer` says."""
    asked = await bench.command(station, "SendLocalList", payload)
    sent = await station.expect("SendLocalList", answer)
    outcome = await bench.outcome(asked)
    assert (outcome.status is CommandStatus.CONFIRMED) == (answer == ACCEPTED)
    return sent


async def held(bench: Bench, station: ScriptedStation) -> dict[str, Any]:
    return await bench.hub.row(tables.local_list, station.station_id)


def ids(sent: Payload) -> set[str]:
    return {one["idToken"]["idToken"] for one in sent.get("localAuthorizationList", ())}


async def empty_station(bench: Bench, version: int = 0) -> ScriptedStation:
    """A station that says which version of a list it has."""
    station = await bench.station()
    station.answers["GetLocalListVersion"] = {"versionNumber": version}
    return station


async def test_tc_d_01_csms_a_full_list(bench: Bench) -> None:
    station, one, two = await empty_station(bench, 1), await token(bench), await token(bench)
    sent = await send(bench, station, {"updateType": "Full"})
    assert sent["updateType"] == "Full"
    assert sent["versionNumber"] == 2  # above the one that the station said it has
    assert ids(sent) >= {one["idToken"], two["idToken"]}
    row = await held(bench, station)
    assert row["version"] == 2
    assert len(row["entries"]) == len(ids(sent))


async def test_tc_d_02_csms_a_differential_update(bench: Bench) -> None:
    station = await empty_station(bench)
    await token(bench)
    first = await send(bench, station, {})
    added = await token(bench)
    sent = await send(bench, station, DIFFERENTIAL)
    assert sent["updateType"] == "Differential"
    assert sent["versionNumber"] > first["versionNumber"]
    assert ids(sent) == {added["idToken"]}
    assert sent["localAuthorizationList"][0]["idTokenInfo"]["status"] == "Accepted"


async def test_tc_d_03_csms_a_differential_removal(bench: Bench) -> None:
    station, leaves = await empty_station(bench), await token(bench)
    first = await send(bench, station, {})
    async with bench.hub.engine.begin() as conn:
        await tokens.delete(conn, TokenRef(IdToken(leaves["idToken"]), leaves["type"]))
    sent = await send(bench, station, DIFFERENTIAL)
    assert sent["versionNumber"] > first["versionNumber"]
    (removed,) = sent["localAuthorizationList"]
    assert removed["idToken"]["idToken"] == leaves["idToken"]
    assert "idTokenInfo" not in removed
    row = await held(bench, station)
    assert not any(leaves["idToken"].lower() in key for key in row["entries"])


async def test_tc_d_04_csms_a_full_list_without_entries(bench: Bench) -> None:
    station = await empty_station(bench, 4)
    sent = await send(bench, station, {"updateType": "Full", "localAuthorizationList": []})
    assert sent == {"updateType": "Full", "versionNumber": 5}
    row = await held(bench, station)
    assert (row["version"], row["entries"]) == (5, {})


async def test_tc_d_08_csms_the_version_of_a_list(bench: Bench) -> None:
    station = await empty_station(bench)
    asked = await bench.command(station, "GetLocalListVersion", {})
    heard = await station.expect("GetLocalListVersion", {"versionNumber": 7})
    assert heard == {}
    assert (await bench.outcome(asked)).status is CommandStatus.CONFIRMED
    row = await held(bench, station)
    assert (row["version"], row["entries"]) == (7, None)


async def test_tc_d_09_csms_no_list_there(bench: Bench) -> None:
    station = await empty_station(bench)
    asked = await bench.command(station, "GetLocalListVersion", {})
    await station.expect("GetLocalListVersion", {"versionNumber": 0})
    assert (await bench.outcome(asked)).response == {"versionNumber": 0}
    row = await held(bench, station)
    assert (row["version"], row["entries"]) == (0, {})


async def test_d01_fr03_a_mismatch_brings_the_full_list(bench: Bench) -> None:
    station, one = await empty_station(bench), await token(bench)
    await send(bench, station, {})
    changed = await token(bench)
    answers = iter([{"status": "VersionMismatch"}, ACCEPTED])
    station.answers |= {
        "GetLocalListVersion": {"versionNumber": 40},
        "SendLocalList": lambda _: next(answers),
    }
    asked = await bench.command(station, "SendLocalList", DIFFERENTIAL)
    full = await station.heard_of("SendLocalList", 3)
    assert (full["updateType"], full["versionNumber"]) == ("Full", 41)
    assert ids(full) >= {one["idToken"], changed["idToken"]}
    assert (await bench.outcome(asked)).status is CommandStatus.CONFIRMED


async def test_d01_fr11_a_long_list_goes_in_parts(bench: Bench) -> None:
    station = await empty_station(bench)
    listed = [await token(bench) for _ in range(5)]
    await station.call(
        "NotifyReport",
        {
            "requestId": 1,
            "generatedAt": "2026-03-01T08:00:00Z",
            "seqNo": 0,
            "reportData": [
                {
                    "component": {"name": "LocalAuthListCtrlr"},
                    "variable": {"name": "ItemsPerMessage"},
                    "variableAttribute": [{"value": "2"}],
                }
            ],
        },
    )
    station.answers["SendLocalList"] = ACCEPTED
    payload = {
        "updateType": "Full",
        "localAuthorizationList": [
            {"idToken": one, "idTokenInfo": {"status": "Accepted"}} for one in listed
        ],
    }
    asked = await bench.command(station, "SendLocalList", payload)
    assert (await bench.outcome(asked)).status is CommandStatus.CONFIRMED
    parts = [told for action, told in station.heard if action == "SendLocalList"]
    assert [len(part["localAuthorizationList"]) for part in parts] == [2, 2, 1]
    assert [part["updateType"] for part in parts] == ["Full", "Differential", "Differential"]
    assert [part["versionNumber"] for part in parts] == [1, 2, 3]
    row = await held(bench, station)
    assert (row["version"], len(row["entries"])) == (3, 5)
