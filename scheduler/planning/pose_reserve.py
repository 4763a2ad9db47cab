"""Reserve: power that the site can give, or take, on call, beyond its plan and for a while.

Who holds it is settled when the problem is posed, so that each solver sees vehicles and a store
that can do a little less: the store first, then the vehicles with the most to spare. What they
hold they keep out of their own plans, as power, as energy above the floor or as room below the
bend, and as room on their circuits and at the connection. Charging that could be stopped comes on
top: it is held by nobody, for no plan is bound to charge.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from scheduler.domain.plan import WattHours, Watts
from scheduler.planning.pose_vehicles import column
from scheduler.planning.problem import PlanningInput, Problem, Ratios, Reserve, Vehicles

TINY_W = 1.0
TINY_WH = 1.0

Mask = npt.NDArray[np.bool_]


def with_reserve(problem: Problem, given: PlanningInput) -> Problem:
    """The problem with what is held for a call kept out of it."""
    for reserve, down in ((given.reserve_down, True), (given.reserve_up, False)):
        if reserve is None or not (reserve.power_w > 0).any():
            continue
        problem, left_w = _by_store(problem, reserve, down)
        problem = _by_vehicles(problem, given, reserve, left_w, down)
        if down:
            problem = replace(
                problem, call_down_w=np.minimum(reserve.power_w, problem.export_max_w)
            )
        else:
            problem = replace(problem, call_up_w=np.minimum(reserve.power_w, problem.import_max_w))
    return problem


def stays(vehicles: Vehicles, reserve: Reserve, slot_s: int) -> Mask:
    """(n, slots): who is there for all of a call, also of one that comes at the slot's end."""
    stays = np.zeros(vehicles.present_h.shape, dtype=bool)
    there = vehicles.present_h > 0.0
    whole = vehicles.present_h >= slot_s / 3600.0 - 1e-6
    for slot in np.nonzero(reserve.power_w > 0)[0].tolist():
        more = int(np.ceil(reserve.hours[slot] * 3600.0 / slot_s - 1e-6))
        until = slice(slot + 1, slot + 1 + more)
        first = there[:, slot] & (whole[:, slot] if slot else True)
        stays[:, slot] = first & whole[:, until].all(axis=1)
    return stays


def _by_store(problem: Problem, reserve: Reserve, down: bool) -> tuple[Problem, Watts]:
    """What the store holds; the power that is still wanted."""
    store = problem.store
    if store is None:
        return problem, reserve.power_w
    span_wh = store.max_wh - store.min_wh
    ratio = store.discharge_ratio if down else 1.0 / store.charge_ratio
    able_w = store.discharge_max_w if down else store.charge_max_w
    hours = np.maximum(reserve.hours, 1e-9)
    held_w = np.minimum(np.minimum(reserve.power_w, able_w), span_wh * ratio / hours)
    held_wh = _around(held_w * reserve.hours / ratio)
    if down:
        store = replace(
            store,
            discharge_max_w=store.discharge_max_w - held_w,
            call_least_wh=store.min_wh + held_wh,
        )
    else:
        store = replace(
            store, charge_max_w=store.charge_max_w - held_w, call_most_wh=store.max_wh - held_wh
        )
    return replace(problem, store=store), reserve.power_w - held_w


def _around(held_wh: WattHours) -> WattHours:
    """What is to be there at each slot's end, for a call in that slot or in the next."""
    around_wh: WattHours = np.maximum(held_wh, np.append(held_wh[1:], 0.0))
    return around_wh


@dataclass(slots=True)
class _Left:
    """What is still wanted (slots,), and what circuits still carry for a call (circuits, slots)."""

    power_w: Watts
    circuit_w: Watts

    def most_w(self, ratios: Ratios) -> Watts:
        """What one whose power counts by `ratios` may hold."""
        above = ratios > 0
        carried_w = (self.circuit_w[above] / ratios[above, None]).min(axis=0, initial=np.inf)
        most_w: Watts = np.maximum(np.minimum(self.power_w, carried_w), 0.0)
        return most_w

    def take(self, ratios: Ratios, held_w: Watts) -> None:
        """Book what a vehicle holds."""
        self.power_w = self.power_w - held_w
        self.circuit_w = self.circuit_w - np.outer(ratios, held_w)


def _by_vehicles(
    problem: Problem, given: PlanningInput, reserve: Reserve, wanted_w: Watts, down: bool
) -> Problem:
    """What the vehicles hold of the rest; who has the most to spare comes first."""
    fleet = problem.vehicles
    hours = np.maximum(reserve.hours, 1e-9)
    obeys = column(given.demands, "floor_w")[:, None] <= 0
    if down:
        able_w, ratio = fleet.discharge_max_w * obeys, fleet.discharge_ratio
        spare_wh = np.maximum(fleet.start_wh - fleet.reserve_wh, 0.0)
        carried_w = problem.circuit_limit_w[:, None] - problem.below @ fleet.discharge_max_w
    else:
        able_w, ratio = fleet.charge_max_w * obeys, 1.0 / fleet.charge_ratio
        aim_wh = np.maximum(fleet.target_wh, fleet.start_wh)
        spare_wh = np.maximum(fleet.taper_wh - aim_wh, 0.0)
        carried_w = problem.circuit_max_w - problem.below @ fleet.floor_w
    held_w = np.zeros(able_w.shape)
    if down:  # what a vehicle holds it does not give by plan: together never more than it can
        carried_w = np.where(carried_w >= 0, np.inf, 0.0)
    left = _Left(np.where(wanted_w > TINY_W, wanted_w, 0.0), carried_w)
    fits = stays(fleet, reserve, given.slot_s)
    for vehicle in np.argsort(-spare_wh * ratio, kind="stable").tolist():
        if spare_wh[vehicle] <= TINY_WH or not (left.power_w > TINY_W).any():
            break
        ratios = problem.below[:, vehicle]
        sure_w = np.minimum(able_w[vehicle], spare_wh[vehicle] * ratio[vehicle] / hours)
        held_w[vehicle] = np.minimum(sure_w * fits[vehicle], left.most_w(ratios))
        left.take(ratios, held_w[vehicle])
    held_wh = (held_w * reserve.hours).max(axis=1, initial=0.0) / ratio
    if down:
        vehicles = replace(
            fleet,
            discharge_max_w=_less_w(fleet.discharge_max_w, held_w, fleet.step_w),
            reserve_wh=fleet.reserve_wh + held_wh,
        )
        return replace(problem, vehicles=vehicles)
    capacity_wh = np.where(held_wh > 0, fleet.taper_wh - held_wh, fleet.capacity_wh)
    charge_max_w = _less_w(fleet.charge_max_w, held_w, fleet.step_w)
    lame = charge_max_w < fleet.min_charge_w[:, None]
    vehicles = replace(
        fleet,
        charge_max_w=np.where((held_w > 0) & lame, 0.0, charge_max_w),
        capacity_wh=capacity_wh,
        taper_wh=np.minimum(fleet.taper_wh, capacity_wh),
    )
    room_w = problem.circuit_max_w - problem.below @ held_w
    return replace(problem, vehicles=vehicles, circuit_max_w=room_w)


def _less_w(most_w: Watts, held_w: Watts, step_w: Watts) -> Watts:
    """What is left of the most, in whole steps where there are any."""
    apart_w = np.where(step_w > 0, step_w, 1.0)[:, None]
    held_w = np.where(step_w[:, None] > 0, np.ceil(held_w / apart_w - 1e-6) * apart_w, held_w)
    less_w: Watts = np.maximum(most_w - held_w, 0.0)
    return less_w
