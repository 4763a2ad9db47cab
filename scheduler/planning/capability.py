"""What the fleet and the store can give up and down over a window, to acknowledge a signal.

Counted against the plan made without the signal, sustained over the whole window: limited by
power, by energy, by circuits and by the connection. An instruction names the power at the meter,
whatever the load and the weather do, so what they may take away by then is promised to nobody.
Vehicles keep their V2G floor; readiness gives way to a contract, so a target is no limit here.
"""

from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from scheduler.domain.lines import line_ratios
from scheduler.domain.plan import Plan, Watts
from scheduler.domain.settlement import Acknowledgement
from scheduler.domain.signal import Baseline, GridSignal, SignalKind
from scheduler.planning.limits import target_w
from scheduler.planning.pose import problem_of
from scheduler.planning.pose_site import below_of
from scheduler.planning.problem import PlanningInput, Problem

NEGLIGIBLE_W = 100.0
Slots = npt.NDArray[np.int64]


def freeze_baseline(plan: Plan, signal: GridSignal, plan_version: int | None) -> Baseline:
    """The plan's site power for as long as the signal binds: what would be without it."""
    slots = _window(plan, signal.binds_from, signal.binds_until)
    first = int(slots[0]) if len(slots) else 0
    return Baseline(
        starts_at=plan.starts_at + timedelta(seconds=plan.slot_s * first),
        slot_s=plan.slot_s,
        grid_w=tuple(float(power) for power in plan.grid_w[slots]),
        plan_version=plan_version,
    )


def acknowledge_reserve(
    signal: GridSignal, plan: Plan, short_down_w: Watts, short_up_w: Watts
) -> Acknowledgement:
    """What of a reserve can be held: of the plan that holds it, and what is missing of it there, in
    each slot. `requested_w` and `deliverable_w` are of the direction that comes off worse."""
    slots = _window(plan, signal.starts_at, signal.ends_at)
    asked_w = (signal.reserve_down_w or 0.0, signal.reserve_up_w or 0.0)
    held_w = tuple(
        max(0.0, power_w - float(short_w[slots].max(initial=0.0)))
        for power_w, short_w in zip(asked_w, (short_down_w, short_up_w), strict=True)
    )
    missing_w = (asked_w[0] - held_w[0], asked_w[1] - held_w[1])
    down = missing_w[0] >= missing_w[1] if max(missing_w) > 0 else asked_w[0] >= asked_w[1]
    sign, side = (-1.0, 0) if down else (1.0, 1)
    feasible = max(missing_w) <= NEGLIGIBLE_W
    can = f"down {held_w[0] / 1000:.0f} kW, up {held_w[1] / 1000:.0f} kW"
    span = f"for {signal.reserve_s / 60:.0f} min at a time"
    return Acknowledgement(
        available_down_w=held_w[0],
        available_up_w=held_w[1],
        requested_w=sign * asked_w[side] + 0.0,
        deliverable_w=sign * held_w[side] + 0.0,
        feasible=feasible,
        text=f"{'Held' if feasible else 'Held in part'} on call {span}: {can}.",
    )


def acknowledge(
    given: PlanningInput,
    plan: Plan,
    signal: GridSignal,
    promised: tuple[PlanningInput, Plan] | None = None,
) -> Acknowledgement:
    """What of the signal can be delivered, from the plan made without it.

    For an instruction the signal must carry its baseline; an envelope asks for the change that
    its bounds force on the plan. `promised`: the same with the instructions that others were
    promised already; what those take, of power or of energy, is given to nobody else.
    """
    problem = problem_of(given)
    slots = _window(plan, signal.starts_at, signal.ends_at)
    if len(slots) == 0:
        return Acknowledgement(
            available_down_w=0.0, available_up_w=0.0, requested_w=0.0, deliverable_w=0.0,
            feasible=False, text="The window lies outside the planning horizon.",
        )  # fmt: skip
    down_w, up_w = _available(given, plan, slots)
    if promised is not None:
        left_down_w, left_up_w = _available(*promised, slots)
        down_w, up_w = min(down_w, left_down_w), min(up_w, left_up_w)
    kept_w = float(np.maximum(problem.rise_w, problem.fall_w)[slots].max())
    requested_w = _requested_w(plan, signal, slots)
    firm_down_w, firm_up_w = max(down_w - kept_w, 0.0), max(up_w - kept_w, 0.0)
    deliverable_w = min(max(requested_w, -firm_down_w), firm_up_w) + 0.0  # no minus zero
    feasible = abs(requested_w - deliverable_w) <= NEGLIGIBLE_W
    return Acknowledgement(
        available_down_w=down_w,
        available_up_w=up_w,
        requested_w=requested_w,
        deliverable_w=deliverable_w,
        feasible=feasible,
        text=_text(down_w, up_w, kept_w, requested_w, deliverable_w) + _beside(signal, requested_w),
    )


def _window(plan: Plan, starts_at: datetime, ends_at: datetime) -> Slots:
    """The plan's slots that the window touches."""
    length = timedelta(seconds=plan.slot_s)
    first = max((starts_at - plan.starts_at) // length, 0)
    last = min(-((plan.starts_at - ends_at) // length), plan.slots)
    return np.arange(first, max(first, last), dtype=np.int64)


def _requested_w(plan: Plan, signal: GridSignal, slots: Slots) -> float:
    """The largest change that the signal asks of the plan, signed."""
    length = timedelta(seconds=plan.slot_s)
    changes: list[float] = [0.0]
    for slot in slots:
        planned_w = float(plan.grid_w[slot])
        if signal.kind is SignalKind.INSTRUCTION:
            at = max(plan.starts_at + int(slot) * length, signal.starts_at)
            wanted_w = target_w(signal, at)
            changes.append(0.0 if wanted_w is None else wanted_w - planned_w)
        else:
            most_w = np.inf if signal.import_max_w is None else signal.import_max_w
            least_w = -np.inf if signal.export_max_w is None else -signal.export_max_w
            changes.append(float(np.clip(planned_w, least_w, most_w)) - planned_w)
    return max(changes, key=abs)


def _available(given: PlanningInput, plan: Plan, slots: Slots) -> tuple[float, float]:
    """How far site power can fall and rise against the plan in every slot of the window."""
    problem = problem_of(given)
    fleet_down_w, fleet_up_w = _fleet(problem, plan, slots, loaded_w(given, plan))
    store_down_w, store_up_w = _store(problem, plan, slots)
    site_w = plan.grid_w[slots]
    down_w = np.minimum(fleet_down_w + store_down_w, site_w - problem.least_w[slots])
    up_w = np.minimum(fleet_up_w + store_up_w, problem.most_w[slots] - site_w)
    return max(0.0, float(down_w.min())), max(0.0, float(up_w.min()))


def loaded_w(given: PlanningInput, plan: Plan) -> Watts:
    """(circuits, slots): what the flexible loads take of each limit of the circuits."""
    hangs = {load.load_id: load.circuit_id or "" for load in given.site.flexible_loads}
    places = [(hangs.get(load.load_id, ""), line_ratios(3)) for load in plan.loads]
    power_w = np.array([load.power_w for load in plan.loads]).reshape(-1, plan.slots)
    taken_w: Watts = below_of(given.site.circuits, places) @ power_w
    return taken_w


def _fleet(problem: Problem, plan: Plan, slots: Slots, loaded_w: Watts) -> tuple[Watts, Watts]:
    """Per slot of the window: what the vehicles can take less, and more, than planned."""
    fleet = problem.vehicles
    planned_w = np.array([evse.setpoint_w for evse in plan.evses]).reshape(-1, plan.slots)
    path_wh = np.array([evse.energy_wh for evse in plan.evses]).reshape(-1, plan.slots)
    hours = np.maximum(fleet.present_h[:, slots].sum(axis=1), 1e-9)
    begin_wh = path_wh[:, slots[0] - 1] if slots[0] > 0 else fleet.start_wh
    spare_wh = np.maximum(begin_wh - fleet.reserve_wh, 0.0)
    room_wh = np.maximum(fleet.capacity_wh - begin_wh, 0.0)
    gives_w = np.minimum(
        fleet.discharge_max_w[:, slots], (spare_wh * fleet.discharge_ratio / hours)[:, None]
    )
    takes_w = np.minimum(
        fleet.charge_max_w[:, slots], (room_wh / fleet.charge_ratio / hours)[:, None]
    )
    floor_w = fleet.floor_w[:, slots]
    lowest_w = np.where(floor_w > 0, floor_w, -gives_w)
    now_w = planned_w[:, slots]
    back_w = np.broadcast_to(problem.circuit_limit_w[:, None], problem.circuit_max_w.shape)
    down_w = carried(problem, back_w[:, slots], np.maximum(now_w - lowest_w, 0.0), -now_w)
    most_w = problem.circuit_max_w - loaded_w
    up_w = carried(problem, most_w[:, slots], np.maximum(takes_w - now_w, 0.0), now_w)
    return down_w, up_w


def carried(problem: Problem, limit_w: Watts, change_w: Watts, now_w: Watts) -> Watts:
    """The vehicles' changes, in the direction of `now_w`, cut to what each circuit carries, from
    the leaves to the root."""
    change_w = change_w.copy()
    sizes = problem.below.sum(axis=1)
    for circuit in np.argsort(sizes, kind="stable"):
        ratios = problem.below[circuit]
        total_w = ratios @ change_w
        room_w = np.maximum(limit_w[circuit] - ratios @ now_w, 0.0)
        share = np.where(total_w > room_w, room_w / np.maximum(total_w, 1e-9), 1.0)
        change_w[ratios > 0] *= share
    carried_w: Watts = change_w.sum(axis=0)
    return carried_w


def _store(problem: Problem, plan: Plan, slots: Slots) -> tuple[Watts, Watts]:
    """The same for the store, which until the window may keep what it was to give, and leave
    what it was to take, as far as the connection carries that."""
    store, planned_w = problem.store, plan.store_w[slots]
    if store is None:
        return np.zeros(len(slots)), np.zeros(len(slots))
    hours = float(problem.slot_h[slots].sum())
    begin_wh = float(plan.store_energy_wh[slots[0] - 1]) if slots[0] > 0 else store.start_wh
    kept_wh, left_wh = _spared(problem, plan, int(slots[0]))
    most_wh = min(begin_wh + kept_wh / store.discharge_ratio, store.max_wh)
    least_wh = max(begin_wh - left_wh * store.charge_ratio, store.min_wh)
    floor_wh = float(store.call_least_wh[slots].max())
    roof_wh = float(store.call_most_wh[slots].min())
    spare_w = max(0.0, most_wh - floor_wh) * store.discharge_ratio / hours
    room_w = max(0.0, roof_wh - least_wh) / store.charge_ratio / hours
    gives_w = np.minimum(store.discharge_max_w[slots], spare_w)
    takes_w = np.minimum(store.charge_max_w[slots], room_w)
    return np.maximum(planned_w + gives_w, 0.0), np.maximum(takes_w - planned_w, 0.0)


def _spared(problem: Problem, plan: Plan, first_slot: int) -> tuple[float, float]:
    """Wh at the meter that the store is to give, and to take, before a slot and need not. It must
    where an instruction is in force."""
    before = slice(0, first_slot)
    gives_w, takes_w = np.maximum(-plan.store_w, 0.0)[before], np.maximum(plan.store_w, 0.0)[before]
    import_room_w = np.maximum(problem.most_w - plan.grid_w, 0.0)[before]
    export_room_w = np.maximum(plan.grid_w - problem.least_w, 0.0)[before]
    slot_h = np.where(np.isnan(problem.target_w), problem.slot_h, 0.0)[before]
    return (
        float((np.minimum(gives_w, import_room_w) * slot_h).sum()),
        float((np.minimum(takes_w, export_room_w) * slot_h).sum()),
    )


def _beside(signal: GridSignal, requested_w: float) -> str:
    """What is promised for the time beside the window."""
    spans = ((signal.no_rebound_before_s, "before"), (signal.no_rebound_after_s, "after"))
    beside = " and ".join(f"for {span_s / 60:.0f} min {side}" for span_s, side in spans if span_s)
    if not beside:
        return ""
    where = "at or below" if requested_w < 0 else "at or above"
    return f" No rebound: {beside} its window site power is kept {where} the baseline."


def _text(
    down_w: float, up_w: float, kept_w: float, requested_w: float, deliverable_w: float
) -> str:
    down, up, kept = (f"{power_w / 1000:.0f} kW" for power_w in (down_w, up_w, kept_w))
    can = (
        f"Site power can fall by {down} and rise by {up}, less {kept} that the forecast may miss by"
    )
    asked = f"{requested_w / 1000:+.0f} kW"
    if abs(requested_w - deliverable_w) <= NEGLIGIBLE_W:
        return f"{can}; the {asked} asked for will be delivered."
    return f"{can}: of the {asked} asked for, {deliverable_w / 1000:+.0f} kW are sure."
