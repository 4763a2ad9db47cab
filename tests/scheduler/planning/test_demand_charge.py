"""A charge on the highest import of the month flattens what can wait, and nothing else."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import numpy as np
import pytest

from scheduler.domain.plan import Plan
from scheduler.planning.check import violations
from scheduler.planning.decomposition.engine import solve_decomposed
from scheduler.planning.direct import solve_direct
from scheduler.planning.make import make_plan
from scheduler.planning.pose import problem_of
from scheduler.planning.problem import PlanningInput
from tests.scheduler.makers import a_demand, a_site, an_input
from tests.scheduler.planning.decomposition.test_engine import a_fleet


def charged(gbp_per_kw: float, *demands: Any, **changes: Any) -> PlanningInput:
    """One vehicle that wants 10 kWh in four hours, the first of them a little cheaper."""
    tariff = msgspec.structs.replace(
        a_site().tariff, demand_charge_gbp_per_kw=gbp_per_kw, shortfall_gbp_per_kwh=100.0
    )
    fields = {"site": a_site(tariff=tariff), "import_gbp_per_kwh": [0.19] * 4 + [0.20] * 12}
    return an_input(*(demands or (a_demand(),)), **(fields | changes))


def plan_of(given: PlanningInput, large_fleet: int = 300) -> Plan:
    plan = make_plan(given, large_fleet=large_fleet)
    assert violations(given, plan) == []
    return plan


def test_who_can_wait_is_charged_below_the_peak() -> None:
    free, dear = plan_of(charged(0.0)), plan_of(charged(5.0))
    assert free.grid_w.max() == pytest.approx(10_000 + 10_000, rel=0.06)
    assert dear.grid_w.max() == pytest.approx(10_000 + 2_500, rel=0.01)
    assert dear.evses[0].shortfall_wh == pytest.approx(0, abs=10)


def test_up_to_the_peak_so_far_nothing_is_charged() -> None:
    plan = plan_of(charged(5.0, peak_so_far_w=20_000.0))
    assert plan.fleet_w[:4].sum() / 4 > 9_500
    assert plan.grid_w.max() <= 20_005


def test_the_charge_counts_what_is_higher_than_before() -> None:
    plan = plan_of(charged(5.0, peak_so_far_w=11_000.0))
    energy_gbp = float((plan.grid_w * plan.import_gbp_per_kwh).sum() / 4 / 1000)
    assert plan.objective_gbp == pytest.approx(energy_gbp + 5.0 * 1.5, rel=1e-3)


def test_nobody_stays_behind_for_a_low_peak() -> None:
    plan = plan_of(charged(20.0, a_demand(hours=1.0)))
    assert plan.evses[0].shortfall_wh == pytest.approx(0, abs=10)


@pytest.mark.parametrize("so_far_w", [np.nan, -5.0])
def test_a_peak_that_nobody_knows_excuses_nothing(so_far_w: float) -> None:
    plan = plan_of(charged(5.0, peak_so_far_w=so_far_w))
    assert plan.grid_w.max() == pytest.approx(12_500, rel=0.01)


def test_each_month_has_its_own_peak() -> None:
    """Two hours before the month ends where the site is (June is an hour ahead of UTC)."""
    now = datetime(2026, 6, 30, 21, tzinfo=UTC)
    demand = a_demand(departure_at=now + timedelta(hours=4))
    given = charged(5.0, demand, now=now, starts_at=now, peak_so_far_w=30_000.0)
    first, second = problem_of(given).peaks
    assert (first.slots.sum(), first.so_far_w) == (8, 30_000)
    assert (second.slots.sum(), second.so_far_w) == (8, 0)
    plan = plan_of(given)
    assert plan.fleet_w[8:].max() == pytest.approx(0, abs=10)


def a_charged_fleet(gbp_per_kw: float, **changes: Any) -> PlanningInput:
    site = a_fleet(200).site
    tariff = msgspec.structs.replace(site.tariff, demand_charge_gbp_per_kw=gbp_per_kw)
    return a_fleet(200, site=msgspec.structs.replace(site, tariff=tariff), **changes)


def test_a_large_fleet_keeps_a_lower_peak_too() -> None:
    free, dear = (make_plan(a_charged_fleet(gbp), large_fleet=0) for gbp in (0.0, 0.8))
    assert dear.grid_w.max() < 0.8 * free.grid_w.max()


@pytest.mark.parametrize("so_far_w", [0.0, 400e3])
def test_both_engines_pay_the_same(so_far_w: float) -> None:
    problem = problem_of(a_charged_fleet(0.8, peak_so_far_w=so_far_w))
    found, exact = solve_decomposed(problem, 10.0).solution, solve_direct(problem, 60.0)
    assert exact is not None
    assert found.bound_gbp <= exact.objective_gbp + 1e-6
    assert found.bound_gbp == pytest.approx(exact.objective_gbp, rel=5e-3)
    assert found.objective_gbp == pytest.approx(exact.objective_gbp, rel=4e-3)
