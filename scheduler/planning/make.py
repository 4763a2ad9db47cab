"""From a PlanningInput to a Plan: solve, round, check, explain; by rule where that fails."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from scheduler.domain.plan import (
    EvsePlan,
    Fix,
    Grams,
    LoadPlan,
    Plan,
    PlanPrices,
    PlanStatus,
    Watts,
)
from scheduler.planning.batches import solve_with_loads
from scheduler.planning.check import violations
from scheduler.planning.direct import solve_direct
from scheduler.planning.fallback import solve_by_rule
from scheduler.planning.pose import problem_of
from scheduler.planning.pose_expected import with_expected, without_expected
from scheduler.planning.pose_loads import LoadWindow, load_plans, load_windows
from scheduler.planning.problem import PlanningInput, Problem
from scheduler.planning.remedy import remedies
from scheduler.planning.reserve import reserve_shortfall_w
from scheduler.planning.round import rounded
from scheduler.planning.solution import (
    GOAL_RATIO,
    Solution,
    grid_w,
    least_missing_wh,
    missing_wh,
    store_wh,
    stored_wh,
)
from scheduler.planning.why import reasons

LARGE_FLEET = 40  # vehicles: from here on the decomposition is faster than one program
TINY_W = 5.0
TINY_WH = 10.0
Note = dict[str, Any]


def no_clock_s() -> float:
    """The clock of a planner that nobody hurries."""
    return 0.0


def make_plan(
    given: PlanningInput,
    time_limit_s: float = 10.0,
    clock_s: Callable[[], float] = no_clock_s,
    large_fleet: int = LARGE_FLEET,
) -> Plan:
    """A plan that passes `check.violations`. Deterministic but for `solve_s`, and for `clock_s`,
    which counts the seconds of the time limit where the solver has no clock of its own.

    Its notes say what could not be had: `shortfall`, `load_shortfall`, `instruction_shortfall`,
    `rebound`, `reserve_shortfall`, `import_exceeded`, `export_exceeded`, and `fallback` with the
    reason why the plan was made by rule.
    """
    plan = _made(given, time_limit_s, clock_s, large_fleet)
    left_s = time_limit_s - plan.solve_s
    if not given.expected or left_s <= 0.0 or not _could_be_less_short(given, plan):
        return plan
    alone = _made(replace(given, expected=()), left_s, clock_s, large_fleet)
    return alone if _is_worse(plan, alone) else plan


def _made(
    given: PlanningInput, time_limit_s: float, clock_s: Callable[[], float], large_fleet: int
) -> Plan:
    """The best plan that is valid, with those expected in mind; by rule if there is none."""
    posed, seen, left_s = problem_of(given), load_windows(given), time_limit_s

    def solve(problem: Problem) -> Solution | None:
        nonlocal left_s
        if left_s <= 0.0:
            return None
        whole = with_expected(problem, given)
        found = _solve(given, whole, left_s, clock_s, large_fleet)
        left_s -= found.run_s if found is not None else left_s
        return found

    problem, found = solve_with_loads(posed, given, seen, solve)
    if found is None:
        reason = "the solver found no plan in time"
    else:
        plan = _plan(given, problem, seen, without_expected(problem, found))
        broken = violations(given, plan)
        if not broken:
            return plan
        reason = "; ".join(f"{v.rule} {v.where}: {v.text}" for v in broken[:3])
    return plan_by_rule(given, reason)


def plan_by_rule(given: PlanningInput, reason: str) -> Plan:
    """A valid plan without any solver; its note `fallback` says the reason."""
    seen = load_windows(given)
    problem, _ = solve_with_loads(problem_of(given), given, seen, lambda _: None)
    fallback = {"code": "fallback", "reason": reason}
    return _plan(given, problem, seen, solve_by_rule(problem), (fallback,))


def _badness(plan: Plan) -> tuple[bool, float]:
    """Made by rule, and what vehicles and loads together miss."""
    missing_wh = sum(evse.shortfall_wh for evse in plan.evses)
    missing_wh += sum(load.shortfall_wh for load in plan.loads)
    return plan.status is PlanStatus.FALLBACK, missing_wh


def _is_worse(plan: Plan, other: Plan) -> bool:
    """By rule where the other is not, else by what is missing; what solvers and floats are off by
    must not decide which of them is followed."""
    (ruled, missing_wh), (other_ruled, other_missing_wh) = _badness(plan), _badness(other)
    if ruled != other_ruled:
        return ruled
    return missing_wh > other_missing_wh + TINY_WH


def _could_be_less_short(given: PlanningInput, plan: Plan) -> bool:
    """Whether anything is missing that another plan might give."""
    ruled, missing_wh = _badness(plan)
    if ruled or missing_wh <= TINY_WH:
        return ruled
    return missing_wh > float(least_missing_wh(problem_of(given)).sum()) + TINY_WH


def _solve(
    given: PlanningInput,
    problem: Problem,
    time_limit_s: float,
    clock_s: Callable[[], float],
    large_fleet: int,
) -> Solution | None:
    """A small fleet by one program, which knows no minimum power; a large one by decomposition, and
    a small one, too, where rounding the program's plan left somebody short or costs much: the
    better counts."""
    direct = None
    if len(problem.vehicles.start_wh) < large_fleet:
        smooth = solve_direct(problem, time_limit_s)
        if smooth is None:
            return None
        direct = rounded(problem, smooth)
        lost_wh = missing_wh(problem, direct.net_w) - missing_wh(problem, smooth.net_w)
        time_limit_s -= direct.run_s
        if (lost_wh.sum() < TINY_WH and direct.gap_ratio <= GOAL_RATIO) or time_limit_s <= 0.0:
            return direct
    from scheduler.planning.decomposition.engine import solve_decomposed  # loads a compiler
    from scheduler.planning.decomposition.prices import prices_now

    told = given.prices
    start = None if told is None else prices_now(told, problem, given.starts_at)
    found = rounded(problem, solve_decomposed(problem, time_limit_s, clock_s, start).solution)
    if direct is None:
        return found
    bound_gbp, run_s = max(direct.bound_gbp, found.bound_gbp), direct.run_s + found.run_s
    better = min(direct, found, key=lambda one: one.objective_gbp)
    return replace(better, status=direct.status, bound_gbp=bound_gbp, run_s=run_s)


def _plan(
    given: PlanningInput,
    problem: Problem,
    seen: tuple[LoadWindow, ...],
    solution: Solution,
    notes: tuple[Note, ...] = (),
) -> Plan:
    energy_wh = stored_wh(problem, solution.net_w)
    site_w = grid_w(problem, solution.net_w, solution.store_w, solution.curtailed_w)
    short_wh = missing_wh(problem, solution.net_w)
    fixes = _fixes(given, problem, solution)
    evses = tuple(
        EvsePlan(
            station_id=demand.station_id,
            evse_id=demand.evse_id,
            vehicle_id=demand.vehicle_id,
            transaction_id=demand.transaction_id,
            departure_at=demand.departure_at,
            setpoint_w=solution.net_w[i],
            energy_wh=energy_wh[i],
            shortfall_wh=float(short_wh[i]),
            why=why,
            fixes=tuple(fixes.get(i, ())),
        )
        for i, (demand, why) in enumerate(
            zip(given.demands, reasons(problem, solution)[: len(given.demands)], strict=True)
        )
    )
    loads = load_plans(given, seen, solution.net_w[len(evses) :], energy_wh[len(evses) :])
    plan = Plan(
        starts_at=given.starts_at,
        slot_s=given.slot_s,
        status=solution.status,
        solve_s=solution.run_s,
        objective_gbp=_cost_gbp(problem, solution),
        grid_w=site_w,
        load_w=problem.load_w,
        solar_w=problem.solar_w,
        wind_w=problem.wind_w,
        curtailed_w=solution.curtailed_w,
        store_w=solution.store_w,
        store_energy_wh=store_wh(problem, solution.store_w),
        fleet_w=solution.net_w[: len(evses)].sum(axis=0),
        import_gbp_per_kwh=problem.import_gbp_per_kwh,
        export_gbp_per_kwh=problem.export_gbp_per_kwh,
        evses=evses,
        notes=notes + tuple(_notes(problem, evses, loads, site_w)),
        carbon_g=_carbon_g(problem, site_w),
        loads=loads,
        gap_ratio=solution.gap_ratio if np.isfinite(solution.gap_ratio) else None,
        prices=_prices(given, problem, solution),
    )
    return replace(plan, notes=(*plan.notes, *_unheld(given, plan)))


def _unheld(given: PlanningInput, plan: Plan) -> Iterator[Note]:
    """What of a reserve cannot be had on call."""
    if given.reserve_down is None and given.reserve_up is None:
        return
    for side, short_w in zip(("down", "up"), reserve_shortfall_w(given, plan), strict=True):
        missed = np.nonzero(short_w > TINY_W)[0]
        if len(missed):
            told = _span("reserve_shortfall", missed, {"shortfall_w": float(short_w.max())})
            yield told | {"side": side}


def _fixes(given: PlanningInput, problem: Problem, solution: Solution) -> dict[int, list[Fix]]:
    """By vehicle, the cheapest first."""
    departure_s = [(d.departure_at - given.now).total_seconds() for d in given.demands]
    fixes: dict[int, list[Fix]] = {}
    for remedy in remedies(problem, solution, np.array(departure_s, dtype=float)):
        fixes.setdefault(remedy.vehicle, []).append(remedy.fix)
    return fixes


def _prices(given: PlanningInput, problem: Problem, solution: Solution) -> PlanPrices | None:
    if solution.status is PlanStatus.FALLBACK:
        return None
    return PlanPrices(
        starts_at=given.starts_at,
        slot_s=given.slot_s,
        circuit_ids=problem.circuit_ids,
        site_gbp_per_kwh=solution.slot_gbp_per_kwh,
        charge_gbp_per_kwh=solution.circuit_gbp_per_kwh,
        discharge_gbp_per_kwh=solution.back_gbp_per_kwh,
    )


def _carbon_g(problem: Problem, site_w: Watts) -> Grams | None:
    """CO2 of what is imported in each slot."""
    if problem.carbon_g_per_kwh is None:
        return None
    carbon_g: Grams = np.maximum(site_w, 0.0) * problem.slot_h / 1000.0 * problem.carbon_g_per_kwh
    return carbon_g


def _cost_gbp(problem: Problem, solution: Solution) -> float:
    """What the plan's energy, CO2, wear and demand charge cost, without wishes unmet."""
    site_w = grid_w(problem, solution.net_w, solution.store_w, solution.curtailed_w)
    energy_gbp = np.where(
        site_w > 0, site_w * problem.buy_gbp_per_kwh, site_w * problem.export_gbp_per_kwh
    )
    fleet, store = problem.vehicles, problem.store
    worn_wh = (np.maximum(-solution.net_w, 0.0) * fleet.present_h).sum()
    cost_gbp = (energy_gbp * problem.slot_h).sum() + worn_wh * fleet.wear_gbp_per_kwh
    if store is not None:
        given_wh = (np.maximum(-solution.store_w, 0.0) * problem.slot_h).sum()
        cost_gbp += given_wh * store.wear_gbp_per_kwh
    for peak in problem.peaks:
        higher_w = float(site_w[peak.slots].max(initial=0.0)) - peak.so_far_w
        cost_gbp += max(higher_w, 0.0) * peak.gbp_per_kw
    return float(cost_gbp / 1000.0)


def _notes(
    problem: Problem, evses: tuple[EvsePlan, ...], loads: tuple[LoadPlan, ...], site_w: Watts
) -> Iterator[Note]:
    """What the plan could not give, in the order of the promises."""
    for code, beyond_w in (
        ("import_exceeded", site_w - problem.import_max_w),
        ("export_exceeded", -site_w - problem.export_max_w),
    ):
        over = np.nonzero(beyond_w > TINY_W)[0]
        if len(over):
            yield _span(code, over, {"excess_w": float(beyond_w.max())})
    gap_w = np.nan_to_num(site_w - problem.target_w)
    missed = np.nonzero(np.abs(gap_w) > TINY_W)[0]
    if len(missed):
        shortfall_wh = float((np.abs(gap_w) * problem.slot_h).sum())
        yield _span("instruction_shortfall", missed, {"shortfall_wh": shortfall_wh})
    back_w = np.maximum(site_w - problem.kept_max_w, problem.kept_min_w - site_w)
    beyond = np.nonzero(back_w > TINY_W)[0]
    if len(beyond):
        rebound_wh = float((np.maximum(back_w, 0.0) * problem.slot_h).sum())
        yield _span("rebound", beyond, {"rebound_wh": rebound_wh})
    for load in loads:
        if load.shortfall_wh > TINY_WH:
            told = {"load_id": load.load_id, "shortfall_wh": round(load.shortfall_wh, 1)}
            yield {"code": "load_shortfall"} | told
    for evse in evses:
        if evse.shortfall_wh > TINY_WH:
            yield {
                "code": "shortfall",
                "station_id": evse.station_id,
                "evse_id": evse.evse_id,
                "vehicle_id": evse.vehicle_id,
                "departure_at": evse.departure_at.isoformat(),
                "shortfall_wh": round(evse.shortfall_wh, 1),
                "fixes": [fix.told() for fix in evse.fixes],
            }


def _span(code: str, slots: npt.NDArray[np.int64], sizes: dict[str, float]) -> Note:
    first_last = {"first_slot": int(slots[0]), "last_slot": int(slots[-1])}
    return {"code": code} | first_last | {name: round(size, 1) for name, size in sizes.items()}
