"""Flexible factory loads: their energy within their window, when it costs the site least."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.domain.plan import LoadPlan, Plan
from scheduler.domain.site import Circuit, FlexibleLoad
from scheduler.planning.check import violations
from scheduler.planning.decomposition.engine import solve_decomposed
from scheduler.planning.direct import solve_direct
from scheduler.planning.make import make_plan
from scheduler.planning.pose import problem_of
from scheduler.planning.pose_loads import load_windows, with_loads
from scheduler.planning.problem import PlanningInput
from tests.scheduler.makers import NOON, a_demand, a_site, a_store, an_input
from tests.scheduler.planning.decomposition.test_engine import a_fleet

ENGINES = pytest.mark.parametrize("large_fleet", [300, 0], ids=["direct", "decomposed"])
FALLING = np.linspace(0.4, 0.1, 16)


def a_load(**changes: Any) -> FlexibleLoad:
    """10 kWh at up to 20 kW between 13:00 and 15:00 UTC, which in June is an hour later here."""
    fields: dict[str, Any] = {
        "load_id": "oven", "energy_wh": 10_000.0, "max_w": 20_000.0, "opens": "14:00",
        "closes": "16:00",
    }  # fmt: skip
    return FlexibleLoad(**(fields | changes))


def with_load(*demands: Any, load: FlexibleLoad | None = None, **changes: Any) -> PlanningInput:
    site = {"flexible_loads": (load or a_load(),)} | changes.pop("site", {})
    return an_input(*demands, site=a_site(**site), **changes)


def plan_of(given_: PlanningInput, large_fleet: int = 300) -> Plan:
    plan = make_plan(given_, large_fleet=large_fleet)
    assert violations(given_, plan) == []
    return plan


@ENGINES
def test_it_runs_in_the_cheapest_slots_of_its_window(large_fleet: int) -> None:
    (told,) = plan_of(with_load(import_gbp_per_kwh=FALLING), large_fleet).loads
    assert told.power_w[10:12] == pytest.approx(20_000)
    assert np.delete(told.power_w, [10, 11]) == pytest.approx(0)
    assert told.energy_wh[11] == pytest.approx(10_000)
    assert told.shortfall_wh == 0


@ENGINES
def test_surplus_goes_into_it(large_fleet: int) -> None:
    """10 kW more sun than load at 13:30: what is dear elsewhere is cheap there."""
    sun = [0.0] * 6 + [20_000.0] * 2 + [0.0] * 8
    (told,) = plan_of(with_load(solar_w=sun, export_gbp_per_kwh=0.01), large_fleet).loads
    assert told.power_w[6:8].min() > 9_000


@ENGINES
def test_it_shares_its_circuit_with_vehicles(large_fleet: int) -> None:
    """Both want the last two slots that are open to them; the feeder carries one at a time."""
    site = {"circuits": (Circuit(circuit_id="yard", limit_w=20_000),)}
    given_ = with_load(
        a_demand(hours=3, target_wh=25_000.0), load=a_load(circuit_id="yard"), site=site,
        import_gbp_per_kwh=FALLING,
    )  # fmt: skip
    plan = plan_of(given_, large_fleet)
    assert (plan.fleet_w + plan.loads[0].power_w).max() <= 20_005
    assert plan.loads[0].shortfall_wh == pytest.approx(0, abs=10)
    assert plan.evses[0].shortfall_wh == pytest.approx(0, abs=10)


def test_it_is_part_of_the_sites_power_and_not_of_the_fleets() -> None:
    plan = plan_of(with_load(import_gbp_per_kwh=FALLING))
    assert plan.fleet_w == pytest.approx(0)
    assert plan.grid_w[10:12] == pytest.approx(30_000)


@ENGINES
def test_between_nothing_and_its_least_power_there_is_nothing(large_fleet: int) -> None:
    load = a_load(energy_wh=7_000.0, min_w=12_000.0)
    (told,) = plan_of(with_load(load=load, import_gbp_per_kwh=FALLING), large_fleet).loads
    running = told.power_w[told.power_w > 1]
    assert running.min() >= 12_000 - 1
    assert told.energy_wh[11] == pytest.approx(7_000, abs=10)


@ENGINES
def test_a_batch_runs_in_one_go_when_that_is_cheapest(large_fleet: int) -> None:
    """Three slots in a row: the cheapest single slot lies between two of the dearest."""
    prices = [0.3] * 16
    prices[5], prices[9], prices[10], prices[11] = 0.05, 0.2, 0.2, 0.2
    batch = a_load(energy_wh=15_000.0, interruptible=False)
    (told,) = plan_of(with_load(load=batch, import_gbp_per_kwh=prices), large_fleet).loads
    assert told.power_w.tolist() == [0.0] * 9 + [20_000.0] * 3 + [0.0] * 4


def cheapest_gbp(given_: PlanningInput) -> float:
    """By trying every start."""
    problem, seen = problem_of(given_), load_windows(given_)
    costs = []
    for start in seen[0].starts:
        found = solve_direct(with_loads(problem, given_, seen, [start]), 10.0)
        assert found is not None
        costs.append(found.objective_gbp)
    return min(costs)


@pytest.mark.parametrize("seed", range(6))
def test_no_other_start_is_cheaper(seed: int) -> None:
    """The batch is large enough to move everybody else: prices alone would not tell."""
    random = np.random.default_rng(seed)
    batch = a_load(energy_wh=40_000.0, max_w=40_000.0, opens="13:00", closes="17:00",
                   interruptible=False)  # fmt: skip
    given_ = with_load(
        *(a_demand(n, hours=float(random.uniform(2, 4))) for n in range(1, 5)),
        load=batch,
        site={"store": a_store()},
        store_energy_wh=50_000.0,
        import_max_w=70_000,
        import_gbp_per_kwh=random.uniform(0.1, 0.4, 16),
        solar_w=random.uniform(0, 60_000, 16),
    )
    (window,), plan = load_windows(given_), plan_of(given_)
    start = int(np.argmax(plan.loads[0].power_w > 0))
    chosen = solve_direct(with_loads(problem_of(given_), given_, [window], [start]), 10.0)
    assert chosen is not None
    assert chosen.objective_gbp <= cheapest_gbp(given_) + 2e-3 * abs(chosen.objective_gbp)


def test_a_batch_that_runs_goes_on_whatever_the_price() -> None:
    batch = a_load(energy_wh=15_000.0, interruptible=False)
    given_ = with_load(
        load=batch,
        now=NOON + timedelta(hours=2), starts_at=NOON + timedelta(hours=2),
        import_gbp_per_kwh=FALLING, loads_done_wh=(5_000.0,),
    )  # fmt: skip
    (told,) = plan_of(given_).loads
    assert told.power_w[:4].tolist() == [20_000.0, 20_000.0, 0.0, 0.0]
    assert told.energy_wh[1] == pytest.approx(15_000)


def test_what_is_done_is_not_done_again_and_what_is_unknown_is_not_done() -> None:
    at_two = {"now": NOON + timedelta(hours=2), "starts_at": NOON + timedelta(hours=2)}
    for done_wh, left_wh in ((4_000.0, 6_000.0), (10_000.0, 0.0), (np.nan, 10_000.0)):
        (told,) = plan_of(with_load(loads_done_wh=(done_wh,), **at_two)).loads
        assert told.power_w.sum() / 4 == pytest.approx(left_wh, abs=1)


def test_what_cannot_be_done_in_time_is_told() -> None:
    late = {"now": NOON + timedelta(hours=2.75), "starts_at": NOON + timedelta(hours=2.75)}
    plan = plan_of(with_load(**late))
    assert plan.loads[0].shortfall_wh == pytest.approx(5_000, abs=1)
    assert {"code": "load_shortfall", "load_id": "oven", "shortfall_wh": 5_000.0} in plan.notes
    batch = plan_of(with_load(load=a_load(interruptible=False), **late))
    assert batch.loads[0].power_w.max() == 0
    assert batch.loads[0].shortfall_wh == pytest.approx(10_000)


def test_a_batch_that_no_circuit_carries_is_not_begun() -> None:
    site = {"circuits": (Circuit(circuit_id="yard", limit_w=15_000),)}
    batch = a_load(circuit_id="yard", interruptible=False)
    plan = plan_of(with_load(load=batch, site=site))
    assert plan.loads[0].power_w.max() == 0
    assert plan.loads[0].shortfall_wh == pytest.approx(10_000)


def test_a_window_beyond_the_plan_asks_for_what_cannot_wait() -> None:
    """Four hours of plan, six of window: 20 kW for two more hours leave 5 kWh to do before."""
    load = a_load(energy_wh=45_000.0, opens="13:00", closes="19:00")
    (told,) = plan_of(with_load(load=load)).loads
    assert told.power_w.sum() / 4 == pytest.approx(5_000, abs=1)
    assert told.shortfall_wh == 0


def spoilt(told: LoadPlan, **changes: Any) -> LoadPlan:
    return replace(told, **changes)


@pytest.mark.parametrize("interruptible", [True, False])
def test_a_schedule_that_breaks_its_rules_is_seen(interruptible: bool) -> None:
    load = a_load(interruptible=interruptible, energy_wh=15_000.0)
    given_ = with_load(load=load)
    plan = plan_of(given_)
    (told,) = plan.loads
    gap, early, strong = told.power_w.copy(), told.power_w.copy(), told.power_w.copy()
    gap[np.argmax(gap > 0) + 1] = 0.0
    early[1] = 10_000.0
    strong[np.argmax(strong > 0)] = 30_000.0

    def rules(schedule: LoadPlan) -> set[str]:
        return {v.rule for v in violations(given_, replace(plan, loads=(schedule,)))}

    assert "load_path" in rules(spoilt(told, power_w=gap))
    assert interruptible or "load_interrupted" in rules(spoilt(told, power_w=gap))
    assert "load_window" in rules(spoilt(told, power_w=early))
    assert "load_power" in rules(spoilt(told, power_w=strong))
    assert "loads" in {v.rule for v in violations(given_, replace(plan, loads=()))}
    nan_w = np.full(16, np.nan)
    assert rules(spoilt(told, power_w=nan_w)) == {"finite"}


def test_both_engines_pay_the_same_for_a_fleet_and_its_factory() -> None:
    loads = (
        FlexibleLoad(load_id="mill", energy_wh=150e3, max_w=100e3, opens="13:00", closes="16:30"),
        FlexibleLoad(load_id="kiln", energy_wh=60e3, max_w=60e3, opens="13:00", closes="17:00",
                     circuit_id="yard"),
    )  # fmt: skip
    fleet = a_fleet(200)
    site = a_site(circuits=fleet.site.circuits, store=fleet.site.store, flexible_loads=loads)
    given_ = a_fleet(200, site=site)
    seen = load_windows(given_)
    problem = with_loads(problem_of(given_), given_, seen, [0] * len(seen))
    found, exact = solve_decomposed(problem, 10.0), solve_direct(problem, 60.0)
    assert exact is not None
    assert found.solution.bound_gbp <= exact.objective_gbp + 1e-6
    assert found.solution.objective_gbp == pytest.approx(exact.objective_gbp, rel=4e-3)


@st.composite
def factories(draw: st.DrawFn) -> PlanningInput:
    """Up to three loads with windows anywhere, also past midnight, at a site with two vehicles."""
    halves = [f"{k // 2:02d}:{'30' if k % 2 else '00'}" for k in range(48)]
    loads = tuple(
        FlexibleLoad(
            load_id=f"load-{n}",
            energy_wh=draw(st.floats(100, 60_000)),
            max_w=draw(st.sampled_from([2_000.0, 15_000.0, 45_000.0])),
            min_w=draw(st.sampled_from([0.0, 1_000.0])),
            opens=draw(st.sampled_from(halves)),
            closes=draw(st.sampled_from(halves)),
            interruptible=draw(st.booleans()),
            circuit_id=draw(st.sampled_from(["yard", None])),
        )
        for n in range(draw(st.integers(1, 3)))
    )
    done = tuple(draw(st.sampled_from([0.0, 50.0, 5_000.0, np.nan])) for _ in loads)
    into_slot = timedelta(seconds=draw(st.sampled_from([0, 7, 893])))
    return an_input(
        a_demand(1), a_demand(2, max_discharge_w=10_000.0),
        site=a_site(flexible_loads=loads), slots=draw(st.sampled_from([1, 8, 40])),
        now=NOON + into_slot, loads_done_wh=done,
    )  # fmt: skip


@settings(max_examples=40)
@given(factories(), st.sampled_from([300, 0]))
def test_whatever_the_factory_the_plan_is_valid(given_: PlanningInput, large_fleet: int) -> None:
    plan = plan_of(given_, large_fleet)
    assert not any(note["code"] == "fallback" for note in plan.notes)
