"""Minimum charging power: a vehicle takes nothing, or at least 6 A; then whole steps; and then no
turn from charging to giving, or back, before it may turn.

The solver knows none of these. Here a power between 0 and the minimum becomes 0 or the minimum,
and the energy moves to other slots of the same vehicle, without breaking a limit.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from scheduler.domain.plan import Watts
from scheduler.planning.problem import Problem, Ratios
from scheduler.planning.serve import served
from scheduler.planning.solution import Solution, acceptance_w, grid_w
from scheduler.planning.turns import too_soon, turned

Mask = npt.NDArray[np.bool_]

MOST_TURNS = 2  # what the battery cannot follow may bring turns nearer to one another
TINY_W = 1.0
TINY_WH = 1.0
WHOLE_RATIO = 1e-6  # of a step: what floats are off by


@dataclass(slots=True)
class _Room:
    """How far the site's power may still rise and fall in each slot."""

    circuit_w: Watts
    import_w: Watts
    export_w: Watts

    def rise_w(self, ratios: Ratios) -> Watts:
        """What a vehicle may take more, per slot, of whose power `ratios` count on the circuits."""
        above = ratios > 0
        narrowest_w = (self.circuit_w[above] / ratios[above, None]).min(axis=0, initial=np.inf)
        rise_w: Watts = np.maximum(np.minimum(narrowest_w, self.import_w), 0.0)
        return rise_w

    def take(self, ratios: Ratios, old_w: Watts, new_w: Watts) -> None:
        """Book a vehicle's change: charge on the circuits, and all of it at the connection."""
        self.circuit_w -= np.outer(ratios, np.maximum(new_w, 0.0) - np.maximum(old_w, 0.0))
        self.import_w -= new_w - old_w
        self.export_w += new_w - old_w


def rounded(problem: Problem, solution: Solution) -> Solution:
    """The solution with no charging power between nothing and the vehicle's minimum, in whole
    steps of each charger that has them, and with no turn too soon."""
    fleet = problem.vehicles
    net_w = solution.net_w.copy()
    room = _room(problem, solution, net_w)
    between = _between(net_w, fleet.floor_w, fleet.min_charge_w[:, None])
    for vehicle in np.nonzero(between.any(axis=1))[0]:
        ratios = problem.below[:, vehicle]
        row_w = _row(problem, int(vehicle), net_w[vehicle], room.rise_w(ratios), room.export_w)
        room.take(ratios, net_w[vehicle], row_w)
        net_w[vehicle] = row_w
    net_w = np.clip(net_w, -fleet.discharge_max_w, fleet.charge_max_w)
    if np.any(fleet.step_w > 0):
        from scheduler.planning.decomposition.steps import stepped  # loads a compiler

        net_w = stepped(problem, replace(solution, net_w=net_w))
    late = too_soon(problem, net_w)
    if len(late):
        room = _room(problem, solution, net_w)
        for vehicle in late.tolist():
            row_w = net_w[vehicle]
            for _ in range(MOST_TURNS):
                row_w = _trimmed(problem, vehicle, turned(problem, row_w, room.import_w))
            room.take(problem.below[:, vehicle], net_w[vehicle], row_w)
            net_w[vehicle] = row_w
    if np.array_equal(net_w, solution.net_w):
        return solution
    return served(problem, replace(solution, net_w=net_w))


def _room(problem: Problem, solution: Solution, net_w: Watts) -> _Room:
    site_w = grid_w(problem, net_w, solution.store_w, solution.curtailed_w)
    return _Room(
        circuit_w=problem.circuit_max_w - problem.below @ np.maximum(net_w, 0.0),
        import_w=problem.most_w - site_w,
        export_w=site_w - problem.least_w + problem.generation_w - solution.curtailed_w,
    )


def _between(net_w: Watts, floor_w: Watts, least_w: float | Watts) -> Mask:
    """Where a power is neither nothing, nor the floor, nor at least the minimum."""
    between: Mask = (net_w > floor_w + TINY_W) & (net_w < least_w - TINY_W)
    return between


def _row(problem: Problem, vehicle: int, old_w: Watts, rise_w: Watts, fall_w: Watts) -> Watts:
    """One vehicle's powers, rounded: with its energy if that can be, without it otherwise."""
    fleet = problem.vehicles
    between = _between(old_w, fleet.floor_w[vehicle], fleet.min_charge_w[vehicle])
    dropped_w = np.where(between, fleet.floor_w[vehicle], old_w)
    loose_wh = float(((old_w - dropped_w) * fleet.present_h[vehicle]).sum())
    most_w = np.minimum(fleet.charge_max_w[vehicle], old_w + rise_w)
    moved_w, rest_wh = _moved(problem, vehicle, dropped_w, most_w, between, loose_wh)
    swapped_w = _swapped(problem, vehicle, moved_w, most_w, between, rest_wh)
    raised_w = np.where(between & (most_w >= fleet.min_charge_w[vehicle]), most_w, dropped_w)
    raised_w = np.where(between, np.minimum(raised_w, fleet.min_charge_w[vehicle]), raised_w)
    moved, dropped, raised = (_trimmed(problem, vehicle, w) for w in (moved_w, dropped_w, raised_w))
    for row_w in (swapped_w, moved_w, moved, dropped, raised):
        if _holds(problem, vehicle, row_w, old_w + rise_w, old_w - np.maximum(fall_w, 0.0)):
            return row_w
    return dropped  # the store may make up for what it does not give


def _moved(
    problem: Problem, vehicle: int, row_w: Watts, most_w: Watts, between: Mask, loose_wh: float
) -> tuple[Watts, float]:
    """Loose energy put into slots that can hold it; the powers, and what found no place."""
    fleet, row_w = problem.vehicles, row_w.copy()
    hours, least_w = fleet.present_h[vehicle], float(fleet.min_charge_w[vehicle])
    for slot in np.nonzero(between & (most_w >= least_w))[0]:
        if loose_wh >= (least_w - row_w[slot]) * hours[slot]:
            loose_wh -= (least_w - row_w[slot]) * hours[slot]
            row_w[slot] = least_w
    for slot in np.nonzero((row_w >= least_w - TINY_W) & (most_w > row_w) & (hours > 0))[0]:
        more_w = min(most_w[slot] - row_w[slot], loose_wh / hours[slot])
        row_w[slot] += more_w
        loose_wh -= more_w * hours[slot]
    return row_w, loose_wh


def _swapped(
    problem: Problem, vehicle: int, row_w: Watts, most_w: Watts, between: Mask, loose_wh: float
) -> Watts:
    """One more slot at the minimum for the energy left over, its balance taken from the latest
    slots above the minimum, or bought where nothing can be taken. Any slot will do for a vehicle
    that would not be ready otherwise."""
    fleet = problem.vehicles
    hours, least_w = fleet.present_h[vehicle], float(fleet.min_charge_w[vehicle])
    able = (most_w >= least_w) & (row_w < least_w - TINY_W)
    open_slots = np.nonzero(able & between)[0]
    if len(open_slots) == 0 and _is_short(problem, vehicle, row_w):
        open_slots = np.nonzero(able & (row_w >= 0) & (hours > 0))[0]
    if loose_wh <= TINY_WH or len(open_slots) == 0:
        return row_w
    row_w, slot = row_w.copy(), open_slots[0]
    owed_wh = (least_w - row_w[slot]) * hours[slot] - loose_wh
    payers = np.nonzero(row_w > least_w + TINY_W)[0][::-1]
    row_w[slot] = least_w
    for payer in payers:
        less_w = min(row_w[payer] - least_w, owed_wh / hours[payer])
        row_w[payer] -= less_w
        owed_wh -= less_w * hours[payer]
    return row_w


def _is_short(problem: Problem, vehicle: int, row_w: Watts) -> bool:
    fleet = problem.vehicles
    charge_ratio, discharge_ratio = fleet.charge_ratio[vehicle], fleet.discharge_ratio[vehicle]
    into_w = np.where(row_w > 0, row_w * charge_ratio, row_w / discharge_ratio)
    end_wh = fleet.start_wh[vehicle] + (into_w * fleet.present_h[vehicle]).sum()
    return bool(end_wh < fleet.target_wh[vehicle] - TINY_WH)


def _trimmed(problem: Problem, vehicle: int, row_w: Watts) -> Watts:
    """The powers cut to what the battery can take and give on its way through the slots."""
    fleet, row_w = problem.vehicles, row_w.copy()
    least_w = float(fleet.min_charge_w[vehicle])
    charge_ratio, discharge_ratio = fleet.charge_ratio[vehicle], fleet.discharge_ratio[vehicle]
    energy_wh = float(fleet.start_wh[vehicle])
    for slot in np.nonzero(fleet.present_h[vehicle] > 0)[0]:
        hours = float(fleet.present_h[vehicle, slot])
        if row_w[slot] > fleet.floor_w[vehicle, slot]:
            takes_w = acceptance_w(problem, vehicle, int(slot), energy_wh)
            takes_w = min(takes_w, float(row_w[slot]))
            row_w[slot] = takes_w if takes_w >= least_w else fleet.floor_w[vehicle, slot]
        elif row_w[slot] < 0:
            spare_wh = max(0.0, energy_wh - float(fleet.reserve_wh[vehicle]))
            gives_w = min(float(-row_w[slot]), spare_wh * discharge_ratio / hours)
            step_w = float(fleet.step_w[vehicle])
            row_w[slot] = -(
                np.floor(gives_w / step_w + WHOLE_RATIO) * step_w if step_w else gives_w
            )
        ratio = charge_ratio if row_w[slot] > 0 else 1.0 / discharge_ratio
        energy_wh += float(row_w[slot] * hours * ratio)
    return row_w


def _holds(problem: Problem, vehicle: int, row_w: Watts, upper_w: Watts, lower_w: Watts) -> bool:
    """Whether the powers keep the site's limits and the battery's."""
    fleet = problem.vehicles
    if np.any(row_w > upper_w + TINY_W) or np.any(row_w < lower_w - TINY_W):
        return False
    energy_wh = float(fleet.start_wh[vehicle])
    for slot in np.nonzero(fleet.present_h[vehicle] > 0)[0]:
        power_w, hours = float(row_w[slot]), float(fleet.present_h[vehicle, slot])
        if power_w > acceptance_w(problem, vehicle, int(slot), energy_wh) + TINY_W:
            return False
        gain_ratio = fleet.charge_ratio[vehicle] if power_w > 0 else 1.0
        loss_ratio = fleet.discharge_ratio[vehicle] if power_w < 0 else 1.0
        energy_wh += float(power_w * hours * gain_ratio / loss_ratio)
        if power_w < 0 and energy_wh < fleet.reserve_wh[vehicle] - TINY_WH:
            return False
    return True
