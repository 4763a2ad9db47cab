"""Plans of whole fleets by decomposition: valid, near the optimum, and proven to be so."""

from dataclasses import replace
from itertools import count
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from scheduler.domain.plan import PlanStatus
from scheduler.domain.site import Circuit
from scheduler.planning.check import violations
from scheduler.planning.decomposition.engine import WARM_SWEEPS, Decomposed, solve_decomposed
from scheduler.planning.direct import solve_direct
from scheduler.planning.make import make_plan
from scheduler.planning.pose import problem_of
from scheduler.planning.problem import PlanningInput
from scheduler.planning.solution import GOAL_RATIO
from tests.scheduler.makers import a_demand, a_site, a_store, an_input
from tests.scheduler.planning.test_random_sites import assert_sound, inputs

SLOTS = 16


def a_fleet(size: int = 40, seed: int = 0, **changes: Any) -> PlanningInput:
    """Vehicles with and without discharge below two full feeders, store, and sun at noon."""
    random = np.random.default_rng(seed)
    demands = [
        a_demand(
            n,
            hours=float(random.uniform(2, 4)),
            circuit_id="bay" if n % 2 else "yard",
            energy_wh=float(random.uniform(12e3, 30e3)),
            target_wh=float(random.uniform(25e3, 40e3)),
            max_charge_w=float(random.choice([7_400, 11_000, 22_000])),
            max_discharge_w=float(random.choice([0, 10_000])),
            charge_efficiency_ratio=0.93,
            discharge_efficiency_ratio=0.93,
            min_charge_w=1_380.0,
            taper_soc_ratio=0.8,
        )
        for n in range(1, size + 1)
    ]
    hour = np.arange(SLOTS) / 4
    fields: dict[str, Any] = {
        "site": a_site(
            circuits=(
                Circuit(circuit_id="yard", limit_w=5_500 * size),
                Circuit(circuit_id="bay", limit_w=3_000 * size, parent_id="yard"),
            ),
            store=a_store(charge_efficiency_ratio=0.95, discharge_efficiency_ratio=0.95),
        ),
        "slots": SLOTS,
        "store_energy_wh": 50_000.0,
        "import_max_w": 6_000 * size,
        "export_max_w": 6_000 * size,
        "load_w": 800 * size,
        "solar_w": 3_000 * size * np.exp(-(hour**2)),
        "import_gbp_per_kwh": 0.18
        + 0.1 * np.exp(-((hour - 2) ** 2))
        + random.normal(0, 0.01, SLOTS),
    }
    return an_input(*demands, **(fields | changes))


def solved(given_: PlanningInput, **options: Any) -> Decomposed:
    return solve_decomposed(problem_of(given_), 10.0, **options)


def test_costs_what_the_linear_program_costs_within_a_thousandth() -> None:
    given_ = a_fleet(200)
    found, exact = solved(given_, aim_ratio=1e-3), solve_direct(problem_of(given_), 60.0)
    assert exact is not None
    assert found.solution.bound_gbp <= exact.objective_gbp + 1e-6
    assert found.solution.objective_gbp == pytest.approx(exact.objective_gbp, rel=1e-3)


@pytest.mark.parametrize("seed", range(3))
def test_the_bound_and_the_cost_enclose_the_optimum(seed: int) -> None:
    given_ = a_fleet(seed=seed)
    found, exact = solved(given_), solve_direct(problem_of(given_), 10.0)
    assert exact is not None
    assert found.solution.bound_gbp <= exact.objective_gbp + 1e-6
    assert found.solution.bound_gbp == pytest.approx(exact.objective_gbp, rel=5e-3)
    assert found.solution.objective_gbp >= exact.objective_gbp - 1e-6


def test_where_targets_cannot_be_met_prices_rise_to_what_they_are_worth() -> None:
    yard = Circuit(circuit_id="yard", limit_w=300_000)
    bay = Circuit(circuit_id="bay", limit_w=140_000, parent_id="yard")
    given_ = a_fleet(200, site=a_site(circuits=(yard, bay)), store_energy_wh=None)
    found, exact = solved(given_), solve_direct(problem_of(given_), 10.0)
    assert exact is not None
    assert found.solution.bound_gbp == pytest.approx(exact.objective_gbp, rel=1e-2)
    assert found.solution.objective_gbp == pytest.approx(exact.objective_gbp, rel=3e-2)
    assert found.solution.circuit_gbp_per_kwh.max() > 1.0


def test_a_plan_within_the_goal_is_called_optimal_and_another_is_not() -> None:
    found = solved(a_fleet())
    near = found.solution.gap_ratio <= GOAL_RATIO
    assert found.solution.status is (PlanStatus.OPTIMAL if near else PlanStatus.TIME_LIMIT)


def test_the_same_input_gives_the_same_plan() -> None:
    given_ = a_fleet(12)
    first, second = solved(given_), solved(given_)
    assert np.array_equal(first.solution.net_w, second.solution.net_w)
    assert first.solution.bound_gbp == second.solution.bound_gbp


def test_when_time_runs_out_the_plan_so_far_is_valid() -> None:
    seconds = count(0, 100)
    given_ = a_fleet(12)
    plan = make_plan(given_, clock_s=lambda: float(next(seconds)), large_fleet=0)
    assert violations(given_, plan) == []
    assert plan.status is PlanStatus.TIME_LIMIT
    assert plan.solve_s > 0


def test_known_prices_save_work_and_cost_nothing() -> None:
    given_ = a_fleet(150)
    cold = solved(given_)
    warm = solved(given_, start=cold.prices)
    assert warm.sweeps == WARM_SWEEPS < cold.sweeps
    assert warm.solution.bound_gbp >= cold.solution.bound_gbp - 1e-9
    assert warm.solution.gap_ratio <= GOAL_RATIO


def test_prices_of_another_day_are_found_out() -> None:
    given_ = a_fleet(150)
    other = solved(replace(given_, import_gbp_per_kwh=given_.import_gbp_per_kwh[::-1].copy()))
    found = solved(given_, start=other.prices)
    assert found.sweeps > WARM_SWEEPS
    assert found.solution.gap_ratio <= GOAL_RATIO


@pytest.mark.parametrize("target_ratio", [0.5, -0.3])
def test_an_instruction_is_met_to_the_watt_without_a_store(target_ratio: float) -> None:
    asked_w = np.full(SLOTS, np.nan)
    asked_w[4:6] = target_ratio * 6_000 * 60
    given_ = a_fleet(60, grid_target_w=asked_w, store_energy_wh=None, solar_w=0.0)
    plan = make_plan(given_, large_fleet=0)
    assert violations(given_, plan) == []
    assert plan.grid_w[4:6] == pytest.approx(asked_w[4:6], abs=5)


def test_negative_prices_are_taken_with_no_circling_of_energy() -> None:
    given_ = a_fleet(12, import_gbp_per_kwh=[-0.3] * 4 + [0.2] * 12, export_gbp_per_kwh=-0.31)
    plan = make_plan(given_, large_fleet=0)
    assert violations(given_, plan) == []
    assert plan.grid_w[:4].min() > 0.9 * 6_000 * 12


def test_an_expected_arrival_is_a_vehicle_that_is_not_there_yet() -> None:
    """Nothing moves before it comes: its slots begin later."""
    problem = problem_of(a_fleet(6))
    fleet = problem.vehicles
    for powers in (fleet.present_h, fleet.charge_max_w, fleet.discharge_max_w):
        powers[0, :5] = 0.0
    net_w = solve_decomposed(problem, 10.0).solution.net_w
    assert np.all(net_w[0, :5] == 0)
    assert net_w[0, 5:].max() > 0


def test_a_site_without_vehicles_has_a_plan() -> None:
    given_ = a_fleet(0)
    assert violations(given_, make_plan(given_, large_fleet=0)) == []


@settings(max_examples=25)
@given(inputs())
def test_every_plan_by_decomposition_is_valid(given_: PlanningInput) -> None:
    plan = make_plan(given_, large_fleet=0)
    assert_sound(given_, plan)
    assert plan.status is not PlanStatus.FALLBACK
