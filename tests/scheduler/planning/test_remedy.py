"""What would have a vehicle ready: each change, made, has it ready, and no smaller one does."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import assume, given, settings

from scheduler.domain.plan import Fix, FixChange, Plan
from scheduler.domain.site import Circuit, Site
from scheduler.planning.check import violations
from scheduler.planning.direct import solve_direct
from scheduler.planning.make import make_plan
from scheduler.planning.pose import problem_of
from scheduler.planning.problem import PlanningInput
from scheduler.planning.remedy import Remedy, remedies
from scheduler.planning.round import rounded
from tests.scheduler.makers import a_demand, a_site, an_input
from tests.scheduler.planning.test_check import retold
from tests.scheduler.planning.test_random_sites import inputs

NARROW = a_site(circuits=(Circuit(circuit_id="yard", limit_w=5_000),))
ASKED = {"grid_target_w": [10_000.0] * 4 + [np.nan] * 12}
CASES: dict[str, tuple[PlanningInput, list[FixChange]]] = {
    "its charger is too slow": (
        an_input(a_demand(hours=1, target_wh=40_000)),
        [FixChange.LATER_DEPARTURE, FixChange.LOWER_TARGET],
    ),
    "its feeder is too narrow": (
        an_input(a_demand(hours=1, target_wh=30_000), site=NARROW),
        [FixChange.LATER_DEPARTURE, FixChange.LOWER_TARGET, FixChange.MORE_POWER],
    ),
    "the connection is too narrow, and the plan ends": (
        an_input(a_demand(target_wh=45_000), import_max_w=14_000.0),
        [FixChange.LOWER_TARGET, FixChange.MORE_POWER],
    ),
    "an instruction holds it back": (
        an_input(a_demand(hours=1, target_wh=30_000), **ASKED),
        [FixChange.LATER_DEPARTURE, FixChange.LOWER_TARGET, FixChange.DROP_INSTRUCTION],
    ),
}


def changed(given_: PlanningInput, vehicle: int, fix: Fix) -> PlanningInput:
    """The input with the change made."""
    demands, site = list(given_.demands), given_.site
    demand = demands[vehicle]
    slots = np.arange(given_.slots)
    inside = np.zeros(given_.slots, dtype=bool)
    if fix.first_slot is not None and fix.last_slot is not None:
        inside = (slots >= fix.first_slot) & (slots <= fix.last_slot)
    match fix.change:
        case FixChange.LATER_DEPARTURE:
            later = demand.departure_at + timedelta(seconds=fix.late_s)
            demands[vehicle] = replace(demand, departure_at=later)
        case FixChange.LOWER_TARGET:
            target_wh = min(demand.target_wh, max(demand.capacity_wh, demand.energy_wh))
            demands[vehicle] = replace(demand, target_wh=target_wh - fix.less_wh)
        case FixChange.MORE_POWER if fix.where:
            site = widened(site, fix)
        case FixChange.MORE_POWER:
            wider_w = given_.import_max_w + np.where(inside, fix.more_w, 0.0)
            return replace(given_, import_max_w=wider_w)
        case FixChange.DROP_INSTRUCTION:
            free_w = np.where(inside, np.nan, given_.grid_target_w)
            return replace(given_, grid_target_w=free_w)
    return replace(given_, demands=tuple(demands), site=site)


def widened(site: Site, fix: Fix) -> Site:
    circuits = (
        Circuit(
            circuit_id=circuit.circuit_id,
            limit_w=circuit.limit_w + (fix.more_w if circuit.circuit_id == fix.where else 0.0),
            parent_id=circuit.parent_id,
        )
        for circuit in site.circuits
    )
    return a_site(circuits=tuple(circuits), store=site.store)


@pytest.mark.parametrize("name", CASES)
def test_the_changes_that_would_do_the_cheapest_first(name: str) -> None:
    given_, changes = CASES[name]
    plan = make_plan(given_)
    assert [fix.change for fix in plan.evses[0].fixes] == changes
    (note,) = [note for note in plan.notes if note["code"] == "shortfall"]
    assert note["fixes"] == [fix.told() for fix in plan.evses[0].fixes]


@pytest.mark.parametrize("name", CASES)
def test_each_change_has_the_vehicle_ready_when_all_is_planned_anew(name: str) -> None:
    given_, _ = CASES[name]
    for fix in make_plan(given_).evses[0].fixes:
        assert make_plan(changed(given_, 0, fix)).evses[0].shortfall_wh < 20, fix


@pytest.mark.parametrize("name", CASES)
def test_a_smaller_change_would_not_do(name: str) -> None:
    given_, _ = CASES[name]
    for fix in make_plan(given_).evses[0].fixes:
        if fix.change is FixChange.DROP_INSTRUCTION:
            continue
        less = replace(
            fix,
            late_s=fix.late_s - 120,
            less_wh=fix.less_wh - 100,
            more_w=fix.more_w - 200,
        )
        assert make_plan(changed(given_, 0, less)).evses[0].shortfall_wh > 10, fix


def test_the_feeder_and_the_slots_that_need_more_are_named() -> None:
    given_, _ = CASES["its feeder is too narrow"]
    fix = make_plan(given_).evses[0].fixes[-1]
    assert (fix.where, fix.first_slot, fix.last_slot) == ("yard", 0, 3)
    assert fix.more_w == pytest.approx(5_000)
    assert fix.cost_gbp > 0


def test_a_later_departure_is_told_to_the_minute() -> None:
    given_, _ = CASES["its charger is too slow"]
    assert make_plan(given_).evses[0].fixes[0].late_s == 50 * 60  # 20 kWh at 11 kW: 1 h 49.1 min


def test_who_is_ready_needs_nothing() -> None:
    plan = make_plan(an_input(a_demand()))
    assert plan.evses[0].fixes == ()


def with_row(given_: PlanningInput, plan: Plan, remedy: Remedy) -> Plan:
    """The plan with the vehicle's new powers, told anew for the changed input. What it now leaves
    of the sun is given up, as the plant would, and not sent beyond the export limit."""
    evses = list(plan.evses)
    demand = given_.demands[remedy.vehicle]
    evses[remedy.vehicle] = replace(
        evses[remedy.vehicle], setpoint_w=remedy.net_w, departure_at=demand.departure_at
    )
    told = retold(given_, replace(plan, evses=tuple(evses)))
    beyond_w = np.maximum(-told.grid_w - np.nan_to_num(given_.export_max_w), 0.0)
    spare_w = told.solar_w + told.wind_w - told.curtailed_w
    given_up_w = told.curtailed_w + np.minimum(beyond_w, spare_w)
    return retold(given_, replace(told, curtailed_w=given_up_w))


@settings(max_examples=120)
@given(inputs())
def test_with_any_change_made_the_rest_of_the_plan_holds(given_: PlanningInput) -> None:
    """By the check, which shares no code with this: valid, and the vehicle has its target."""
    assume(given_.site.store is None)
    problem = problem_of(given_)
    smooth = solve_direct(problem, 10.0)
    assert smooth is not None
    solution = rounded(problem, smooth)
    plan = make_plan(given_)
    assume(all((e.setpoint_w == w).all() for e, w in zip(plan.evses, solution.net_w, strict=True)))
    departure_s = [(d.departure_at - given_.now).total_seconds() for d in given_.demands]
    for remedy in remedies(problem, solution, np.array(departure_s, dtype=float)):
        after = changed(given_, remedy.vehicle, remedy.fix)
        told = with_row(after, plan, remedy)
        assert violations(after, told) == [], remedy.fix
        assert told.evses[remedy.vehicle].shortfall_wh <= 20, remedy.fix
