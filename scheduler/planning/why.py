"""Why each setpoint is what it is: the constraint or price behind it, its worth, until when, and
the next best thing to do.

What binds is read off the dual prices: a circuit with a price is full, and a slot whose price is
below the import price is fed by surplus. All vehicles are explained at once: rows are vehicles,
columns slots.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from scheduler.domain.plan import PlanStatus, RunnerUp, WattHours, Watts, Why, WhyCode
from scheduler.planning.problem import Problem
from scheduler.planning.runner_up import Exchange, cheapest_to_come, runners_up
from scheduler.planning.solution import Solution, grid_w, stored_wh

TINY_W = 2.0
TINY_WH = 10.0
TINY_GBP_PER_KWH = 1e-3
TIGHT_RATIO = 0.98
CODES = tuple(WhyCode)
BY_PRICE = [
    CODES.index(code) for code in (WhyCode.CHEAP_SLOT, WhyCode.SURPLUS, WhyCode.PEAK_DISCHARGE)
]
NO_CIRCUIT = NO_NAME = NO_SLOT = -1

Mask = npt.NDArray[np.bool_]
Indices = npt.NDArray[np.intp]


@dataclass(frozen=True)
class _Scene:
    """A solution and what follows from it; arrays are (n, slots) unless said otherwise."""

    problem: Problem
    solution: Solution

    @cached_property
    def net_w(self) -> Watts:
        return self.solution.net_w

    @cached_property
    def energy_wh(self) -> WattHours:
        return stored_wh(self.problem, self.net_w)

    @cached_property
    def before_wh(self) -> WattHours:
        start_wh = self.problem.vehicles.start_wh[:, None]
        return np.hstack([start_wh, self.energy_wh[:, :-1]])

    @cached_property
    def short(self) -> Mask:
        """(n, 1)"""
        missing_wh = self.problem.vehicles.target_wh - self.energy_wh[:, -1]
        short: Mask = (missing_wh > TINY_WH)[:, None]
        return short

    @cached_property
    def site_w(self) -> Watts:
        """(slots,)"""
        found = self.solution
        return grid_w(self.problem, found.net_w, found.store_w, found.curtailed_w)

    @cached_property
    def at_import_limit(self) -> Mask:
        """(slots,)"""
        full: Mask = self.site_w >= self.problem.import_plan_w - TINY_W
        return full

    @cached_property
    def instructed(self) -> Mask:
        """(slots,): an instruction asks for a power, or leaves no room beside its window."""
        problem = self.problem
        kept = (self.site_w >= problem.kept_max_w - TINY_W) | (
            self.site_w <= problem.kept_min_w + TINY_W
        )
        instructed: Mask = np.isfinite(problem.target_w) | kept
        return instructed

    @cached_property
    def surplus(self) -> Mask:
        """(slots,): fed by the site's own generation."""
        dear_gbp = self.problem.buy_gbp_per_kwh - TINY_GBP_PER_KWH
        fed = (self.solution.slot_gbp_per_kwh < dear_gbp) & (self.problem.generation_w > TINY_W)
        surplus: Mask = (self.site_w <= TINY_W) | fed
        return surplus

    @cached_property
    def accepts_w(self) -> Watts:
        """What each vehicle takes at the mean energy of the slot as planned."""
        fleet = self.problem.vehicles
        span_wh = (fleet.capacity_wh - fleet.taper_wh)[:, None]
        mean_wh = (self.before_wh + self.energy_wh) / 2
        fall_w = fleet.charge_max_w - fleet.taper_end_w[:, None]
        ratio = (mean_wh - fleet.taper_wh[:, None]) / np.maximum(span_wh, 1.0)
        tapered_w = fleet.charge_max_w - fall_w * np.clip(ratio, 0.0, 1.0)
        room_wh = fleet.capacity_wh[:, None] - self.before_wh
        taken_h = np.maximum(fleet.charge_ratio[:, None] * fleet.present_h, 1e-9)
        accepts_w: Watts = np.where(span_wh > 1.0, tapered_w, fleet.charge_max_w)
        return np.maximum(np.minimum(accepts_w, room_wh / taken_h), 0.0)

    @cached_property
    def full_circuit(self) -> Indices:
        """The circuit above each vehicle whose limit is dearest; NO_CIRCUIT if none binds."""
        paths, path_of = np.unique(self.problem.below.T, axis=0, return_inverse=True)
        dearest = np.full((len(paths), self.problem.slots), NO_CIRCUIT)
        for row, path in zip(dearest, paths, strict=True):
            above = np.nonzero(path)[0]
            if len(above):
                gbp = path[above, None] * self.solution.circuit_gbp_per_kwh[above]
                binds = gbp.max(axis=0) >= TINY_GBP_PER_KWH
                row[binds] = above[gbp.argmax(axis=0)][binds]
        return dearest[path_of.ravel()]


def reasons(problem: Problem, solution: Solution) -> list[tuple[Why, ...]]:
    """For each vehicle its runs of slots with one reason, from the first slot to the last."""
    vehicles = len(problem.vehicles.start_wh)
    if vehicles == 0:
        return []
    scene = _Scene(problem, solution)
    exchange = Exchange.of(problem, solution, scene.energy_wh)
    codes = _codes(scene)
    named, names = _named(scene, codes)
    vehicle, first, last = _runs(codes, named)
    starts = vehicle * problem.slots + first
    cost_gbp = np.add.reduceat(exchange.worth_gbp_per_kwh.ravel(), starts) / (last - first + 1)
    if solution.status is PlanStatus.FALLBACK:  # a rule has no prices to weigh by
        others: list[RunnerUp | None] = [None] * len(vehicle)
    else:
        others = runners_up(exchange, vehicle, first, last)
    price_slots = np.where(
        codes == _of(WhyCode.WAITS_FOR_CHEAPER),
        cheapest_to_come(exchange),
        np.where(np.isin(codes, BY_PRICE), np.arange(problem.slots), NO_SLOT),
    )
    columns = (
        vehicle, codes[vehicle, first], first, last, named[vehicle, first],
        np.round(cost_gbp, 4) + 0.0, price_slots[vehicle, first],
    )  # fmt: skip
    found: list[list[Why]] = [[] for _ in range(vehicles)]
    rows = zip(*(column.tolist() for column in columns), others, strict=True)
    for i, code, first_slot, last_slot, name, gbp_per_kwh, price_slot, other in rows:
        found[i].append(
            Why(
                code=CODES[code],
                first_slot=first_slot,
                last_slot=last_slot,
                detail="" if name == NO_NAME else names[name],
                cost_gbp_per_kwh=gbp_per_kwh,
                price_slot=None if price_slot == NO_SLOT else price_slot,
                runner_up=other,
            )
        )
    return [tuple(runs) for runs in found]


def _named(scene: _Scene, codes: Indices) -> tuple[Indices, tuple[str, ...]]:
    """What binds by name: of the names the index of the circuit, or of the signal behind a limit
    of the connection or an instruction; NO_NAME where there is none."""
    problem, circuits = scene.problem, scene.problem.circuit_ids
    signals = sorted({*problem.asked_by, *problem.import_by} - {""})
    place = {name: len(circuits) + k for k, name in enumerate(signals)} | {"": NO_NAME}
    asked, narrowed = (
        np.array([place[name] for name in by], dtype=np.intp)[None, :]
        for by in (problem.asked_by, problem.import_by)
    )
    named = np.select(
        [codes == _of(code) for code in
         (WhyCode.CIRCUIT_LIMIT, WhyCode.INSTRUCTION, WhyCode.CONNECTION_LIMIT)],
        [scene.full_circuit, asked, narrowed],
        NO_NAME,
    )  # fmt: skip
    return named, (*circuits, *signals)


def _runs(codes: Indices, named: Indices) -> tuple[Indices, Indices, Indices]:
    """Vehicle, first and last slot of each run with one code and one name, in order."""
    changes = np.ones(codes.shape, dtype=bool)
    changes[:, 1:] = (codes[:, 1:] != codes[:, :-1]) | (named[:, 1:] != named[:, :-1])
    vehicle, first = np.nonzero(changes)
    ends = np.append(first[1:], 0)
    return vehicle, first, np.where(ends > 0, ends, codes.shape[1]) - 1


def _of(code: WhyCode) -> int:
    return CODES.index(code)


def _codes(scene: _Scene) -> Indices:
    """(n, slots): the index in CODES of the first reason that holds."""
    absent = scene.problem.vehicles.present_h <= 0
    if scene.solution.status is PlanStatus.FALLBACK:
        return np.where(absent, _of(WhyCode.NOTHING_TO_DO), _of(WhyCode.FALLBACK_RULE))
    charging, giving = scene.net_w > TINY_W, scene.net_w < -TINY_W
    instructed = scene.instructed[None, :] & ~absent
    codes = np.select(
        [absent, charging, giving & instructed, giving & scene.at_import_limit, giving],
        [
            np.intp(_of(WhyCode.NOTHING_TO_DO)),
            _charging(scene, instructed),
            np.intp(_of(WhyCode.INSTRUCTION)),
            np.intp(_of(WhyCode.CONNECTION_LIMIT)),
            np.intp(_of(WhyCode.PEAK_DISCHARGE)),
        ],
        _idle(scene, instructed),
    )
    return codes.astype(np.intp)


def _charging(scene: _Scene, instructed: Mask) -> Indices:
    """Why a vehicle charges at the power it does."""
    fleet = scene.problem.vehicles
    less = scene.net_w < fleet.charge_max_w - TINY_W
    able_wh = fleet.charge_max_w * fleet.present_h * fleet.charge_ratio[:, None]
    left_wh = np.cumsum(able_wh[:, ::-1], axis=1)[:, ::-1]
    needed_wh = fleet.target_wh[:, None] - scene.before_wh
    pressed = needed_wh > TIGHT_RATIO * left_wh
    return _first(
        (less & (scene.full_circuit != NO_CIRCUIT), WhyCode.CIRCUIT_LIMIT),
        (less & (scene.net_w >= scene.accepts_w - TINY_W), WhyCode.TAPER),
        (less & scene.at_import_limit, WhyCode.CONNECTION_LIMIT),
        (instructed, WhyCode.INSTRUCTION),
        (pressed & scene.short, WhyCode.EVSE_LIMIT),
        (pressed, WhyCode.DEPARTURE),
        (scene.surplus & ~instructed, WhyCode.SURPLUS),
        otherwise=WhyCode.CHEAP_SLOT,
    )


def _idle(scene: _Scene, instructed: Mask) -> Indices:
    """Why a vehicle that is there does nothing."""
    fleet, none = scene.problem.vehicles, np.zeros((len(scene.net_w), 1), dtype=bool)
    charges, gives = scene.net_w > TINY_W, scene.net_w < -TINY_W
    from_here = np.logical_or.accumulate(charges[:, ::-1], axis=1)[:, ::-1]
    later = np.hstack([from_here[:, 1:], none])
    gave = np.hstack([none, np.logical_or.accumulate(gives, axis=1)[:, :-1]])
    wants = later | scene.short
    could = wants & (fleet.charge_max_w > 0)
    full = scene.energy_wh >= fleet.capacity_wh[:, None] - TINY_WH
    at_floor = gave & (scene.energy_wh <= fleet.reserve_wh[:, None] + TINY_WH)
    return _first(
        (could & (scene.full_circuit != NO_CIRCUIT), WhyCode.CIRCUIT_LIMIT),
        (could & instructed, WhyCode.INSTRUCTION),
        (could & scene.at_import_limit, WhyCode.CONNECTION_LIMIT),
        (later, WhyCode.WAITS_FOR_CHEAPER),
        (wants, WhyCode.EVSE_LIMIT),
        (full, WhyCode.FULL),
        (at_floor, WhyCode.V2G_FLOOR),
        otherwise=WhyCode.NOTHING_TO_DO,
    )


def _first(*cases: tuple[Mask, WhyCode], otherwise: WhyCode) -> Indices:
    """The code of the first case that holds."""
    holds = [np.broadcast_to(mask, cases[0][0].shape) for mask, _ in cases]
    return np.select(holds, [np.intp(_of(code)) for _, code in cases], _of(otherwise))
