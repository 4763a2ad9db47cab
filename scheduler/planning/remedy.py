"""What would have a vehicle ready that the plan leaves short: the changes that do, cheapest first.

Each is worked out again, not guessed: with the change made and everybody else's plan as it is, the
vehicle takes what it can (`catch_up`) and has its target. A change is as small as it can be: to a
minute of departure, to a hundred W. What is cheapest goes by the plan's own prices: the energy, and
what is missing, carried beyond a limit or not delivered; comfort before contract before limit. A
later departure costs its energy alone, for nobody told what an hour of waiting is worth.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from scheduler.domain.plan import Fix, FixChange, Watts
from scheduler.planning.catch_up import CONNECTION, Indices, Paths, catch_up, room_w
from scheduler.planning.problem import Problem
from scheduler.planning.solution import Solution, missing_wh

SHORT_WH = 10.0
NEARLY_WH = 2.0
TINY_W = 1.0
LATE_STEP_S = 60.0
POWER_STEP_W = 100.0
HALVINGS = 12

Mask = npt.NDArray[np.bool_]
Seconds = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Remedy:
    """A change for one vehicle, the powers (slots,) that then have it ready, and what the plan
    would have to be paid for it."""

    vehicle: int
    fix: Fix
    net_w: Watts
    price_gbp: float


def remedies(problem: Problem, solution: Solution, departure_s: Seconds) -> list[Remedy]:
    """Those of each vehicle that is short, the cheapest first. `departure_s`: of each vehicle, from
    now; the problem's rows beyond them are none."""
    short_wh = missing_wh(problem, solution.net_w)
    able = (problem.vehicles.charge_max_w > 0).any(axis=1)
    vehicle = np.nonzero(((short_wh > SHORT_WH) & able)[: len(departure_s)])[0]
    if len(vehicle) == 0:
        return []
    case = _Case(problem, solution, vehicle)
    found = [
        *_wanting_less(case, short_wh[vehicle]),
        *_leaving_later(case, departure_s[vehicle]),
        *_uninstructed(case),
        *_carrying_more(case),
    ]
    return sorted(found, key=lambda remedy: (remedy.vehicle, remedy.price_gbp))


@dataclass(slots=True)
class _Case:
    """The vehicles that are short (k), and what limits each: a row per vehicle and limit above it,
    with the place of its vehicle among the k, what the limit leaves it and what all others do."""

    problem: Problem
    solution: Solution
    vehicle: Indices
    place: Indices = field(init=False)
    limit: Indices = field(init=False)
    left_w: Watts = field(init=False)
    others_w: Watts = field(init=False)
    instructed: Mask = field(init=False)  # (slots,)

    def __post_init__(self) -> None:
        place, limit = np.nonzero(self.problem.below[:, self.vehicle].T > 0)
        everyone = np.arange(len(self.vehicle))
        self.place = np.append(place, everyone)
        self.limit = np.append(limit, np.full(len(everyone), CONNECTION))
        self.left_w = room_w(self.problem, self.solution, self.vehicle[self.place], self.limit)
        self.others_w = np.full(self.left_w.shape, np.inf)
        rows_of: list[list[int]] = [[] for _ in everyone]
        for row, whose in enumerate(self.place.tolist()):
            rows_of[whose].append(row)
        for row, whose in enumerate(self.place.tolist()):
            rest = [other for other in rows_of[whose] if other != row]
            self.others_w[row] = self.left_w[rest].min(axis=0, initial=np.inf)
        self.instructed = np.isfinite(self.problem.target_w)

    def narrowest_w(self) -> Watts:
        """(k, slots): the least that any limit leaves."""
        least_w: Watts = np.minimum(self.others_w, self.left_w)[-len(self.vehicle) :]
        return least_w

    def as_asked_w(self, vehicle: Indices, most_w: Watts) -> Watts:
        """No more than is planned where an instruction is in force."""
        kept_w = np.minimum(most_w, self.solution.net_w[vehicle])
        return np.where(self.instructed, kept_w, most_w)

    def run(self, vehicle: Indices, most_w: Watts) -> Paths:
        """What each vehicle then takes within its stay."""
        hours = self.problem.vehicles.present_h[vehicle]
        return catch_up(self.problem, self.solution, vehicle, hours, most_w)

    def ready(self, vehicle: Indices, paths: Paths) -> Mask:
        """Who has its target at the end."""
        target_wh = self.problem.vehicles.target_wh[vehicle]
        ready: Mask = paths.energy_wh[:, -1] >= target_wh - NEARLY_WH
        return ready

    def energy_gbp(self, vehicle: int, net_w: Watts) -> float:
        """What the energy that `net_w` takes beyond the plan costs to buy."""
        more_w = net_w - self.solution.net_w[vehicle]
        cost_gbp = more_w * self.problem.slot_h * self.problem.buy_gbp_per_kwh
        return round(float(cost_gbp.sum()) / 1000.0, 4)


def _wanting_less(case: _Case, short_wh: npt.NDArray[np.float64]) -> Iterator[Remedy]:
    """A lower target: what the plan gives is then enough."""
    prices_gbp = case.problem.vehicles.shortfall_gbp_per_kwh[case.vehicle]
    for vehicle, less_wh, gbp in zip(case.vehicle, np.ceil(short_wh), prices_gbp, strict=True):
        fix = Fix(change=FixChange.LOWER_TARGET, cost_gbp=0.0, less_wh=float(less_wh))
        price_gbp = float(gbp * less_wh / 1000.0)
        yield Remedy(int(vehicle), fix, case.solution.net_w[vehicle], price_gbp)


def _leaving_later(case: _Case, departure_s: Seconds) -> Iterator[Remedy]:
    """A later departure: it stays on until it is ready, within the plan's slots; if there is room
    for the floor that it then takes unasked."""
    problem, fleet = case.problem, case.problem.vehicles
    hours = np.broadcast_to(problem.slot_h, (len(case.vehicle), problem.slots))
    most_w = case.as_asked_w(case.vehicle, case.narrowest_w())
    paths = catch_up(problem, case.solution, case.vehicle, hours, most_w, exactly=False)
    begins_h = np.cumsum(problem.slot_h) - problem.slot_h
    room_w = np.maximum(case.narrowest_w(), case.solution.net_w[case.vehicle]) + TINY_W
    for row in np.nonzero(case.ready(case.vehicle, paths))[0].tolist():
        vehicle = int(case.vehicle[row])
        target_wh = fleet.target_wh[vehicle] - NEARLY_WH
        slot = int((paths.energy_wh[row] >= target_wh).argmax())
        before_wh = paths.energy_wh[row, slot - 1] if slot else fleet.start_wh[vehicle]
        pace_w = max(paths.net_w[row, slot] * fleet.charge_ratio[vehicle], 1.0)
        ready_s = 3600.0 * (begins_h[slot] + (fleet.target_wh[vehicle] - before_wh) / pace_w)
        late_s = LATE_STEP_S * np.ceil((ready_s - departure_s[row]) / LATE_STEP_S)
        if late_s > 0:
            net_w = np.where(np.arange(problem.slots) <= slot, paths.net_w[row], 0.0)
            if (net_w > room_w[row]).any():
                continue
            gbp = case.energy_gbp(vehicle, net_w)
            fix = Fix(change=FixChange.LATER_DEPARTURE, cost_gbp=gbp, late_s=float(late_s))
            yield Remedy(vehicle, fix, net_w, gbp)


def _uninstructed(case: _Case) -> Iterator[Remedy]:
    """No instruction: its slots are free again."""
    asked = np.nonzero(case.instructed)[0]
    if len(asked) == 0:
        return
    paths = case.run(case.vehicle, case.narrowest_w())
    for row in np.nonzero(case.ready(case.vehicle, paths))[0].tolist():
        vehicle, net_w = int(case.vehicle[row]), paths.net_w[row]
        off_w = np.abs(net_w - case.solution.net_w[vehicle])[asked]
        off_kwh = float((off_w * case.problem.slot_h[asked]).sum()) / 1000.0
        gbp = case.energy_gbp(vehicle, net_w)
        fix = Fix(
            change=FixChange.DROP_INSTRUCTION, cost_gbp=gbp,
            first_slot=int(asked[0]), last_slot=int(asked[-1]),
        )  # fmt: skip
        yield Remedy(vehicle, fix, net_w, gbp + case.problem.contract_gbp_per_kwh * off_kwh)


def _carrying_more(case: _Case) -> Iterator[Remedy]:
    """More power over one limit, as much in every slot: the least that does."""
    most_w = case.problem.vehicles.charge_max_w.max(axis=1, initial=0.0)[case.vehicle[case.place]]
    rows = np.arange(len(case.place))
    rows = rows[case.ready(*_with_more(case, rows, most_w))]
    low_w, high_w = np.zeros(len(rows)), most_w[rows]
    for _ in range(HALVINGS if len(rows) else 0):
        middle_w = (low_w + high_w) / 2
        enough = case.ready(*_with_more(case, rows, middle_w))
        low_w, high_w = np.where(enough, low_w, middle_w), np.where(enough, middle_w, high_w)
    more_w = np.ceil(low_w / POWER_STEP_W) * POWER_STEP_W
    more_w += np.where(case.ready(*_with_more(case, rows, more_w)), 0.0, POWER_STEP_W)
    vehicles, paths = _with_more(case, rows, more_w)
    ready = case.ready(vehicles, paths)
    for at, row in enumerate(rows.tolist()):
        net_w = paths.net_w[at]
        beyond_w = np.maximum(net_w - np.maximum(case.left_w[row], 0.0), 0.0)
        used = np.nonzero(beyond_w > 1.0)[0]
        if len(used) == 0 or not ready[at]:
            continue
        vehicle, limit = int(vehicles[at]), int(case.limit[row])
        beyond_kwh = float((beyond_w * case.problem.slot_h).sum()) / 1000.0
        gbp = case.energy_gbp(vehicle, net_w)
        fix = Fix(
            change=FixChange.MORE_POWER, cost_gbp=gbp, more_w=float(more_w[at]),
            where="" if limit == CONNECTION else case.problem.circuit_ids[limit],
            first_slot=int(used[0]), last_slot=int(used[-1]),
        )  # fmt: skip
        yield Remedy(vehicle, fix, net_w, gbp + case.problem.limit_gbp_per_kwh * beyond_kwh)


def _with_more(case: _Case, rows: Indices, more_w: Watts) -> tuple[Indices, Paths]:
    """The vehicle of each row, and what becomes of it if the row's limit leaves `more_w` more."""
    vehicle = case.vehicle[case.place[rows]]
    most_w = np.minimum(case.others_w[rows], case.left_w[rows] + more_w[:, None])
    return vehicle, case.run(vehicle, case.as_asked_w(vehicle, most_w))
