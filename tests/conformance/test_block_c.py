"""Block C: authorization."""

import pytest

from csms.domain.authorization import AuthorizationStatus
from csms.domain.commands import CommandStatus
from csms.store import tables
from tests.conformance.conftest import Bench
from tests.conformance.people import Session, group, token
from tests.conformance.station import Payload, ScriptedStation

pytestmark = pytest.mark.integration


async def authorize(station: ScriptedStation, id_token: Payload) -> Payload:
    told: Payload = (await station.call("Authorize", {"idToken": id_token}))["idTokenInfo"]
    return told


async def test_tc_c_02_csms_an_invalid_or_unknown_token(bench: Bench) -> None:
    station = await bench.station()
    invalid = await token(bench, AuthorizationStatus.INVALID)
    assert (await authorize(station, invalid))["status"] == "Invalid"


async def test_tc_c_06_csms_a_blocked_token(bench: Bench) -> None:
    station = await bench.station()
    blocked = await token(bench, AuthorizationStatus.BLOCKED)
    assert (await authorize(station, blocked))["status"] == "Blocked"
    # C01: whatever case the reader writes it in
    shouted = {**blocked, "idToken": blocked["idToken"].upper()}
    assert (await authorize(station, shouted))["status"] == "Blocked"


async def test_tc_c_07_csms_an_expired_token(bench: Bench) -> None:
    station = await bench.station()
    ended = Session(station).at
    expired = await token(bench, expires_at=ended)
    assert (await authorize(station, expired))["status"] == "Expired"


async def test_tc_c_08_csms_a_token_from_the_cache_is_accepted(bench: Bench) -> None:
    station = await bench.station()
    session, good = Session(station), await token(bench)
    await session.tell("Started", "CablePluggedIn")
    told = await session.tell("Updated", "Authorized", id_token=good)
    assert told["idTokenInfo"]["status"] == "Accepted"
    row = await bench.hub.row(tables.transaction, station.station_id)
    assert row["id_token"] == good["idToken"]


async def test_tc_c_20_csms_a_token_from_the_cache_is_invalid(bench: Bench) -> None:
    station = await bench.station()
    session, invalid = Session(station), await token(bench, AuthorizationStatus.INVALID)
    await session.tell("Started", "CablePluggedIn")
    told = await session.tell("Updated", "Authorized", id_token=invalid)
    assert told["idTokenInfo"]["status"] == "Invalid"


async def test_tc_c_37_csms_clear_the_cache_accepted(bench: Bench) -> None:
    await _clear_cache(bench, "Accepted", CommandStatus.CONFIRMED)


async def test_tc_c_38_csms_clear_the_cache_rejected(bench: Bench) -> None:
    await _clear_cache(bench, "Rejected", CommandStatus.REFUSED)


async def _clear_cache(bench: Bench, answer: str, status: CommandStatus) -> None:
    station = await bench.station()
    asked = await bench.command(station, "ClearCache", {})
    assert await station.expect("ClearCache", {"status": answer}) == {}
    outcome = await bench.outcome(asked)
    assert outcome.status is status
    assert outcome.response == {"status": answer}


async def _family(bench: Bench) -> tuple[Payload, Payload]:
    return await token(bench, group=group("family")), await token(bench, group=group("family"))


def _of_family(info: Payload) -> bool:
    return info["status"] == "Accepted" and info["groupIdToken"]["idToken"] == "family"


async def test_tc_c_39_csms_another_card_of_the_group_stops(bench: Bench) -> None:
    station = await bench.station()
    (first, second), session = await _family(bench), Session(station)
    assert _of_family(await authorize(station, second))
    told = await session.tell("Started", "Authorized", id_token=first)
    assert _of_family(told["idTokenInfo"])
    await session.tell("Updated", "ChargingStateChanged", info={"chargingState": "Charging"})
    assert _of_family(await authorize(station, second))
    told = await session.tell("Updated", "StopAuthorized", id_token=second)
    assert _of_family(told["idTokenInfo"])
    row = await bench.hub.row(tables.transaction, station.station_id)
    assert row["id_token"] == first["idToken"]


async def test_tc_c_40_csms_a_group_from_the_local_list(bench: Bench) -> None:
    station = await bench.station()
    (first, second), session = await _family(bench), Session(station)
    station.answers["GetLocalListVersion"] = {"versionNumber": 0}
    listed = await bench.command(station, "SendLocalList", {})
    sent = await station.expect("SendLocalList", {"status": "Accepted"})
    groups = {
        one["idToken"]["idToken"]: one["idTokenInfo"]["groupIdToken"]["idToken"]
        for one in sent["localAuthorizationList"]
        if "groupIdToken" in one["idTokenInfo"]
    }
    assert groups.items() >= {first["idToken"]: "family", second["idToken"]: "family"}.items()
    assert (await bench.outcome(listed)).status is CommandStatus.CONFIRMED
    told = await session.tell("Started", "Authorized", id_token=first)
    assert _of_family(told["idTokenInfo"])
    told = await session.tell("Updated", "StopAuthorized", id_token=second)
    assert _of_family(told["idTokenInfo"])


async def test_tc_c_43_csms_a_group_token_that_the_list_calls_invalid(bench: Bench) -> None:
    station = await bench.station()
    (first, second), session = await _family(bench), Session(station)
    told = await session.tell("Started", "Authorized", id_token=first)
    assert _of_family(told["idTokenInfo"])
    await session.tell("Updated", "ChargingStateChanged", info={"chargingState": "Charging"})
    assert _of_family(await authorize(station, second))
    told = await session.tell("Updated", "StopAuthorized", id_token=second)
    assert _of_family(told["idTokenInfo"])


MASTER_PASS = {"chargingState": "EVConnected", "stoppedReason": "MasterPass"}


async def _stop_by_master_pass(bench: Bench, station: ScriptedStation, evses: int) -> None:
    """The master pass ends the sessions of `evses` EVSEs and starts none."""
    master = await token(bench, group=group("masters"))
    driver = await token(bench)
    sessions = [Session(station, evse_id) for evse_id in range(1, evses + 1)]
    for session in sessions:
        told = await session.tell("Started", "Authorized", id_token=driver)
        assert told["idTokenInfo"]["status"] == "Accepted"
    info = await authorize(station, master)
    assert (info["status"], info["groupIdToken"]["idToken"]) == ("Accepted", "masters")
    for session in sessions:
        told = await session.tell("Ended", "StopAuthorized", id_token=master, info=MASTER_PASS)
        info = told["idTokenInfo"]
        assert (info["status"], info["groupIdToken"]["idToken"]) == ("Accepted", "masters")
    rows = await bench.hub.rows(tables.transaction, station.station_id)
    assert {row["stopped_reason"] for row in rows} == {"MasterPass"}
    assert {row["id_token"] for row in rows} == {driver["idToken"]}


async def test_tc_c_47_csms_a_master_pass_stops_all(bench: Bench) -> None:
    await _stop_by_master_pass(bench, await bench.station(), evses=2)


async def test_tc_c_48_csms_a_master_pass_stops_one(bench: Bench) -> None:
    await _stop_by_master_pass(bench, await bench.station(), evses=1)


async def test_tc_c_49_csms_a_master_pass_without_a_display(bench: Bench) -> None:
    await _stop_by_master_pass(bench, await bench.station(), evses=2)


async def test_c02_fr02_no_token_is_needed(bench: Bench) -> None:
    station = await bench.station()
    nobody = {"idToken": "", "type": "NoAuthorization"}
    told = await Session(station).tell("Started", "Authorized", id_token=nobody)
    assert told["idTokenInfo"]["status"] == "Accepted"


async def test_c01_fr20_and_22_a_token_for_some_evses_of_one_station(bench: Bench) -> None:
    here, elsewhere = await bench.station(), await bench.station()
    limited = await token(bench, places={here.station_id: (2,)})
    info = await authorize(here, limited)
    assert (info["status"], info["evseId"]) == ("Accepted", [2])
    assert (await authorize(elsewhere, limited))["status"] == "NotAtThisLocation"
    told = await Session(here, evse_id=1).tell("Started", "Authorized", id_token=limited)
    assert told["idTokenInfo"]["status"] == "NotAtThisLocation"
