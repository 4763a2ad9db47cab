"""Each setpoint says why: one scene per reason."""

from itertools import pairwise

import numpy as np
import pytest

from scheduler.domain.plan import Plan, Why, WhyCode
from scheduler.domain.site import Circuit
from scheduler.planning.make import make_plan
from tests.scheduler.makers import a_demand, a_site, an_input

V2G = {"max_discharge_w": 10_000.0, "energy_wh": 40_000.0}
NARROW = a_site(circuits=(Circuit(circuit_id="yard", limit_w=5_000),))


def why_at(plan: Plan, slot: int, vehicle: int = 0) -> Why:
    return next(w for w in plan.evses[vehicle].why if w.first_slot <= slot <= w.last_slot)


def test_runs_follow_one_another_without_gap() -> None:
    plan = make_plan(an_input(a_demand(), import_gbp_per_kwh=[0.3] * 8 + [0.1] * 8))
    runs = plan.evses[0].why
    assert runs[0].first_slot == 0
    assert runs[-1].last_slot == 15
    assert all(a.last_slot + 1 == b.first_slot for a, b in pairwise(runs))


def test_waits_for_cheaper_then_takes_the_cheap_slot_then_has_nothing_to_do() -> None:
    plan = make_plan(an_input(a_demand(), import_gbp_per_kwh=[0.3] * 8 + [0.1] * 8))
    assert why_at(plan, 0).code is WhyCode.WAITS_FOR_CHEAPER
    assert why_at(plan, 8).code is WhyCode.CHEAP_SLOT
    assert why_at(plan, 8).cost_gbp_per_kwh == pytest.approx(0.1, abs=0.001)
    assert why_at(plan, 15).code is WhyCode.NOTHING_TO_DO


def test_a_full_circuit_is_named_with_what_it_costs() -> None:
    plan = make_plan(an_input(a_demand(1, target_wh=45_000), site=NARROW))
    why = why_at(plan, 0)
    assert (why.code, why.detail) == (WhyCode.CIRCUIT_LIMIT, "yard")
    assert why.cost_gbp_per_kwh > 1


def test_the_connection_limit() -> None:
    plan = make_plan(an_input(a_demand(target_wh=45_000), import_max_w=15_000))
    assert why_at(plan, 0).code is WhyCode.CONNECTION_LIMIT


def test_departure_and_evse_limit() -> None:
    tight = make_plan(an_input(a_demand(hours=1, target_wh=31_000)))
    assert why_at(tight, 0).code is WhyCode.DEPARTURE
    hopeless = make_plan(an_input(a_demand(hours=1, target_wh=40_000)))
    assert why_at(hopeless, 0).code is WhyCode.EVSE_LIMIT


def test_surplus_then_full() -> None:
    plan = make_plan(an_input(a_demand(), load_w=0, solar_w=20_000))
    assert why_at(plan, 0).code is WhyCode.SURPLUS
    assert why_at(plan, 15).code is WhyCode.FULL


def test_peak_discharge_until_the_v2g_floor() -> None:
    given = an_input(
        a_demand(target_wh=10_000, **V2G), import_gbp_per_kwh=[0.5] * 16, load_w=20_000
    )
    plan = make_plan(given)
    gave = int(np.argmin(plan.evses[0].setpoint_w))
    assert why_at(plan, gave).code is WhyCode.PEAK_DISCHARGE
    assert why_at(plan, 15).code is WhyCode.V2G_FLOOR


def test_an_instruction() -> None:
    given = an_input(a_demand(target_wh=40_000, **V2G), grid_target_w=[5_000.0] * 2 + [np.nan] * 14)
    assert why_at(make_plan(given), 0).code is WhyCode.INSTRUCTION


def test_the_taper() -> None:
    given = an_input(a_demand(taper_soc_ratio=0.8, energy_wh=42_000, target_wh=48_000))
    assert why_at(make_plan(given), 0).code is WhyCode.TAPER


def test_the_rule_when_the_solver_has_no_time() -> None:
    plan = make_plan(an_input(a_demand()), time_limit_s=0.0)
    assert why_at(plan, 0).code is WhyCode.FALLBACK_RULE
