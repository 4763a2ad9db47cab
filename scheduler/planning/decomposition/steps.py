"""Whole steps: a charger takes setpoints that are multiples of a step, and no others.

First everyone goes down to whole steps, which keeps every limit of charging; then, those who can
wait least first, everyone takes back what it lost, step by step, where limits and battery have
room. Discharge goes down as well, but deeper where the connection leans on it. Where a battery
accepts less than a step it takes less than it is told, and so does one that becomes full.
"""

from typing import NamedTuple

import numpy as np

from scheduler.planning.decomposition.compiled import compiled
from scheduler.planning.decomposition.fleet import Indices, Numbers
from scheduler.planning.problem import Problem
from scheduler.planning.solution import Solution, grid_w

TINY_W = 0.5
TINY_WH = 1e-3
WHOLE_RATIO = 1e-6  # of a step: what floats are off by


class Cars(NamedTuple):
    """Vehicles as the kernels read them; `limit[path[i]:path[i + 1]]` are those that vehicle i
    loads, each with its `share`. Powers in W, energies in Wh."""

    path: Indices
    limit: Indices
    share: Numbers
    step_w: Numbers
    least_w: Numbers
    floor_w: Numbers
    charge_max_w: Numbers
    discharge_max_w: Numbers
    hours: Numbers
    into: Numbers
    out_of: Numbers
    start_wh: Numbers
    target_wh: Numbers
    capacity_wh: Numbers
    reserve_wh: Numbers
    taper_wh: Numbers
    taper_end_w: Numbers


class Room(NamedTuple):
    """How far powers may still rise and fall: (limits, slots) and (slots,)."""

    charge_w: Numbers
    discharge_w: Numbers
    import_w: Numbers
    export_w: Numbers


def stepped(problem: Problem, solution: Solution) -> Numbers:
    """The vehicles' powers in whole steps, within every limit that held before."""
    fleet, net_w = problem.vehicles, solution.net_w.copy()
    vehicle, limit = np.nonzero(problem.below.T)
    site_w = grid_w(problem, net_w, solution.store_w, solution.curtailed_w)
    spare_w = problem.generation_w - solution.curtailed_w
    room = Room(
        charge_w=problem.circuit_max_w - problem.below @ np.maximum(net_w, 0.0),
        discharge_w=problem.circuit_limit_w[:, None] - problem.below @ np.maximum(-net_w, 0.0),
        import_w=problem.most_w - site_w,
        export_w=site_w - problem.least_w + spare_w,
    )
    cars = Cars(
        path=np.searchsorted(vehicle, np.arange(len(net_w) + 1)),
        limit=np.ascontiguousarray(limit),
        share=problem.below[limit, vehicle],
        step_w=fleet.step_w,
        least_w=fleet.min_charge_w,
        floor_w=fleet.floor_w,
        charge_max_w=fleet.charge_max_w,
        discharge_max_w=fleet.discharge_max_w,
        hours=fleet.present_h,
        into=fleet.charge_ratio,
        out_of=fleet.discharge_ratio,
        start_wh=fleet.start_wh,
        target_wh=fleet.target_wh,
        capacity_wh=fleet.capacity_wh,
        reserve_wh=fleet.reserve_wh,
        taper_wh=fleet.taper_wh,
        taper_end_w=fleet.taper_end_w,
    )
    able_wh = (fleet.charge_max_w * fleet.present_h).sum(axis=1) * fleet.charge_ratio
    order = np.argsort(able_wh - (fleet.target_wh - fleet.start_wh), kind="stable")
    _step_all(cars, room, order[fleet.step_w[order] > 0], net_w)
    return net_w


@compiled
def _step_all(cars: Cars, room: Room, order: Indices, net_w: Numbers) -> None:
    had_wh = np.empty(len(net_w))
    for i in order:
        had_wh[i] = _end_wh(cars, i, net_w[i])
        _step_down(cars, room, i, net_w[i])
    for beyond in (False, True):
        for i in order:
            _take_back(cars, room, i, net_w[i], had_wh[i], beyond)


@compiled
def _step_down(cars: Cars, room: Room, i: int, row_w: Numbers) -> None:
    """Whole steps towards zero, cut to what the battery can follow; what one slot loses the next
    ones that charge take up, as far as limits have room. Discharge is deeper where the import limit
    would not hold otherwise."""
    step_w, energy_wh, had_wh = cars.step_w[i], cars.start_wh[i], cars.start_wh[i]
    for t in range(len(row_w)):
        hours = cars.hours[i, t]
        if hours <= 0.0:
            continue
        had_wh += _gain_wh(cars, i, t, row_w[t])
        power_w = 0.0
        if row_w[t] > 0.0:
            wanted_w = max((had_wh - energy_wh) / (hours * cars.into[i]), 0.0)
            wanted_w = min(wanted_w, row_w[t] + max(_rise_w(cars, room, i, t), 0.0))
            power_w = min(
                np.floor(wanted_w / step_w + WHOLE_RATIO) * step_w, cars.charge_max_w[i, t]
            )
            accepts_w = _accepts_w(cars, i, t, energy_wh)
            if wanted_w >= accepts_w - TINY_W:
                power_w = min(wanted_w, accepts_w)
            if power_w < cars.least_w[i] - TINY_W:
                power_w = 0.0
        elif row_w[t] < 0.0:
            spare_wh = max(0.0, energy_wh - cars.reserve_wh[i])
            can_w = min(cars.discharge_max_w[i, t], spare_wh * cars.out_of[i] / hours)
            deep_w = np.ceil(-row_w[t] / step_w - WHOLE_RATIO) * step_w
            power_w = -np.floor(min(-row_w[t], can_w) / step_w + WHOLE_RATIO) * step_w
            leans = power_w - row_w[t] > max(room.import_w[t], 0.0) + TINY_W
            if leans and deep_w <= can_w and deep_w + row_w[t] <= _back_w(cars, room, i, t):
                power_w = -deep_w
        _book(cars, room, i, t, row_w, power_w)
        energy_wh += _gain_wh(cars, i, t, power_w)


@compiled
def _take_back(cars: Cars, room: Room, i: int, row_w: Numbers, had_wh: float, beyond: bool) -> None:
    """Step by step what was lost, first where it charges, then where it rests; `beyond`: who would
    be short takes a step more than that."""
    able_w = np.empty(len(row_w))
    for _ in range(4 * len(row_w)):
        lost_wh = had_wh - _end_wh(cars, i, row_w)
        if lost_wh <= TINY_WH:
            return
        best = _best_slot(cars, room, i, row_w, lost_wh, beyond, able_w)
        if best < 0:
            break
        for t in range(len(row_w)):
            _book(cars, room, i, t, row_w, able_w[t])
    _fill(cars, room, i, row_w)


@compiled
def _best_slot(
    cars: Cars, room: Room, i: int, row_w: Numbers, lost_wh: float, beyond: bool, able_w: Numbers
) -> int:
    """The slot that takes one more step, -1 for none; `able_w` is the row with it. The last one (a
    fuller battery takes less in those that follow) that charges before one that rests, and no more
    than was lost but for a vehicle that would be short, and there least."""
    missing_wh = cars.target_wh[i] - _end_wh(cars, i, row_w)
    best, least_over_wh, end_wh, tried_w = -1, np.inf, cars.target_wh[i] - missing_wh, able_w.copy()
    for resting in (False, True):
        for t in range(len(row_w) - 1, -1, -1):
            if (row_w[t] <= 0.0) != resting or row_w[t] < 0.0 or cars.hours[i, t] <= 0.0:
                continue
            rise_w = _next_w(cars, i, t, row_w) - row_w[t]
            if rise_w <= TINY_W:
                continue
            over_wh = rise_w * cars.hours[i, t] * cars.into[i] - lost_wh
            if over_wh > TINY_WH and (missing_wh <= TINY_WH or not beyond):
                continue
            most_w = min(cars.charge_max_w[i, t] - row_w[t], _rise_w(cars, room, i, t))
            if max(over_wh, 0.0) >= least_over_wh or rise_w > most_w + TINY_WH:
                continue
            row_w[t] += rise_w
            if _follows(cars, i, row_w, tried_w) and _end_wh(cars, i, tried_w) > end_wh + TINY_WH:
                best, least_over_wh = t, max(over_wh, 0.0)
                able_w[:] = tried_w
            row_w[t] -= rise_w
            if best >= 0 and least_over_wh <= 0.0:
                return best
    return best


@compiled
def _fill(cars: Cars, room: Room, i: int, row_w: Numbers) -> None:
    """The last bit of a target that is all that the battery takes: its last slot ends early."""
    missing_wh = cars.target_wh[i] - _end_wh(cars, i, row_w)
    if missing_wh <= TINY_WH or cars.target_wh[i] < cars.capacity_wh[i] - TINY_WH:
        return
    for t in range(len(row_w) - 1, -1, -1):
        if row_w[t] <= 0.0:
            continue
        rise_w = missing_wh / (cars.hours[i, t] * cars.into[i])
        most_w = min(cars.charge_max_w[i, t] - row_w[t], _rise_w(cars, room, i, t))
        if rise_w <= most_w:
            row_w[t] += rise_w
            fits = _follows(cars, i, row_w, row_w.copy())
            row_w[t] -= rise_w
            if fits:
                _book(cars, room, i, t, row_w, row_w[t] + rise_w)
        return


@compiled
def _next_w(cars: Cars, i: int, t: int, row_w: Numbers) -> float:
    """One step more, or the least power from none; not more than the battery accepts."""
    step_w = cars.step_w[i]
    more_w = (np.floor(row_w[t] / step_w + WHOLE_RATIO) + 1.0) * step_w
    accepts_w = _accepts_w(cars, i, t, _end_wh(cars, i, row_w[:t]))
    return min(max(more_w, cars.least_w[i]), max(accepts_w, row_w[t]))


@compiled
def _rise_w(cars: Cars, room: Room, i: int, t: int) -> float:
    """What every limit above a vehicle leaves it to charge more."""
    rise_w = room.import_w[t]
    for a in range(cars.path[i], cars.path[i + 1]):
        rise_w = min(rise_w, room.charge_w[cars.limit[a], t] / cars.share[a])
    return rise_w


@compiled
def _back_w(cars: Cars, room: Room, i: int, t: int) -> float:
    """What every limit above a vehicle leaves it to discharge more."""
    back_w = room.export_w[t]
    for a in range(cars.path[i], cars.path[i + 1]):
        back_w = min(back_w, room.discharge_w[cars.limit[a], t] / cars.share[a])
    return back_w


@compiled
def _book(cars: Cars, room: Room, i: int, t: int, row_w: Numbers, power_w: float) -> None:
    """Give a vehicle another power, and the limits what that leaves."""
    old_w = row_w[t]
    row_w[t] = power_w
    room.import_w[t] -= power_w - old_w
    room.export_w[t] += power_w - old_w
    for a in range(cars.path[i], cars.path[i + 1]):
        c, share = cars.limit[a], cars.share[a]
        room.charge_w[c, t] -= share * (max(power_w, 0.0) - max(old_w, 0.0))
        room.discharge_w[c, t] -= share * (max(-power_w, 0.0) - max(-old_w, 0.0))


@compiled
def _gain_wh(cars: Cars, i: int, t: int, power_w: float) -> float:
    """What a power adds to the battery in a slot."""
    ratio = cars.into[i] if power_w > 0.0 else 1.0 / cars.out_of[i]
    return power_w * cars.hours[i, t] * ratio


@compiled
def _end_wh(cars: Cars, i: int, row_w: Numbers) -> float:
    """The battery's energy in the end."""
    energy_wh = cars.start_wh[i]
    for t in range(len(row_w)):
        energy_wh += _gain_wh(cars, i, t, row_w[t])
    return energy_wh


@compiled
def _accepts_w(cars: Cars, i: int, t: int, energy_wh: float) -> float:
    """The most that the battery takes on average over a slot (`solution.acceptance_w`)."""
    most_w, hours = cars.charge_max_w[i, t], cars.hours[i, t]
    span_wh = cars.capacity_wh[i] - cars.taper_wh[i]
    limit_w = most_w
    if span_wh > 1.0:
        slope = (most_w - cars.taper_end_w[i]) / span_wh
        bent_w = most_w - slope * (energy_wh - cars.taper_wh[i])
        limit_w = min(most_w, bent_w / (1.0 + 0.5 * slope * cars.into[i] * hours))
    room_wh = cars.capacity_wh[i] - energy_wh
    return max(0.0, min(limit_w, room_wh / (cars.into[i] * hours)))


@compiled
def _follows(cars: Cars, i: int, row_w: Numbers, able_w: Numbers) -> bool:
    """Whether the battery can follow in whole steps, at least the least, or all that it accepts;
    `able_w` is how: less where it is fuller than before."""
    energy_wh = cars.start_wh[i]
    for t in range(len(row_w)):
        able_w[t] = row_w[t]
        if cars.hours[i, t] <= 0.0:
            continue
        if row_w[t] > 0.0:
            accepts_w = _accepts_w(cars, i, t, energy_wh)
            able_w[t] = min(row_w[t], accepts_w)
            if able_w[t] < cars.least_w[i] - TINY_W:
                able_w[t] = 0.0
            steps = able_w[t] / cars.step_w[i]
            whole = abs(steps - np.round(steps)) * cars.step_w[i] <= TINY_W
            if not whole and able_w[t] < accepts_w - 2.0 * TINY_W:
                return False
        energy_wh += _gain_wh(cars, i, t, able_w[t])
        if row_w[t] < 0.0 and energy_wh < cars.reserve_wh[i] - TINY_WH:
            return False
    return True
