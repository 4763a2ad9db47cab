"""Block G: availability of stations, EVSEs and connectors."""

import pytest

from csms.domain.commands import CommandStatus
from csms.store import tables
from tests.conformance.conftest import Bench
from tests.conformance.sessions import Session, now_text
from tests.conformance.station import Payload, ScriptedStation

pytestmark = pytest.mark.integration

STATION: Payload = {}
EVSE: Payload = {"evse": {"id": 1}}
CONNECTOR: Payload = {"evse": {"id": 1, "connectorId": 1}}


async def changed(
    bench: Bench, station: ScriptedStation, to: str, place: Payload, status: str = "Accepted"
) -> None:
    """The operator's wish as the station hears it, and what it answers."""
    payload = {"operationalStatus": to, **place}
    asked = await bench.command(station, "ChangeAvailability", payload)
    assert await station.expect("ChangeAvailability", {"status": status}) == payload
    outcome = await bench.outcome(asked)
    assert (outcome.status, outcome.response) == (CommandStatus.CONFIRMED, {"status": status})


async def told(
    bench: Bench, station: ScriptedStation, status: str, connectors: tuple[tuple[int, int], ...]
) -> None:
    """The station tells the status of each (EVSE, connector), and it is known."""
    for evse_id, connector_id in connectors:
        notice = {
            "timestamp": now_text(),
            "connectorStatus": status,
            "evseId": evse_id,
            "connectorId": connector_id,
        }
        assert await station.call("StatusNotification", notice) == {}
    rows = await bench.hub.rows(tables.connector, station.station_id)
    known = {(row["evse_id"], row["connector_id"]): row["status"] for row in rows}
    assert {place: known[place] for place in connectors} == dict.fromkeys(connectors, status)


ONE = ((1, 1),)
OF_THE_EVSE = ((1, 1), (1, 2))
ALL = ((1, 1), (1, 2), (2, 1))


async def out_and_in(
    bench: Bench, place: Payload, connectors: tuple[tuple[int, int], ...], back: bool
) -> None:
    station = await bench.station()
    await told(bench, station, "Available", ALL)
    await changed(bench, station, "Inoperative", place)
    await told(bench, station, "Unavailable", connectors)
    if back:
        await changed(bench, station, "Operative", place)
        await told(bench, station, "Available", connectors)


async def test_tc_g_03_csms_change_availability_evse_to_inoperative(bench: Bench) -> None:
    await out_and_in(bench, EVSE, OF_THE_EVSE, back=False)


async def test_tc_g_04_csms_change_availability_evse_to_operative(bench: Bench) -> None:
    await out_and_in(bench, EVSE, OF_THE_EVSE, back=True)


async def test_tc_g_05_csms_change_availability_station_to_inoperative(bench: Bench) -> None:
    await out_and_in(bench, STATION, ALL, back=False)


async def test_tc_g_06_csms_change_availability_station_to_operative(bench: Bench) -> None:
    await out_and_in(bench, STATION, ALL, back=True)


async def test_tc_g_07_csms_change_availability_connector_to_inoperative(bench: Bench) -> None:
    await out_and_in(bench, CONNECTOR, ONE, back=False)


async def test_tc_g_08_csms_change_availability_connector_to_operative(bench: Bench) -> None:
    await out_and_in(bench, CONNECTOR, ONE, back=True)


async def scheduled(bench: Bench, place: Payload, connectors: tuple[tuple[int, int], ...]) -> None:
    """While a transaction runs the change waits for its end (G03.FR.05), and ends nothing."""
    session = Session(bench, await bench.station())
    await session.charging()
    await changed(bench, session.station, "Inoperative", place, "Scheduled")
    row = await session.kept()
    assert (row["ended_at"], row["charging_state"]) == (None, "Charging")
    await session.tell("Updated", "StopAuthorized", token=True)
    await session.tell("Updated", "ChargingStateChanged", "EVConnected")
    await session.tell("Ended", "EVCommunicationLost", "Idle", stopped="EVDisconnected")
    await told(bench, session.station, "Unavailable", connectors)
    row = await session.kept()
    assert (row["ended_at"] is None, row["stopped_reason"]) == (False, "EVDisconnected")


async def test_tc_g_11_csms_change_availability_evse_during_a_transaction(bench: Bench) -> None:
    await scheduled(bench, EVSE, OF_THE_EVSE)


async def test_tc_g_14_csms_change_availability_station_during_a_transaction(bench: Bench) -> None:
    await scheduled(bench, STATION, ALL)


async def test_tc_g_17_csms_change_availability_connector_during_a_transaction(
    bench: Bench,
) -> None:
    await scheduled(bench, CONNECTOR, ONE)


async def test_g03_a_change_that_is_rejected_is_refused(bench: Bench) -> None:
    station = await bench.station()
    payload = {"operationalStatus": "Inoperative", **EVSE}
    asked = await bench.command(station, "ChangeAvailability", payload)
    await station.expect("ChangeAvailability", {"status": "Rejected"})
    outcome = await bench.outcome(asked)
    assert (outcome.status, outcome.reason) == (CommandStatus.REFUSED, "Rejected")


async def test_tc_g_20_csms_connector_lock_failure(bench: Bench) -> None:
    station = await bench.station()
    event = {
        "eventId": 4711,
        "timestamp": now_text(),
        "trigger": "Delta",
        "actualValue": "true",
        "eventNotificationType": "HardWiredNotification",
        "component": {
            "name": "ConnectorPlugRetentionLock",
            "evse": {"id": 1, "connectorId": 1},
        },
        "variable": {"name": "Problem"},
    }
    notice = {"generatedAt": now_text(), "seqNo": 0, "eventData": [event]}
    assert await station.call("NotifyEvent", notice) == {}
    row = await bench.hub.row(tables.station_event, station.station_id)
    assert (row["component"], row["variable"]) == ("ConnectorPlugRetentionLock", "Problem")
    assert (row["evse_id"], row["connector_id"], row["actual_value"]) == (1, 1, "true")
