"""What a signal is told it can have, from the plan made without it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from scheduler.domain.signal import GridSignal, SignalKind
from scheduler.domain.site import Circuit, FlexibleLoad
from scheduler.planning.capability import acknowledge, freeze_baseline
from scheduler.planning.make import make_plan
from scheduler.planning.problem import PlanningInput
from tests.scheduler.makers import NOON, a_demand, a_site, a_store, an_input


def at(hours: float) -> Any:
    return NOON + timedelta(hours=hours)


def asked(given: PlanningInput, delta_w: float, begin_h: float, end_h: float) -> Any:
    """The acknowledgement of a delta in a window, in hours from noon."""
    plan = make_plan(given)
    signal = GridSignal(
        signal_id=UUID(int=1), site_id="test", operator="dno", external_id="x", revision=1,
        kind=SignalKind.INSTRUCTION, priority=1, starts_at=at(begin_h), ends_at=at(end_h),
        delta_w=delta_w,
    )  # fmt: skip
    signal = replace(signal, baseline=freeze_baseline(plan, signal, plan_version=1))
    return acknowledge(given, plan, signal)


def with_store(energy_wh: float, dear_h: tuple[float, float]) -> PlanningInput:
    """A store that will sell between two hours, for then energy is dear."""
    hours = np.arange(16) / 4
    price = np.where((hours >= dear_h[0]) & (hours < dear_h[1]), 0.5, 0.2)
    return an_input(
        site=a_site(store=a_store()), store_energy_wh=energy_wh, import_gbp_per_kwh=price,
        export_gbp_per_kwh=0.01, load_w=80_000.0,
    )  # fmt: skip


def test_a_full_idle_store_gives_its_power() -> None:
    answer = asked(with_store(100_000.0, (2, 4)), -40_000.0, 0, 0.5)

    assert answer.feasible
    assert answer.available_down_w == pytest.approx(50_000, rel=1e-3)


@pytest.mark.parametrize(
    ("energy_wh", "window_h", "left_w"),
    [(100_000.0, (0, 0.5), 10_000.0), (25_000.0, (0.5, 1), 10_000.0)],
    ids=["power, in the same window", "energy, in a later one"],
)
def test_what_another_instruction_takes_is_not_promised_again(
    energy_wh: float, window_h: tuple[float, float], left_w: float
) -> None:
    alone = replace(with_store(energy_wh, (2, 4)), import_gbp_per_kwh=np.full(16, 0.2))
    plan = make_plan(alone)
    target_w = np.full(16, np.nan)
    target_w[:2] = 40_000.0  # from 80 kW: the store gives 40 kW, 20 kWh
    others = replace(alone, grid_target_w=target_w)
    signal = GridSignal(
        signal_id=UUID(int=2), site_id="test", operator="tso", external_id="y", revision=1,
        kind=SignalKind.INSTRUCTION, priority=2, starts_at=at(window_h[0]), ends_at=at(window_h[1]),
        delta_w=-40_000.0,
    )  # fmt: skip
    signal = replace(signal, baseline=freeze_baseline(plan, signal, plan_version=1))
    assert acknowledge(alone, plan, signal).available_down_w >= 40_000
    answer = acknowledge(alone, plan, signal, (others, make_plan(others)))
    assert answer.available_down_w == pytest.approx(left_w, rel=1e-2)
    assert not answer.feasible
    assert answer.requested_w == pytest.approx(-40_000)


def test_wind_that_may_not_come_is_not_promised() -> None:
    demand = a_demand(energy_wh=20_000.0, target_wh=20_000.0, max_discharge_w=10_000.0, hours=4)
    calm = an_input(demand, load_w=50_000.0)
    windy = an_input(demand, load_w=50_000.0, wind_w=30_000.0)

    assert asked(calm, -8_000.0, 2, 2.5).feasible
    in_doubt = asked(windy, -8_000.0, 2, 2.5)
    assert (in_doubt.feasible, in_doubt.deliverable_w) == (False, 0.0)
    assert in_doubt.available_down_w == pytest.approx(10_000, rel=1e-3)
    assert asked(windy, -8_000.0, 0, 0.25).feasible, "the next quarter of an hour is known"


def test_a_store_that_will_be_empty_by_then_can_keep_what_it_was_to_give_before() -> None:
    answer = asked(with_store(25_000.0, (0, 1)), -40_000.0, 2, 2.5)

    assert answer.feasible
    assert answer.available_down_w == pytest.approx(50_000, rel=1e-3)


def test_what_it_keeps_must_be_imported_instead() -> None:
    given = with_store(25_000.0, (0, 1))
    tight = replace(given, import_max_w=np.full(16, 80_000.0))
    spare = asked(given, -40_000.0, 2, 2.5).available_down_w
    bound = asked(replace(tight, import_max_w=np.full(16, 60_000.0)), -40_000.0, 2, 2.5)

    assert bound.available_down_w < spare
    assert not bound.feasible


def test_a_store_already_giving_all_it_can_gives_no_more() -> None:
    answer = asked(with_store(100_000.0, (0, 2)), -40_000.0, 0, 0.5)

    assert not answer.feasible
    assert answer.deliverable_w == pytest.approx(0, abs=100)


def test_vehicles_give_down_to_their_v2g_floor() -> None:
    demand = a_demand(energy_wh=20_000.0, target_wh=20_000.0, max_discharge_w=10_000.0, hours=4)
    answer = asked(an_input(demand, load_w=50_000.0), -8_000.0, 0, 0.5)

    assert answer.feasible
    assert answer.available_down_w == pytest.approx(10_000, rel=1e-3)


def test_a_load_on_the_feeder_leaves_vehicles_less_of_it() -> None:
    """A vehicle could take 11 kW more beside a batch of 10 kW, were the feeder not one of 15 kW."""
    yard = Circuit(circuit_id="yard", limit_w=15_000.0)
    oven = FlexibleLoad(
        load_id="oven", energy_wh=10_000.0, max_w=10_000.0, opens="13:00", closes="14:00",
        interruptible=False, circuit_id="yard",
    )  # fmt: skip
    vehicle = a_demand(energy_wh=20_000.0, target_wh=20_000.0)
    beside = an_input(vehicle, site=a_site(circuits=(yard,), flexible_loads=(oven,)))

    alone = asked(an_input(vehicle, site=a_site(circuits=(yard,))), 5_000.0, 0, 0.5)
    assert alone.available_up_w == pytest.approx(11_000, rel=1e-3)
    assert asked(beside, 5_000.0, 0, 0.5).available_up_w == pytest.approx(5_000, rel=1e-3)
    assert asked(beside, 5_000.0, 2, 2.5).available_up_w == pytest.approx(11_000, rel=1e-3)


def test_a_window_beyond_the_horizon_is_told_so() -> None:
    answer = asked(with_store(50_000.0, (0, 1)), -40_000.0, 40, 41)

    assert (answer.feasible, answer.deliverable_w) == (False, 0.0)


def test_the_plan_keeps_a_reserve_for_what_the_forecast_did_not_see() -> None:
    given = with_store(60_000.0, (0, 1))
    target_w = np.full(16, np.nan)
    target_w[8:10] = 60_000.0
    plan = make_plan(replace(given, grid_target_w=target_w))

    assert plan.grid_w[8:10] == pytest.approx([60_000, 60_000], abs=10)
    assert plan.store_energy_wh[9] == pytest.approx(0.02 * 80_000 * 0.5, abs=10)
