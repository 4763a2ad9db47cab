"""Nothing, or at least the minimum power; and the energy is still there."""

import numpy as np
import pytest

from scheduler.domain.plan import Plan
from scheduler.domain.site import Circuit
from scheduler.planning.check import violations
from scheduler.planning.direct import solve_direct
from scheduler.planning.make import make_plan
from scheduler.planning.pose import problem_of
from scheduler.planning.problem import PlanningInput
from scheduler.planning.round import rounded
from scheduler.planning.solution import missing_wh
from tests.scheduler.makers import a_demand, a_site, an_input

LEAST_W = 4_140.0


def plan_of(given: PlanningInput) -> Plan:
    plan = make_plan(given)
    assert violations(given, plan) == []
    assert plan.status == "optimal", plan.notes
    setpoints_w = np.array([evse.setpoint_w for evse in plan.evses])
    assert not ((setpoints_w > 1) & (setpoints_w < LEAST_W - 1)).any()
    return plan


def test_the_last_bit_is_taken_from_a_fuller_slot() -> None:
    need = a_demand(target_wh=20_000 + 2_750 + 500, min_charge_w=LEAST_W)
    evse = plan_of(an_input(need)).evses[0]
    assert np.count_nonzero(evse.setpoint_w) == 2
    assert evse.energy_wh[-1] == pytest.approx(23_250)


def test_a_need_below_one_slot_at_the_minimum_is_met_by_one() -> None:
    need = a_demand(target_wh=20_500, min_charge_w=LEAST_W)
    evse = plan_of(an_input(need)).evses[0]
    assert np.count_nonzero(evse.setpoint_w) == 1
    assert evse.shortfall_wh == 0


def test_a_little_surplus_over_many_slots_becomes_few_slots_at_the_minimum() -> None:
    need = a_demand(target_wh=20_000 + 4_140, min_charge_w=LEAST_W)
    given = an_input(need, load_w=0, solar_w=1_035, import_gbp_per_kwh=0.9)
    evse = plan_of(given).evses[0]
    assert np.count_nonzero(evse.setpoint_w) == 4
    assert evse.energy_wh[-1] == pytest.approx(24_140)


def test_many_vehicles_share_a_narrow_feeder_without_breaking_it() -> None:
    site = a_site(circuits=(Circuit(circuit_id="yard", limit_w=10_000),))
    needs = [a_demand(n, target_wh=24_000.0, min_charge_w=LEAST_W) for n in range(1, 9)]
    plan = plan_of(an_input(*needs, site=site))
    assert plan.fleet_w.max() <= 10_000 + 1
    served_wh = sum(evse.energy_wh[-1] - 20_000 for evse in plan.evses)
    assert served_wh > 0.8 * 8 * 4_000


def test_where_rounding_alone_would_leave_somebody_short_another_way_is_found() -> None:
    """Eight vehicles at 4.14 kW or nothing, on a feeder that their needs all but fill."""
    site = a_site(circuits=(Circuit(circuit_id="yard", limit_w=12_000),))
    needs = [
        a_demand(n, hours=2 + n / 4, target_wh=24_300.0 + 150 * n, min_charge_w=LEAST_W)
        for n in range(1, 9)
    ]
    given = an_input(*needs, site=site, load_w=0.0)
    problem = problem_of(given)
    smooth = solve_direct(problem, 10.0)
    assert smooth is not None
    assert missing_wh(problem, smooth.net_w).sum() < 1
    assert missing_wh(problem, rounded(problem, smooth).net_w).sum() > 1_000
    plan = plan_of(given)
    assert sum(evse.shortfall_wh for evse in plan.evses) < 1


def test_a_discharge_that_needed_the_dropped_charge_is_cut_to_the_floor() -> None:
    given = an_input(
        a_demand(energy_wh=12_000, target_wh=10_000, max_discharge_w=10_000, min_charge_w=LEAST_W),
        import_gbp_per_kwh=[0.01] * 2 + [0.9] * 14,
        import_max_w=[10_500] * 2 + [100_000] * 14,
    )
    evse = plan_of(given).evses[0]
    assert evse.energy_wh.min() >= 10_000 - 1


def test_a_small_charge_that_a_full_feeder_leans_on_goes_with_as_much_discharge() -> None:
    """10 kW go out through a 9.9 kW feeder because a vehicle nearly full still takes 100 W."""
    site = a_site(circuits=(Circuit(circuit_id="yard", limit_w=9_900),))
    nearly_full = a_demand(1, energy_wh=49_975, target_wh=50_000, min_charge_w=LEAST_W, hours=0.25)
    giver = a_demand(2, energy_wh=40_000, max_discharge_w=10_000, target_wh=30_000, hours=0.25)
    given = an_input(nearly_full, giver, site=site, slots=1, import_gbp_per_kwh=0.9, load_w=40_000)
    plan = plan_of(given)
    assert plan.evses[0].setpoint_w[0] == 0
    assert plan.evses[1].setpoint_w[0] == pytest.approx(-9_900)
