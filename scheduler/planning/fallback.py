"""A plan by rule, for when the solver fails or is late: least laxity first, within every limit.

Nothing discharges but the store, and that only to keep the connection's limit. What is beyond the
target is given from surplus alone.
"""

from dataclasses import dataclass
from math import ceil, floor

import numpy as np

from scheduler.domain.plan import PlanStatus, Watts
from scheduler.planning.problem import Problem
from scheduler.planning.solution import Solution, acceptance_w

TINY_WH = 1e-3


@dataclass(slots=True)
class _Slot:
    """What is left to give in one slot, and what has been given."""

    index: int
    circuit_w: Watts
    import_w: float
    surplus_w: float
    given_w: Watts

    def give(self, problem: Problem, vehicle: int, power_w: float) -> None:
        """Book a vehicle's power."""
        self.circuit_w -= problem.below[:, vehicle] * power_w
        self.import_w -= power_w
        self.surplus_w -= power_w
        self.given_w[vehicle] += power_w

    def room_w(self, problem: Problem, vehicle: int) -> float:
        """What the limits still leave to a vehicle."""
        ratios = problem.below[:, vehicle]
        above = ratios > 0
        circuit_w = (self.circuit_w[above] / ratios[above]).min(initial=np.inf)
        return float(min(circuit_w, self.import_w))


def solve_by_rule(problem: Problem) -> Solution:
    """A plan that keeps every limit which can be kept; it costs what it costs."""
    fleet, shape = problem.vehicles, problem.vehicles.present_h.shape
    net_w, store_w, curtailed_w = np.zeros(shape), np.zeros(problem.slots), np.zeros(problem.slots)
    energy_wh = fleet.start_wh.copy()
    stored_wh = problem.store.start_wh if problem.store else 0.0
    for t in range(problem.slots):
        slot = _opened(problem, t, energy_wh)
        store_w[t] = -_rescue_w(problem, t, stored_wh, -slot.import_w)
        slot.import_w -= store_w[t]
        for vehicle in _by_laxity(problem, t, energy_wh):
            _serve(problem, slot, vehicle, float(energy_wh[vehicle]))
        store_w[t] += _absorbed_w(problem, t, stored_wh, slot.surplus_w if store_w[t] == 0 else 0)
        net_w[:, t] = slot.given_w
        energy_wh += slot.given_w * fleet.present_h[:, t] * fleet.charge_ratio
        stored_wh += _stored_change_wh(problem, t, float(store_w[t]))
        site_w = problem.load_w[t] - problem.generation_w[t] + net_w[:, t].sum() + store_w[t]
        beyond_w = max(0.0, problem.least_w[t] - site_w)
        curtailed_w[t] = min(beyond_w, problem.generation_w[t])
    free = np.zeros((len(problem.circuit_ids), problem.slots))
    return Solution(
        status=PlanStatus.FALLBACK,
        run_s=0.0,
        objective_gbp=float("nan"),
        net_w=net_w,
        store_w=store_w,
        curtailed_w=curtailed_w,
        slot_gbp_per_kwh=problem.buy_gbp_per_kwh,
        circuit_gbp_per_kwh=free,
        back_gbp_per_kwh=free,
    )


def _opened(problem: Problem, t: int, energy_wh: Watts) -> _Slot:
    """The slot with its floors given: those nobody can refuse."""
    fleet = problem.vehicles
    base_w = float(problem.load_w[t] - problem.generation_w[t])
    import_max_w = float(problem.most_w[t])
    if np.isfinite(problem.target_w[t]):
        asked_w = max(float(problem.target_w[t]), -float(problem.export_max_w[t]))
        import_max_w = min(import_max_w, asked_w)
    slot = _Slot(
        index=t,
        circuit_w=problem.circuit_max_w[:, t].copy(),
        import_w=import_max_w - base_w,
        surplus_w=-base_w,
        given_w=np.zeros(len(fleet.start_wh)),
    )
    for vehicle in np.nonzero(fleet.floor_w[:, t])[0]:
        takes_w = acceptance_w(problem, int(vehicle), t, float(energy_wh[vehicle]))
        slot.give(problem, int(vehicle), min(float(fleet.floor_w[vehicle, t]), takes_w))
    return slot


def _by_laxity(problem: Problem, t: int, energy_wh: Watts) -> list[int]:
    """Vehicles that are there, the one that can wait least first."""
    fleet = problem.vehicles
    left_h = fleet.present_h[:, t:].sum(axis=1)
    pace_w = np.maximum(fleet.charge_max_w[:, t] * fleet.charge_ratio, 1.0)
    laxity_h = left_h - np.maximum(fleet.target_wh - energy_wh, 0.0) / pace_w
    here = np.nonzero(fleet.charge_max_w[:, t] > 0)[0]
    return [int(vehicle) for vehicle in here[np.argsort(laxity_h[here], kind="stable")]]


def _serve(problem: Problem, slot: _Slot, vehicle: int, energy_wh: float) -> None:
    """Charge towards the target, and beyond it from surplus; never below the minimum power."""
    fleet, t = problem.vehicles, slot.index
    accepts_w = acceptance_w(problem, vehicle, t, energy_wh)
    pace_h = float(fleet.present_h[vehicle, t] * fleet.charge_ratio[vehicle])
    if pace_h <= 0:
        return
    least_w = float(fleet.min_charge_w[vehicle])
    floor_w = float(slot.given_w[vehicle])
    needed_w = max(0.0, float(fleet.target_wh[vehicle]) - energy_wh) / pace_h
    wanted_w = max(needed_w if needed_w < 1.0 else max(needed_w, least_w), slot.surplus_w + floor_w)
    step_w = float(fleet.step_w[vehicle])
    wanted_w = wanted_w if step_w <= 0 else ceil(wanted_w / step_w) * step_w
    power_w = min(accepts_w, wanted_w, slot.room_w(problem, vehicle) + floor_w)
    fills = energy_wh + power_w * pace_h >= float(fleet.capacity_wh[vehicle]) - TINY_WH
    if step_w > 0 and not fills:
        power_w = floor(power_w / step_w) * step_w
    if power_w >= max(least_w, floor_w) and power_w >= 1.0:
        slot.give(problem, vehicle, power_w - floor_w)


def _rescue_w(problem: Problem, t: int, stored_wh: float, missing_w: float) -> float:
    """What the store gives so that the site keeps its import limit or its instruction."""
    store = problem.store
    if store is None or missing_w <= 0:
        return 0.0
    hours = float(problem.slot_h[t])
    spare_wh = max(0.0, stored_wh - store.min_wh)
    return min(missing_w, float(store.discharge_max_w[t]), spare_wh * store.discharge_ratio / hours)


def _absorbed_w(problem: Problem, t: int, stored_wh: float, surplus_w: float) -> float:
    """What of a surplus the store takes."""
    store = problem.store
    if store is None or surplus_w <= 0:
        return 0.0
    hours = float(problem.slot_h[t])
    room_wh = max(0.0, store.max_wh - stored_wh)
    return min(surplus_w, float(store.charge_max_w[t]), room_wh / store.charge_ratio / hours)


def _stored_change_wh(problem: Problem, t: int, store_w: float) -> float:
    store, hours = problem.store, float(problem.slot_h[t])
    if store is None:
        return 0.0
    return hours * (
        store_w * store.charge_ratio if store_w > 0 else store_w / store.discharge_ratio
    )
