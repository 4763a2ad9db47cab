"""The exact program of one vehicle against the same vehicle as a linear program."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.planning.decomposition.fleet import Fleet, fleet_of
from scheduler.planning.decomposition.prices import first_prices
from scheduler.planning.decomposition.vehicle import respond
from scheduler.planning.direct import solve_direct
from scheduler.planning.pose import problem_of
from scheduler.planning.problem import Problem
from scheduler.planning.solution import own_cost_gbp, stored_wh
from tests.scheduler.makers import a_demand, a_site, an_input

SLOTS = 10


def a_problem(prices: Any, **vehicle: Any) -> Problem:
    """One vehicle at a connection that buys and sells at the same price, without a limit."""
    return problem_of(
        an_input(
            a_demand(hours=vehicle.pop("hours", SLOTS / 4), **vehicle),
            slots=SLOTS,
            site=a_site(circuits=()),
            load_w=0,
            import_gbp_per_kwh=prices,
            export_gbp_per_kwh=prices,
            import_max_w=1_000_000,
            export_max_w=1_000_000,
        )
    )


def alone(problem: Problem) -> tuple[Fleet, np.ndarray, float]:
    """The vehicle's plan and the least it can cost at the import price."""
    fleet, prices = fleet_of(problem), first_prices(problem)
    kw, value_gbp = np.zeros(len(fleet.slot)), np.zeros(len(fleet.vehicle))
    respond(fleet.rows, prices.into_gbp(fleet), prices.out_gbp(fleet), kw, value_gbp)
    return fleet, kw, float(value_gbp.sum())


vehicles = st.fixed_dictionaries(
    {
        "energy_wh": st.floats(5_000, 48_000),
        "target_wh": st.floats(0, 50_000),
        "v2g_floor_wh": st.floats(0, 20_000),
        "max_charge_w": st.sampled_from([3_700.0, 11_000.0, 150_000.0]),
        "max_discharge_w": st.sampled_from([0.0, 10_000.0]),
        "floor_w": st.sampled_from([0.0, 0.0, 1_400.0]),
        "charge_efficiency_ratio": st.floats(0.8, 1),
        "discharge_efficiency_ratio": st.floats(0.8, 1),
        "taper_soc_ratio": st.sampled_from([0.6, 0.8, 1.0]),
        "hours": st.floats(0.3, SLOTS / 4),
    }
)
dear = st.lists(st.floats(0.01, 0.6), min_size=SLOTS, max_size=SLOTS)
any_price = st.lists(st.floats(-0.4, 0.6), min_size=SLOTS, max_size=SLOTS)


@settings(max_examples=80)
@given(dear, vehicles)
def test_costs_what_the_linear_program_costs(prices: list[float], vehicle: dict[str, Any]) -> None:
    problem = a_problem(prices, **vehicle)
    solution = solve_direct(problem, 10.0)
    assert solution is not None
    _, _, value_gbp = alone(problem)
    assert value_gbp == pytest.approx(solution.objective_gbp, abs=3e-4)


@settings(max_examples=80)
@given(any_price, vehicles)
def test_whatever_the_prices_the_battery_can_follow(
    prices: list[float], vehicle: dict[str, Any]
) -> None:
    problem = a_problem(prices, **vehicle)
    fleet, kw, _ = alone(problem)
    net_w = fleet.spread(kw, problem.vehicles.present_h.shape)
    energy_wh = stored_wh(problem, net_w)
    assert np.all(net_w <= problem.vehicles.charge_max_w + 1e-6)
    assert np.all(net_w >= -problem.vehicles.discharge_max_w - 1e-6)
    assert energy_wh.max(initial=0.0) <= problem.vehicles.capacity_wh[0] + 1e-3
    assert np.all((net_w >= 0) | (energy_wh >= problem.vehicles.reserve_wh[:, None] - 1e-3))


@settings(max_examples=60)
@given(any_price, vehicles)
def test_no_plan_costs_less_than_the_value_also_where_both_at_once_would_pay(
    prices: list[float], vehicle: dict[str, Any]
) -> None:
    problem = a_problem(prices, **vehicle)
    solution = solve_direct(problem, 10.0)
    assert solution is not None
    fleet, kw, value_gbp = alone(problem)
    site_gbp = first_prices(problem).site
    for net_w in (solution.net_w, fleet.spread(kw, solution.net_w.shape)):
        cost_gbp = float(net_w.sum(axis=0) @ site_gbp) / 1000 + own_cost_gbp(problem, net_w)
        assert value_gbp <= cost_gbp + 1e-4
