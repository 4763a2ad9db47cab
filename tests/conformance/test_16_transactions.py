"""OCPP 1.6: transactions, from the socket to the ledger and the projection."""

from typing import Any

import pytest

from csms.clock import wall_now
from csms.domain.ids import ChargingStationId, TransactionId
from csms.store import tables
from csms.store.direct import Direct
from csms.store.transactions import PostgresTransactions
from tests.conformance.conftest import Bench, until
from tests.conformance.station import ScriptedStation, connected
from tests.integration.csms.conftest import Hub

pytestmark = pytest.mark.integration

START = {
    "connectorId": 1,
    "idTag": "TAG",
    "meterStart": 1_000,
    "timestamp": "2026-03-01T08:00:00Z",
}


def values(number: int, at: str, *samples: dict[str, str]) -> dict[str, Any]:
    value = {"timestamp": at, "sampledValue": list(samples)}
    return {"connectorId": 1, "transactionId": number, "meterValue": [value]}


def stop(number: int, **more: Any) -> dict[str, Any]:
    at = "2026-03-01T09:00:00Z"
    return {"transactionId": number, "meterStop": 8_000, "timestamp": at, "idTag": "TAG"} | more


async def transaction(hub: Hub, station: ScriptedStation) -> dict[str, Any]:
    """The projection once all of the ledger is in it: samples follow a moment later."""

    async def caught_up() -> dict[str, Any] | None:
        lines = await hub.rows(tables.transaction_event, station.station_id)
        found = await hub.rows(tables.transaction, station.station_id)
        done = len(found) == 1 and found[0]["event_count"] == len(lines)
        return found[0] if done else None

    return dict(await until(caught_up))


async def test_16_a_transaction_with_its_energy_both_ways(bench: Bench) -> None:
    station = await bench.station("1.6")
    number = (await station.call("StartTransaction", START))["transactionId"]
    status = {"connectorId": 1, "errorCode": "NoError", "status": "Charging"}
    await station.call("StatusNotification", status)
    sampled = values(
        number,
        "2026-03-01T08:30:00Z",
        {"value": "5.5", "unit": "kWh"},
        {"value": "0.25", "unit": "kWh", "measurand": "Energy.Active.Export.Register"},
        {"value": "7.4", "unit": "kW", "measurand": "Power.Active.Import"},
        {"value": "61", "unit": "Percent", "measurand": "SoC"},
    )
    assert await station.call("MeterValues", sampled) == {}
    at_end = {
        "timestamp": "2026-03-01T09:00:00Z",
        "sampledValue": [
            {
                "value": "1250",
                "context": "Transaction.End",
                "measurand": "Energy.Active.Export.Register",
            }
        ],
    }
    answer = await station.call(
        "StopTransaction", stop(number, reason="EVDisconnected", transactionData=[at_end])
    )
    assert set(answer) == {"idTagInfo"}
    told = await transaction(bench.hub, station)
    assert (told["transaction_id"], told["evse_id"]) == (str(number), 1)
    assert (told["imported_wh"], told["exported_wh"]) == (7_000, 1_000)
    assert (told["charging_state"], told["stopped_reason"]) == ("Charging", "EVDisconnected")
    assert told["flags"] == []

    async def state_of_charge() -> dict[str, Any] | None:
        evse = await bench.hub.row(tables.evse, station.station_id)
        return evse if evse["soc_pct"] is not None else None

    evse = await until(state_of_charge)  # readings follow a moment later, too
    assert (evse["transaction_id"], evse["soc_pct"]) == (None, 61)


async def test_16_a_start_whose_answer_was_lost_gets_the_same_id_on_the_next_socket(
    bench: Bench,
) -> None:
    station_id, password = await bench.hub.new_station()
    numbers = []
    for _ in range(2):
        async with connected(bench.hub.url, station_id, password, "1.6") as station:
            numbers.append((await station.call("StartTransaction", START))["transactionId"])
    assert numbers[0] == numbers[1]
    assert len(await bench.hub.rows(tables.transaction_event, station_id)) == 1


async def test_16_two_stations_never_get_the_same_id(bench: Bench) -> None:
    stations = [await bench.station("1.6", booted=False) for _ in range(2)]
    one, other = [await each.call("StartTransaction", START) for each in stations]
    assert one["transactionId"] != other["transactionId"]


async def test_16_late_and_repeated_messages_change_no_energy(bench: Bench) -> None:
    station = await bench.station("1.6")
    number = (await station.call("StartTransaction", START))["transactionId"]
    await station.call("StopTransaction", stop(number))
    for _ in range(2):
        late = values(number, "2026-03-01T08:30:00Z", {"value": "4000"})
        await station.call("MeterValues", late)
        await station.call("StopTransaction", stop(number))
    told = await transaction(bench.hub, station)
    assert (told["imported_wh"], told["event_count"], told["flags"]) == (7_000, 3, [])
    assert told["ended_at"] is not None


async def test_16_orphans_are_kept_and_flagged(bench: Bench) -> None:
    station = await bench.station("1.6")
    await station.call("StopTransaction", stop(-1))
    (told,) = await bench.hub.rows(tables.transaction, station.station_id)
    assert told["transaction_id"].startswith("orphan-")
    assert told["flags"] == ["no_started", "transaction_id_missing"]


async def test_16_a_transaction_is_replayed_from_the_ledgers_text(
    bench: Bench, database_url: str
) -> None:
    station = await bench.station("1.6")
    number = (await station.call("StartTransaction", START))["transactionId"]
    status = {"connectorId": 1, "errorCode": "NoError", "status": "SuspendedEV"}
    await station.call("StatusNotification", status)
    await station.call("MeterValues", values(number, "2026-03-01T08:30:00Z", {"value": "4000"}))
    await station.call("StopTransaction", stop(number))
    async with Direct(database_url) as direct:
        replayed = await PostgresTransactions(direct).get(
            ChargingStationId(station.station_id), TransactionId(str(number))
        )
    assert replayed is not None
    told = await transaction(bench.hub, station)
    projected = replayed.projected()
    assert (projected.imported_wh, projected.event_count) == (7_000, 4)
    assert projected.charging_state == told["charging_state"] == "SuspendedEV"
    assert projected.started_at == told["started_at"]


async def test_16_readings_without_a_transaction_are_the_evses(bench: Bench) -> None:
    station = await bench.station("1.6")
    sample = {"value": "230.1", "measurand": "Voltage"}
    told = values(0, "2026-03-01T08:30:00Z", sample, {"value": "77"})
    await station.call("MeterValues", told)
    row = await bench.hub.row(tables.meter_reading, station.station_id)
    assert (row["evse_id"], row["import_wh"], row["voltage_v"]) == (1, 77, 230.1)
    assert row["transaction_id"] is None


async def test_16_authorize(bench: Bench) -> None:
    station = await bench.station("1.6")
    answer = await station.call("Authorize", {"idTag": "TAG"})
    assert answer["idTagInfo"]["status"] in ("Accepted", "Invalid")
    async with bench.hub.engine.begin() as conn:
        blocked = tables.id_token.insert().values(
            id_key="blocked-tag", id_token="BLOCKED-TAG", status="Blocked", updated_at=wall_now()
        )
        await conn.execute(blocked)
    answer = await station.call("Authorize", {"idTag": "BLOCKED-TAG"})
    assert answer == {"idTagInfo": {"status": "Blocked"}}
