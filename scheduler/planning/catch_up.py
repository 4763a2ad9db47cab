"""How far a vehicle gets if it takes what it can, while everybody else keeps to the plan."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scheduler.domain.plan import WattHours, Watts
from scheduler.planning.problem import Hours, Problem
from scheduler.planning.solution import Solution, grid_w

Indices = npt.NDArray[np.intp]

CONNECTION = -1
TINY_WH = 1.0


def room_w(problem: Problem, solution: Solution, vehicle: Indices, limit: Indices) -> Watts:
    """(k, slots): what limit `limit[j]` leaves to vehicle `vehicle[j]`, beside all the others. A
    limit is a row of the problem's circuits, or CONNECTION."""
    own_w = solution.net_w[vehicle]
    load_w = problem.below @ np.maximum(solution.net_w, 0.0)
    site_w = grid_w(problem, solution.net_w, solution.store_w, solution.curtailed_w)
    counts = problem.below[limit, vehicle][:, None]
    others_w = load_w[limit] - counts * np.maximum(own_w, 0.0)
    feeder_w = (problem.circuit_max_w[limit] - others_w) / np.maximum(counts, 1e-9)
    connection_w = np.minimum(problem.import_plan_w, problem.kept_max_w) - (site_w - own_w)
    return np.where((limit == CONNECTION)[:, None], connection_w, feeder_w)


@dataclass(frozen=True, slots=True)
class Paths:
    """(k, slots) each: powers, and the energy at each slot's end."""

    net_w: Watts
    energy_wh: WattHours


def catch_up(
    problem: Problem,
    solution: Solution,
    vehicle: Indices,
    hours: Hours,
    most_w: Watts,
    *,
    exactly: bool = True,
) -> Paths:
    """Each of the k vehicles charges as early and as much as `most_w` (k, slots) leaves and it
    accepts, at its minimum power or more, until it has its target: `exactly`, or at the end of
    the slot in which it gets there. Where nothing is left it does as planned: gives what it gave,
    or takes its floor."""
    fleet, slots = problem.vehicles, problem.slots
    into, target_wh = fleet.charge_ratio[vehicle], fleet.target_wh[vehicle]
    full_w, least_w = fleet.charge_max_w[vehicle].max(axis=1), fleet.min_charge_w[vehicle]
    floor_w = fleet.floor_w[vehicle].max(axis=1)
    capacity_wh, bend_wh = fleet.capacity_wh[vehicle], fleet.taper_wh[vehicle]
    span_wh = capacity_wh - bend_wh
    fall_w_per_wh = np.where(
        span_wh > 1.0, (full_w - fleet.taper_end_w[vehicle]) / np.maximum(span_wh, 1.0), 0.0
    )
    energy_wh = fleet.start_wh[vehicle].copy()
    net_w, path_wh = np.zeros((2, len(vehicle), slots))
    for slot in range(slots):
        hour = hours[:, slot]
        taken_h = np.maximum(into * hour, 1e-9)
        bent_w = full_w - fall_w_per_wh * (energy_wh - bend_wh)
        accepts_w = np.minimum(full_w, bent_w / (1.0 + 0.5 * fall_w_per_wh * taken_h))
        accepts_w = np.clip(accepts_w, 0.0, (capacity_wh - energy_wh) / taken_h)
        wanted_w = np.maximum((target_wh - energy_wh) / taken_h, least_w)
        power_w = np.minimum(accepts_w, most_w[:, slot])
        if exactly:
            power_w = np.minimum(power_w, wanted_w)
        charges = (power_w >= np.maximum(least_w, 1.0)) & (energy_wh < target_wh - TINY_WH)
        given_w = np.minimum(solution.net_w[vehicle, slot], 0.0)
        kept_w = np.where(given_w < 0, given_w, np.minimum(floor_w, accepts_w))
        power_w = np.where(charges, np.maximum(power_w, kept_w), kept_w)
        net_w[:, slot] = np.where(hour > 0, power_w, 0.0)
        ratio = np.where(net_w[:, slot] > 0, into, 1.0 / fleet.discharge_ratio[vehicle])
        energy_wh += net_w[:, slot] * ratio * hour
        path_wh[:, slot] = energy_wh
    return Paths(net_w, path_wh)
