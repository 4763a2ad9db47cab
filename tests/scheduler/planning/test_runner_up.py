"""What else could be done: one scene per alternative, and its price worked out by hand."""

import numpy as np
import pytest
from hypothesis import given, settings

from scheduler.domain.plan import Plan, RunnerUp, RunnerUpAction
from scheduler.domain.site import Circuit
from scheduler.planning.make import make_plan
from scheduler.planning.problem import PlanningInput
from tests.scheduler.makers import a_demand, a_site, an_input
from tests.scheduler.planning.test_random_sites import SLOTS, inputs

V2G = {"max_discharge_w": 10_000.0}
CHEAP_AT_NIGHT = [0.3] * 8 + [0.1] * 4 + [0.2] * 4
NARROW = a_site(circuits=(Circuit(circuit_id="yard", limit_w=5_000),))
DRAWS = {"load_w": 20_000.0}


def other(plan: Plan, slot: int, vehicle: int = 0) -> RunnerUp | None:
    runs = plan.evses[vehicle].why
    return next(w.runner_up for w in runs if w.first_slot <= slot <= w.last_slot)


def assert_is(found: RunnerUp | None, action: RunnerUpAction, slot: int | None, gbp: float) -> None:
    assert found is not None
    assert (found.action, found.slot) == (action, slot)
    assert found.extra_gbp_per_kwh == pytest.approx(gbp, abs=0.002)


def test_charging_in_the_next_cheapest_slot() -> None:
    plan = make_plan(an_input(a_demand(), import_gbp_per_kwh=CHEAP_AT_NIGHT))
    assert plan.evses[0].setpoint_w[8:12].min() > 1_000
    assert_is(other(plan, 8), RunnerUpAction.CHARGE_THEN, 12, 0.1)


def test_charging_now_rather_than_in_the_slot_waited_for() -> None:
    plan = make_plan(an_input(a_demand(target_wh=31_000), import_gbp_per_kwh=CHEAP_AT_NIGHT))
    assert_is(other(plan, 0), RunnerUpAction.CHARGE_NOW, 11, 0.2)


def test_leaving_with_less_where_no_slot_is_left() -> None:
    plan = make_plan(an_input(a_demand(hours=1, target_wh=31_000)))
    assert_is(other(plan, 0), RunnerUpAction.CHARGE_LESS, None, 5.0 * 1.01 - 0.2)


def test_charging_more_than_was_asked_for() -> None:
    """Worth 0.09 a kWh beyond the target, bought for 0.20."""
    plan = make_plan(an_input(a_demand(energy_wh=30_000.0)))
    assert_is(other(plan, 0), RunnerUpAction.CHARGE_MORE, None, 0.2 - 0.09)


def test_giving_back_less_and_charging_less_for_it() -> None:
    """Bought for 0.10, given for 0.50 with 0.04 of wear."""
    given_ = an_input(
        a_demand(energy_wh=20_000.0, target_wh=30_000.0, **V2G),
        import_gbp_per_kwh=[0.5] * 8 + [0.1] * 8,
        **DRAWS,
    )
    plan = make_plan(given_)
    gave = int(np.argmin(plan.evses[0].setpoint_w))
    found = other(plan, gave)
    assert found is not None
    assert found.action in {RunnerUpAction.KEEP, RunnerUpAction.GIVE_THEN}
    assert found.extra_gbp_per_kwh <= 0.5 - 0.04 - 0.1


def test_giving_at_another_time() -> None:
    """It can give in four of the slots only, of which two are dearer."""
    prices = [0.5] * 2 + [0.4] * 2 + [0.2] * 12
    given_ = an_input(
        a_demand(energy_wh=15_000.0, target_wh=10_000.0, **V2G), import_gbp_per_kwh=prices, **DRAWS
    )
    plan = make_plan(given_)
    assert plan.evses[0].setpoint_w[:2] == pytest.approx([-10_000] * 2)
    assert_is(other(plan, 0), RunnerUpAction.GIVE_THEN, 2, 0.1)


def test_giving_now_what_is_charged_back_later() -> None:
    """Not worth it: 0.14 of wear and energy for 0.12."""
    given_ = an_input(
        a_demand(energy_wh=30_000.0, **V2G),
        import_gbp_per_kwh=[0.12] + [0.1] * 15, export_gbp_per_kwh=0.01, **DRAWS,
    )  # fmt: skip
    assert_is(other(make_plan(given_), 0), RunnerUpAction.GIVE_NOW, 1, 0.02)


def test_a_feeder_s_price_counts() -> None:
    """Two want what one can have: charging more now costs what the other lacks."""
    first = a_demand(2, target_wh=45_000, priority=1)
    plan = make_plan(an_input(a_demand(1, target_wh=45_000), first, site=NARROW))
    found = other(plan, 0, vehicle=0)
    assert found is not None
    assert found.extra_gbp_per_kwh > 1


def test_an_absent_vehicle_and_a_rule_have_no_alternative() -> None:
    gone = make_plan(an_input(a_demand(hours=1)))
    assert other(gone, 8) is None
    by_rule = make_plan(an_input(a_demand()), time_limit_s=0.0)
    assert all(why.runner_up is None for why in by_rule.evses[0].why)


@settings(max_examples=100)
@given(inputs())
def test_every_alternative_could_be_done(given_: PlanningInput) -> None:
    plan = make_plan(given_)
    for demand, evse in zip(given_.demands, plan.evses, strict=True):
        for why in evse.why:
            found = why.runner_up
            if found is None:
                continue
            assert 0 <= found.extra_gbp_per_kwh < float("inf")
            power_w = evse.setpoint_w[why.first_slot]
            if found.action in {RunnerUpAction.GIVE_NOW, RunnerUpAction.GIVE_THEN}:
                assert demand.max_discharge_w > 0
            if found.action in {RunnerUpAction.GIVE_THEN, RunnerUpAction.KEEP}:
                assert power_w < 0
            if found.slot is None:
                continue
            assert 0 <= found.slot < SLOTS
            assert found.slot != why.first_slot
            there_w = evse.setpoint_w[found.slot]
            match found.action:
                case RunnerUpAction.CHARGE_THEN | RunnerUpAction.GIVE_NOW:
                    assert there_w < demand.max_charge_w
                case RunnerUpAction.CHARGE_NOW | RunnerUpAction.KEEP:
                    assert there_w > 0
                case RunnerUpAction.GIVE_THEN:
                    assert -demand.max_discharge_w < there_w <= 2
