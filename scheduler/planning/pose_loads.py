"""Flexible loads as further rows of a `Problem`, below those of the vehicles.

A window of a load is a row that comes when the window opens, goes when it closes and wants its
energy by then, with no battery that bends or gives. A batch that may not be interrupted has one
way to run for each slot it may start in; its row can do nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from scheduler.domain.lines import line_ratios
from scheduler.domain.plan import LoadPlan, WattHours, Watts
from scheduler.domain.site import FlexibleLoad
from scheduler.domain.windows import windows
from scheduler.planning.pose_site import below_of
from scheduler.planning.pose_vehicles import RANK_RATIO
from scheduler.planning.problem import CALM, Hours, PlanningInput, Problem, Ratios, Vehicles

A_SECOND = timedelta(seconds=1)  # what counts as in time
TINY_WH = 10.0
NEVER = -1  # a batch that is not started


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadWindow:
    """One window of a flexible load within the plan. `present_h` (slots,): hours in which it may
    run; `beyond_wh`: what can still be done after the plan's end. `starts`: the slots in which a
    batch may begin, empty for a load that may be interrupted; `due`: it is a batch, and must run
    within the plan."""

    load: FlexibleLoad
    number: int
    present_h: Hours
    done_wh: float
    beyond_wh: float
    starts: tuple[int, ...]
    due: bool

    @property
    def target_wh(self) -> float:
        """What must be done by the plan's end."""
        return max(self.load.energy_wh - self.beyond_wh, self.done_wh)

    def missing_wh(self, got_wh: float) -> float:
        """What can no longer be done if the window has got so much by the plan's end; a batch
        cannot be made in two parts."""
        left_wh = self.load.energy_wh - got_wh
        if self.load.interruptible:
            return max(0.0, left_wh - self.beyond_wh)
        return left_wh if left_wh > self.beyond_wh + TINY_WH else 0.0

    def batch_h(self, start: int) -> Hours:
        """Hours of each slot that the batch runs if it begins in a slot."""
        left_h = (self.load.energy_wh - self.done_wh) / self.load.max_w
        begins_h = np.cumsum(self.present_h) - self.present_h
        run_h: Hours = np.clip(left_h - (begins_h - begins_h[start]), 0.0, self.present_h)
        run_h[:start] = 0.0
        return run_h


def load_windows(given: PlanningInput) -> tuple[LoadWindow, ...]:
    """The windows of all flexible loads that the plan sees, load by load."""
    ends_at = given.starts_at + timedelta(seconds=given.slot_s * given.slots)
    return tuple(
        _window(given, number, load, opens_at, closes_at, ends_at)
        for number, load in enumerate(given.site.flexible_loads)
        for opens_at, closes_at in windows(load, given.site.time_zone, given.now, ends_at)
    )


def _window(
    given: PlanningInput, number: int, load: FlexibleLoad, opens_at: datetime,
    closes_at: datetime, ends_at: datetime,
) -> LoadWindow:  # fmt: skip
    told = given.loads_done_wh[number] if number < len(given.loads_done_wh) else 0.0
    done_wh = told if opens_at <= given.now and np.isfinite(told) else 0.0
    done_wh = min(max(done_wh, 0.0), load.energy_wh)
    present_h = _present_h(given, opens_at, closes_at)
    beyond_h = max((closes_at - ends_at).total_seconds(), 0.0) / 3600.0
    beyond_wh = beyond_h * load.max_w
    batch_h = (load.energy_wh - done_wh) / load.max_w
    due = not load.interruptible and batch_h > 0.0 and beyond_h < batch_h
    if due and done_wh > 0.0:
        starts: tuple[int, ...] = (0,)  # it runs
    else:
        batch = timedelta(hours=batch_h)
        starts = _starts(given, opens_at, closes_at, batch) if due else ()
    return LoadWindow(
        load=load,
        number=number,
        present_h=present_h,
        done_wh=done_wh,
        beyond_wh=beyond_wh,
        starts=starts,
        due=due,
    )


def _present_h(given: PlanningInput, opens_at: datetime, closes_at: datetime) -> Hours:
    """Hours of each slot, from now on, that lie in the window."""
    begins_s = np.arange(given.slots) * float(given.slot_s)
    first_s = (max(opens_at, given.now) - given.starts_at).total_seconds()
    last_s = (closes_at - given.starts_at).total_seconds()
    hours: Hours = np.minimum(begins_s + given.slot_s, last_s) - np.maximum(begins_s, first_s)
    return np.maximum(hours, 0.0) / 3600.0


def _starts(
    given: PlanningInput, opens_at: datetime, closes_at: datetime, batch: timedelta
) -> tuple[int, ...]:
    """Slots at whose begin the batch can be started and be done when the window closes."""
    length = timedelta(seconds=given.slot_s)
    begins = (max(given.starts_at + k * length, given.now) for k in range(given.slots))
    return tuple(
        k for k, at in enumerate(begins) if opens_at <= at and at + batch <= closes_at + A_SECOND
    )


def with_loads(
    problem: Problem, given: PlanningInput, seen: Sequence[LoadWindow], starts: Sequence[int]
) -> Problem:
    """The problem with a row per window; `starts`: the slot in which each batch begins."""
    if not seen:
        return problem
    vehicles = problem.vehicles
    rows = [_row(problem, given, *each) for each in zip(seen, starts, strict=True)]
    joined: dict[str, Any] = {
        field.name: np.concatenate([getattr(each, field.name) for each in (vehicles, *rows)])
        for field in fields(Vehicles)
        if isinstance(getattr(vehicles, field.name), np.ndarray)
    }
    return replace(
        problem,
        vehicles=replace(vehicles, **joined),
        below=np.c_[problem.below, loads_below(given, seen)],
    )


def loads_below(given: PlanningInput, seen: Sequence[LoadWindow]) -> Ratios:
    """How much of each window's power counts at each limit of the circuits."""
    places = [(window.load.circuit_id or "", line_ratios(3)) for window in seen]
    return below_of(given.site.circuits, places)


def _row(problem: Problem, given: PlanningInput, window: LoadWindow, start: int) -> Vehicles:
    """One window as a row; a batch takes its power in the slots of its run, and none else."""
    load, present_h = window.load, window.present_h
    end_wh = target_wh = np.array([load.energy_wh])
    power_w: Watts = np.where(present_h > 0.0, load.max_w, 0.0)
    if load.interruptible:
        target_wh = np.array([window.target_wh])
        floor_w = np.zeros_like(power_w)
    else:
        present_h = window.batch_h(start) if start != NEVER else np.zeros_like(present_h)
        floor_w = power_w = np.where(present_h > 0.0, load.max_w, 0.0)
        end_wh = np.array([window.done_wh + (power_w * present_h).sum()])
        target_wh = end_wh if start != NEVER or not window.due else target_wh
    one = np.ones(1)
    worth_gbp = given.site.tariff.shortfall_gbp_per_kwh * (1 + load.priority) * (1 + RANK_RATIO)
    return replace(
        problem.vehicles,
        present_h=present_h[None, :],
        charge_max_w=power_w[None, :],
        discharge_max_w=np.zeros_like(power_w)[None, :],
        floor_w=floor_w[None, :],
        min_charge_w=load.min_w * one,
        step_w=0.0 * one,
        start_wh=window.done_wh * one,
        target_wh=target_wh,
        capacity_wh=np.maximum(end_wh, target_wh),
        reserve_wh=0.0 * one,
        taper_wh=np.maximum(end_wh, target_wh),
        taper_end_w=load.max_w * one,
        charge_ratio=one,
        discharge_ratio=one,
        shortfall_gbp_per_kwh=worth_gbp * one,
        haste_gbp_per_kwh=CALM * one,
    )


def load_plans(
    given: PlanningInput, seen: Sequence[LoadWindow], net_w: Watts, energy_wh: WattHours
) -> tuple[LoadPlan, ...]:
    """The schedule of each flexible load, from the rows of its windows."""
    return tuple(
        _load_plan(given, load, [
            (window, net_w[row], energy_wh[row])
            for row, window in enumerate(seen)
            if window.number == number
        ])
        for number, load in enumerate(given.site.flexible_loads)
    )  # fmt: skip


def _load_plan(
    given: PlanningInput, load: FlexibleLoad, rows: list[tuple[LoadWindow, Watts, WattHours]]
) -> LoadPlan:
    power_w, path_wh, missing_wh = np.zeros(given.slots), np.zeros(given.slots), 0.0
    for window, net_w, energy_wh in rows:
        open_now = window.present_h > 0.0
        power_w += net_w
        path_wh[open_now] = energy_wh[open_now]
        missing_wh += window.missing_wh(float(energy_wh[-1]))
    return LoadPlan(
        load_id=load.load_id,
        power_w=power_w,
        energy_wh=path_wh,
        done_wh=rows[0][0].done_wh if rows else 0.0,
        shortfall_wh=missing_wh,
    )
