"""Solution: what any solver hands on. Powers per vehicle and slot, and the prices behind them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scheduler.domain.plan import GbpPerKwh, PlanStatus, WattHours, Watts
from scheduler.planning.problem import Problem

GOAL_RATIO = 0.004  # a plan proven to be within this of the least cost is called optimal
SMALLEST_GBP = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """`net_w[i, t]` signed, + into the vehicle; `store_w` likewise. `slot_gbp_per_kwh`: what one
    kWh more would cost the site in a slot; `circuit_gbp_per_kwh[c, t]`: what a circuit adds to it
    for a vehicle that charges, `back_gbp_per_kwh[c, t]` takes from it for one that discharges.
    `bound_gbp`: no plan has a lower `objective_gbp`; minus infinity where that is not known."""

    status: PlanStatus
    run_s: float
    objective_gbp: float
    net_w: Watts
    store_w: Watts
    curtailed_w: Watts
    slot_gbp_per_kwh: GbpPerKwh
    circuit_gbp_per_kwh: GbpPerKwh
    back_gbp_per_kwh: GbpPerKwh
    bound_gbp: float = -np.inf

    @property
    def gap_ratio(self) -> float:
        """How much more than the least it may cost, of what it costs; not finite if unknown."""
        if not np.isfinite(self.bound_gbp):
            return np.inf
        gap_gbp = self.objective_gbp - self.bound_gbp
        return max(0.0, gap_gbp / max(abs(self.objective_gbp), SMALLEST_GBP))


def stored_wh(problem: Problem, net_w: Watts) -> WattHours:
    """Battery energy of each vehicle at each slot's end."""
    fleet = problem.vehicles
    into_wh = np.maximum(net_w, 0.0) * fleet.charge_ratio[:, None]
    out_of_wh = np.maximum(-net_w, 0.0) / fleet.discharge_ratio[:, None]
    path: WattHours = fleet.start_wh[:, None] + np.cumsum(
        (into_wh - out_of_wh) * fleet.present_h, axis=1
    )
    return path


def missing_wh(problem: Problem, net_w: Watts) -> WattHours:
    """What each vehicle is short of its target at the end."""
    short_wh: WattHours = np.maximum(
        problem.vehicles.target_wh - stored_wh(problem, net_w)[:, -1], 0.0
    )
    return short_wh


def least_missing_wh(problem: Problem) -> WattHours:
    """What each vehicle is short of its target whatever is planned: its own power and stay give no
    more."""
    fleet = problem.vehicles
    able_wh = (fleet.charge_max_w * fleet.present_h).sum(axis=1) * fleet.charge_ratio
    short_wh: WattHours = np.maximum(fleet.target_wh - fleet.start_wh - able_wh, 0.0)
    return short_wh


def store_wh(problem: Problem, store_w: Watts) -> WattHours:
    """Energy of the store at each slot's end; zeros where there is none."""
    store = problem.store
    if store is None:
        return np.zeros(problem.slots)
    into_w = np.maximum(store_w, 0.0) * store.charge_ratio
    out_of_w = np.maximum(-store_w, 0.0) / store.discharge_ratio
    path: WattHours = store.start_wh + np.cumsum((into_w - out_of_w) * problem.slot_h)
    return path


def grid_w(problem: Problem, net_w: Watts, store_w: Watts, curtailed_w: Watts) -> Watts:
    """Site power, + import."""
    site_w: Watts = (
        problem.load_w - problem.generation_w + curtailed_w + net_w.sum(axis=0) + store_w
    )
    return site_w


def own_cost_gbp(problem: Problem, net_w: Watts) -> float:
    """What vehicles cost apart from energy: waiting, wear, and what is missing or beyond at the
    end, of those that can do something; in the solvers' prices."""
    fleet = problem.vehicles
    able = (fleet.charge_max_w > 0).any(axis=1) | (fleet.discharge_max_w > 0).any(axis=1)
    begins_h = np.cumsum(problem.slot_h) - problem.slot_h
    energy_wh = net_w * fleet.present_h
    waiting = (np.maximum(energy_wh, 0.0) @ begins_h) * fleet.haste_gbp_per_kwh
    wear = np.maximum(-energy_wh, 0.0).sum(axis=1) * fleet.wear_gbp_per_kwh
    beyond_wh = stored_wh(problem, net_w)[:, -1] - fleet.target_wh
    missing = np.maximum(-beyond_wh, 0.0) * fleet.shortfall_gbp_per_kwh
    extra = np.maximum(beyond_wh, 0.0) * fleet.extra_gbp_per_kwh
    return float((waiting + wear + missing - extra)[able].sum() / 1000.0)


def netted_w(
    charge: npt.NDArray[np.float64],
    discharge: npt.NDArray[np.float64],
    charge_ratio: npt.NDArray[np.float64],
    discharge_ratio: npt.NDArray[np.float64],
) -> Watts:
    """One signed power for a charge and a discharge at once: the same energy, less loss."""
    gain = charge * charge_ratio - discharge / discharge_ratio
    signed: Watts = np.where(gain >= 0, gain / charge_ratio, gain * discharge_ratio)
    return np.where(np.abs(signed) < 1.0, 0.0, signed)


def acceptance_w(problem: Problem, vehicle: int, slot: int, energy_wh: float) -> float:
    """The most a vehicle can take on average over a slot that it begins with `energy_wh`."""
    fleet = problem.vehicles
    hours = float(fleet.present_h[vehicle, slot])
    most_w = float(fleet.charge_max_w[vehicle, slot])
    if hours <= 0 or most_w <= 0:
        return 0.0
    ratio = float(fleet.charge_ratio[vehicle])
    room_wh = float(fleet.capacity_wh[vehicle]) - energy_wh
    span_wh = float(fleet.capacity_wh[vehicle] - fleet.taper_wh[vehicle])
    limit_w = most_w
    if span_wh > 1.0:
        slope_per_h = (most_w - float(fleet.taper_end_w[vehicle])) / span_wh
        bent_w = most_w - slope_per_h * (energy_wh - float(fleet.taper_wh[vehicle]))
        limit_w = min(most_w, bent_w / (1.0 + 0.5 * slope_per_h * ratio * hours))
    return max(0.0, min(limit_w, room_wh / (ratio * hours)))
