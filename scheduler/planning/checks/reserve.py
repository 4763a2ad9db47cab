"""Whether what was promised to be had on call can be had, or the plan says how much is missing."""

from collections.abc import Iterator

import numpy as np

from scheduler.domain.plan import WattHours, Watts
from scheduler.planning.checks.case import Case, Mask, Violation, worst_case_w
from scheduler.planning.checks.site import below_w

LEAST_SHORT_W = 100.0


def reserve(case: Case) -> Iterator[Violation]:
    """Site power can fall and rise by what was promised, for as long as a call lasts, in every slot
    of the window; or what is missing most is told."""
    for side, asked in (("down", case.given.reserve_down), ("up", case.given.reserve_up)):
        told = [
            n for n in case.plan.notes if n["code"] == "reserve_shortfall" and n["side"] == side
        ]
        told_w = max((float(note["shortfall_w"]) for note in told), default=0.0)
        if asked is None:
            short_w = np.zeros(case.given.slots)
        else:
            hours = asked.energy_wh / np.maximum(asked.power_w, 1e-9)
            short_w = asked.power_w - _held_w(case, hours, side == "down")
            short_w = np.where(asked.power_w > 0, short_w, 0.0)
        most_w = float(short_w.max(initial=0.0))
        if most_w > told_w + LEAST_SHORT_W:
            slot, text = int(short_w.argmax()), f"{most_w:.0f} W missing {side}, {told_w:.0f} told"
            yield Violation(rule="reserve_note", where=side, slot=slot, text=text)


def _held_w(case: Case, hours: Watts, down: bool) -> Watts:
    site, hours = case.given.site, np.maximum(hours, 1e-9)
    lowest_wh = np.minimum(case.before_wh, case.energy_wh)
    highest_wh = np.maximum(case.before_wh, case.energy_wh)
    known = case.battery_known & ~case.overdue
    takes_w, gives_w = np.maximum(case.setpoint_w, 0.0), np.maximum(-case.setpoint_w, 0.0)
    if down:
        spare_wh = np.maximum(lowest_wh - case.each("v2g_floor_wh"), 0.0)
        out_of = np.clip(case.each("discharge_efficiency_ratio"), 0.01, 1.0)
        more_w = np.minimum(case.each("max_discharge_w") - gives_w, spare_wh * out_of / hours)
        deaf = case.each("floor_w") > 0
        each_w = takes_w - case.unasked_w + np.where(deaf, 0.0, np.maximum(more_w, 0.0) * known)
    else:
        room_wh = np.maximum(case.capacity_wh - highest_wh, 0.0)
        into = np.clip(case.each("charge_efficiency_ratio"), 0.01, 1.0)
        more_w = np.minimum(case.each("max_charge_w") - takes_w, room_wh / into / hours)
        each_w = gives_w + np.maximum(more_w, 0.0) * known
    each_w = np.where(_there_throughout(case, hours), each_w, 0.0)
    hangs_on = [demand.circuit_id for demand in case.given.demands]
    sign = -1.0 if down else 1.0
    limit_w = np.array([circuit.limit_w for circuit in site.circuits], dtype=float)[:, None]
    room_w = np.maximum(limit_w - sign * below_w(case, hangs_on, case.setpoint_w), 0.0)
    free_w = _carried_w(case, hangs_on, each_w, room_w).sum(axis=0)
    held_w = free_w + _store_w(case, hours, down)
    if down:
        left_w = worst_case_w(case.given.export_max_w) + case.site_w
    else:
        left_w = worst_case_w(case.given.import_max_w) - case.site_w
    carried_w: Watts = np.minimum(held_w, left_w)
    return carried_w


def _carried_w(case: Case, hangs_on: list[str], each_w: Watts, room_w: Watts) -> Watts:
    """(n, slots): what each may change, less where a circuit has no room for all below it."""
    members = below_w(case, hangs_on, np.eye(len(hangs_on))) > 0
    each_w = each_w.copy()
    for row in np.argsort(members.sum(axis=1), kind="stable").tolist():
        total_w = each_w[members[row]].sum(axis=0)
        each_w[members[row]] *= np.minimum(room_w[row] / np.maximum(total_w, 1e-9), 1.0)
    return each_w


def _there_throughout(case: Case, hours: Watts) -> Mask:
    """(n, slots): who is there for all of a call, also of one at the slot's end."""
    begins_s = np.arange(case.given.slots) * float(case.given.slot_s)
    until_s = begins_s + case.given.slot_s + hours * 3600.0
    leaves_s = [(d.departure_at - case.given.starts_at).total_seconds() for d in case.given.demands]
    there: Mask = np.array(leaves_s).reshape(-1, 1) >= np.minimum(until_s, _end_s(case)) - 1.0
    return there


def _end_s(case: Case) -> float:
    return float(case.given.slots * case.given.slot_s)


def _store_w(case: Case, hours: Watts, down: bool) -> Watts:
    spec, start_wh, plan = case.given.site.store, case.given.store_energy_wh, case.plan
    if spec is None or start_wh is None:
        return np.zeros(case.given.slots)
    path_wh: WattHours = plan.store_energy_wh
    start_wh = min(max(start_wh, 0.0), spec.capacity_wh)
    before_wh = np.append(start_wh, path_wh[:-1])
    least_wh = min(start_wh, spec.min_soc_pct / 100.0 * spec.capacity_wh)
    most_wh = max(start_wh, spec.max_soc_pct / 100.0 * spec.capacity_wh)
    takes_w, gives_w = np.maximum(plan.store_w, 0.0), np.maximum(-plan.store_w, 0.0)
    if down:
        spare_wh = np.minimum(before_wh, path_wh) - least_wh
        more_w = np.maximum(spare_wh, 0.0) * spec.discharge_efficiency_ratio / hours
        return takes_w + np.clip(spec.max_discharge_w - gives_w, 0.0, more_w)
    room_wh = most_wh - np.maximum(before_wh, path_wh)
    more_w = np.maximum(room_wh, 0.0) / spec.charge_efficiency_ratio / hours
    return gives_w + np.clip(spec.max_charge_w - takes_w, 0.0, more_w)
