"""The whole fleet by decomposition: prices, plans at these prices, plans that fit, and the proof.

Each vehicle plans exactly for prices (`vehicle`); prices follow the load (`sweep`); limits and
minimum powers are made to hold (`place`); the plant then does its best for the fleet as it is.
Where that is not near enough, the plans held so far are mixed (`master`). The least that any plan
can cost at some prices is a lower bound for all plans: what ours costs above it is the proven gap.
No step depends on threads, on a clock or on chance, but that a clock may end it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from scheduler.domain.plan import PlanStatus
from scheduler.planning.decomposition.bound import Bound
from scheduler.planning.decomposition.fleet import Numbers, fleet_of
from scheduler.planning.decomposition.master import MOST_CLUSTERS, Master, Mixture
from scheduler.planning.decomposition.peaks import level_peaks, shared
from scheduler.planning.decomposition.place import place
from scheduler.planning.decomposition.prices import Loads, Prices, first_prices, limits_of
from scheduler.planning.decomposition.stiffness import MOST_GBP_PER_KWH, Stiffness
from scheduler.planning.decomposition.sweep import Gains, Multipliers, book, book_all, sweep
from scheduler.planning.decomposition.vehicle import respond
from scheduler.planning.plant import K
from scheduler.planning.problem import Problem
from scheduler.planning.serve import serve
from scheduler.planning.solution import GOAL_RATIO, Solution, own_cost_gbp

STIFF_GBP_PER_KWH = 0.2  # by how much a price rises for a load of twice the limit, at first
WARM_STIFF_GBP_PER_KWH = 0.006  # where the prices are known: more would drive them off again
WALL_GBP_PER_KWH = 0.02  # at least, while limits are walls
GOLDEN_RATIO = 0.6180339887498949
COLD_SWEEPS, WARM_SWEEPS, MORE_SWEEPS, MOST_SWEEPS = 8, 2, 2, 12
MOST_MIXTURES = 20
MIXED_RATIO = 2e-4  # of the cost: what a mixture may cost above the bound to be the best there is
AIM_RATIO = 0.001  # of the cost: a gap that is worth no more work
WARM_AIM_RATIO = 0.002  # the same where a plan lasts for minutes only
POOR_RATIO = 0.002  # a gap that is worth a mixture, where each vehicle may have its own
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
    that more sweeps hardly make better, the best mixture where both were poor, or the best so far
    when time runs out.

    `start`: prices to begin with, of the last plan, as late as this problem (`Prices.later`).
    `clock_s`: any clock that counts seconds; without one the work ends by itself. `aim_ratio`: a
    gap that ends the work; None: a thousandth, or two with `start`.
    """
    if aim_ratio is None:
        aim_ratio = AIM_RATIO if start is None else WARM_AIM_RATIO
    began_s = clock_s()

    def left_s() -> float:
        return LATE_RATIO * time_limit_s - (clock_s() - began_s)

    search = _Search(problem, start)
    gap_ratio = np.inf
    for _ in search.tries(COLD_SWEEPS if start is None else WARM_SWEEPS, left_s):
        best, before_ratio = search.finished(), gap_ratio
        gap_ratio = best.solution.gap_ratio
        stands = gap_ratio <= GOAL_RATIO and gap_ratio > STANDS_RATIO * before_ratio
        if stands or gap_ratio <= aim_ratio:
            break
        if start is not None and not np.isfinite(before_ratio) and gap_ratio > GOAL_RATIO:
            search.stiffen()  # they were not the prices of this problem
    if gap_ratio > max(aim_ratio, search.poor_ratio) and search.mix(left_s):
        best = search.finished()
        gap_ratio = best.solution.gap_ratio
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
        self.stiffen(STIFF_GBP_PER_KWH if start is None else WARM_STIFF_GBP_PER_KWH)
        self._mean_site = self.prices.site.copy()
        self.sweeps, self._plans = 0, list[Numbers]()
        self._mixed, self._best = False, cast("Solution | None", None)
        count = len(self.fleet.vehicle)
        self._order = np.argsort(np.arange(count) * GOLDEN_RATIO % 1.0, kind="stable")
        self._hold(np.zeros(len(self.fleet.slot)))
        if start is not None:
            self._hold(self._try_bound(self._prices(self._mean_site)))

    def stiffen(self, gbp_per_kwh: float = STIFF_GBP_PER_KWH) -> None:
        """Let prices begin to follow the load this strongly."""
        self._stiffness = Stiffness(self._held, gbp_per_kwh)

    def _hold(self, kw: Numbers) -> None:
        """Let these be the plans of the moment."""
        problem, circuits = self.problem, self._held.charge.shape
        site_kw = (problem.load_w - problem.generation_w) / K
        self._kw = kw
        self._loads = Loads(site_kw, np.zeros(circuits), np.zeros(circuits))
        book_all(self.fleet.rows, self.limits, self._loads, kw)

    def tries(self, first: int, left_s: Callable[[], float]) -> Iterator[None]:
        """Sweep until the plans of the moment are worth finishing, again and again: after `first`
        sweeps and each two more, or once no time is left."""
        for sweeps in range(1, MOST_SWEEPS + 1):
            self.sweep()
            late = left_s() < 0.0
            if late or (sweeps >= first and (sweeps - first) % MORE_SWEEPS == 0):
                self.improve_bound()
                self._plans.append(self._kw.copy())
                yield
            if late:
                return

    @property
    def poor_ratio(self) -> float:
        """A gap that is worth a mixture; a small fleet has one soon."""
        small = len(self.fleet.vehicle) <= MOST_CLUSTERS
        return POOR_RATIO if small else GOAL_RATIO

    def mix(self, left_s: Callable[[], float]) -> bool:
        """Hold the best mixture of plans; whether there is one in time."""
        if left_s() <= 0.0:
            return False
        held = self._prices(self._mean_site)
        master = Master(self.problem, self.fleet, self.limits, self._loads, held)
        for kw in (*self._plans, self._try_bound(self.prices)):
            master.add(kw)
        found: Mixture | None = None
        for _ in range(MOST_MIXTURES):
            mixture = master.best(left_s()) if left_s() > 0.0 else None
            if mixture is None:
                break
            found = mixture
            if found.objective_gbp - self.bound_gbp <= MIXED_RATIO * abs(found.objective_gbp):
                break
            master.add(self._try_bound(found.prices))
        if found is None:
            return False
        self._held = Multipliers(*found.prices.arrays())
        self._hold(found.kw)
        self._mixed = True
        return True

    def sweep(self) -> None:
        """Let everyone plan anew, and prices follow."""
        self.sweeps += 1
        gains = self._gains(self._stiffness.gbp_per_kwh)
        before = Multipliers(*(a.copy() for a in self._held))
        level_peaks(self.problem, self.limits, self._held.site, gains.site, self._loads.net)
        sweep(
            self.fleet.rows, self.limits, self._loads, self._held, gains, self._order,
            self._kw, self._mean_site,
        )  # fmt: skip
        self._stiffness.follow(before, self._held, self._overloads())

    def _overloads(self) -> Multipliers:
        """How far loads lie beyond their limits, of the limits."""
        limits, loads = self.limits, self._loads
        net_kw = np.clip(loads.net, limits.supply[:, 0], limits.supply[:, -1])
        net_kw = np.where(np.isnan(limits.target), net_kw, limits.target)
        circuit_kw = self._circuit_kw[:, None]
        return Multipliers(
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
        self._try_bound(self._prices(self._mean_site))
        if self.problem.peaks:
            self._try_bound(self._prices(shared(self.problem, self._mean_site)))

    def _prices(self, site_gbp: Numbers) -> Prices:
        charge, discharge = self._held.charge.copy(), self._held.discharge.copy()
        return Prices(site=site_gbp.copy(), charge=charge, discharge=discharge)

    def _try_bound(self, prices: Prices) -> Numbers:
        """Keep the bound that these prices prove, if it is the best; how everyone answers them."""
        kw, value_gbp = np.empty(len(self.fleet.slot)), np.empty(len(self.fleet.vehicle))
        into_gbp, out_gbp = prices.into_gbp(self.fleet), prices.out_gbp(self.fleet)
        respond(self.fleet.rows, into_gbp, out_gbp, kw, value_gbp)
        vehicles_gbp = float(value_gbp[self.fleet.vehicle >= 0].sum())
        bound_gbp = self.bound.plant_gbp(prices) + vehicles_gbp
        if bound_gbp > self.bound_gbp:
            self.bound_gbp, self.prices = bound_gbp, prices
        return kw

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
        """The best plan so far that keeps the limits, with one from those of the moment."""
        for everyone in (False, True) if self._mixed else (True,):
            found = self._placed(everyone)
            if self._best is None or found.objective_gbp < self._best.objective_gbp:
                self._best = found
        assert self._best is not None
        self._best = replace(
            self._best,
            slot_gbp_per_kwh=self.prices.site / self.problem.slot_h,
            circuit_gbp_per_kwh=self.prices.charge / self.problem.slot_h,
            back_gbp_per_kwh=self.prices.discharge / self.problem.slot_h,
            bound_gbp=self.bound_gbp,
        )
        return Decomposed(solution=self._best, prices=self.prices, sweeps=self.sweeps)

    def _placed(self, everyone: bool) -> Solution:
        """A plan that keeps the limits. `everyone`: once nothing is too full, all choose again."""
        problem, fleet, kw = self.problem, self.fleet, self._kw.copy()
        loads = Loads(*(a.copy() for a in self._loads))
        held = Multipliers(*(a.copy() for a in self._held))
        stiff = Multipliers(*(np.maximum(a, WALL_GBP_PER_KWH) for a in self._stiffness.gbp_per_kwh))
        stiff.site[np.isfinite(problem.target_w)] = MOST_GBP_PER_KWH  # no wall from below
        gains = self._gains(stiff)
        gains.site_ratio[:], gains.circuit_ratio[:] = 0.0, 0.0
        for attempt in range(MOST_PASSES):
            again = everyone and attempt == 1
            moved = place(fleet.rows, self.limits, loads, held, gains, self._order, kw, again)
            if not moved and attempt > 1:
                break
        for _ in range(MOST_RESCUES):
            if not self._rescued(loads, held, gains, kw):
                break
        net_w = fleet.spread(kw, problem.vehicles.present_h.shape)
        served = serve(problem, net_w)
        return Solution(
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
        )
