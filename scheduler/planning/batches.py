"""When batches that may not be interrupted begin: enumeration, led by prices.

What the rest of the site costs is a convex function of what batches take (the optimum of a linear
program in its right-hand side), and the prices of a solution are its slope. So each solution tells
of every other start how much it would cost at least (a cut, as in Benders, Numerische Mathematik
4, 1962). The start that may be cheapest is tried next, until none may be cheaper than the best.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from scheduler.domain.plan import GbpPerKwh, Watts
from scheduler.planning.pose_loads import NEVER, LoadWindow, loads_below, with_loads
from scheduler.planning.problem import PlanningInput, Problem, Ratios
from scheduler.planning.solution import Solution

Solve = Callable[[Problem], Solution | None]
Starts = tuple[int, ...]

MOST_TRIES = 8  # solutions, the first included
WORTH_RATIO = 1e-3  # of the cost: what may save less is not tried
TINY_W = 1.0


@dataclass(frozen=True, slots=True)
class _Site:
    """The site around the batches. `room_w` (circuits, slots): what circuits leave to them."""

    problem: Problem
    seen: Sequence[LoadWindow]
    below: Ratios  # (circuits, windows)
    room_w: Watts

    def power_w(self, window: int, start: int) -> Watts:
        """What a batch takes in each slot if it begins in that one."""
        if start == NEVER:
            return np.zeros(self.problem.slots)
        batch = self.seen[window]
        return np.where(batch.batch_h(start) > 0.0, batch.load.max_w, 0.0)

    def fits(self, starts: Starts) -> bool:
        """Whether circuits carry batches with these starts."""
        powers_w = np.array([self.power_w(k, start) for k, start in enumerate(starts)])
        return bool(np.all(self.below @ powers_w <= self.room_w + TINY_W))

    def changes(self, starts: Starts) -> list[Starts]:
        """These starts with that of one batch changed."""
        changed = [
            (*starts[:k], start, *starts[k + 1 :])
            for k, window in enumerate(self.seen)
            for start in window.starts
        ]
        return [each for each in changed if each != starts and self.fits(each)]


@dataclass(frozen=True, slots=True)
class _Cut:
    """What any starts cost at least, by a solution that proved `cost_gbp` of its own: `start_gbp`,
    for each window, what each start costs at the prices of the solution."""

    cost_gbp: float
    starts: Starts
    start_gbp: tuple[dict[int, float], ...]

    def least_gbp(self, starts: Starts) -> float:
        """The least that the site costs with these starts."""
        told = zip(self.start_gbp, starts, self.starts, strict=True)
        return self.cost_gbp + sum(gbp[new] - gbp[old] for gbp, new, old in told)


def solve_with_loads(
    problem: Problem, given: PlanningInput, seen: Sequence[LoadWindow], solve: Solve
) -> tuple[Problem, Solution | None]:
    """The problem with its flexible loads, batches begun when it costs least, and its solution."""
    below = loads_below(given, seen)
    room_w = problem.circuit_max_w - problem.below @ problem.vehicles.floor_w
    site = _Site(problem, seen, below, room_w)
    starts = _first(site)
    posed = with_loads(problem, given, seen, starts)
    found = best = solve(posed)
    best_posed, best_starts, cuts, tried = posed, starts, list[_Cut](), {starts}
    while found is not None and best is not None and len(tried) < MOST_TRIES:
        cuts.append(_cut(site, starts, found))
        least = {
            each: max(cut.least_gbp(each) for cut in cuts)
            for each in site.changes(best_starts)
            if each not in tried
        }
        starts = min(least, key=least.__getitem__, default=starts)
        goal_gbp = best.objective_gbp - WORTH_RATIO * abs(best.objective_gbp)
        if starts in tried or least[starts] >= goal_gbp:
            break
        tried.add(starts)
        posed = with_loads(problem, given, seen, starts)
        found = solve(posed)
        if found is not None and found.objective_gbp < best.objective_gbp:
            best, best_posed, best_starts = found, posed, starts
    return best_posed, best


def _first(site: _Site) -> Starts:
    """One batch after the other: the start that is cheapest at the import price beside the largest
    load; `NEVER` where circuits carry none."""
    problem, starts = site.problem, [NEVER] * len(site.seen)
    room_w = problem.import_max_w - problem.load_w + problem.generation_w
    for k, window in enumerate(site.seen):
        gbp = {}
        for start in window.starts:
            if site.fits((*starts[:k], start, *starts[k + 1 :])):
                power_w = site.power_w(k, start)
                over_w = np.maximum(power_w - np.maximum(room_w, 0.0), 0.0)
                each_gbp = power_w * problem.expected_gbp_per_kwh
                each_gbp = each_gbp + over_w * problem.limit_gbp_per_kwh
                gbp[start] = float((each_gbp * problem.slot_h).sum())
        starts[k] = min(gbp, key=gbp.__getitem__, default=NEVER)
        room_w = room_w - site.power_w(k, starts[k])
    return tuple(starts)


def _cut(site: _Site, starts: Starts, found: Solution) -> _Cut:
    slot_h = site.problem.slot_h
    gbp = []
    for k, window in enumerate(site.seen):
        above = site.below[:, k] @ found.circuit_gbp_per_kwh
        price: GbpPerKwh = (found.slot_gbp_per_kwh + above) * slot_h / 1000.0
        gbp.append({s: float(price @ site.power_w(k, s)) for s in {*window.starts, starts[k]}})
    told = np.isfinite(found.bound_gbp)
    return _Cut(found.bound_gbp if told else found.objective_gbp, starts, tuple(gbp))
