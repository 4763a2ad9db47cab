"""OCPP 1.6: remote start and stop, availability, triggers, reservations and local lists."""

from typing import Any

import pytest

from csms.domain.commands import CommandStatus
from csms.store import tables
from tests.conformance.conftest import Bench

pytestmark = pytest.mark.integration

TOKEN = {"idToken": "TAG", "type": "Central"}
UNTIL = "2099-03-01T08:00:00Z"
ACCEPTED = {"status": "Accepted"}


async def test_16_remote_start_and_stop(bench: Bench) -> None:
    station = await bench.station("1.6")
    payload = {"idToken": TOKEN, "remoteStartId": 1, "evseId": 1}
    asked = await bench.command(station, "RequestStartTransaction", payload, 1)
    said = await station.expect("RemoteStartTransaction", ACCEPTED)
    assert said == {"idTag": "TAG", "connectorId": 1}
    assert (await bench.outcome(asked)).status is CommandStatus.CONFIRMED
    start = {
        "connectorId": 1,
        "idTag": "TAG",
        "meterStart": 0,
        "timestamp": "2026-03-01T08:00:00Z",
    }
    number = (await station.call("StartTransaction", start))["transactionId"]
    asked = await bench.command(
        station, "RequestStopTransaction", {"transactionId": str(number)}, 1
    )
    said = await station.expect("RemoteStopTransaction", ACCEPTED)
    assert said == {"transactionId": number}
    assert (await bench.outcome(asked)).status is CommandStatus.CONFIRMED
    stop = {
        "transactionId": number,
        "meterStop": 500,
        "timestamp": "2026-03-01T09:00:00Z",
        "reason": "Remote",
    }
    assert await station.call("StopTransaction", stop) == {}
    row = await bench.hub.row(tables.transaction, station.station_id)
    assert (row["stopped_reason"], row["imported_wh"]) == ("Remote", 500)


@pytest.mark.parametrize("answer", [{"status": "Rejected"}, {"error": "InternalError"}])
async def test_16_a_remote_start_that_is_refused(bench: Bench, answer: dict[str, Any]) -> None:
    station = await bench.station("1.6")
    payload = {"idToken": TOKEN, "remoteStartId": 1, "evseId": 1}
    asked = await bench.command(station, "RequestStartTransaction", payload, 1)
    await station.expect("RemoteStartTransaction", answer)
    outcome = await bench.outcome(asked)
    assert outcome.status is CommandStatus.REFUSED
    assert outcome.reason in ("Rejected", "InternalError")


async def test_16_unlock_connector(bench: Bench) -> None:
    station = await bench.station("1.6")
    payload = {"evseId": 1, "connectorId": 1}
    asked = await bench.command(station, "UnlockConnector", payload, 1)
    assert await station.expect("UnlockConnector", {"status": "Unlocked"}) == {"connectorId": 1}
    assert (await bench.outcome(asked)).status is CommandStatus.CONFIRMED
    asked = await bench.command(station, "UnlockConnector", payload, 1)
    await station.expect("UnlockConnector", {"status": "NotSupported"})
    assert (await bench.outcome(asked)).reason == "NotSupported"


@pytest.mark.parametrize("status", ["Accepted", "Scheduled"])
async def test_16_change_availability(bench: Bench, status: str) -> None:
    station = await bench.station("1.6")
    payload = {"operationalStatus": "Inoperative", "evse": {"id": 1}}
    asked = await bench.command(station, "ChangeAvailability", payload, 1)
    said = await station.expect("ChangeAvailability", {"status": status})
    assert said == {"connectorId": 1, "type": "Inoperative"}
    assert (await bench.outcome(asked)).status is CommandStatus.CONFIRMED


@pytest.mark.parametrize(
    ("wanted", "action", "said"),
    [
        ("MeterValues", "TriggerMessage", {"requestedMessage": "MeterValues", "connectorId": 1}),
        (
            "LogStatusNotification",
            "ExtendedTriggerMessage",
            {"requestedMessage": "LogStatusNotification", "connectorId": 1},
        ),
    ],
)
async def test_16_trigger_message(
    bench: Bench, wanted: str, action: str, said: dict[str, Any]
) -> None:
    station = await bench.station("1.6")
    payload = {"requestedMessage": wanted, "evse": {"id": 1}}
    asked = await bench.command(station, "TriggerMessage", payload, 1)
    assert await station.expect(action, ACCEPTED) == said
    assert (await bench.outcome(asked)).status is CommandStatus.CONFIRMED


async def test_16_a_reservation_is_made_and_cancelled(bench: Bench) -> None:
    station = await bench.station("1.6")
    payload = {"id": 42, "expiryDateTime": UNTIL, "idToken": TOKEN, "evseId": 1}
    asked = await bench.command(station, "ReserveNow", payload, 1)
    said = await station.expect("ReserveNow", ACCEPTED)
    assert said == {
        "reservationId": 42,
        "connectorId": 1,
        "expiryDate": UNTIL,
        "idTag": "TAG",
    }
    assert (await bench.outcome(asked)).status is CommandStatus.CONFIRMED
    (row,) = await bench.hub.rows(tables.reservation, station.station_id)
    assert (row["reservation_id"], row["evse_id"]) == (42, 1)
    asked = await bench.command(station, "CancelReservation", {"reservationId": 42})
    assert await station.expect("CancelReservation", ACCEPTED) == {"reservationId": 42}
    assert (await bench.outcome(asked)).status is CommandStatus.CONFIRMED


async def test_16_a_reservation_that_cannot_be(bench: Bench) -> None:
    station = await bench.station("1.6")
    payload = {"id": 43, "expiryDateTime": UNTIL, "idToken": TOKEN, "evseId": 1}
    asked = await bench.command(station, "ReserveNow", payload, 1)
    await station.expect("ReserveNow", {"status": "Occupied"})
    outcome = await bench.outcome(asked)
    assert (outcome.status, outcome.reason) == (CommandStatus.REFUSED, "Occupied")


async def test_16_the_cache_is_cleared(bench: Bench) -> None:
    station = await bench.station("1.6")
    asked = await bench.command(station, "ClearCache", {})
    assert await station.expect("ClearCache", ACCEPTED) == {}
    assert (await bench.outcome(asked)).status is CommandStatus.CONFIRMED
