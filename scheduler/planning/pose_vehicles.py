"""From demands to the rows of `Vehicles`: what each may take and give, and what it is worth."""

from datetime import timedelta

import numpy as np
import numpy.typing as npt

from scheduler.domain.demand import FULL_CHARGE_RATIO, Demand
from scheduler.domain.plan import GbpPerKwh, WattHours, Watts
from scheduler.planning.problem import CALM, Hours, PlanningInput, Ratios, Vehicles

RANK_RATIO = 0.01  # how much more the earliest departure weighs than the latest
HIGHEST_PRIORITY = 9
HASTE = 0.5  # GBP per kWh and hour: who may leave any time, or wants it now, is first
QUEUE = 2e-4  # GBP per kWh and hour, from the first in the queue to the last
SMALLEST_BATTERY_WH = 10.0
STEP_OFF_RATIO = 1e-6  # what floats are off by


def vehicles_of(given: PlanningInput, extra_gbp_per_kwh: float) -> Vehicles:
    """The rows of all demands, in their order."""
    demands, tariff = given.demands, given.site.tariff
    present_h = _present_h(given)
    start_wh = column(demands, "energy_wh")
    capacity_wh = np.maximum(column(demands, "capacity_wh"), start_wh)
    target_wh = np.minimum(column(demands, "target_wh"), capacity_wh)
    v2g_floor_wh = column(demands, "v2g_floor_wh")
    overdue = np.array([d.departure_at <= given.now for d in demands], dtype=bool)
    may_give = (start_wh > v2g_floor_wh) & ~overdue
    usable = np.array([_usable(d) for d in demands], dtype=float)
    step_w = column(demands, "step_w") * (column(demands, "floor_w") <= 0)
    most_w, least_w = column(demands, "max_charge_w") * usable, column(demands, "min_charge_w")
    taper_end_w = np.maximum(FULL_CHARGE_RATIO * most_w, np.minimum(least_w, most_w))
    charge_max_w, least_w = _whole(np.floor, most_w, step_w), _whole(np.ceil, least_w, step_w)
    charge_max_w = np.where((step_w > 0) & (least_w > charge_max_w), 0.0, charge_max_w)
    discharge_max_w = _whole(np.floor, column(demands, "max_discharge_w"), step_w)
    discharge_max_w = discharge_max_w * usable * may_give
    min_charge_w = np.minimum(least_w, charge_max_w)
    charge_ratio = np.clip(column(demands, "charge_efficiency_ratio"), 0.01, 1.0)
    taper_ratio = np.where([d.soc_known for d in demands], column(demands, "taper_soc_ratio"), 1.0)
    here = present_h > 0
    floor_w = np.minimum(column(demands, "floor_w"), charge_max_w)[:, None] * here
    taken_wh = np.cumsum(floor_w * charge_ratio[:, None] * present_h, axis=1)
    return Vehicles(
        present_h=present_h,
        charge_max_w=charge_max_w[:, None] * here,
        discharge_max_w=discharge_max_w[:, None] * here * (floor_w <= 0),
        floor_w=np.where(taken_wh <= (_taper(taper_ratio, capacity_wh) - start_wh)[:, None],
                         floor_w, 0.0),
        min_charge_w=min_charge_w,
        step_w=step_w,
        start_wh=start_wh,
        target_wh=target_wh,
        capacity_wh=capacity_wh,
        reserve_wh=np.minimum(v2g_floor_wh, start_wh),
        taper_wh=_taper(taper_ratio, capacity_wh),
        taper_end_w=np.minimum(taper_end_w, charge_max_w),
        charge_ratio=charge_ratio,
        discharge_ratio=np.clip(column(demands, "discharge_efficiency_ratio"), 0.01, 1.0),
        shortfall_gbp_per_kwh=_ranked(demands, tariff.shortfall_gbp_per_kwh),
        haste_gbp_per_kwh=_haste(demands),
        extra_gbp_per_kwh=extra_gbp_per_kwh,
        wear_gbp_per_kwh=max(tariff.vehicle_wear_gbp_per_kwh, 1e-4),
    )  # fmt: skip


def _whole(to: np.ufunc, power_w: Watts, step_w: Watts) -> Watts:
    """Powers as whole steps, down (`np.floor`) or up (`np.ceil`), where there are steps."""
    off_ratio = STEP_OFF_RATIO if to is np.floor else -STEP_OFF_RATIO
    steps = to(power_w / np.where(step_w > 0, step_w, 1.0) + off_ratio)
    whole_w: Watts = np.where(step_w > 0, steps * step_w, power_w)
    return whole_w


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


def column(demands: tuple[Demand, ...], name: str) -> npt.NDArray[np.float64]:
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
    known = np.array([d.departure_known and not d.boost for d in demands], dtype=bool)
    waits = np.array([not d.charging for d in demands], dtype=float)
    turn_ratio = (waits + _order(demands)) / 2
    haste: GbpPerKwh = np.where(known, CALM, HASTE) + QUEUE * (1.0 - turn_ratio)
    return haste
