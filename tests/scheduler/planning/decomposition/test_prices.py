"""The price at which the connection carries a load, and prices that a later plan begins with."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.domain.plan import PlanPrices
from scheduler.planning.decomposition.bound import Bound
from scheduler.planning.decomposition.fleet import fleet_of
from scheduler.planning.decomposition.prices import (
    Limits,
    Prices,
    first_prices,
    limits_of,
    prices_now,
    site_price_gbp,
)
from scheduler.planning.decomposition.vehicle import respond
from scheduler.planning.direct import solve_direct
from scheduler.planning.pose import problem_of
from scheduler.planning.problem import Problem
from tests.scheduler.makers import NOON, a_demand, an_input

money = st.floats(-0.5, 0.5)


def a_problem(**changes: Any) -> Problem:
    fields = {"slots": 1, "import_max_w": 40_000, "export_max_w": 20_000, "solar_w": 30_000}
    return problem_of(an_input(a_demand(), **(fields | changes)))


def limits_at(**changes: Any) -> Limits:
    problem = a_problem(**changes)
    return limits_of(problem, fleet_of(problem))


def supplied_kw(limits: Limits, price_gbp: float) -> tuple[float, float]:
    """Least and most that the connection supplies at a price."""
    below, upto = (sum(limits.step[0] < price_gbp + e) for e in (-1e-12, 1e-12))
    return float(limits.supply[0, below]), float(limits.supply[0, upto])


@given(money, money, st.floats(-1, 1), st.floats(0.001, 0.1), st.floats(-100, 100))
def test_the_price_is_that_of_the_supply_it_calls_for(
    buy: float, sell: float, before: float, stiff: float, net_kw: float
) -> None:
    limits = limits_at(import_gbp_per_kwh=buy, export_gbp_per_kwh=sell)
    price = site_price_gbp(limits, 0, before, stiff, net_kw)
    least_kw, most_kw = supplied_kw(limits, price)
    supply_kw = net_kw - (price - before) / stiff
    assert least_kw - 1e-6 <= supply_kw <= most_kw + 1e-6


def test_beside_a_target_the_price_goes_with_the_load_as_far_as_the_contract() -> None:
    limits = limits_at(grid_target_w=10_000)
    prices = [site_price_gbp(limits, 0, 0.05, 0.01, kw) for kw in (9.0, 10.0, 11.0)]
    assert prices == pytest.approx([0.04, 0.05, 0.06])
    assert np.isfinite(site_price_gbp(limits, 0, 0.05, 1e9, 1e9))


@settings(max_examples=40)
@given(st.lists(st.floats(0, 2), min_size=4, max_size=4), st.floats(0, 1))
def test_whatever_the_prices_the_bound_is_below_the_optimum(
    site: list[float], circuit_gbp: float
) -> None:
    problem = a_problem(slots=4)
    exact = solve_direct(problem, 10.0)
    assert exact is not None
    plain = first_prices(problem)
    prices = Prices(
        site=np.array(site), charge=plain.charge + circuit_gbp, discharge=plain.discharge
    )
    fleet = fleet_of(problem)
    value_gbp, kw = np.zeros(1), np.zeros(len(fleet.slot))
    respond(fleet.rows, prices.into_gbp(fleet), prices.out_gbp(fleet), kw, value_gbp)
    bound_gbp = Bound(problem).plant_gbp(prices) + value_gbp.sum()
    assert bound_gbp <= exact.objective_gbp + 1e-6


def test_prices_of_the_last_plan_serve_the_next() -> None:
    prices = Prices(
        site=np.arange(5.0), charge=np.arange(10.0).reshape(2, 5), discharge=np.zeros((2, 5))
    )
    assert prices.later(2).site.tolist() == [2, 3, 4, 4, 4]
    assert prices.later(2).charge.tolist() == [[2, 3, 4, 4, 4], [7, 8, 9, 9, 9]]
    assert prices.later(0) is prices
    assert prices.later(99).site.tolist() == [4] * 5


def test_prices_that_were_told_are_those_of_the_slots_to_come() -> None:
    problem = a_problem(slots=4)
    one = np.ones((len(problem.circuit_ids), 4))
    told = PlanPrices(
        starts_at=NOON - timedelta(minutes=15),
        slot_s=900,
        circuit_ids=problem.circuit_ids,
        site_gbp_per_kwh=np.array([0.1, 0.2, 0.3, 0.4]),
        charge_gbp_per_kwh=0.5 * one,
        discharge_gbp_per_kwh=-0.5 * one,
    )
    now = prices_now(told, problem, NOON)
    assert now is not None
    assert now.site == pytest.approx(np.array([0.2, 0.3, 0.4, 0.4]) * 0.25)
    assert now.charge == pytest.approx(0.125 * one)
    assert now.discharge == pytest.approx(0 * one)  # never negative, whatever was told
    assert prices_now(told, problem, NOON + timedelta(hours=1)) is None
    assert prices_now(replace(told, circuit_ids=("elsewhere",)), problem, NOON) is None
