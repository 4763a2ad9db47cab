"""Vehicles that are not here yet but expected: they take room and energy in a plan, and no more.

Each row stands for so many vehicles as are expected on the mean, which share one feeder and one
stay. They come last in everything: what they miss costs less than what any vehicle misses that is
here, and `without_expected` takes them out before anything is rounded off, explained or sent.
The circuits keep the floor of each EVSE that is free now: what they take of it needs no more room.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np

from scheduler.domain.demand import ExpectedDemand
from scheduler.domain.lines import LineRatios
from scheduler.domain.site import Site
from scheduler.planning.pose_site import below_of
from scheduler.planning.problem import CALM, Hours, PlanningInput, Problem, Vehicles
from scheduler.planning.solution import Solution, grid_w

LEAST_W = 1.0
ALL_LINES = (1.0, 1.0, 1.0)  # of a feeder without an EVSE: each may carry all of it
LAST_RATIO = 0.5  # of what a kWh missing to a vehicle that is here costs


def with_expected(problem: Problem, given: PlanningInput) -> Problem:
    """The problem with a row for each expected demand, after those that are here."""
    expected = [one for one in given.expected if _is_sound(one)]
    if not expected:
        return problem
    floors, rest = _parted(given, expected)
    lines = _line_ratios(given.site)
    places = [(one.circuit_id, lines.get(one.circuit_id, ALL_LINES)) for one in rest]
    kept = np.zeros((len(problem.below), len(floors)))
    below = np.concatenate([problem.below, kept, below_of(given.site.circuits, places)], axis=1)
    vehicles = _joined(problem.vehicles, given, [*floors, *rest])
    return replace(problem, below=below, vehicles=vehicles)


def without_expected(problem: Problem, solution: Solution) -> Solution:
    """What the solution means for the vehicles that are here; `problem` is theirs. Generation that
    the others would have taken and the connection does not is curtailed."""
    net_w = solution.net_w[: len(problem.vehicles.start_wh)]
    if len(net_w) == len(solution.net_w):
        return solution
    site_w = grid_w(problem, net_w, solution.store_w, solution.curtailed_w)
    beyond_w = np.maximum(problem.least_w - site_w, 0.0)
    curtailed_w = np.minimum(solution.curtailed_w + beyond_w, problem.generation_w)
    return replace(solution, net_w=net_w, curtailed_w=curtailed_w)


def _parted(
    given: PlanningInput, expected: Sequence[ExpectedDemand]
) -> tuple[list[ExpectedDemand], list[ExpectedDemand]]:
    """What they can take at the floor that is kept for them, and what they need beyond it."""
    floors, rest = [], []
    for one in expected:
        floor_w = min(given.site.control.floor_w * one.chance_ratio, one.max_charge_w)
        stay_h = (one.departure_at - max(one.arrives_at, given.now)) / timedelta(hours=1)
        floor_wh = min(one.energy_wh, floor_w * max(stay_h, 0.0))
        if floor_wh > 0:
            floors.append(replace(one, energy_wh=floor_wh, max_charge_w=floor_w))
        if floor_wh < one.energy_wh:
            beyond_w = max(one.max_charge_w - floor_w, LEAST_W)
            rest.append(replace(one, energy_wh=one.energy_wh - floor_wh, max_charge_w=beyond_w))
    return floors, rest


def _is_sound(one: ExpectedDemand) -> bool:
    sizes = (one.energy_wh, one.max_charge_w, one.chance_ratio)
    return bool(np.all(np.isfinite(sizes)) and min(sizes) > 0 and one.departure_at > one.arrives_at)


def _line_ratios(site: Site) -> dict[str, LineRatios]:
    """What the lines of each feeder carry on the mean of its EVSEs: nobody knows which one it
    is."""
    ratios: dict[str, list[LineRatios]] = {}
    for evse in site.evses():
        ratios.setdefault(evse.circuit_id, []).append(evse.line_ratios)
    means: dict[str, LineRatios] = {}
    for circuit_id, each in ratios.items():
        first, second, third = np.mean(each, axis=0).tolist()
        means[circuit_id] = first, second, third
    return means


def _joined(
    vehicles: Vehicles, given: PlanningInput, expected: Sequence[ExpectedDemand]
) -> Vehicles:
    present_h = _present_h(given, expected)
    count, none_w = len(expected), np.zeros(present_h.shape)
    most_w = np.array([one.max_charge_w for one in expected])
    energy_wh = np.array([one.energy_wh for one in expected])
    last_gbp = LAST_RATIO * given.site.tariff.shortfall_gbp_per_kwh
    rows = {
        "present_h": present_h,
        "charge_max_w": most_w[:, None] * (present_h > 0),
        "discharge_max_w": none_w,
        "floor_w": none_w,
        "min_charge_w": np.zeros(count),
        "step_w": np.zeros(count),
        "start_wh": np.zeros(count),
        "target_wh": energy_wh,
        "capacity_wh": energy_wh,
        "reserve_wh": np.zeros(count),
        "taper_wh": energy_wh,
        "taper_end_w": most_w,
        "charge_ratio": np.ones(count),
        "discharge_ratio": np.ones(count),
        "shortfall_gbp_per_kwh": np.full(count, last_gbp),
        "haste_gbp_per_kwh": np.full(count, CALM),
    }
    joined: dict[str, Any] = {
        name: np.concatenate([getattr(vehicles, name), more]) for name, more in rows.items()
    }
    return replace(vehicles, **joined)


def _present_h(given: PlanningInput, expected: Sequence[ExpectedDemand]) -> Hours:
    """Hours of each slot, from now on, that they are expected to be there."""
    second = timedelta(seconds=1)
    come_s = np.array([(max(one.arrives_at, given.now) - given.starts_at) / second
                       for one in expected])  # fmt: skip
    leave_s = np.array([(one.departure_at - given.starts_at) / second for one in expected])
    begin_s = np.arange(given.slots) * float(given.slot_s)
    there_s = np.minimum(begin_s + given.slot_s, leave_s[:, None])
    hours: Hours = np.maximum(there_s - np.maximum(begin_s, come_s[:, None]), 0.0) / 3600.0
    return hours
