"""Block E of OCPP 2.1: transactions with limits that the station sets, and resumed ones."""

import json
from typing import Any

import pytest

from csms.store import tables
from tests.conformance import v2x
from tests.conformance.conftest import Bench, until
from tests.conformance.station import ScriptedStation, connected

pytestmark = pytest.mark.integration


async def told(bench: Bench, station: ScriptedStation) -> list[dict[str, Any]]:
    """The ledger's transactionInfo of every event, in order."""
    rows = await bench.hub.rows(tables.transaction_event, station.station_id)
    rows.sort(key=lambda row: row["seq_no"])
    return [json.loads(row["payload"])["transactionInfo"] for row in rows]


async def limited(bench: Bench, reached: str, **limit: float) -> None:
    """The station's own limit is taken: no other one is answered (E16.FR.08), and kept."""
    station = await bench.station("2.1")
    assert "transactionLimit" not in await v2x.starts(station, info={"transactionLimit": limit})
    assert await v2x.event(station, "Updated", 1, reached) == {}
    ended = {"stoppedReason": "LocalOutOfCredit" if "maxCost" in limit else "EnergyLimitReached"}
    await v2x.event(station, "Ended", 2, reached, info=ended)
    assert (await told(bench, station))[0]["transactionLimit"] == limit

    async def over() -> bool:
        rows = await bench.hub.rows(tables.transaction, station.station_id)
        return [row["stopped_reason"] for row in rows] == [ended["stoppedReason"]]

    assert await until(over)


async def test_tc21_e_106_csms_the_station_limits_the_energy(bench: Bench) -> None:
    await limited(bench, "EnergyLimitReached", maxEnergy=5_000)


async def test_tc21_e_107_csms_the_station_limits_the_time(bench: Bench) -> None:
    await limited(bench, "TimeLimitReached", maxTime=3_600)


async def test_tc21_e_108_csms_the_station_limits_the_cost(bench: Bench) -> None:
    await limited(bench, "CostLimitReached", maxCost=10)


async def test_tc21_e_113_csms_a_transaction_is_resumed_after_an_interruption(
    bench: Bench,
) -> None:
    station = await bench.station("2.1")
    await v2x.starts(station)
    await v2x.reboot(station, "PowerUp")
    assert await v2x.event(station, "Updated", 1, "TxResumed") == {}

    async def runs() -> bool:
        rows = await bench.hub.rows(tables.transaction, station.station_id)
        return [(row["event_count"], row["ended_at"]) for row in rows] == [(2, None)]

    assert await until(runs)


async def test_tc21_e_117_csms_a_profile_is_set_for_a_resumed_transaction(bench: Bench) -> None:
    station = await bench.station("2.1")
    await v2x.starts(station)
    await v2x.reboot(station, "PowerUp")
    await v2x.event(station, "Updated", 1, "TxResumed")
    station.answers["GetCompositeSchedule"] = lambda asked: v2x.composite(station, asked)
    await bench.outcome(await v2x.setpoint(bench, station, 7_000, version=1))
    sent = [payload for action, payload in station.heard if action == "SetChargingProfile"][-1]
    assert sent["chargingProfile"]["transactionId"] == v2x.TRANSACTION


async def test_a_transaction_goes_on_over_a_socket_of_another_version(bench: Bench) -> None:
    """The same event, told again in the other version, is the same event."""
    station_id, password = await bench.hub.new_station()
    at = v2x.now()
    async with connected(bench.hub.url, station_id, password, "2.0.1") as station:
        await station.boot()
        await v2x.event(station, "Started", 0, "CablePluggedIn", timestamp=at)
    async with connected(bench.hub.url, station_id, password, "2.1") as station:
        await v2x.event(station, "Started", 0, "CablePluggedIn", timestamp=at)
        await v2x.event(station, "Updated", 1, "ChargingStateChanged")
    rows = await bench.hub.rows(tables.transaction_event, station_id)
    assert [row["seq_no"] for row in rows] == [0, 1]
    assert [row["ocpp_version"] for row in rows] == ["2.0.1", "2.1"]

    async def projected() -> bool:
        found = await bench.hub.rows(tables.transaction, station_id)
        return [row["event_count"] for row in found] == [2]

    assert await until(projected)
