"""The problem as one linear program: exact, for small sites, and the measure of other solvers.

Works in kW and kWh. What cannot hold gives way in the order of its price: comfort (a vehicle
short of its target), then contract (an instruction), then the limits of the connection. Circuits,
directions and V2G floors have no price: they hold.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scheduler.domain.plan import GbpPerKwh, PlanStatus, Watts
from scheduler.planning.lp import Indices, Lp, LpSolution
from scheduler.planning.plant import K, add_plant
from scheduler.planning.problem import Problem
from scheduler.planning.solution import Solution, netted_w


@dataclass(frozen=True, slots=True)
class _Pairs:
    """The (vehicle, slot) pairs in which a vehicle can do something, vehicle by vehicle."""

    vehicle: Indices
    slot: Indices
    hours: npt.NDArray[np.float64]
    charge: Indices
    giving: Indices  # positions of the pairs that may discharge
    discharge: Indices  # their columns


@dataclass(frozen=True, slots=True)
class _CircuitRows:
    """The rows of the (circuit, slot) that could bind."""

    circuit: Indices
    slot: Indices
    row: Indices

    def gbp_per_kwh(self, problem: Problem, found: LpSolution) -> GbpPerKwh:
        """What a kWh more through each circuit would cost in each slot (circuits, slots)."""
        dear = np.zeros((len(problem.circuit_ids), problem.slots))
        dear[self.circuit, self.slot] = -found.duals[self.row] / problem.slot_h[self.slot]
        return dear


def solve_direct(problem: Problem, time_limit_s: float) -> Solution | None:
    """The cheapest plan, proven or the best found in time; None if none was found."""
    lp = Lp()
    pairs = _add_vehicles(lp, problem)
    plant = add_plant(lp, problem, problem.forced_w)
    lp.put_idle(pairs.charge, plant.beyond[pairs.slot])
    lp.put(plant.balance[pairs.slot], pairs.charge, -1.0)
    lp.put(plant.balance[pairs.slot[pairs.giving]], pairs.discharge, 1.0)
    charging, discharging = _add_circuits(lp, problem, pairs)
    found = lp.solve(time_limit_s)
    if found is None:
        return None
    slot_gbp = found.duals[plant.balance] / problem.slot_h
    return Solution(
        status=PlanStatus.OPTIMAL if found.proven else PlanStatus.TIME_LIMIT,
        run_s=found.run_s,
        objective_gbp=found.objective_gbp,
        net_w=_net_w(problem, pairs, found),
        store_w=plant.store_w(problem, found.values),
        curtailed_w=plant.curtailed_w(found.values),
        slot_gbp_per_kwh=slot_gbp,
        circuit_gbp_per_kwh=charging.gbp_per_kwh(problem, found),
        back_gbp_per_kwh=discharging.gbp_per_kwh(problem, found),
        bound_gbp=found.bound_gbp,
    )


def _add_vehicles(lp: Lp, problem: Problem) -> _Pairs:
    fleet = problem.vehicles
    vehicle, slot = np.nonzero((fleet.charge_max_w > 0) | (fleet.discharge_max_w > 0))
    hours = fleet.present_h[vehicle, slot]
    begins_h = np.cumsum(problem.slot_h) - problem.slot_h
    waiting = fleet.haste_gbp_per_kwh[vehicle] * begins_h[slot]
    charge = lp.add_columns(
        vehicle.shape,
        fleet.floor_w[vehicle, slot] / K,
        fleet.charge_max_w[vehicle, slot] / K,
        waiting * hours,
    )
    give_max_w = fleet.discharge_max_w[vehicle, slot]
    giving = np.nonzero(give_max_w > 0)[0]
    discharge = lp.add_columns(
        giving.shape, 0.0, give_max_w[giving] / K, fleet.wear_gbp_per_kwh * hours[giving]
    )
    lp.put_either(charge[giving], discharge)
    pairs = _Pairs(vehicle, slot, hours, charge, giving, discharge)
    _add_energy(lp, problem, pairs)
    return pairs


def _add_energy(lp: Lp, problem: Problem, pairs: _Pairs) -> None:
    """Stored energy per pair where it matters on the way; for the others only its sum."""
    fleet = problem.vehicles
    short, extra = _add_targets(lp, problem)
    able_wh = (fleet.charge_max_w * fleet.present_h).sum(axis=1) * fleet.charge_ratio
    tracked = (fleet.start_wh + able_wh > fleet.taper_wh) | fleet.discharge_max_w.any(axis=1)
    into = pairs.hours * fleet.charge_ratio[pairs.vehicle]
    out_of = pairs.hours / fleet.discharge_ratio[pairs.vehicle]

    present = np.unique(pairs.vehicle)
    reach = np.full(len(tracked), -1)
    rhs = (fleet.target_wh - np.where(tracked, 0.0, fleet.start_wh))[present] / K
    reach[present] = lp.add_rows(present.shape, rhs, rhs)
    lp.put(reach[present], short[present], 1.0)
    lp.put(reach[present], extra[present], -1.0)
    loose = ~tracked[pairs.vehicle]
    lp.put(reach[pairs.vehicle[loose]], pairs.charge[loose], into[loose])

    at = np.nonzero(~loose)[0]
    whose = pairs.vehicle[at]
    stored = np.full(len(pairs.vehicle), -1)
    stored[at] = lp.add_columns(
        at.shape, fleet.reserve_wh[whose] / K, fleet.capacity_wh[whose] / K, 0.0
    )
    first = np.r_[True, whose[1:] != whose[:-1]] if len(at) else np.zeros(0, dtype=bool)
    last = np.r_[first[1:], True] if len(at) else first
    start = np.where(first, fleet.start_wh[whose] / K, 0.0)
    path = np.full(len(pairs.vehicle), -1)
    path[at] = lp.add_rows(at.shape, start, start)
    lp.put(path[at], stored[at], 1.0)
    lp.put(path[at[~first]], stored[at[~first] - 1], -1.0)
    lp.put(path[at], pairs.charge[at], -into[at])
    give = pairs.giving[~loose[pairs.giving]]
    lp.put(path[give], pairs.discharge[~loose[pairs.giving]], out_of[give])
    lp.put(reach[whose[last]], stored[at[last]], 1.0)
    _add_taper(lp, problem, pairs, stored)


def _add_targets(lp: Lp, problem: Problem) -> tuple[Indices, Indices]:
    """Energy at departure = target - short + extra."""
    fleet = problem.vehicles
    able = (fleet.charge_max_w > 0).any(axis=1) | (fleet.discharge_max_w > 0).any(axis=1)
    short = lp.add_columns(
        fleet.target_wh.shape, 0.0, able * fleet.target_wh / K, fleet.shortfall_gbp_per_kwh
    )
    extra = lp.add_columns(
        fleet.target_wh.shape,
        0.0,
        able * (fleet.capacity_wh - fleet.target_wh) / K,
        -fleet.extra_gbp_per_kwh,
    )
    return short, extra


def _add_taper(lp: Lp, problem: Problem, pairs: _Pairs, stored: Indices) -> None:
    """Above the bend the power falls in a straight line; a slot is judged by its mean energy."""
    fleet = problem.vehicles
    can_wh = fleet.start_wh[:, None] + np.cumsum(
        fleet.charge_max_w * fleet.present_h * fleet.charge_ratio[:, None], axis=1
    )
    bends = (can_wh > fleet.taper_wh[:, None]) & (fleet.taper_wh < fleet.capacity_wh - 1.0)[:, None]
    at = np.nonzero(bends[pairs.vehicle, pairs.slot] & (stored >= 0))[0]
    whose = pairs.vehicle[at]
    before = np.where(at > 0, stored[at - 1], -1)
    first = (at == 0) | (pairs.vehicle[at - 1] != whose)
    charge_max = fleet.charge_max_w[whose, pairs.slot[at]] / K
    span = (fleet.capacity_wh - fleet.taper_wh)[whose] / K
    slope = (charge_max - fleet.taper_end_w[whose] / K) / span
    limit = charge_max + slope * fleet.taper_wh[whose] / K
    limit -= np.where(first, 0.5 * slope * fleet.start_wh[whose] / K, 0.0)
    rows = lp.add_rows(at.shape, -np.inf, limit)
    lp.put(rows, pairs.charge[at], 1.0)
    lp.put(rows, stored[at], 0.5 * slope)
    lp.put(rows[~first], before[~first], 0.5 * slope[~first])


def _add_circuits(lp: Lp, problem: Problem, pairs: _Pairs) -> tuple[_CircuitRows, _CircuitRows]:
    """Rows for the (circuit, slot) that could bind: charging and discharging apart, for whatever
    relieves a feeder may be unplugged at any second."""
    fleet, limit_w = problem.vehicles, problem.circuit_limit_w[:, None]
    tight = np.nonzero(problem.below @ fleet.charge_max_w > problem.circuit_max_w)
    rows = lp.add_rows(tight[0].shape, -np.inf, problem.circuit_max_w[tight] / K)
    row_of = np.full(problem.circuit_max_w.shape, -1)
    row_of[tight] = rows
    back = np.nonzero(problem.below @ fleet.discharge_max_w > limit_w)
    back_of = np.full(problem.circuit_max_w.shape, -1)
    back_of[back] = lp.add_rows(back[0].shape, -np.inf, problem.circuit_limit_w[back[0]] / K)
    givers, give_slots = pairs.vehicle[pairs.giving], pairs.slot[pairs.giving]
    for ratios, row, back_row in zip(problem.below, row_of, back_of, strict=True):
        carried = ratios[pairs.vehicle]
        inside = (carried > 0) & (row[pairs.slot] >= 0)
        lp.put(row[pairs.slot[inside]], pairs.charge[inside], carried[inside])
        given = ratios[givers]
        gives = (given > 0) & (back_row[give_slots] >= 0)
        lp.put(back_row[give_slots[gives]], pairs.discharge[gives], given[gives])
    return _CircuitRows(tight[0], tight[1], rows), _CircuitRows(back[0], back[1], back_of[back])


def _net_w(problem: Problem, pairs: _Pairs, found: LpSolution) -> Watts:
    fleet = problem.vehicles
    charge = np.zeros(fleet.present_h.shape)
    discharge = np.zeros(fleet.present_h.shape)
    charge[pairs.vehicle, pairs.slot] = found.values[pairs.charge] * K
    given = pairs.giving
    discharge[pairs.vehicle[given], pairs.slot[given]] = found.values[pairs.discharge] * K
    net_w = netted_w(charge, discharge, fleet.charge_ratio[:, None], fleet.discharge_ratio[:, None])
    return np.clip(net_w, -fleet.discharge_max_w, fleet.charge_max_w)
