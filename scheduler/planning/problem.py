"""From domain objects to arrays: what is to be planned, with no solver names.

`problem_of` is where bad input ends: after it every number is finite and every vehicle's bounds
can be met. Vehicles are rows and slots columns; powers are at the meter, energies in the battery.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from scheduler.domain.demand import Demand
from scheduler.domain.forecast import Forecast
from scheduler.domain.plan import GbpPerKwh, WattHours, Watts
from scheduler.domain.site import Circuit, Site
from scheduler.planning.chance import expected_price, forecast_error_w, surplus_chance

Hours = npt.NDArray[np.float64]
Ratios = npt.NDArray[np.float64]
Below = npt.NDArray[np.bool_]

TAPER_END_RATIO = 0.1  # share of the charging power that a full battery still takes
RANK_RATIO = 0.01  # how much more the earliest departure weighs than the latest
CONTRACT_RATIO = 20.0  # a kWh of contract over the dearest kWh of comfort; of limit over contract
HIGHEST_PRIORITY = 9
INSTRUCTION_ERROR_RATIO = 0.02
CALM, HASTE = 1e-5, 0.5  # GBP per kWh and hour: sooner is better; who may leave any time is first
QUEUE = 2e-4  # GBP per kWh and hour, from the first in the queue to the last
SMALLEST_BATTERY_WH = 10.0
BELOW_RATIO = 0.99  # of a price: what is worth less is not bought at it


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanningInput:
    """All that a plan depends on. Arrays have `slots` entries, the forecast's too (same grid); the
    first slot holds `now`.

    `import_max_w`, `export_max_w`: magnitudes, the connection less its margin and every envelope.
    `grid_target_w`: signed site power an instruction asks for, NaN where none does.
    `store_energy_wh`: None where there is no store or it cannot be reached: it stays at 0 W.
    """

    now: datetime
    starts_at: datetime
    slot_s: int
    slots: int
    site: Site
    demands: tuple[Demand, ...]
    forecast: Forecast
    store_energy_wh: float | None
    import_gbp_per_kwh: GbpPerKwh
    export_gbp_per_kwh: GbpPerKwh
    import_max_w: Watts
    export_max_w: Watts
    grid_target_w: Watts


@dataclass(frozen=True, slots=True, kw_only=True)
class Vehicles:
    """One row per demand. `(n,)` arrays but for those marked `(n, slots)`.

    `reserve_wh`: what no plan may go below. `shortfall_gbp_per_kwh` ranks the targets;
    `haste_gbp_per_kwh` is what an hour of waiting costs; `extra_gbp_per_kwh` is what a kWh beyond
    the target is worth, less than any kWh of import. Above `taper_wh` the charging power falls in
    a straight line to `taper_end_w` when full.
    """

    present_h: Hours  # (n, slots)
    charge_max_w: Watts  # (n, slots)
    discharge_max_w: Watts  # (n, slots)
    floor_w: Watts  # (n, slots)
    min_charge_w: Watts
    start_wh: WattHours
    target_wh: WattHours
    capacity_wh: WattHours
    reserve_wh: WattHours
    taper_wh: WattHours
    taper_end_w: Watts
    charge_ratio: Ratios
    discharge_ratio: Ratios
    shortfall_gbp_per_kwh: GbpPerKwh
    haste_gbp_per_kwh: GbpPerKwh
    extra_gbp_per_kwh: float
    wear_gbp_per_kwh: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """The stationary battery. `keep_gbp_per_kwh`: what a kWh left at the end is worth;
    `least_wh` (slots,): what it should hold at a slot's end: `min_wh`, and more where an
    instruction may need more than the forecast says."""

    start_wh: float
    min_wh: float
    least_wh: WattHours
    max_wh: float
    charge_max_w: float
    discharge_max_w: float
    charge_ratio: float
    discharge_ratio: float
    wear_gbp_per_kwh: float
    keep_gbp_per_kwh: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Arrays per slot. `below[c, i]`: vehicle i hangs below circuit c; `circuit_limit_w` is
    what may flow back; `circuit_max_w` is less by the floors of the EVSEs without a vehicle, or
    what the floors alone take where that is more. `slot_h` of the first slot is what is left of
    it. `target_w` is NaN where there is no instruction. `expected_gbp_per_kwh` is the import
    price to plan with: less where surplus may come. `error_w` is the standard error of what load
    less generation is forecast to be."""

    slot_h: Hours
    load_w: Watts
    solar_w: Watts
    wind_w: Watts
    error_w: Watts
    import_max_w: Watts
    export_max_w: Watts
    target_w: Watts
    import_gbp_per_kwh: GbpPerKwh
    export_gbp_per_kwh: GbpPerKwh
    expected_gbp_per_kwh: GbpPerKwh
    contract_gbp_per_kwh: float
    limit_gbp_per_kwh: float
    circuit_ids: tuple[str, ...]
    circuit_limit_w: Watts  # (circuits,)
    circuit_max_w: Watts  # (circuits, slots)
    below: Below  # (circuits, n)
    vehicles: Vehicles
    store: Store | None

    @property
    def slots(self) -> int:
        """How many slots there are."""
        return len(self.slot_h)

    @property
    def generation_w(self) -> Watts:
        """Solar and wind together, positive."""
        return self.solar_w + self.wind_w


def problem_of(given: PlanningInput) -> Problem:
    """The arrays of `given`, with what is not finite replaced by the cautious side."""
    site, tariff = given.site, given.site.tariff
    slot_h = np.full(given.slots, given.slot_s / 3600.0)
    now_h = (given.now - given.starts_at).total_seconds() / 3600.0
    ahead_h = np.maximum((np.arange(given.slots) + 0.5) * given.slot_s / 3600.0 - now_h, 0.0)
    slot_h[:1] -= max(0.0, now_h)
    slot_h = np.maximum(slot_h, 1e-4)
    load_w = np.nan_to_num(given.forecast.load_w, nan=site.load.max_w)
    solar_w = np.maximum(np.nan_to_num(given.forecast.solar_w), 0.0)
    wind_w = np.maximum(np.nan_to_num(given.forecast.wind_w), 0.0)
    error_w = forecast_error_w(load_w, solar_w, wind_w, ahead_h)
    import_gbp = np.nan_to_num(given.import_gbp_per_kwh, nan=max(tariff.import_gbp_per_kwh))
    export_gbp = np.nan_to_num(given.export_gbp_per_kwh, nan=min(tariff.export_gbp_per_kwh))
    extra_gbp = max(0.0, min(tariff.surplus_value_gbp_per_kwh, BELOW_RATIO * import_gbp.min()))
    expected_gbp = expected_price(
        import_gbp,
        np.maximum(export_gbp, extra_gbp / BELOW_RATIO),
        surplus_chance(load_w, solar_w, wind_w, error_w),
    )
    vehicles = _vehicles(given, extra_gbp)
    below = _below(site.circuits, [d.circuit_id for d in given.demands])
    limits_w = np.array([c.limit_w for c in site.circuits], dtype=float)
    room_w = limits_w[:, None] - _arrivals_w(given, vehicles, below)
    comfort_gbp = tariff.shortfall_gbp_per_kwh * (1 + HIGHEST_PRIORITY) * (1 + RANK_RATIO)
    contract_gbp = CONTRACT_RATIO * max(comfort_gbp, 1.0)
    return Problem(
        slot_h=slot_h,
        load_w=load_w,
        solar_w=solar_w,
        wind_w=wind_w,
        error_w=error_w,
        import_max_w=np.maximum(np.nan_to_num(given.import_max_w), 0.0),
        export_max_w=np.maximum(np.nan_to_num(given.export_max_w), 0.0),
        target_w=given.grid_target_w,
        import_gbp_per_kwh=import_gbp,
        export_gbp_per_kwh=export_gbp,
        expected_gbp_per_kwh=expected_gbp,
        contract_gbp_per_kwh=contract_gbp,
        limit_gbp_per_kwh=CONTRACT_RATIO * contract_gbp,
        circuit_ids=tuple(c.circuit_id for c in site.circuits),
        circuit_limit_w=limits_w,
        circuit_max_w=np.maximum(np.maximum(room_w, 0.0), below @ vehicles.floor_w),
        below=below,
        vehicles=vehicles,
        store=_store(given, float(expected_gbp.min())),
    )


def _arrivals_w(given: PlanningInput, vehicles: Vehicles, below: Below) -> Watts:
    """Per circuit and slot the floors of the EVSEs without a vehicle: whoever is plugged in takes
    one unasked, and while the hub is away nobody makes room."""
    site = given.site
    taken = {(d.station_id, d.evse_id) for d in given.demands}
    free = [evse for evse in site.evses() if (evse.station_id, evse.evse_id) not in taken]
    floors_w = np.array([min(site.control.floor_w, evse.max_charge_w) for evse in free])
    free_w = _below(site.circuits, [evse.circuit_id for evse in free]) @ floors_w
    left_w = _column(given.demands, "floor_w")[:, None] * (vehicles.present_h <= 0)
    arrivals_w: Watts = free_w[:, None] + below @ left_w
    return arrivals_w


def _below(circuits: tuple[Circuit, ...], circuit_ids: list[str]) -> Below:
    """Which vehicle hangs below which circuit, however deep."""
    parents = {c.circuit_id: c.parent_id for c in circuits}
    row = {c.circuit_id: k for k, c in enumerate(circuits)}
    below = np.zeros((len(circuits), len(circuit_ids)), dtype=bool)
    for i, circuit_id in enumerate(circuit_ids):
        node: str | None = circuit_id
        while node in row and not below[row[node], i]:
            below[row[node], i] = True
            node = parents[node]
    return below


def _vehicles(given: PlanningInput, extra_gbp_per_kwh: float) -> Vehicles:
    demands, tariff = given.demands, given.site.tariff
    present_h = _present_h(given)
    start_wh = _column(demands, "energy_wh")
    capacity_wh = np.maximum(_column(demands, "capacity_wh"), start_wh)
    target_wh = np.minimum(_column(demands, "target_wh"), capacity_wh)
    v2g_floor_wh = _column(demands, "v2g_floor_wh")
    overdue = np.array([d.departure_at <= given.now for d in demands], dtype=bool)
    may_give = (start_wh > v2g_floor_wh) & ~overdue
    usable = np.array([_usable(d) for d in demands], dtype=float)
    charge_max_w = _column(demands, "max_charge_w") * usable
    discharge_max_w = _column(demands, "max_discharge_w") * usable * may_give
    min_charge_w = np.minimum(_column(demands, "min_charge_w"), charge_max_w)
    charge_ratio = np.clip(_column(demands, "charge_efficiency_ratio"), 0.01, 1.0)
    taper_ratio = np.where([d.soc_known for d in demands], _column(demands, "taper_soc_ratio"), 1.0)
    here = present_h > 0
    floor_w = np.minimum(_column(demands, "floor_w"), charge_max_w)[:, None] * here
    taken_wh = np.cumsum(floor_w * charge_ratio[:, None] * present_h, axis=1)
    return Vehicles(
        present_h=present_h,
        charge_max_w=charge_max_w[:, None] * here,
        discharge_max_w=discharge_max_w[:, None] * here * (floor_w <= 0),
        floor_w=np.where(taken_wh <= (_taper(taper_ratio, capacity_wh) - start_wh)[:, None],
                         floor_w, 0.0),
        min_charge_w=min_charge_w,
        start_wh=start_wh,
        target_wh=target_wh,
        capacity_wh=capacity_wh,
        reserve_wh=np.minimum(v2g_floor_wh, start_wh),
        taper_wh=_taper(taper_ratio, capacity_wh),
        taper_end_w=np.maximum(TAPER_END_RATIO * charge_max_w, min_charge_w),
        charge_ratio=charge_ratio,
        discharge_ratio=np.clip(_column(demands, "discharge_efficiency_ratio"), 0.01, 1.0),
        shortfall_gbp_per_kwh=_ranked(demands, tariff.shortfall_gbp_per_kwh),
        haste_gbp_per_kwh=_haste(demands),
        extra_gbp_per_kwh=extra_gbp_per_kwh,
        wear_gbp_per_kwh=max(tariff.vehicle_wear_gbp_per_kwh, 1e-4),
    )  # fmt: skip


def _present_h(given: PlanningInput) -> Hours:
    """Hours of each slot, from now on, that each vehicle is there; one overdue stays a slot."""
    begin_s = np.arange(given.slots) * float(given.slot_s)
    now_s = (given.now - given.starts_at).total_seconds()
    overdue = given.now + timedelta(seconds=given.slot_s)
    leave_s = np.array(
        [
            ((overdue if d.departure_at <= given.now else d.departure_at) - given.starts_at)
            / timedelta(seconds=1)
            for d in given.demands
        ],
        dtype=float,
    )
    end_s = np.minimum((begin_s + given.slot_s)[None, :], leave_s[:, None])
    hours: Hours = np.maximum(end_s - np.maximum(begin_s, now_s)[None, :], 0.0) / 3600.0
    return hours


def _column(demands: tuple[Demand, ...], name: str) -> npt.NDArray[np.float64]:
    """One field of all demands, never negative, 0 where it is not a number."""
    values = np.array([getattr(d, name) for d in demands], dtype=float)
    column: npt.NDArray[np.float64] = np.maximum(np.nan_to_num(values, posinf=0.0), 0.0)
    return column


def _usable(demand: Demand) -> bool:
    """Whether the energies make sense; if not, the vehicle is left alone."""
    energies = (demand.energy_wh, demand.target_wh, demand.capacity_wh)
    return bool(np.all(np.isfinite(energies)) and demand.capacity_wh >= SMALLEST_BATTERY_WH)


def _taper(taper_ratio: Ratios, capacity_wh: WattHours) -> WattHours:
    """Battery energy above which the vehicle takes less and less."""
    bend_wh: WattHours = np.clip(taper_ratio, 0.0, 1.0) * capacity_wh
    return bend_wh


def _ranked(demands: tuple[Demand, ...], shortfall_gbp_per_kwh: float) -> GbpPerKwh:
    """What a missing kWh costs: more for a higher priority, then for an earlier departure."""
    priority = np.clip([d.priority for d in demands], 0, HIGHEST_PRIORITY)
    first_ratio = 1.0 - _order(demands)
    weights: GbpPerKwh = shortfall_gbp_per_kwh * (1 + priority) * (1 + RANK_RATIO * first_ratio)
    return weights


def _order(demands: tuple[Demand, ...]) -> Ratios:
    """Places in the order of departure, from 0 for the first to just below 1 for the last."""
    order = np.argsort([d.departure_at.timestamp() for d in demands], kind="stable")
    rank = np.empty(len(demands))
    rank[order] = np.arange(len(demands))
    return rank / max(len(demands), 1)


def _haste(demands: tuple[Demand, ...]) -> GbpPerKwh:
    """What an hour of waiting costs. Of all the ways to share a feeder, each new plan finds the
    same one: who charges goes on, and the others follow in the order in which they leave."""
    known = np.array([d.departure_known for d in demands], dtype=bool)
    waits = np.array([not d.charging for d in demands], dtype=float)
    turn_ratio = (waits + _order(demands)) / 2
    haste: GbpPerKwh = np.where(known, CALM, HASTE) + QUEUE * (1.0 - turn_ratio)
    return haste


def _store(given: PlanningInput, cheapest_gbp_per_kwh: float) -> Store | None:
    spec, energy_wh = given.site.store, given.store_energy_wh
    if spec is None or energy_wh is None or not np.isfinite(energy_wh):
        return None
    start_wh = min(max(energy_wh, 0.0), spec.capacity_wh)
    min_wh = min(start_wh, spec.capacity_wh * spec.min_soc_pct / 100.0)
    return Store(
        start_wh=start_wh,
        min_wh=min_wh,
        least_wh=np.minimum(min_wh + _instruction_reserve_wh(given), start_wh),
        max_wh=max(start_wh, spec.capacity_wh * spec.max_soc_pct / 100.0),
        charge_max_w=spec.max_charge_w,
        discharge_max_w=spec.max_discharge_w,
        charge_ratio=spec.charge_efficiency_ratio,
        discharge_ratio=spec.discharge_efficiency_ratio,
        wear_gbp_per_kwh=max(spec.wear_gbp_per_kwh, 1e-4),
        keep_gbp_per_kwh=max(0.0, BELOW_RATIO * cheapest_gbp_per_kwh),
    )


def _instruction_reserve_wh(given: PlanningInput) -> WattHours:
    """Energy to keep until the last instruction is over, so that it can be met though the site
    draws `INSTRUCTION_ERROR_RATIO` of its load more than forecast; less, the less of it is left."""
    load_w = np.nan_to_num(given.forecast.load_w, nan=given.site.load.max_w)
    asked = np.isfinite(given.grid_target_w)
    reserve_wh = INSTRUCTION_ERROR_RATIO * (load_w * asked).sum() * given.slot_s / 3600.0
    not_over = np.cumsum(asked[::-1])[::-1] > 0
    return np.where(not_over, reserve_wh, 0.0)
