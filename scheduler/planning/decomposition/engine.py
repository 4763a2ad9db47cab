"""The whole fleet by decomposition: prices, plans at these prices, plans that fit, and the proof.

Each vehicle plans exactly for prices (`vehicle`); prices follow the load (`sweep`); limits and
minimum powers are made to hold (`place`); the plant then does its best for the fleet as it is. The
least that any plan can cost at some prices is a lower bound for all plans: what ours costs above it
is the proven gap. No step depends on threads, on a clock or on chance, but that a clock may end it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from scheduler.domain.plan import PlanStatus
from scheduler.planning.decomposition.bound import Bound
from scheduler.planning.decomposition.fleet import Numbers, fleet_of
from scheduler.planning.decomposition.peaks import level_peaks, shared
from scheduler.planning.decomposition.place import place
from scheduler.planning.decomposition.prices import Loads, Prices, first_prices, limits_of
from scheduler.planning.decomposition.sweep import Gains, Multipliers, book, sweep
from scheduler.planning.decomposition.vehicle import respond
from scheduler.planning.plant import K
from scheduler.planning.problem import Problem
from scheduler.planning.serve import serve
from scheduler.planning.solution import GOAL_RATIO, Solution, own_cost_gbp

STIFF_GBP_PER_KWH = 0.2  # by how much a price rises for a load of twice the limit, at first
WARM_STIFF_GBP_PER_KWH = 0.1  # where the prices are known
WALL_GBP_PER_KWH = 0.02  # at least, while limits are walls
SOFTER_RATIO, HARDER_RATIO = 0.75, 4.0  # from one sweep to the next; where it stays too full
PATIENT = 2  # sweeps in which prices find their level before any grows harder
MUCH_RATIO, STAYS_RATIO = 0.1, 0.7  # beyond a limit; of what it was before
LEAST_STIFF_GBP_PER_KWH, MOST_STIFF_GBP_PER_KWH = 0.01, 100.0
GOLDEN_RATIO = 0.6180339887498949
COLD_SWEEPS, WARM_SWEEPS, MORE_SWEEPS, MOST_SWEEPS = 8, 2, 2, 24
AIM_RATIO = 0.001  # of the cost: a gap that is worth no more work
WARM_AIM_RATIO = 0.002  # the same where a plan lasts for minutes only
STANDS_RATIO = 0.75  # of the gap at the try before: where it stays above, more hardly helps
LATE_RATIO = 0.6  # of the time limit: what is left is for the last try
MOST_PASSES = 4
MOST_RESCUES = 8
SQUEEZED_KWH = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class Decomposed:
    """A solution; `prices` are where the next plan may begin; `sweeps` is how often each vehicle
    planned."""

    solution: Solution
    prices: Prices
    sweeps: int = 0


def solve_decomposed(
    problem: Problem,
    time_limit_s: float,
    clock_s: Callable[[], float] = lambda: 0.0,
    start: Prices | None = None,
    aim_ratio: float | None = None,
) -> Decomposed:
    """A plan within every limit: the first whose proven gap is within the aim, one within the goal
    that more work hardly makes better, or the best so far when time runs out.

    `start`: prices to begin with, of the last plan, as late as this problem (`Prices.later`).
    `clock_s`: any clock that counts seconds; without one the work ends by itself. `aim_ratio`: a
    gap that ends the work; None: a thousandth, or two with `start`.
    """
    if aim_ratio is None:
        aim_ratio = AIM_RATIO if start is None else WARM_AIM_RATIO
    began_s = clock_s()
    search = _Search(problem, start)
    best: Decomposed | None = None
    gap_ratio = np.inf
    next_try = COLD_SWEEPS if start is None else WARM_SWEEPS
    for sweeps in range(1, MOST_SWEEPS + 1):
        search.sweep()
        last = sweeps == MOST_SWEEPS or clock_s() - began_s > LATE_RATIO * time_limit_s
        if sweeps < next_try and not last:
            continue
        next_try = sweeps + MORE_SWEEPS
        search.improve_bound()
        found = search.finished()
        if best is None or found.solution.objective_gbp < best.solution.objective_gbp:
            best = found
        proven = replace(best.solution, bound_gbp=search.bound_gbp)
        best = Decomposed(solution=proven, prices=search.prices, sweeps=sweeps)
        gap_ratio, before_ratio = proven.gap_ratio, gap_ratio
        stands = gap_ratio <= GOAL_RATIO and gap_ratio > STANDS_RATIO * before_ratio
        if last or stands or gap_ratio <= aim_ratio:
            break
    assert best is not None
    near = gap_ratio <= max(aim_ratio, GOAL_RATIO)
    status = PlanStatus.OPTIMAL if near else PlanStatus.TIME_LIMIT
    solution = replace(best.solution, status=status, run_s=clock_s() - began_s)
    return replace(best, solution=solution)


class _Search:
    """Plans and prices of the moment, and the best bound so far."""

    def __init__(self, problem: Problem, start: Prices | None) -> None:
        self.problem, self.fleet = problem, fleet_of(problem)
        self.limits = limits_of(problem, self.fleet)
        self.bound = Bound(problem)
        self._site_kw = max(float(problem.import_max_w.max(initial=0.0)) / K, 1.0)
        self._circuit_kw = np.maximum(problem.circuit_limit_w / K, 1.0)
        self.bound_gbp, self.prices = -np.inf, start or first_prices(problem)
        self._held = Multipliers(*(a.copy() for a in self.prices.arrays()))
        for prices in (self._held.charge, self._held.discharge):
            prices[~self.fleet.share.any(axis=0)] = 0.0  # what cannot bind has no price
        stiff_gbp = STIFF_GBP_PER_KWH if start is None else WARM_STIFF_GBP_PER_KWH
        self._stiff = Multipliers(*(np.full_like(a, stiff_gbp) for a in self.prices.arrays()))
        self._over = Multipliers(*(np.zeros_like(a) for a in self.prices.arrays()))
        self._mean_site = self.prices.site.copy()
        self._kw, self._sweeps = np.zeros(len(self.fleet.slot)), 0
        circuits = (len(problem.circuit_ids), problem.slots)
        self._loads = Loads(
            (problem.load_w - problem.generation_w) / K, np.zeros(circuits), np.zeros(circuits)
        )
        count = len(self.fleet.vehicle)
        self._order = np.argsort(np.arange(count) * GOLDEN_RATIO % 1.0, kind="stable")
        if start is not None:
            self.improve_bound()
            respond(
                self.fleet.rows, start.into_gbp(self.fleet), start.out_gbp(self.fleet), self._kw,
                np.empty(count),
            )  # fmt: skip
            for i in range(count):
                book(self.fleet.rows, self.limits, self._loads, i, self._kw, 1)

    def sweep(self) -> None:
        """Let everyone plan anew, and prices follow; more softly each time."""
        gains = self._gains(self._stiff)
        level_peaks(self.problem, self.limits, self._held.site, gains.site, self._loads.net)
        sweep(
            self.fleet.rows, self.limits, self._loads, self._held, gains, self._order,
            self._kw, self._mean_site,
        )  # fmt: skip
        self._sweeps += 1
        for stiff, before, over in zip(self._stiff, self._over, self._overloads(), strict=True):
            stays = (over > STAYS_RATIO * before) & (over > MUCH_RATIO) & (self._sweeps > PATIENT)
            stiff *= np.where(stays, HARDER_RATIO, SOFTER_RATIO)
            np.clip(stiff, LEAST_STIFF_GBP_PER_KWH, MOST_STIFF_GBP_PER_KWH, out=stiff)
            before[:] = over

    def _overloads(self) -> tuple[Numbers, Numbers, Numbers]:
        """How far loads lie beyond their limits, of the limits."""
        limits, loads = self.limits, self._loads
        net_kw = np.clip(loads.net, limits.supply[:, 0], limits.supply[:, -1])
        net_kw = np.where(np.isnan(limits.target), net_kw, limits.target)
        circuit_kw = self._circuit_kw[:, None]
        return (
            np.abs(loads.net - net_kw) / self._site_kw,
            np.maximum(loads.charge - limits.charge, 0.0) / circuit_kw,
            np.maximum(loads.discharge - limits.discharge, 0.0) / circuit_kw,
        )

    def _gains(self, stiff: Multipliers) -> Gains:
        """A load of twice the limit raises a price by the stiffness; in one pass a multiplier
        takes up what it is told (any faster, and it would swing)."""
        fleet, slot_h = self.fleet, self.problem.slot_h
        below = np.bincount(fleet.rows.group, minlength=len(fleet.share)) @ (fleet.share > 0)
        return Gains(
            site=stiff.site * slot_h / self._site_kw,
            charge=stiff.charge * slot_h / self._circuit_kw[:, None],
            discharge=stiff.discharge * slot_h / self._circuit_kw[:, None],
            site_ratio=np.full(len(slot_h), 1.0 / max(len(fleet.vehicle), 1)),
            circuit_ratio=1.0 / np.maximum(below, 1),
        )

    def improve_bound(self) -> None:
        """Try the prices of the moment, and keep the best."""
        self._try_bound(self._mean_site.copy())
        if self.problem.peaks:
            self._try_bound(shared(self.problem, self._mean_site))

    def _try_bound(self, site_gbp: Numbers) -> None:
        value_gbp = np.empty(len(self.fleet.vehicle))
        prices = Prices(
            site=site_gbp,
            charge=self._held.charge.copy(),
            discharge=self._held.discharge.copy(),
        )
        into_gbp, out_gbp = prices.into_gbp(self.fleet), prices.out_gbp(self.fleet)
        respond(self.fleet.rows, into_gbp, out_gbp, np.empty(len(self._kw)), value_gbp)
        vehicles_gbp = float(value_gbp[self.fleet.vehicle >= 0].sum())
        bound_gbp = self.bound.plant_gbp(prices) + vehicles_gbp
        if bound_gbp > self.bound_gbp:
            self.bound_gbp, self.prices = bound_gbp, prices

    def _rescued(self, loads: Loads, held: Multipliers, gains: Gains, kw: Numbers) -> bool:
        """Let those that the walls made miss their target have their plans back, and the others
        make room, who can wait longest first; whether less is missed so."""
        fleet, rows = self.fleet, self.fleet.rows
        short = fleet.short_kwh(kw)
        squeezed = np.nonzero(short > fleet.short_kwh(self._kw) + SQUEEZED_KWH)[0]
        if len(squeezed) == 0:
            return False
        before = (kw.copy(), *(a.copy() for a in loads))
        for i in squeezed.tolist():
            own = slice(rows.pair[i], rows.pair[i + 1])
            book(rows, self.limits, loads, i, kw, -1)
            kw[own] = self._kw[own]
            book(rows, self.limits, loads, i, kw, 1)
        able = np.bincount(fleet.row, rows.take_kwh, minlength=len(short))
        lax = np.argsort(rows.target_kwh - rows.start_kwh - able, kind="stable")
        for order in (lax[~np.isin(lax, squeezed)], lax):
            place(rows, self.limits, loads, held, gains, order, kw, False)
        if (fleet.short_kwh(kw) - short) @ rows.short_gbp < 0.0:
            return True
        for now, then in zip((kw, *loads), before, strict=True):
            now[:] = then
        return False

    def finished(self) -> Decomposed:
        """A plan that keeps the limits, from those of the moment."""
        problem, fleet, kw = self.problem, self.fleet, self._kw.copy()
        loads = Loads(*(a.copy() for a in self._loads))
        held = Multipliers(*(a.copy() for a in self._held))
        stiff = Multipliers(*(np.maximum(a, WALL_GBP_PER_KWH) for a in self._stiff))
        stiff.site[np.isfinite(problem.target_w)] = MOST_STIFF_GBP_PER_KWH  # no wall from below
        gains = self._gains(stiff)
        gains.site_ratio[:], gains.circuit_ratio[:] = 0.0, 0.0
        for attempt in range(MOST_PASSES):
            everyone = attempt == 1  # once nothing is too full, all may choose again
            moved = place(fleet.rows, self.limits, loads, held, gains, self._order, kw, everyone)
            if not moved and attempt > 1:
                break
        for _ in range(MOST_RESCUES):
            if not self._rescued(loads, held, gains, kw):
                break
        net_w = fleet.spread(kw, problem.vehicles.present_h.shape)
        served = serve(problem, net_w)
        return Decomposed(
            solution=Solution(
                status=PlanStatus.TIME_LIMIT,
                run_s=0.0,
                objective_gbp=served.objective_gbp + own_cost_gbp(problem, net_w),
                net_w=net_w,
                store_w=served.store_w,
                curtailed_w=served.curtailed_w,
                slot_gbp_per_kwh=self.prices.site / problem.slot_h,
                circuit_gbp_per_kwh=self.prices.charge / problem.slot_h,
                back_gbp_per_kwh=self.prices.discharge / problem.slot_h,
                bound_gbp=self.bound_gbp,
            ),
            prices=self.prices,
        )
