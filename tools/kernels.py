"""Compiles the planner's kernels and keeps them on disk, so that no plan has to wait for that."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from csms.domain.ids import ChargingStationId, EvseId, TransactionId
from scheduler.domain.demand import Demand
from scheduler.domain.forecast import Band, Forecast
from scheduler.domain.site_rules import load_site
from scheduler.planning.make import make_plan
from scheduler.planning.problem import PlanningInput

SLOTS, SLOT_S = 8, 900
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def an_hour_or_two() -> PlanningInput:
    """One vehicle at the depot whose charger has steps, for two hours."""
    site = load_site((Path(__file__).parents[1] / "sites" / "depot.toml").read_text())
    evse = next(iter(site.evses()))
    vehicle = Demand(
        station_id=ChargingStationId(evse.station_id), evse_id=EvseId(evse.evse_id),
        circuit_id=evse.circuit_id, vehicle_id="v", transaction_id=TransactionId("t"),
        departure_at=NOW + timedelta(hours=1), energy_wh=10e3, target_wh=20e3, capacity_wh=50e3,
        v2g_floor_wh=5e3, max_charge_w=11e3, max_discharge_w=11e3, min_charge_w=1_380.0,
        step_w=230.0,
    )  # fmt: skip
    some = np.full(SLOTS, 0.1)
    sure = Band(model_w=some, p10_w=some, p50_w=some, p90_w=some)
    forecast = Forecast(
        issued_at=NOW, starts_at=NOW, slot_s=SLOT_S, load=sure, solar=sure, wind=sure
    )
    return PlanningInput(
        now=NOW, starts_at=NOW, slot_s=SLOT_S, slots=SLOTS, site=site, demands=(vehicle,),
        forecast=forecast, store_energy_wh=None, import_gbp_per_kwh=some, export_gbp_per_kwh=some,
        import_max_w=50e3 * some, export_max_w=50e3 * some, grid_target_w=np.full(SLOTS, np.nan),
    )  # fmt: skip


if __name__ == "__main__":
    first = an_hour_or_two()
    plan = make_plan(first, 60.0, large_fleet=0)
    make_plan(replace(first, prices=plan.prices), 60.0, large_fleet=0)
