"""Block I: tariff and cost."""

from decimal import Decimal

import msgspec
import pytest
from sqlalchemy import insert

from csms.clock import wall_now
from csms.domain.ids import ChargingStationId
from csms.domain.tariff import Price, Tariff
from csms.store import tables, tariffs
from tests.conformance.conftest import Bench
from tests.conformance.people import Session, token
from tests.conformance.station import ScriptedStation

pytestmark = pytest.mark.integration


async def priced(bench: Bench, station: ScriptedStation, running_cost_s: int | None = None) -> None:
    """The station's drivers pay 0.40 a kWh and 1 a start, plus 20 % tax."""
    tariff = Tariff(
        tariff_id=f"tariff-{station.station_id}",
        currency="GBP",
        energy=(Price(price=Decimal("0.40")),),
        fixed=(Price(price=Decimal(1)),),
        vat_pct=Decimal(20),
        running_cost_s=running_cost_s,
    )
    row = {
        "tariff_id": tariff.tariff_id,
        "definition": msgspec.to_builtins(tariff),
        "updated_at": wall_now(),
    }
    async with bench.hub.engine.begin() as conn:
        await conn.execute(insert(tables.tariff).values(row))
        station_id = ChargingStationId(station.station_id)
        await tariffs.use(conn, "station", station_id, tariff.tariff_id)


async def test_tc_i_02_csms_the_final_total(bench: Bench) -> None:
    station = await bench.station()
    await priced(bench, station)
    session = Session(station)
    started = await session.tell(
        "Started", "Authorized", id_token=await token(bench), import_wh=1_000
    )
    assert "totalCost" not in started  # it is not final
    session.later(3_600)
    ended = {"chargingState": "Idle", "stoppedReason": "EVDisconnected"}
    told = await session.tell("Ended", "EVCommunicationLost", import_wh=11_000, info=ended)
    assert told["totalCost"] == 6.0  # (10 kWh · 0.40 + 1) · 1.2
    row = await bench.hub.row(tables.transaction_cost, station.station_id)
    assert (row["total"], row["total_with_tax"], row["final"]) == (Decimal(5), Decimal(6), True)
    assert row["parts"]["energy"] == "4.000"


async def test_i03_fr04_what_is_free_costs_nothing_and_that_is_said(bench: Bench) -> None:
    station = await bench.station()
    free = {"definition": {"tariff_id": "free", "currency": "GBP"}, "updated_at": wall_now()}
    async with bench.hub.engine.begin() as conn:
        await conn.execute(insert(tables.tariff).values({**free, "tariff_id": "free"}))
        await tariffs.use(conn, "station", station.station_id, "free")
    session = Session(station)
    await session.tell("Started", "Authorized", id_token=await token(bench), import_wh=0)
    told = await session.tell("Ended", "EVDeparted", import_wh=500)
    assert told["totalCost"] == 0


async def test_i02_fr01_the_running_cost_is_told_once_an_interval(bench: Bench) -> None:
    station = await bench.station()
    await priced(bench, station, running_cost_s=60)
    station.answers["CostUpdated"] = {}
    session = Session(station)
    session.at = session.at.replace(second=0)
    await session.tell("Started", "Authorized", id_token=await token(bench), import_wh=0)
    session.later(30)
    await session.tell("Updated", "MeterValuePeriodic", import_wh=100)
    session.later(45)
    await session.tell("Updated", "MeterValuePeriodic", import_wh=2_500)
    heard = await station.heard_of("CostUpdated")
    assert heard == {"totalCost": 2.4, "transactionId": session.transaction_id}
    session.later(10)
    told = await session.tell("Ended", "EVDeparted", import_wh=2_500)
    assert told["totalCost"] == 2.4
    assert [action for action, _ in station.heard].count("CostUpdated") == 1


async def test_a_tariff_that_changes_does_not_change_a_running_transaction(bench: Bench) -> None:
    station = await bench.station()
    await priced(bench, station)
    session = Session(station)
    await session.tell("Started", "Authorized", id_token=await token(bench), import_wh=0)
    async with bench.hub.engine.begin() as conn:
        await tariffs.use(conn, "station", station.station_id, None)
    session.later(3_600)
    told = await session.tell("Ended", "EVDeparted", import_wh=10_000)
    assert told["totalCost"] == 6.0
