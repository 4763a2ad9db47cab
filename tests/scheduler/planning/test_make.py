"""What a plan does, term by term and limit by limit."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from scheduler.domain.demand import Demand
from scheduler.domain.plan import Plan, PlanStatus
from scheduler.domain.site import Circuit, Tariff
from scheduler.planning.check import violations
from scheduler.planning.make import make_plan
from scheduler.planning.problem import PlanningInput
from tests.scheduler.makers import NOON, a_demand, a_site, a_store, an_input, certain

DEAR_THEN_CHEAP = [0.4] * 8 + [0.1] * 8
V2G = {"max_discharge_w": 10_000.0, "energy_wh": 40_000.0}


def plan_of(given: PlanningInput) -> Plan:
    plan = make_plan(given)
    assert violations(given, plan) == []
    assert plan.status is PlanStatus.OPTIMAL, plan.notes
    return plan


def codes(plan: Plan) -> list[str]:
    return [note["code"] for note in plan.notes]


def charged_wh(plan: Plan, vehicle: int = 0) -> float:
    return float(np.maximum(plan.evses[vehicle].setpoint_w, 0).sum() * 0.25)


def test_charges_in_the_cheap_slots_and_is_ready() -> None:
    plan = plan_of(an_input(a_demand(), import_gbp_per_kwh=DEAR_THEN_CHEAP))
    assert plan.evses[0].setpoint_w[:8].max() == 0
    assert charged_wh(plan) == pytest.approx(10_000)
    assert plan.evses[0].energy_wh[-1] == pytest.approx(30_000)
    assert plan.evses[0].shortfall_wh == 0
    assert codes(plan) == []


def test_at_one_price_charges_sooner_rather_than_later() -> None:
    plan = plan_of(an_input(a_demand()))
    assert plan.evses[0].setpoint_w[:3] == pytest.approx([11_000] * 3)
    assert plan.evses[0].setpoint_w[5:].max() == 0


def queue(count: int, *, charging: frozenset[int] = frozenset()) -> list[Demand]:
    """Vehicles that want 8 kWh each and leave one after the other, on a 50 kW feeder."""
    return [
        a_demand(number, hours=3 + number / 12, target_wh=28_000.0, min_charge_w=1_380.0,
                 charging=number in charging)
        for number in range(1, count + 1)
    ]  # fmt: skip


def test_on_a_full_feeder_one_is_charged_after_the_other_and_each_in_one_go() -> None:
    plan = plan_of(an_input(*queue(14)))
    assert plan.fleet_w[:8] == pytest.approx([50_000] * 8, abs=10)
    begins = [int(np.argmax(evse.setpoint_w > 5)) for evse in plan.evses]
    assert begins == sorted(begins)
    for evse in plan.evses:
        changes = np.abs(np.diff(evse.setpoint_w, prepend=0, append=0)) > 1_000
        assert changes.sum() <= 4


def test_who_charges_goes_on_when_another_comes_that_leaves_sooner() -> None:
    plan = plan_of(an_input(*queue(14)))
    first = frozenset(i + 1 for i, e in enumerate(plan.evses) if e.setpoint_w[0] > 5_000)
    late, *others = queue(15, charging=frozenset(number + 1 for number in first))
    again = plan_of(an_input(late, *others))
    for number in first:
        assert again.evses[number].setpoint_w[0] == pytest.approx(
            plan.evses[number - 1].setpoint_w[0], abs=10
        )
    assert all(evse.shortfall_wh < 1 for evse in again.evses)


def test_who_boosts_is_charged_now_though_it_is_dear_and_others_wait() -> None:
    dear_then_cheap = [0.4] * 8 + [0.1] * 8
    demands = a_demand(1, boost=True), a_demand(2)
    plan = plan_of(an_input(*demands, import_gbp_per_kwh=dear_then_cheap))
    assert plan.evses[0].setpoint_w[:3] == pytest.approx([11_000] * 3)
    assert plan.evses[1].setpoint_w[:8].max() == 0


def test_a_boost_goes_beyond_no_limit() -> None:
    demands = [a_demand(n, boost=True) for n in (1, 2, 3)]
    site = a_site(circuits=(Circuit(circuit_id="yard", limit_w=12_000),))
    plan = plan_of(an_input(*demands, site=site))
    assert sum(evse.setpoint_w for evse in plan.evses).max() <= 12_000 + 1


def test_losses_are_charged_for() -> None:
    plan = plan_of(an_input(a_demand(charge_efficiency_ratio=0.8)))
    assert charged_wh(plan) == pytest.approx(12_500)


def test_nothing_is_planned_after_departure_and_a_part_of_a_slot_counts_as_that_part() -> None:
    plan = plan_of(an_input(a_demand(hours=0.9, target_wh=50_000)))
    setpoint_w = plan.evses[0].setpoint_w
    assert setpoint_w[:4] == pytest.approx([11_000] * 4)
    assert setpoint_w[4:].max() == 0
    assert plan.evses[0].energy_wh[-1] == pytest.approx(20_000 + 0.9 * 11_000)
    assert codes(plan) == ["shortfall"]


def test_the_first_slot_counts_only_what_is_left_of_it() -> None:
    given = an_input(a_demand(hours=1, target_wh=50_000), now=NOON + timedelta(minutes=10))
    assert plan_of(given).evses[0].energy_wh[0] == pytest.approx(20_000 + 11_000 / 12)


def test_a_vehicle_overdue_is_charged_at_once_and_not_discharged() -> None:
    late = a_demand(hours=-1, target_wh=45_000, **V2G)
    setpoint_w = plan_of(an_input(late, import_gbp_per_kwh=5.0)).evses[0].setpoint_w
    assert setpoint_w[0] == pytest.approx(11_000)
    assert setpoint_w.min() == 0


def test_a_circuit_and_its_parent_hold() -> None:
    site = a_site(
        circuits=(
            Circuit(circuit_id="yard", limit_w=15_000),
            Circuit(circuit_id="bay", limit_w=6_000, parent_id="yard"),
        )
    )
    demands = [a_demand(n, circuit_id="bay" if n < 3 else "yard") for n in range(1, 5)]
    plan = plan_of(an_input(*demands, site=site))
    setpoints_w = np.array([evse.setpoint_w for evse in plan.evses])
    assert setpoints_w[:2].sum(axis=0).max() == pytest.approx(6_000)
    assert setpoints_w.sum(axis=0).max() == pytest.approx(15_000)


def test_the_import_limit_holds_and_comfort_gives_way() -> None:
    given = an_input(a_demand(target_wh=50_000), load_w=10_000, import_max_w=14_000)
    plan = plan_of(certain(given))
    assert plan.grid_w.max() == pytest.approx(14_000)
    assert plan.evses[0].energy_wh[-1] == pytest.approx(36_000)
    assert plan.evses[0].shortfall_wh == pytest.approx(14_000)


def test_a_base_load_beyond_the_limit_is_told_and_nothing_is_added_to_it() -> None:
    given = an_input(a_demand(), load_w=[30_000] * 4 + [0] * 12, import_max_w=20_000)
    plan = plan_of(given)
    assert plan.evses[0].setpoint_w[:4].max() == 0
    assert plan.notes[0] == {
        "code": "import_exceeded", "first_slot": 0, "last_slot": 3, "excess_w": 10_000.0
    }  # fmt: skip
    assert plan.evses[0].shortfall_wh == 0


def test_vehicles_discharge_to_hold_the_import_limit_before_it_is_broken() -> None:
    ready = a_demand(target_wh=40_000, **V2G)
    given = an_input(ready, load_w=[25_000] * 4 + [0] * 12, import_max_w=20_000)
    plan = plan_of(given)
    assert plan.grid_w.max() == pytest.approx(20_000)
    assert plan.evses[0].setpoint_w[:4] == pytest.approx([-5_000] * 4)


def test_discharges_in_the_peak_keeps_its_floor_and_is_ready() -> None:
    prices = [0.5] * 12 + [0.1] * 12
    given = an_input(a_demand(hours=6, **V2G), slots=24, import_gbp_per_kwh=prices, load_w=20_000)
    plan = plan_of(given)
    evse = plan.evses[0]
    assert evse.energy_wh.min() == pytest.approx(10_000)
    assert -evse.setpoint_w[evse.setpoint_w < 0].sum() * 0.25 == pytest.approx(30_000)
    assert evse.energy_wh[-1] == pytest.approx(30_000)


def test_does_not_discharge_for_less_than_wear_and_losses() -> None:
    lossy = a_demand(
        charge_efficiency_ratio=0.9, discharge_efficiency_ratio=0.9, target_wh=40_000, **V2G
    )
    given = an_input(lossy, import_gbp_per_kwh=[0.28] * 8 + [0.2] * 8, load_w=20_000)
    assert plan_of(given).evses[0].setpoint_w.min() == 0


def test_below_its_floor_a_vehicle_gives_nothing() -> None:
    low = a_demand(energy_wh=9_000, max_discharge_w=10_000)
    given = an_input(low, import_gbp_per_kwh=[5.0] * 8 + [0.1] * 8, load_w=20_000)
    assert plan_of(given).evses[0].setpoint_w.min() == 0


@pytest.mark.parametrize("target_w", [-1e6, -20_000.0])
def test_a_unidirectional_evse_never_discharges_whatever_is_asked(target_w: float) -> None:
    demands = [a_demand(n, energy_wh=45_000) for n in range(1, 4)]
    given = an_input(*demands, import_gbp_per_kwh=9.0, import_max_w=5_000, grid_target_w=target_w)
    plan = plan_of(given)
    assert min(evse.setpoint_w.min() for evse in plan.evses) >= 0


def test_power_falls_above_the_taper() -> None:
    given = an_input(a_demand(taper_soc_ratio=0.8, energy_wh=40_000, target_wh=50_000))
    evse = plan_of(given).evses[0]
    assert evse.setpoint_w[0] < 11_000
    charging = evse.setpoint_w[evse.setpoint_w > 0]
    assert np.all(np.diff(charging) <= 1)
    assert evse.shortfall_wh < 1
    assert len(charging) > 4


def test_the_store_buys_cheap_and_gives_dear_when_that_beats_its_losses() -> None:
    site = a_site(store=a_store(charge_efficiency_ratio=0.9, discharge_efficiency_ratio=0.9))
    dear = an_input(
        site=site, store_energy_wh=0.0, import_gbp_per_kwh=[0.1] * 8 + [0.4] * 8, load_w=40_000
    )
    plan = plan_of(dear)
    assert plan.store_energy_wh[7] > 80_000
    assert plan.store_w[8:].sum() * 0.25 == pytest.approx(-0.9 * plan.store_energy_wh[7])
    flat = replace(dear, import_gbp_per_kwh=np.array([0.1] * 8 + [0.13] * 8))
    assert plan_of(flat).store_w.any() == 0


def test_a_store_out_of_reach_is_left_alone() -> None:
    given = an_input(site=a_site(store=a_store()), import_gbp_per_kwh=DEAR_THEN_CHEAP)
    assert not plan_of(given).store_w.any()


def test_a_store_outside_its_bounds_may_only_come_back() -> None:
    site = a_site(store=a_store(min_soc_pct=20, max_soc_pct=60))
    given = an_input(site=site, store_energy_wh=90_000, import_gbp_per_kwh=0.1)
    plan = plan_of(given)
    assert plan.store_w.max() <= 1


def test_surplus_goes_to_vehicles_beyond_their_target_then_to_the_store_then_out() -> None:
    site = a_site(store=a_store(capacity_wh=20_000.0))
    given = an_input(
        a_demand(target_wh=25_000), site=site, store_energy_wh=0.0, load_w=0, solar_w=30_000
    )
    plan = plan_of(given)
    assert plan.evses[0].energy_wh[-1] == pytest.approx(50_000)
    assert plan.store_energy_wh[-1] == pytest.approx(20_000)
    assert plan.grid_w.sum() * 0.25 == pytest.approx(-(120_000 - 30_000 - 20_000))


def test_nothing_beyond_the_target_is_bought() -> None:
    tariff = Tariff(
        import_gbp_per_kwh=(0.05,) * 48,
        export_gbp_per_kwh=(0.01,) * 48,
        surplus_value_gbp_per_kwh=0.09,
    )
    given = an_input(a_demand(), site=a_site(tariff=tariff), import_gbp_per_kwh=0.05)
    assert plan_of(given).evses[0].energy_wh[-1] == pytest.approx(30_000)


def test_what_cannot_be_used_or_exported_is_curtailed() -> None:
    plan = plan_of(an_input(load_w=0, solar_w=80_000))
    assert plan.grid_w == pytest.approx([-50_000] * 16)
    assert plan.curtailed_w == pytest.approx([30_000] * 16)


def test_exports_nothing_at_a_negative_price() -> None:
    given = an_input(load_w=0, solar_w=20_000, export_gbp_per_kwh=-0.1)
    plan = plan_of(given)
    assert plan.grid_w == pytest.approx([0] * 16, abs=1)


def test_an_export_price_above_the_import_price_is_no_money_pump() -> None:
    plan = plan_of(an_input(a_demand(), export_gbp_per_kwh=0.9))
    assert plan.grid_w.max() <= 10_000 + 11_000


def test_at_negative_prices_nothing_charges_and_discharges_at_once() -> None:
    given = an_input(a_demand(charge_efficiency_ratio=0.9, **V2G), import_gbp_per_kwh=-0.5)
    assert plan_of(given).evses[0].energy_wh[-1] == pytest.approx(50_000)


def test_an_instruction_is_met_by_store_and_vehicles() -> None:
    target_w = [np.nan] * 4 + [-15_000.0] * 2 + [np.nan] * 10
    site = a_site(store=a_store(capacity_wh=10_000.0))
    given = an_input(
        a_demand(hours=4, **V2G), site=site, store_energy_wh=10_000, grid_target_w=target_w
    )
    plan = plan_of(given)
    assert plan.grid_w[4:6] == pytest.approx([-15_000] * 2)
    assert codes(plan) == []


def test_an_instruction_to_take_more_is_met_too() -> None:
    given = an_input(a_demand(), grid_target_w=[20_000.0] * 2 + [np.nan] * 14)
    assert plan_of(given).grid_w[:2] == pytest.approx([20_000] * 2)


def test_what_of_an_instruction_cannot_be_given_is_told() -> None:
    given = an_input(a_demand(**V2G), grid_target_w=[-15_000.0] * 2 + [np.nan] * 14)
    plan = plan_of(given)
    assert plan.grid_w[:2] == pytest.approx([0] * 2)
    assert plan.notes[0]["code"] == "instruction_shortfall"
    assert plan.notes[0]["shortfall_wh"] == pytest.approx(7_500)


def test_comfort_gives_way_to_a_contract_and_a_contract_to_a_limit() -> None:
    must_charge = a_demand(hours=1, target_wh=31_000)
    asked_down = an_input(must_charge, grid_target_w=[10_000.0] * 4 + [np.nan] * 12)
    plan = plan_of(asked_down)
    assert plan.evses[0].setpoint_w.max() == 0
    assert codes(plan) == ["shortfall"]
    beyond = an_input(must_charge, import_max_w=12_000, grid_target_w=20_000.0)
    assert plan_of(beyond).grid_w.max() == pytest.approx(12_000)


def test_who_goes_short_is_ranked_by_priority_then_by_departure() -> None:
    def short(*demands: Demand) -> list[float]:
        plan = plan_of(an_input(*demands, load_w=0, import_max_w=11_000))
        return [evse.shortfall_wh for evse in plan.evses]

    want = {"target_wh": 31_000.0, "hours": 1.0}
    assert short(a_demand(1, **want), a_demand(2, **want, priority=1))[1] == pytest.approx(0)
    early, late = a_demand(1, **want), a_demand(2, **(want | {"hours": 1.01}))
    first, second = short(late, early)
    assert second == pytest.approx(0, abs=10)
    assert first > 10_000


def test_what_a_station_out_of_reach_takes_is_reckoned_with() -> None:
    deaf = a_demand(1, floor_w=1_400, target_wh=20_000)
    site = a_site(circuits=(Circuit(circuit_id="yard", limit_w=11_000),))
    plan = plan_of(an_input(deaf, a_demand(2), site=site))
    assert plan.evses[0].setpoint_w.min() == pytest.approx(1_400)
    assert plan.evses[1].setpoint_w.max() == pytest.approx(9_600)


def test_floors_beyond_a_circuit_are_not_ours_but_nothing_is_added() -> None:
    site = a_site(circuits=(Circuit(circuit_id="yard", limit_w=1_000),))
    plan = plan_of(an_input(a_demand(1, floor_w=1_400), a_demand(2), site=site))
    assert plan.evses[1].setpoint_w.max() == pytest.approx(0)


def test_without_a_state_of_charge_only_energies_count() -> None:
    blind = a_demand(energy_wh=0, target_wh=10_000, capacity_wh=10_000, soc_known=False,
                     taper_soc_ratio=0.5)  # fmt: skip
    evse = plan_of(an_input(blind)).evses[0]
    assert evse.energy_wh[-1] == pytest.approx(10_000)
    assert evse.setpoint_w[0] == pytest.approx(11_000)


@pytest.mark.parametrize(
    "odd",
    [
        {"energy_wh": np.nan},
        {"capacity_wh": 0.0, "target_wh": 0.0, "energy_wh": 0.0},
        {"target_wh": np.inf},
        {"energy_wh": 60_000.0},
        {"target_wh": 90_000.0},
        {"max_charge_w": 0.0},
        {"circuit_id": "nowhere"},
        {"v2g_floor_wh": 70_000.0, "max_discharge_w": 10_000.0},
        {"departure_at": NOON + timedelta(days=400)},
        {"departure_at": NOON - timedelta(days=400)},
    ],
    ids=str,
)
def test_a_demand_that_makes_no_sense_spoils_nothing(odd: dict[str, object]) -> None:
    plan = plan_of(an_input(a_demand(1, **odd), a_demand(2)))
    assert plan.evses[1].energy_wh[-1] == pytest.approx(30_000)


def test_a_forecast_with_holes_counts_as_the_largest_load_and_no_sun() -> None:
    given = an_input(a_demand(), load_w=np.nan, solar_w=np.nan, wind_w=np.nan)
    plan = plan_of(given)
    assert plan.load_w == pytest.approx([20_000] * 16)
    assert plan.solar_w.max() == 0


def test_an_empty_site_has_a_plan() -> None:
    assert plan_of(an_input()).grid_w == pytest.approx([10_000] * 16)


def test_two_plans_from_one_input_are_the_same() -> None:
    given = an_input(*(a_demand(n, hours=n, **V2G) for n in range(1, 5)), load_w=20_000)
    first, second = make_plan(given), make_plan(given)
    for one, other in zip(first.evses, second.evses, strict=True):
        assert np.array_equal(one.setpoint_w, other.setpoint_w)
        assert one.why == other.why


def test_when_the_solver_has_no_time_there_is_a_plan_by_rule() -> None:
    given = an_input(a_demand(), a_demand(2, **V2G), solar_w=15_000)
    plan = make_plan(given, time_limit_s=0.0)
    assert plan.status is PlanStatus.FALLBACK
    assert violations(given, plan) == []
    assert plan.evses[0].shortfall_wh == pytest.approx(0)
    assert codes(plan) == ["fallback"]


@pytest.mark.parametrize("large_fleet", [300, 0])
def test_no_store_burns_energy_by_charging_and_discharging_at_once(large_fleet: int) -> None:
    """Full, and told to import what nothing can take: an instruction that cannot be met."""
    store = a_store(charge_efficiency_ratio=0.9, min_soc_pct=10)
    given = an_input(
        site=a_site(store=store), store_energy_wh=100_000.0, load_w=0.0,
        import_gbp_per_kwh=0.0, export_gbp_per_kwh=0.0, import_max_w=6.0, export_max_w=0.0,
        grid_target_w=[float("nan")] * 15 + [6.0],
    )  # fmt: skip
    plan = make_plan(given, large_fleet=large_fleet)
    assert violations(given, plan) == []
    assert codes(plan) == ["instruction_shortfall"]
    assert plan.store_w[-1] == pytest.approx(0, abs=1)


@pytest.mark.parametrize("large_fleet", [300, 0])
def test_no_vehicle_burns_energy_by_charging_and_discharging_at_once(large_fleet: int) -> None:
    vehicle = a_demand(
        energy_wh=50_000.0, target_wh=50_000.0, max_discharge_w=10_000.0, soc_known=True,
        charge_efficiency_ratio=0.8, discharge_efficiency_ratio=0.8, taper_soc_ratio=1.0,
    )  # fmt: skip
    given = an_input(
        vehicle, load_w=0.0, export_max_w=0.0,
        grid_target_w=[float("nan")] * 15 + [5_000.0],
    )  # fmt: skip
    plan = make_plan(given, large_fleet=large_fleet)
    assert violations(given, plan) == []
    assert codes(plan) == ["instruction_shortfall"]
