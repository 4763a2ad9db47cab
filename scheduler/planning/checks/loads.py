"""What the schedules of flexible loads must keep, worked out again window by window."""

from collections.abc import Iterator
from datetime import timedelta
from math import isfinite

import numpy as np

from scheduler.domain.plan import LoadPlan
from scheduler.domain.site import FlexibleLoad
from scheduler.domain.windows import windows
from scheduler.planning.checks.case import TOLERANCE_W, TOLERANCE_WH, Case, Violation, found


def powers(case: Case) -> Iterator[Violation]:
    """Nothing, or between least and most; a batch at its one power."""
    for load, told_w in zip(case.given.site.flexible_loads, case.load_w, strict=True):
        least_w = load.min_w if load.interruptible else load.max_w
        wrong = (told_w < least_w - TOLERANCE_W) | (told_w > load.max_w + TOLERANCE_W)
        wrong &= np.abs(told_w) > TOLERANCE_W
        yield from found("load_power", wrong[None], told_w, "W", [load.load_id])


def in_windows(case: Case) -> Iterator[Violation]:
    """Power in windows alone; the energy as told and no more than is wanted; what is missing as
    told; a batch in one go."""
    for number, load in enumerate(case.given.site.flexible_loads):
        told = case.plan.loads[number]
        shut = np.ones(case.given.slots, dtype=bool)
        missing_wh = 0.0
        for first, last, done_wh, beyond_wh in _windows(case, number, load):
            shut[first:last] = False
            path_wh = done_wh + np.cumsum((told.power_w * case.ahead_h)[first:last])
            if not load.interruptible:
                path_wh = np.minimum(path_wh, load.energy_wh)  # its last slot is not a whole one
            yield from _path(load, told, first, path_wh)
            missing_wh += _missing_wh(load, float(path_wh[-1]), beyond_wh)
        power_w = np.abs(told.power_w)
        idle = shut & (power_w > TOLERANCE_W)
        yield from found("load_window", idle[None], power_w, "W", [load.load_id])
        if abs(missing_wh - told.shortfall_wh) > TOLERANCE_WH:
            text = f"{missing_wh:.0f} Wh missing, {told.shortfall_wh:.0f} Wh told"
            yield Violation(rule="load_shortfall", where=load.load_id, slot=None, text=text)


def _windows(
    case: Case, number: int, load: FlexibleLoad
) -> Iterator[tuple[int, int, float, float]]:
    """First slot of each window and the one after its last, what it had got before, and what it
    can still get beyond the plan."""
    given, slot = case.given, timedelta(seconds=case.given.slot_s)
    ends_at = given.starts_at + given.slots * slot
    told_wh = given.loads_done_wh[number] if number < len(given.loads_done_wh) else 0.0
    known_wh = min(max(told_wh, 0.0), load.energy_wh) if isfinite(told_wh) else 0.0
    for opens_at, closes_at in windows(load, given.site.time_zone, given.now, ends_at):
        first = max(0, (opens_at - given.starts_at) // slot)
        last = min(given.slots, -((given.starts_at - closes_at) // slot))
        beyond_wh = max(closes_at - ends_at, timedelta()) / timedelta(hours=1) * load.max_w
        yield first, last, known_wh if opens_at <= given.now else 0.0, beyond_wh


def _path(
    load: FlexibleLoad, told: LoadPlan, first: int, path_wh: np.ndarray
) -> Iterator[Violation]:
    slots = slice(first, first + len(path_wh))
    runs = told.power_w[slots] > TOLERANCE_W
    stopped = np.zeros_like(runs)
    stopped[1:] = runs[:-1] & ~runs[1:] & (path_wh[1:] < load.energy_wh - TOLERANCE_WH)
    for rule, broken in (
        ("load_path", np.abs(path_wh - told.energy_wh[slots]) > TOLERANCE_WH),
        ("load_energy", path_wh > load.energy_wh + TOLERANCE_WH),
        ("load_interrupted", stopped & (not load.interruptible)),
    ):
        for each in found(rule, broken[None], path_wh, "Wh", [load.load_id]):
            at = None if each.slot is None else each.slot + first
            yield Violation(rule=rule, where=each.where, slot=at, text=each.text)


def _missing_wh(load: FlexibleLoad, got_wh: float, beyond_wh: float) -> float:
    """What can no longer be made up for; a batch cannot be shared between two plans."""
    left_wh = load.energy_wh - got_wh
    if load.interruptible:
        return max(0.0, left_wh - beyond_wh)
    return left_wh if left_wh > beyond_wh + TOLERANCE_WH else 0.0
