"""What an EVSE, its vehicle and its battery can do, and what their driver keeps for himself."""

from collections.abc import Iterator

import numpy as np

from scheduler.domain.demand import FULL_CHARGE_RATIO
from scheduler.domain.plan import WattHours, Watts
from scheduler.planning.checks.case import TOLERANCE_W, TOLERANCE_WH, Case, Mask, Violation, found

SMALLEST_BATTERY_WH = 10.0


def powers(case: Case) -> Iterator[Violation]:
    """Direction, hardware, presence and minimum power; power for a battery nobody knows."""
    power_w, most_w, give_w = (
        case.setpoint_w,
        case.each("max_charge_w"),
        case.each("max_discharge_w"),
    )
    least_w = np.minimum(case.each("min_charge_w"), most_w)
    rules: dict[str, Mask] = {
        "absent": (power_w != 0) & (case.here_h <= 0),
        "unknown_battery": (power_w != 0) & ~case.battery_known,
        "direction": (power_w < 0) & (give_w <= 0),
        "overdue": (power_w < 0) & case.overdue,
        "charge_power": power_w > most_w + TOLERANCE_W,
        "discharge_power": (-power_w > give_w + TOLERANCE_W) & (give_w > 0),
        "minimum_power": (power_w > case.each("floor_w") + TOLERANCE_W)
        & (power_w > TOLERANCE_W)
        & (power_w < least_w - TOLERANCE_W),
    }
    for rule, broken in rules.items():
        yield from found(rule, broken, power_w, "W", case.names)


def dwell(case: Case) -> Iterator[Violation]:
    """Once it charges a vehicle goes on for a while, or rests, before it gives, and the other way
    round. A short rest in between turns nothing back."""
    dwell_s = case.given.site.dispatch.dwell_s
    begins_s = (np.cumsum(case.ahead_h) - case.ahead_h) * 3600.0
    broken = np.zeros(case.setpoint_w.shape, dtype=bool)
    for row, power_w in enumerate(case.setpoint_w):
        charges, since_s = None, 0.0
        for slot in np.nonzero(np.abs(power_w) > TOLERANCE_W)[0].tolist():
            if charges == (power_w[slot] > 0):
                continue
            broken[row, slot] = charges is not None and begins_s[slot] - since_s < dwell_s - 1.0
            charges, since_s = bool(power_w[slot] > 0), begins_s[slot]
    yield from found("dwell", broken, case.setpoint_w, "W", case.names)


def steps(case: Case) -> Iterator[Violation]:
    """Whole steps of the charger, but for a floor that nobody told it, and where the battery
    accepts no more: there the vehicle takes less than it is told."""
    step_w, power_w = case.each("step_w"), case.setpoint_w
    apart_w = np.where(step_w > 0, step_w, 1.0)
    off_w = np.abs(power_w - np.round(power_w / apart_w) * apart_w)
    fills = (power_w > 0) & (case.energy_wh >= case.capacity_wh - TOLERANCE_WH)
    fills |= (power_w > 0) & (power_w >= _accepts_w(case) - TOLERANCE_W)
    told = (step_w > 0) & (case.each("floor_w") <= 0) & ~fills
    yield from found("step", told & (off_w > 1.0), power_w, "W", case.names)


def energies(case: Case) -> Iterator[Violation]:
    """The battery's path: as told, within capacity, never given away below the V2G floor."""
    known, energy_wh = case.battery_known, case.energy_wh
    rules: dict[str, Mask] = {
        "energy_path": known & (np.abs(energy_wh - case.told_wh) > TOLERANCE_WH),
        "capacity": known & (energy_wh > case.capacity_wh + TOLERANCE_WH),
        "v2g_floor": known
        & (case.setpoint_w < 0)
        & (energy_wh < case.each("v2g_floor_wh") - TOLERANCE_WH),
    }
    for rule, broken in rules.items():
        yield from found(rule, broken, energy_wh, "Wh", case.names)
    missing_wh = missing_at_departure_wh(case)
    told_wh = np.array([e.shortfall_wh for e in case.plan.evses], dtype=float).reshape(-1, 1)
    wrong = known & (np.abs(missing_wh - told_wh) > TOLERANCE_WH)
    yield from found("shortfall", wrong, missing_wh, "Wh missing", case.names)


def missing_at_departure_wh(case: Case) -> WattHours:
    """(n, 1): what each vehicle lacks of its target, or of what it can hold, at the end."""
    target_wh = np.minimum(case.each("target_wh"), case.capacity_wh)
    missing_wh: WattHours = np.maximum(target_wh - case.energy_wh[:, -1:], 0.0)
    return missing_wh


def _bend_wh(case: Case) -> WattHours:
    """(n, 1): the energy above which a battery takes less and less."""
    soc_known = np.array([d.soc_known for d in case.given.demands], dtype=bool).reshape(-1, 1)
    bend_ratio = np.where(soc_known, np.clip(case.each("taper_soc_ratio"), 0.0, 1.0), 1.0)
    bend_wh: WattHours = bend_ratio * case.capacity_wh
    return bend_wh


def _accepts_w(case: Case) -> Watts:
    """(n, slots): what the battery accepts above its bend, at the mean energy of each slot, of the
    most that the charger can be told."""
    most_w, step_w = case.each("max_charge_w"), case.each("step_w")
    end_w = np.maximum(FULL_CHARGE_RATIO * most_w, np.minimum(case.each("min_charge_w"), most_w))
    apart_w = np.where((step_w > 0) & (case.each("floor_w") <= 0), step_w, 0.0)
    whole_w = np.floor(most_w / np.maximum(apart_w, 1.0) + 1e-6) * apart_w
    most_w = np.where(apart_w > 0, whole_w, most_w)
    bend_wh = _bend_wh(case)
    beyond_wh = (case.before_wh + case.energy_wh) / 2 - bend_wh
    span_wh = np.maximum(case.capacity_wh - bend_wh, 1.0)
    accepts_w: Watts = most_w - (most_w - np.minimum(end_w, most_w)) * beyond_wh / span_wh
    return accepts_w


def taper_and_floor(case: Case) -> Iterator[Violation]:
    """No more than a battery accepts: above the bend its power falls in a straight line, judged
    by the mean energy of the slot. And no less than a station out of reach takes, while its
    vehicle is below the bend."""
    floor_w = np.minimum(case.each("floor_w"), case.each("max_charge_w"))
    bend_wh, accepts_w = _bend_wh(case), _accepts_w(case)
    span_wh = case.capacity_wh - bend_wh
    judged = case.battery_known & (case.each("capacity_wh") >= SMALLEST_BATTERY_WH)
    tapers = judged & (span_wh > 1.0) & (case.setpoint_w > floor_w + TOLERANCE_W)
    eager = tapers & (case.setpoint_w > accepts_w + TOLERANCE_W)
    yield from found("taper", eager, case.setpoint_w, "W", case.names)
    takes_wh = case.before_wh + floor_w * case.here_h
    fits = (takes_wh <= bend_wh - TOLERANCE_WH) | (case.here_h <= 0)
    not_full_yet = np.logical_and.accumulate(fits, axis=1)  # a shorter slot may fit once more
    deaf = judged & (floor_w > 0) & (case.here_h > 0) & not_full_yet
    starved = deaf & (case.setpoint_w < floor_w - TOLERANCE_W)
    yield from found("floor", starved, case.setpoint_w, "W", case.names)
