"""Each setpoint says why: one scene per reason, and what a reason promises, whatever the site."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings

from scheduler.domain.demand import Demand
from scheduler.domain.plan import EvsePlan, Plan, Why, WhyCode
from scheduler.domain.site import Circuit
from scheduler.planning.make import make_plan
from scheduler.planning.problem import PlanningInput
from tests.scheduler.makers import NOON, a_demand, a_site, an_input
from tests.scheduler.planning.test_random_sites import SLOTS, inputs

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
    assert [why_at(plan, slot).price_slot for slot in (0, 8, 15)] == [8, 8, None]
    assert why_at(plan, 15).code is WhyCode.NOTHING_TO_DO


def test_a_full_circuit_is_named_with_what_it_costs() -> None:
    plan = make_plan(an_input(a_demand(1, target_wh=45_000), site=NARROW))
    why = why_at(plan, 0)
    assert (why.code, why.detail) == (WhyCode.CIRCUIT_LIMIT, "yard")
    assert why.cost_gbp_per_kwh > 1


def test_the_connection_limit() -> None:
    plan = make_plan(an_input(a_demand(target_wh=45_000), import_max_w=15_000))
    assert why_at(plan, 0).code is WhyCode.CONNECTION_LIMIT


def test_a_limit_or_an_instruction_is_named_by_the_signal_behind_it() -> None:
    """A run ends where another signal takes over."""
    target_w, edge_w = np.full(16, np.nan), np.full(16, np.inf)
    target_w[8:10], edge_w[10:12] = 14_000.0, 13_000.0
    names = ["", "day-ahead"] * 4 + ["reduce", "reduce", "reduce", "reduce"] + [""] * 4
    asked_by = tuple(name if name == "reduce" else "" for name in names)
    import_by = tuple(name if name != "reduce" else "" for name in names)
    plan = make_plan(
        an_input(
            a_demand(target_wh=45_000), import_max_w=15_000, grid_target_w=target_w,
            rebound_max_w=edge_w, asked_by=asked_by, import_by=import_by,
        )
    )  # fmt: skip
    limits = [(why_at(plan, k).code, why_at(plan, k).detail) for k in range(4)]
    assert limits == [(WhyCode.CONNECTION_LIMIT, name) for name in ("", "day-ahead") * 2]
    for slot in (9, 11):
        why = why_at(plan, slot)
        assert (why.code, why.detail) == (WhyCode.INSTRUCTION, "reduce")


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


def there(given_: PlanningInput, demand: Demand, slot: int) -> bool:
    begins_s, ends_s = slot * given_.slot_s, (slot + 1) * given_.slot_s
    now_s = (given_.now - NOON).total_seconds()
    leaves_s = (demand.departure_at - NOON).total_seconds()
    if leaves_s <= now_s:
        leaves_s = now_s + given_.slot_s
    return begins_s < leaves_s and ends_s > now_s


def promised(demand: Demand, evse: EvsePlan, slot: int, why: Why) -> bool:
    """What must be so in a slot for its reason to be true of it."""
    power_w, energy_wh = evse.setpoint_w[slot], evse.energy_wh[slot]
    later = bool((evse.setpoint_w[slot + 1 :] > 2).any())
    match why.code:
        case WhyCode.CHEAP_SLOT | WhyCode.SURPLUS:
            return power_w > 2 and why.price_slot is not None
        case WhyCode.DEPARTURE:
            return power_w > 2 and evse.shortfall_wh <= 10
        case WhyCode.TAPER:
            return 2 < power_w < demand.max_charge_w
        case WhyCode.PEAK_DISCHARGE:
            return power_w < -2
        case WhyCode.WAITS_FOR_CHEAPER:
            target = why.price_slot
            return abs(power_w) <= 2 and later and target is not None and target > slot
        case WhyCode.CIRCUIT_LIMIT:
            return why.detail in {"yard", demand.circuit_id} and power_w < demand.max_charge_w
        case WhyCode.EVSE_LIMIT:
            return evse.shortfall_wh > 10
        case WhyCode.FULL:
            return abs(power_w) <= 2 and energy_wh >= demand.capacity_wh - 20
        case WhyCode.V2G_FLOOR:
            return abs(power_w) <= 2 and energy_wh <= demand.v2g_floor_wh + 20
        case _:
            return True


@settings(max_examples=120)
@given(inputs())
def test_every_reason_is_true_of_every_slot_it_is_given_for(given_: PlanningInput) -> None:
    plan = make_plan(given_)
    for demand, evse in zip(given_.demands, plan.evses, strict=True):
        assert [why.first_slot for why in evse.why[1:]] == [w.last_slot + 1 for w in evse.why[:-1]]
        assert (evse.why[0].first_slot, evse.why[-1].last_slot) == (0, SLOTS - 1)
        for one, other in pairwise(evse.why):
            assert (one.code, one.detail) != (other.code, other.detail)
        for why in evse.why:
            for slot in range(why.first_slot, why.last_slot + 1):
                if there(given_, demand, slot):
                    assert promised(demand, evse, slot, why), (slot, why)
                else:
                    assert why.code is WhyCode.NOTHING_TO_DO
