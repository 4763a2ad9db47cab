"""Chargers that know whole steps only: every limit still holds, and every departure that can."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.domain.plan import Plan, PlanStatus
from scheduler.domain.site import Circuit
from scheduler.planning.check import violations
from scheduler.planning.make import make_plan
from scheduler.planning.pose import problem_of
from scheduler.planning.problem import PlanningInput
from scheduler.planning.solution import acceptance_w
from tests.scheduler.makers import a_demand, a_site, an_input
from tests.scheduler.planning.decomposition.test_engine import a_fleet
from tests.scheduler.planning.test_loads import with_load
from tests.scheduler.planning.test_phases import phased
from tests.scheduler.planning.test_pose_expected import an_arrival
from tests.scheduler.planning.test_random_sites import assert_sound

STEP_W = 690.0  # 1 A on three phases of 230 V
ENGINES = pytest.mark.parametrize("large_fleet", [300, 0], ids=["direct", "decomposition"])


def off_w(given_: PlanningInput, plan: Plan) -> np.ndarray:
    """(n, slots): how far setpoints lie from a whole step, where one is asked for."""
    step_w = np.array([d.step_w for d in given_.demands])[:, None]
    power_w = np.array([e.setpoint_w for e in plan.evses]).reshape(-1, given_.slots)
    apart_w = np.where(step_w > 0, step_w, 1.0)
    off: np.ndarray = np.abs(power_w / apart_w - np.round(power_w / apart_w)) * step_w
    return off


@ENGINES
def test_a_target_between_two_steps_is_met_by_the_next(large_fleet: int) -> None:
    need = a_demand(target_wh=23_000, step_w=STEP_W, min_charge_w=4_140, max_charge_w=11_040)
    given_ = an_input(need)
    plan = make_plan(given_, large_fleet=large_fleet)
    assert violations(given_, plan) == []
    assert off_w(given_, plan).max() < 1
    assert 23_000 <= plan.evses[0].energy_wh[-1] < 23_000 + STEP_W / 4 + 1


@ENGINES
def test_a_battery_that_takes_no_more_ends_its_last_slot_early(large_fleet: int) -> None:
    need = a_demand(target_wh=23_000, capacity_wh=23_000, step_w=STEP_W, min_charge_w=4_140)
    given_ = an_input(need)
    plan = make_plan(given_, large_fleet=large_fleet)
    assert violations(given_, plan) == []
    assert plan.evses[0].shortfall_wh < 1
    assert np.count_nonzero(off_w(given_, plan) > 1) <= 1


@ENGINES
def test_what_a_charger_cannot_be_told_at_all_is_not_planned(large_fleet: int) -> None:
    """At least 6 A, 5 A at most of its steps: nothing."""
    given_ = an_input(a_demand(max_charge_w=1_400, min_charge_w=1_390, step_w=1_150))
    plan = make_plan(given_, large_fleet=large_fleet)
    assert violations(given_, plan) == []
    assert plan.fleet_w.max() == 0
    assert plan.evses[0].shortfall_wh == pytest.approx(10_000)


@ENGINES
def test_no_step_goes_up_into_a_feeder_that_is_full(large_fleet: int) -> None:
    site = a_site(circuits=(Circuit(circuit_id="yard", limit_w=10_000),))
    needs = (a_demand(n, target_wh=26_000, step_w=STEP_W, min_charge_w=1_380) for n in (1, 2, 3))
    given_ = an_input(*needs, site=site)
    plan = make_plan(given_, large_fleet=large_fleet)
    assert violations(given_, plan) == []
    assert off_w(given_, plan).max() < 1
    assert plan.fleet_w.max() <= 10_000
    assert max(evse.shortfall_wh for evse in plan.evses) < 1


@ENGINES
def test_a_discharge_that_the_import_limit_leans_on_goes_a_step_deeper(large_fleet: int) -> None:
    """3 kW too much load: four steps of 690 W are too few, five are right."""
    giver = a_demand(
        energy_wh=40_000, target_wh=20_000, max_discharge_w=10_000, step_w=STEP_W, hours=1
    )
    given_ = an_input(
        giver, load_w=[33_000] * 4 + [10_000] * 12, import_max_w=30_000, import_gbp_per_kwh=0.1
    )
    plan = make_plan(given_, large_fleet=large_fleet)
    assert violations(given_, plan) == []
    assert off_w(given_, plan).max() < 1
    assert plan.evses[0].setpoint_w[:4].max() <= -5 * STEP_W
    assert plan.grid_w[:4].max() <= 30_000 - 5 * STEP_W + 3_000
    assert plan.notes == ()


def whole(given_: PlanningInput, step_w: float) -> PlanningInput:
    return replace(given_, demands=tuple(replace(d, step_w=step_w) for d in given_.demands))


@pytest.mark.parametrize("seed", range(2))
def test_whole_steps_cost_little_in_either_engine(seed: int) -> None:
    """Against the same site without steps: nobody is left short, for some two hundredths
    more, half of it in energy beyond the targets."""
    given_ = a_fleet(60, seed=seed)
    free, in_steps = make_plan(given_), whole(given_, 200.0)
    for large_fleet in (300, 0):
        plan = make_plan(in_steps, large_fleet=large_fleet)
        assert violations(in_steps, plan) == []
        assert plan.status is not PlanStatus.FALLBACK
        for now, then in zip(plan.evses, free.evses, strict=True):
            assert now.shortfall_wh - then.shortfall_wh < 200 / 4
        assert plan.objective_gbp <= 1.025 * free.objective_gbp


@ENGINES
def test_steps_are_those_of_who_is_here(large_fleet: int) -> None:
    """Beside a flexible load and a vehicle that is only expected."""
    given_ = with_load(a_demand(target_wh=23_000, step_w=STEP_W))
    given_ = replace(given_, expected=(an_arrival(hours=1, stays_h=2, kwh=10),))
    plan = make_plan(given_, large_fleet=large_fleet)
    assert violations(given_, plan) == []
    assert plan.status is not PlanStatus.FALLBACK
    assert off_w(given_, plan).max() < 1


def test_the_check_finds_a_setpoint_between_two_steps() -> None:
    given_ = whole(an_input(a_demand()), STEP_W)
    evse = make_plan(given_).evses[0]
    between_w = evse.setpoint_w.copy()
    between_w[0] = 1_000.0
    wrong = replace(make_plan(given_), evses=(replace(evse, setpoint_w=between_w),))
    assert "step" in {violation.rule for violation in violations(given_, wrong)}


@st.composite
def stepping(draw: st.DrawFn) -> PlanningInput:
    """Any site with lines and steps of any kind."""
    given_ = draw(phased())
    steps = st.sampled_from([0.0, 230.0, 690.0, 1_000.0])
    return replace(given_, demands=tuple(replace(d, step_w=draw(steps)) for d in given_.demands))


@pytest.mark.parametrize(
    "options", [{}, {"large_fleet": 0}, {"time_limit_s": 0.0}],
    ids=["direct", "decomposition", "by rule"],
)  # fmt: skip
@settings(max_examples=60)
@given(given_=stepping())
def test_every_plan_is_of_whole_steps(options: dict[str, Any], given_: PlanningInput) -> None:
    plan = make_plan(given_, **options)
    assert_sound(given_, plan)
    off, problem = off_w(given_, plan), problem_of(given_)
    for i, (demand, evse) in enumerate(zip(given_.demands, plan.evses, strict=True)):
        before_wh = np.r_[max(demand.energy_wh, 0.0), evse.energy_wh]
        for slot in np.nonzero(off[i] > 1.1)[0]:
            takes_w = acceptance_w(problem, i, int(slot), float(before_wh[slot]))
            limited = evse.setpoint_w[slot] >= takes_w - 5
            assert demand.floor_w > 0 or (evse.setpoint_w[slot] > 0 and limited)
