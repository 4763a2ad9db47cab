"""Small sites, vehicles and planning inputs for tests; every value can be said otherwise."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from csms.domain.ids import ChargingStationId, EvseId, TransactionId
from scheduler.domain.demand import Demand
from scheduler.domain.forecast import Band
from scheduler.domain.site import (
    Circuit,
    Control,
    GridConnection,
    Load,
    Site,
    StationaryBattery,
    StationGroup,
    Tariff,
)
from scheduler.forecasting.spread import without_history
from scheduler.planning.problem import PlanningInput

NOON = datetime(2026, 6, 10, 12, tzinfo=UTC)


def a_site(**changes: Any) -> Site:
    """One 50 kW feeder behind a 100 kW connection; imports at 0.20, exports at 0.05, no floors."""
    fields: dict[str, Any] = {
        "site_id": "test",
        "name": "Test site",
        "time_zone": "Europe/London",
        "latitude_deg": 54.9,
        "longitude_deg": -1.5,
        "grid_connection": GridConnection(import_limit_w=100_000, export_limit_w=50_000),
        "circuits": (Circuit(circuit_id="yard", limit_w=50_000),),
        "load": Load(max_w=20_000, profile_w=(10_000.0,) * 48),
        "tariff": Tariff(
            import_gbp_per_kwh=(0.2,) * 48,
            export_gbp_per_kwh=(0.05,) * 48,
            surplus_value_gbp_per_kwh=0.09,
        ),
        "control": Control(floor_w=0.0),
        "stations": (
            StationGroup(
                prefix="cs-", count=4, circuit_id="yard", vendor="V", model="M", max_charge_w=11_000
            ),
        ),
    }
    return Site(**(fields | changes))


def a_store(**changes: Any) -> StationaryBattery:
    """50 kW, 100 kWh, lossless unless said otherwise."""
    fields: dict[str, Any] = {
        "store_id": "store",
        "capacity_wh": 100_000.0,
        "max_charge_w": 50_000.0,
        "max_discharge_w": 50_000.0,
        "charge_efficiency_ratio": 1.0,
        "discharge_efficiency_ratio": 1.0,
        "min_soc_pct": 0.0,
        "max_soc_pct": 100.0,
    }
    return StationaryBattery(**(fields | changes))


def a_demand(number: int = 1, *, hours: float = 4.0, **changes: Any) -> Demand:
    """A 50 kWh vehicle at 20 kWh that wants 30 kWh in four hours, lossless and untapered."""
    fields: dict[str, Any] = {
        "station_id": ChargingStationId(f"cs-{number:02d}"),
        "evse_id": EvseId(1),
        "circuit_id": "yard",
        "vehicle_id": f"v{number}",
        "transaction_id": TransactionId(f"t{number}"),
        "departure_at": NOON + timedelta(hours=hours),
        "energy_wh": 20_000.0,
        "target_wh": 30_000.0,
        "capacity_wh": 50_000.0,
        "v2g_floor_wh": 10_000.0,
        "max_charge_w": 11_000.0,
        "charge_efficiency_ratio": 1.0,
        "discharge_efficiency_ratio": 1.0,
        "taper_soc_ratio": 1.0,
        "soc_known": True,
    }
    return Demand(**(fields | changes))


def an_input(*demands: Demand, slots: int = 16, **changes: Any) -> PlanningInput:
    """From noon, quarter-hours; `load_w`, `solar_w`, `import_gbp_per_kwh` … as number or list."""
    site = changes.pop("site", None) or a_site()
    series = {
        "import_gbp_per_kwh": 0.2,
        "export_gbp_per_kwh": 0.05,
        "import_max_w": site.grid_connection.import_limit_w,
        "export_max_w": site.grid_connection.export_limit_w,
        "grid_target_w": np.nan,
    }
    weather = {"load_w": 10_000.0, "solar_w": 0.0, "wind_w": 0.0}
    arrays = {
        name: np.broadcast_to(np.asarray(changes.pop(name, value), dtype=float), (slots,)).copy()
        for name, value in (series | weather).items()
    }
    fields: dict[str, Any] = {
        "now": NOON,
        "starts_at": NOON,
        "slot_s": 900,
        "slots": slots,
        "site": site,
        "demands": demands,
        "store_energy_wh": None,
    }
    fields |= changes
    fields["forecast"] = without_history(
        fields["now"],
        fields["starts_at"],
        fields["slot_s"],
        **{name: arrays.pop(name) for name in weather},
    )
    return PlanningInput(**fields, **arrays)


def certain(given: PlanningInput) -> PlanningInput:
    """The same, but that everything comes as forecast."""
    bands = {
        name: Band(model_w=median_w, p10_w=median_w, p50_w=median_w, p90_w=median_w)
        for name in ("load", "solar", "wind")
        for median_w in (getattr(given.forecast, name).p50_w,)
    }
    return replace(given, forecast=replace(given.forecast, **bands))
