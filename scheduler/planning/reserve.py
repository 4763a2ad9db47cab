"""What a plan leaves to be had on call: how far site power can fall below it, and rise above it, in
each slot and for as long as a call may last.

Counted is who is there for all of the call: vehicles that charge may stop and those that may give
do, down to their V2G floor; charging may rise as long as no battery bends. Floors that nobody can
refuse, circuits and the connection count as they do for plans. What is stopped takes no energy,
what goes beyond that takes its energy for all of the call, on top of the plan's.
"""

from dataclasses import replace

import numpy as np

from scheduler.domain.plan import Plan, WattHours, Watts
from scheduler.planning.capability import carried, loaded_w
from scheduler.planning.pose import problem_of
from scheduler.planning.pose_reserve import stays
from scheduler.planning.pose_vehicles import column
from scheduler.planning.problem import PlanningInput, Problem, Reserve


def reserve_shortfall_w(given: PlanningInput, plan: Plan) -> tuple[Watts, Watts]:
    """(slots,) each, not negative: what is missing of the reserve down and of that up."""
    whole = problem_of(replace(given, reserve_down=None, reserve_up=None))
    short_w = []
    for reserve, down in ((given.reserve_down, True), (given.reserve_up, False)):
        if reserve is None:
            short_w.append(np.zeros(plan.slots))
            continue
        held_w = _held_w(given, whole, plan, reserve, down)
        short_w.append(np.maximum(reserve.power_w - held_w, 0.0))
    return short_w[0], short_w[1]


def _held_w(
    given: PlanningInput, problem: Problem, plan: Plan, reserve: Reserve, down: bool
) -> Watts:
    fleet, hours = problem.vehicles, np.maximum(reserve.hours, 1e-9)
    now_w = np.array([evse.setpoint_w for evse in plan.evses]).reshape(-1, plan.slots)
    path_wh = np.array([evse.energy_wh for evse in plan.evses]).reshape(-1, plan.slots)
    ends_wh = _both_ends(fleet.start_wh[:, None], path_wh)
    stopped_w = np.maximum(now_w if down else -now_w, 0.0)
    floor_w = column(given.demands, "floor_w")[:, None]
    if down:
        spare_wh = np.maximum(ends_wh.min(axis=0) - fleet.reserve_wh[:, None], 0.0)
        able_w = fleet.discharge_max_w + np.minimum(now_w, 0.0)
        more_w = np.minimum(able_w, spare_wh * fleet.discharge_ratio[:, None] / hours)
        change_w = np.where(floor_w > 0, now_w - floor_w, stopped_w + more_w)
    else:
        room_wh = np.maximum(fleet.taper_wh[:, None] - ends_wh.max(axis=0), 0.0)
        able_w = fleet.charge_max_w - np.maximum(now_w, 0.0)
        change_w = stopped_w + np.minimum(able_w, room_wh / fleet.charge_ratio[:, None] / hours)
    there = stays(fleet, reserve, given.slot_s)
    change_w = np.where(there, np.maximum(change_w, 0.0), 0.0)
    if down:
        back_w = np.broadcast_to(problem.circuit_limit_w[:, None], problem.circuit_max_w.shape)
        held_w = carried(problem, back_w, change_w, -now_w) + _store_w(problem, plan, hours, down)
        return np.minimum(held_w, plan.grid_w + problem.export_max_w)
    most_w = problem.circuit_max_w - loaded_w(given, plan)
    held_w = carried(problem, most_w, change_w, now_w) + _store_w(problem, plan, hours, down)
    return np.minimum(held_w, problem.import_max_w - plan.grid_w)


def _store_w(problem: Problem, plan: Plan, hours: Watts, down: bool) -> Watts:
    """The store's part."""
    store = problem.store
    if store is None:
        return np.zeros(plan.slots)
    ends_wh = _both_ends(np.array([store.start_wh]), plan.store_energy_wh)
    if down:
        now_w, able_w = plan.store_w, store.discharge_max_w
        spare_wh = np.maximum(ends_wh.min(axis=0) - store.min_wh, 0.0)
        lasts_w = spare_wh * store.discharge_ratio / hours
    else:
        now_w, able_w = -plan.store_w, store.charge_max_w
        room_wh = np.maximum(store.max_wh - ends_wh.max(axis=0), 0.0)
        lasts_w = room_wh / store.charge_ratio / hours
    more_w = np.maximum(np.minimum(able_w + np.minimum(now_w, 0.0), lasts_w), 0.0)
    held_w: Watts = np.maximum(now_w, 0.0) + more_w
    return held_w


def _both_ends(start_wh: WattHours, path_wh: WattHours) -> WattHours:
    """(2, …, slots): energies when each slot begins, and when it ends."""
    return np.stack([np.concatenate([start_wh, path_wh[..., :-1]], axis=-1), path_wh])
