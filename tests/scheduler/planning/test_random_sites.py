"""Whatever the site and its vehicles: the plan is valid, and every limit that can hold holds."""

from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.domain.demand import Demand
from scheduler.domain.plan import Plan, PlanStatus
from scheduler.domain.site import Circuit, Tariff
from scheduler.planning.check import violations
from scheduler.planning.make import LARGE_FLEET, make_plan
from scheduler.planning.problem import PlanningInput
from tests.scheduler.makers import NOON, a_demand, a_site, a_store, an_input

SLOTS = 12
watts = st.floats(0, 40_000)
series = st.lists(watts, min_size=SLOTS, max_size=SLOTS)
prices = st.lists(st.floats(-0.2, 0.6), min_size=SLOTS, max_size=SLOTS)
maybe_target = st.lists(
    st.one_of(st.just(float("nan")), st.floats(-40_000, 60_000)), min_size=SLOTS, max_size=SLOTS
)
STORES = (None, a_store(), a_store(min_soc_pct=10, charge_efficiency_ratio=0.9))
TARIFFS = tuple(
    Tariff(
        import_gbp_per_kwh=(0.2,) * 48,
        export_gbp_per_kwh=(0.05,) * 48,
        surplus_value_gbp_per_kwh=0.09,
        demand_charge_gbp_per_kw=gbp,
    )
    for gbp in (0.0, 5.0)
)
LOAD_RATIOS = (0.6, 0.95, 1.0, 1.1, 1.3, 1.6)


@st.composite
def demands(draw: st.DrawFn, number: int) -> Demand:
    capacity_wh = draw(st.floats(0, 80_000))
    return a_demand(
        number,
        circuit_id=draw(st.sampled_from(["yard", "bay"])),
        hours=draw(st.floats(-1, 4)),
        capacity_wh=capacity_wh,
        energy_wh=draw(st.floats(0, 1)) * capacity_wh,
        target_wh=draw(st.floats(0, 1.1)) * capacity_wh,
        v2g_floor_wh=draw(st.floats(0, 1)) * capacity_wh,
        max_charge_w=draw(st.sampled_from([0.0, 3_700.0, 11_000.0, 22_000.0])),
        max_discharge_w=draw(st.sampled_from([0.0, 0.0, 10_000.0])),
        min_charge_w=draw(st.sampled_from([0.0, 1_380.0, 4_140.0])),
        floor_w=draw(st.sampled_from([0.0, 0.0, 0.0, 1_400.0])),
        charge_efficiency_ratio=draw(st.floats(0.7, 1)),
        discharge_efficiency_ratio=draw(st.floats(0.7, 1)),
        taper_soc_ratio=draw(st.sampled_from([0.8, 1.0])),
        priority=draw(st.integers(0, 3)),
        soc_known=draw(st.booleans()),
    )


@st.composite
def inputs(draw: st.DrawFn, overloaded: bool = False) -> PlanningInput:
    """`overloaded`: the base load is near the import limit or beyond it, and the store is low."""
    count = draw(st.integers(0, 5))
    site = a_site(
        circuits=(
            Circuit(circuit_id="yard", limit_w=draw(st.floats(8_000, 60_000))),
            Circuit(circuit_id="bay", limit_w=draw(st.floats(3_000, 30_000)), parent_id="yard"),
        ),
        store=draw(st.sampled_from(STORES)),
        tariff=draw(st.sampled_from(TARIFFS)),
    )
    changes: dict[str, Any] = {
        "import_gbp_per_kwh": draw(prices),
        "export_gbp_per_kwh": draw(prices),
        "load_w": draw(series),
        "solar_w": draw(series),
        "grid_target_w": draw(maybe_target),
        "import_max_w": draw(st.floats(0, 80_000)),
        "export_max_w": draw(st.floats(0, 40_000)),
        "store_energy_wh": draw(st.floats(0, 100_000)) if site.store else None,
        "now": NOON + timedelta(seconds=draw(st.integers(0, 899))),
    }
    if overloaded:
        limit_w = draw(st.floats(5_000, 60_000))
        loads = st.lists(st.sampled_from(LOAD_RATIOS), min_size=SLOTS, max_size=SLOTS)
        changes["import_max_w"], changes["load_w"] = limit_w, limit_w * np.array(draw(loads))
        changes["solar_w"] = 0.0
        changes["store_energy_wh"] = draw(st.floats(0, 5_000)) if site.store else None
    vehicles = [draw(demands(n)) for n in range(1, count + 1)]
    return an_input(*vehicles, slots=SLOTS, site=site, **changes)


def assert_sound(given_: PlanningInput, plan: Plan) -> None:
    assert violations(given_, plan) == []
    for demand, evse in zip(given_.demands, plan.evses, strict=True):
        if demand.max_discharge_w == 0:
            assert evse.setpoint_w.min() >= 0
        assert evse.why[0].first_slot == 0
        assert evse.why[-1].last_slot == SLOTS - 1
    told = {n.get("vehicle_id") for n in plan.notes if n["code"] == "shortfall"}
    assert told == {e.vehicle_id for e in plan.evses if e.shortfall_wh > 10}


@settings(max_examples=120)
@given(inputs())
def test_every_plan_is_valid(given_: PlanningInput) -> None:
    assert_sound(given_, make_plan(given_))


@settings(max_examples=120)
@given(inputs())
def test_every_plan_by_rule_is_valid(given_: PlanningInput) -> None:
    plan = make_plan(given_, time_limit_s=0.0)
    assert_sound(given_, plan)
    assert np.isfinite(plan.objective_gbp)


@pytest.mark.parametrize("large_fleet", [LARGE_FLEET, 0])
@settings(max_examples=40)
@given(given_=inputs(overloaded=True))
def test_a_base_load_beyond_the_limit_is_planned_for_and_nothing_bought_on_top(
    large_fleet: int, given_: PlanningInput
) -> None:
    plan = make_plan(given_, large_fleet=large_fleet)
    assert_sound(given_, plan)
    assert plan.status is not PlanStatus.FALLBACK, plan.notes
    beyond = plan.grid_w > given_.import_max_w + 5
    assert np.all(plan.store_w[beyond] <= 1)
