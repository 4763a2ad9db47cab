"""CO2 of what is imported has a price beside that of energy, and every plan tells its amount."""

from typing import Any

import msgspec
import numpy as np
import pytest

from scheduler.domain.plan import Plan
from scheduler.domain.slots import carbon_g_per_kwh
from scheduler.planning.check import violations
from scheduler.planning.decomposition.engine import GOAL_RATIO, solve_decomposed
from scheduler.planning.direct import solve_direct
from scheduler.planning.make import make_plan
from scheduler.planning.pose import problem_of
from scheduler.planning.problem import PlanningInput
from tests.scheduler.makers import NOON, a_demand, a_site, an_input
from tests.scheduler.planning.decomposition.test_engine import SLOTS, a_fleet

DIRTY_FIRST = [500.0] * 8 + [100.0] * 8


def priced(gbp_per_t: float, **changes: Any) -> PlanningInput:
    """One vehicle; energy is a little dearer in the clean half of four hours."""
    site = a_site()
    tariff = msgspec.structs.replace(site.tariff, carbon_gbp_per_t=gbp_per_t)
    fields: dict[str, Any] = {
        "site": a_site(tariff=tariff),
        "import_gbp_per_kwh": [0.20] * 8 + [0.21] * 8,
        "carbon_g_per_kwh": np.array(DIRTY_FIRST),
    }
    return an_input(a_demand(), **(fields | changes))


def plan_of(given: PlanningInput, large_fleet: int = 300) -> Plan:
    plan = make_plan(given, large_fleet=large_fleet)
    assert violations(given, plan) == []
    return plan


@pytest.mark.parametrize("large_fleet", [300, 0])
def test_a_price_on_carbon_moves_charging_to_the_clean_slots(large_fleet: int) -> None:
    free, dear = plan_of(priced(0.0), large_fleet), plan_of(priced(100.0), large_fleet)
    assert free.fleet_w[8:].max() == pytest.approx(0, abs=1)
    assert dear.fleet_w[:8].max() == pytest.approx(0, abs=1)


def test_the_plan_tells_the_grams_of_its_import_and_counts_what_they_cost() -> None:
    plan = plan_of(priced(100.0))
    assert plan.carbon_g is not None
    # 10 kW of load in each slot; 10 kWh into the vehicle when energy is clean
    assert plan.carbon_g[:8] == pytest.approx(2.5 * 500)
    assert plan.carbon_g.sum() == pytest.approx(20 * 500 + 30 * 100)
    energy_gbp = 20 * 0.20 + 30 * 0.21
    assert plan.objective_gbp == pytest.approx(energy_gbp + 100.0 * 13_000 / 1e6)


def test_who_tells_no_intensity_gets_no_figure_and_pays_nothing() -> None:
    plan = plan_of(priced(100.0, carbon_g_per_kwh=None))
    assert plan.carbon_g is None
    assert plan.objective_gbp == pytest.approx(plan_of(priced(0.0)).objective_gbp)


def test_an_intensity_nobody_knows_counts_as_the_dirtiest_of_the_file() -> None:
    unknown = np.array(DIRTY_FIRST)
    unknown[8:] = np.nan
    given = priced(100.0, carbon_g_per_kwh=unknown)
    tariff = msgspec.structs.replace(given.site.tariff, carbon_g_per_kwh=(600.0,) * 48)
    site = msgspec.structs.replace(given.site, tariff=tariff)
    plan = plan_of(priced(100.0, carbon_g_per_kwh=unknown, site=site))
    assert plan.carbon_g is not None
    assert plan.carbon_g[8:] == pytest.approx(2.5 * 600)
    assert plan.fleet_w[8:].max() == pytest.approx(0, abs=1)


def test_the_file_gives_local_half_hours() -> None:
    site = a_site()
    clean_at_two = tuple(100.0 if half == 28 else 300.0 for half in range(48))
    tariff = msgspec.structs.replace(site.tariff, carbon_g_per_kwh=clean_at_two)
    told = carbon_g_per_kwh(a_site(tariff=tariff), NOON, 900, 8)
    assert told is not None
    assert told.tolist() == [300] * 4 + [100] * 2 + [300] * 2  # 13:00 UTC is 14:00 in summer
    assert carbon_g_per_kwh(site, NOON, 900, 8) is None


def test_both_engines_pay_the_same() -> None:
    fleet = a_fleet(200)
    tariff = msgspec.structs.replace(fleet.site.tariff, carbon_gbp_per_t=200.0)
    site = msgspec.structs.replace(fleet.site, tariff=tariff)
    grams = 250 + 150 * np.cos(np.arange(SLOTS) / 5)
    problem = problem_of(a_fleet(200, site=site, carbon_g_per_kwh=grams))
    found, exact = solve_decomposed(problem, 10.0), solve_direct(problem, 60.0)
    assert exact is not None
    assert found.solution.bound_gbp <= exact.objective_gbp + 1e-6
    assert found.solution.objective_gbp == pytest.approx(exact.objective_gbp, rel=GOAL_RATIO)
