"""A small hub in the database: site, stations, a plugged-in vehicle, a plan, readings."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import numpy as np
from sqlalchemy import Table, insert, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from csms.domain.ids import ChargingStationId, EvseId, TransactionId
from csms.store.tables import charging_station, connector, evse, meter_reading, transaction
from csms.store.tables import metadata as csms_metadata
from scheduler.domain.plan import (
    EvsePlan,
    LoadPlan,
    Plan,
    PlanStatus,
    RunnerUp,
    RunnerUpAction,
    Why,
    WhyCode,
)
from scheduler.services.load_site import load_site_file
from scheduler.store import plans
from scheduler.store.tables import metadata as scheduler_metadata
from scheduler.store.tables import site_reading, vehicle
from web.store.tables import metadata as web_metadata

ROOT = Path(__file__).parents[2]
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
SITE = "ev36zero"
STATION = "ev36-v2g-01"
SLOTS = 144


async def clear(engine: AsyncEngine) -> None:
    """No rows in any table."""
    tables = [
        f'{table.schema}."{table.name}"'
        for metadata in (csms_metadata, scheduler_metadata, web_metadata)
        for table in metadata.tables.values()
    ]
    emptied = ", ".join(f"t{n} AS (DELETE FROM {name})" for n, name in enumerate(tables))
    async with engine.begin() as conn:
        await conn.execute(text(f"WITH {emptied} SELECT 1"))


async def put(conn: AsyncConnection, table: Table, **row: object) -> None:
    """One row."""
    await conn.execute(insert(table).values(**row))


async def seed(engine: AsyncEngine) -> None:
    """The ev36zero site with four stations; a van charges at the first, planned until 17:00."""
    await load_site_file(engine, (ROOT / "sites" / f"{SITE}.toml").read_text(), now=NOON)
    async with engine.begin() as conn:
        for number in range(1, 5):
            await _station(conn, f"ev36-v2g-{number:02d}", connected=number < 4)
        await _van(conn)
        await plans.store(
            conn, SITE, plan(), made_at=NOON, cause="periodic", as_of_outbox_id=0
        )  # fmt: skip
        await conn.execute(insert(site_reading), [reading(second) for second in range(-120, 0)])


def reading(second: int, *, grid_w: float = 1_000_000.0) -> dict[str, object]:
    """The site meter `second` seconds after noon."""
    return {
        "site_id": SITE, "at": NOON + timedelta(seconds=second), "grid_w": grid_w + second,
        "load_w": 12e6, "solar_w": 9e6, "wind_w": 2e6, "store_w": 0.0, "store_soc_pct": 50.0,
        "fleet_charge_w": 7000.0, "fleet_discharge_w": 0.0, "quality": "measured",
    }  # fmt: skip


async def _station(conn: AsyncConnection, station_id: str, *, connected: bool) -> None:
    await put(
        conn, charging_station, station_id=station_id, password_hmac=b"x", vendor="V2GHubSim",
        model="Bidirectional-11", connected=connected, registration_status="Accepted",
        discharge_dialect="negative_limit", last_seen_at=NOON,
    )  # fmt: skip
    await put(
        conn, connector, station_id=station_id, evse_id=1, connector_id=1,
        status="Available", status_at=NOON,
    )  # fmt: skip


async def _van(conn: AsyncConnection) -> None:
    started = NOON - timedelta(hours=1)
    await put(
        conn, vehicle, vehicle_id="van-7", site_id=SITE, id_token="TAG-7", name="Van 7",
        capacity_wh=50_000.0, departure_at=NOON + timedelta(hours=5), target_soc_pct=80.0,
        demand_source="driver", updated_at=NOON,
    )  # fmt: skip
    await put(
        conn, transaction, station_id=STATION, transaction_id="tx-1", evse_id=1, connector_id=1,
        id_token="TAG-7", started_at=started, last_event_at=NOON, imported_wh=7000.0,
        exported_wh=0.0, charging_state="Charging", event_count=60,
    )  # fmt: skip
    await put(
        conn, evse, station_id=STATION, evse_id=1, transaction_id="tx-1", power_w=7000.0,
        power_at=NOON, import_wh=107_000.0, export_wh=2000.0, register_at=NOON, soc_pct=50.0,
        soc_at=NOON, setpoint_w=7000.0, setpoint_until=NOON + timedelta(minutes=10),
        setpoint_status="confirmed", updated_at=NOON,
    )  # fmt: skip
    samples = [
        {
            "station_id": STATION, "evse_id": 1, "at": started + timedelta(minutes=minute),
            "context": "Sample.Periodic", "transaction_id": "tx-1", "received_at": NOON,
            "power_w": 7000.0, "import_wh": 100_000.0 + minute * 7000 / 60,
        }
        for minute in range(60)
    ]  # fmt: skip
    await conn.execute(insert(meter_reading), samples)


def plan(*, grid_w: float = 500_000.0) -> Plan:
    """36 h from noon: the van charges at 7 kW for four hours, held back by its circuit first."""
    slots = np.zeros(SLOTS)
    setpoint_w = np.concatenate([np.full(16, 7000.0), np.zeros(SLOTS - 16)])
    return Plan(
        starts_at=NOON, slot_s=900, status=PlanStatus.OPTIMAL, solve_s=0.4, objective_gbp=12.0,
        grid_w=slots + grid_w, load_w=slots + 12e6, solar_w=slots + 9e6, wind_w=slots + 2e6,
        curtailed_w=slots, store_w=slots, store_energy_wh=slots + 1.5e6, fleet_w=setpoint_w,
        import_gbp_per_kwh=slots + 0.2, export_gbp_per_kwh=slots + 0.05, carbon_g=slots + 50,
        evses=(
            EvsePlan(
                station_id=ChargingStationId(STATION), evse_id=EvseId(1), vehicle_id="van-7",
                transaction_id=TransactionId("tx-1"), departure_at=NOON + timedelta(hours=5),
                setpoint_w=setpoint_w, energy_wh=25_000 + np.cumsum(setpoint_w) / 4 * 0.92,
                shortfall_wh=0.0,
                why=(
                    Why(code=WhyCode.CIRCUIT_LIMIT, first_slot=0, last_slot=3, detail="v2g-bay"),
                    Why(
                        code=WhyCode.DEPARTURE, first_slot=4, last_slot=15, cost_gbp_per_kwh=0.2,
                        runner_up=RunnerUp(
                            action=RunnerUpAction.CHARGE_THEN, slot=16, extra_gbp_per_kwh=0.05
                        ),
                    ),
                    Why(code=WhyCode.FULL, first_slot=16, last_slot=SLOTS - 1),
                ),
            ),
        ),
        loads=(
            LoadPlan(
                load_id="oven", power_w=slots + 2e3, energy_wh=np.cumsum(slots + 500), done_wh=0.0,
                shortfall_wh=0.0,
            ),
        ),
    )  # fmt: skip


def run_id() -> str:
    """A new random key."""
    return uuid4().hex
