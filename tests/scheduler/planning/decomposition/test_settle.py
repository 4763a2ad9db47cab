"""Nothing between nothing and the minimum power, whatever a plan looked like before."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.planning.decomposition.fleet import Fleet, fleet_of
from scheduler.planning.decomposition.settle import settle
from scheduler.planning.pose import problem_of
from scheduler.planning.problem import Problem
from scheduler.planning.solution import stored_wh
from tests.scheduler.makers import a_demand, an_input

SLOTS, LEAST_W = 8, 4_140.0


def a_vehicle(**changes: Any) -> tuple[Problem, Fleet]:
    fields = {"hours": SLOTS / 4, "min_charge_w": LEAST_W, "target_wh": 30_000.0}
    problem = problem_of(an_input(a_demand(**(fields | changes)), slots=SLOTS))
    return problem, fleet_of(problem)


def settled(fleet: Fleet, kw: list[float], prices: Any = 0.05) -> np.ndarray:
    powers = np.array(kw, dtype=float)
    settle(fleet.rows, 0, np.broadcast_to(prices, (SLOTS,)).astype(float), powers)
    return powers


def test_the_energy_of_an_odd_slot_goes_to_a_fuller_one() -> None:
    _, fleet = a_vehicle(target_wh=20_000 + 2_750)
    assert settled(fleet, [10, 0, 1, 0, 0, 0, 0, 0]) == pytest.approx([11, 0, 0, 0, 0, 0, 0, 0])


def test_where_none_has_room_a_fuller_one_gives_what_is_missing() -> None:
    _, fleet = a_vehicle(target_wh=20_000 + 3_250)
    kw = settled(fleet, [11, 0, 2, 0, 0, 0, 0, 0])
    assert kw == pytest.approx([11 - 2.14, 0, 4.14, 0, 0, 0, 0, 0])


def test_what_is_worth_less_than_it_costs_is_left_out() -> None:
    _, fleet = a_vehicle(target_wh=20_000, energy_wh=20_000)
    assert settled(fleet, [0, 0, 1, 0, 0, 0, 0, 0]).tolist() == [0.0] * SLOTS


@settings(max_examples=80)
@given(
    st.lists(st.floats(0, 11), min_size=SLOTS, max_size=SLOTS),
    st.lists(st.floats(0, 0.2), min_size=SLOTS, max_size=SLOTS),
    st.sampled_from([0.6, 1.0]),
)
def test_no_odd_slot_is_left_and_the_battery_can_follow(
    kw: list[float], prices: list[float], taper_ratio: float
) -> None:
    problem, fleet = a_vehicle(taper_soc_ratio=taper_ratio)
    powers = settled(fleet, kw, np.array(prices))
    assert not np.any((powers > 0.001) & (powers < LEAST_W / 1000 - 0.001))
    assert powers.max() <= 11 + 1e-9
    energy_wh = stored_wh(problem, fleet.spread(powers, (1, SLOTS)))
    assert energy_wh.max() <= 50_000 + 1e-3
