"""Limits per phase: every engine keeps each line of a circuit within its amperes."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace as changed

from scheduler.domain.demand import Demand
from scheduler.domain.lines import line_ratios
from scheduler.domain.plan import Plan, PlanStatus
from scheduler.domain.site import Circuit
from scheduler.planning.check import violations
from scheduler.planning.decomposition.engine import solve_decomposed
from scheduler.planning.direct import solve_direct
from scheduler.planning.make import make_plan
from scheduler.planning.pose import problem_of
from scheduler.planning.problem import PlanningInput
from scheduler.planning.solution import GOAL_RATIO
from tests.scheduler.makers import a_demand, a_site, an_input
from tests.scheduler.planning.decomposition.test_engine import a_fleet
from tests.scheduler.planning.test_random_sites import assert_sound, inputs

VOLTS = 230.0
ENGINES = pytest.mark.parametrize("large_fleet", [300, 0], ids=["direct", "decomposition"])


def a_yard(limit_a: float, *demands: Demand, **changes: Any) -> PlanningInput:
    """Vehicles below one circuit of 50 kW whose lines carry `limit_a` each."""
    yard = Circuit(circuit_id="yard", limit_w=50_000, limit_a_per_phase=limit_a)
    return an_input(*demands, site=a_site(circuits=(yard,)), **changes)


def single(number: int, lines: str, **changes: Any) -> Demand:
    """A vehicle of one phase that wants 32 A of it all the time."""
    fields: dict[str, Any] = {
        "max_charge_w": 32 * VOLTS, "min_charge_w": 6 * VOLTS, "target_wh": 50_000.0,
    }  # fmt: skip
    return a_demand(number, line_ratios=line_ratios(1, lines), **(fields | changes))


def currents_a(given_: PlanningInput, plan: Plan) -> np.ndarray:
    """(lines, slots): what each line of the yard carries into vehicles."""
    powers_w = np.array([evse.setpoint_w for evse in plan.evses]).reshape(-1, given_.slots)
    ratios = np.array([d.line_ratios for d in given_.demands]).reshape(-1, 3)
    into_a: np.ndarray = ratios.T @ np.maximum(powers_w, 0.0) / VOLTS
    return into_a


@ENGINES
def test_three_on_one_line_share_it_and_three_in_turn_need_not(large_fleet: int) -> None:
    crowded = a_yard(40, *(single(n, "L2") for n in (1, 2, 3)))
    spread = a_yard(40, *(single(n, f"L{n}") for n in (1, 2, 3)))
    for given_, total_a in ((crowded, 40), (spread, 96)):
        plan = make_plan(given_, large_fleet=large_fleet)
        assert violations(given_, plan) == []
        assert plan.fleet_w[:12].max() == pytest.approx(total_a * VOLTS, abs=1)
        assert plan.fleet_w.max() <= total_a * VOLTS + 1


@ENGINES
def test_a_phase_that_is_not_known_counts_on_every_line(large_fleet: int) -> None:
    given_ = a_yard(40, single(1, "L1"), single(2, ""))
    plan = make_plan(given_, large_fleet=large_fleet)
    assert currents_a(given_, plan)[0].max() == pytest.approx(40, abs=0.01)
    assert plan.fleet_w.max() <= 40 * VOLTS + 1


@ENGINES
def test_a_line_holds_back_what_flows_out_as_well(large_fleet: int) -> None:
    givers = [
        single(n, "L3", energy_wh=40_000, target_wh=20_000, max_discharge_w=32 * VOLTS)
        for n in (1, 2)
    ]
    given_ = a_yard(40, *givers, import_gbp_per_kwh=0.9, load_w=40_000)
    plan = make_plan(given_, large_fleet=large_fleet)
    assert violations(given_, plan) == []
    assert plan.fleet_w.min() == pytest.approx(-40 * VOLTS, abs=1)


@ENGINES
@pytest.mark.parametrize("limit_a", [17, 20, 31])
def test_nobody_charges_at_less_than_6_a_on_each_phase(large_fleet: int, limit_a: float) -> None:
    """Two of three phases and one of one: a line of 17 A has room for two of them at a time."""
    three = {"max_charge_w": 11_040.0, "min_charge_w": 3 * 6 * VOLTS, "target_wh": 24_000.0}
    ratios = line_ratios(3, "L1L2L3")
    given_ = a_yard(
        limit_a,
        *(a_demand(n, line_ratios=ratios, **three) for n in (1, 2)),
        single(3, "L1", target_wh=23_000.0),
    )
    plan = make_plan(given_, large_fleet=large_fleet)
    assert violations(given_, plan) == []
    assert plan.status is not PlanStatus.FALLBACK
    assert currents_a(given_, plan).max() <= limit_a + 0.01
    for demand, evse in zip(given_.demands, plan.evses, strict=True):
        on_w = evse.setpoint_w[evse.setpoint_w > 1]
        assert on_w.size
        assert (on_w * max(demand.line_ratios) / VOLTS).min() >= 6 - 0.01


def test_an_empty_evse_keeps_its_floor_on_its_line() -> None:
    site = a_yard(40).site
    group = changed(site.stations[0], phases=("L1", "L2", "L3"))
    control = type(site.control)(floor_w=1_400.0)
    site = changed(site, stations=(group,), control=control)
    given_ = an_input(single(1, "L1"), site=site)
    problem = problem_of(given_)
    room_w = dict(zip(problem.circuit_ids, problem.circuit_max_w[:, 0].tolist(), strict=True))
    assert room_w == pytest.approx(
        {"yard": 45_800, "yard L1": 9_200 - 1_400, "yard L2": 7_800, "yard L3": 7_800}
    )


def on_lines(given_: PlanningInput, limit_a: float) -> PlanningInput:
    """A fleet of one phase each, in turn on the lines of a yard without another limit."""
    demands = tuple(
        replace(d, circuit_id="yard", line_ratios=line_ratios(1, f"L{n % 3 + 1}"))
        for n, d in enumerate(given_.demands)
    )
    yard = Circuit(circuit_id="yard", limit_w=1e6, limit_a_per_phase=limit_a)
    site = changed(given_.site, circuits=(yard,))
    return replace(given_, demands=demands, site=site)


def on_feeders(given_: PlanningInput, limit_a: float) -> PlanningInput:
    """The same with a circuit in place of each line."""
    demands = tuple(replace(d, circuit_id=f"l{n % 3 + 1}") for n, d in enumerate(given_.demands))
    feeders = tuple(
        Circuit(circuit_id=f"l{n}", limit_w=limit_a * VOLTS, parent_id="yard") for n in (1, 2, 3)
    )
    yard = Circuit(circuit_id="yard", limit_w=1e6)
    site = changed(given_.site, circuits=(yard, *feeders))
    return replace(given_, demands=demands, site=site)


@pytest.mark.parametrize("seed", range(3))
def test_a_line_costs_what_a_feeder_in_its_place_costs(seed: int) -> None:
    given_ = a_fleet(30, seed=seed)
    limit_a = 10 * 5_000 / VOLTS
    line, feeder = (
        solve_direct(problem_of(f(given_, limit_a)), 10.0) for f in (on_lines, on_feeders)
    )
    assert line is not None
    assert feeder is not None
    loose = solve_direct(problem_of(on_lines(given_, 1e5)), 10.0)
    assert loose is not None
    assert line.objective_gbp == pytest.approx(feeder.objective_gbp, abs=1e-6)
    assert line.objective_gbp > loose.objective_gbp + 0.01


def mixed(seed: int, size: int = 300) -> PlanningInput:
    """One, two and three phases, some not known, below two circuits with full lines."""
    given_ = a_fleet(size, seed=seed)
    kinds = [(3, "L1L2L3"), (1, "L1"), (1, "L2"), (2, "L1L3"), (1, ""), (3, "")]
    demands = tuple(
        replace(d, line_ratios=line_ratios(*kinds[n % 6])) for n, d in enumerate(given_.demands)
    )
    circuits = (
        Circuit(circuit_id="yard", limit_w=5_500 * size, limit_a_per_phase=3_300 * size / VOLTS),
        Circuit(circuit_id="bay", limit_w=3_000 * size, limit_a_per_phase=1_800 * size / VOLTS,
                parent_id="yard"),
    )  # fmt: skip
    return replace(given_, demands=demands, site=changed(given_.site, circuits=circuits))


@pytest.mark.parametrize("seed", range(2))
def test_the_decomposition_proves_its_gap_to_the_linear_program(seed: int) -> None:
    given_ = mixed(seed)
    found = solve_decomposed(problem_of(given_), 60.0)
    exact = solve_direct(problem_of(given_), 60.0)
    assert exact is not None
    assert found.solution.bound_gbp <= exact.objective_gbp + 1e-6
    assert found.solution.gap_ratio <= GOAL_RATIO
    assert exact.objective_gbp - 1e-6 <= found.solution.objective_gbp
    assert found.solution.circuit_gbp_per_kwh[2:].max() > 1e-3, "no line is full"
    plan = make_plan(given_, large_fleet=0)
    assert violations(given_, plan) == []


def test_the_check_finds_a_line_that_carries_too_much() -> None:
    given_ = a_yard(40, single(1, "L1"), single(2, "L1", target_wh=20_000.0))
    plan = make_plan(given_)
    assert violations(given_, plan) == []
    first, second = plan.evses
    moved = replace(plan, evses=(first, replace(second, setpoint_w=first.setpoint_w)))
    assert ("line", "yard L1") in {(v.rule, v.where) for v in violations(given_, moved)}


kinds = st.sampled_from([(1, "L1"), (1, "L2"), (2, "L2L3"), (3, "L1L2L3"), (1, ""), (2, "")])
amperes = st.floats(18, 100)


@st.composite
def phased(draw: st.DrawFn) -> PlanningInput:
    """Any site, whose vehicles use some lines and whose circuits limit them."""
    given_ = draw(inputs())
    demands = []
    for demand in given_.demands:
        phases, lines = draw(kinds)
        least_w = draw(st.sampled_from([0.0, 6 * phases * VOLTS]))
        ratios = line_ratios(phases, lines)
        demands.append(replace(demand, line_ratios=ratios, min_charge_w=least_w))
    circuits = tuple(
        changed(circuit, limit_a_per_phase=draw(amperes)) for circuit in given_.site.circuits
    )
    site = changed(given_.site, circuits=circuits)
    return replace(given_, demands=tuple(demands), site=site)


def assert_lines_hold(given_: PlanningInput, plan: Plan) -> None:
    """Counted here once more, from powers and amperes alone."""
    yard_a = given_.site.circuits[0].limit_a_per_phase
    assert yard_a is not None
    powers_w = np.array([evse.setpoint_w for evse in plan.evses]).reshape(-1, given_.slots)
    ratios = np.array([d.line_ratios for d in given_.demands]).reshape(-1, 3)
    floors_w = np.array([d.floor_w for d in given_.demands])
    most_a = np.maximum(yard_a, ratios.T @ floors_w / VOLTS)
    assert np.all(currents_a(given_, plan) <= most_a[:, None] + 0.02)
    assert np.all(ratios.T @ np.maximum(-powers_w, 0.0) / VOLTS <= yard_a + 0.02)


@pytest.mark.parametrize(
    "options", [{}, {"large_fleet": 0}, {"time_limit_s": 0.0}],
    ids=["direct", "decomposition", "by rule"],
)  # fmt: skip
@settings(max_examples=50)
@given(given_=phased())
def test_every_plan_keeps_every_line(options: dict[str, Any], given_: PlanningInput) -> None:
    plan = make_plan(given_, **options)
    assert_sound(given_, plan)
    assert_lines_hold(given_, plan)
