"""An EVSE that does not obey counts at what its meter says, against every limit."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.domain.reading import Sample
from scheduler.domain.site import Circuit
from scheduler.planning.guard import guard
from scheduler.planning.guard_types import EvseState, GuardMode
from tests.scheduler.makers import NOON
from tests.scheduler.planning.test_guard import a_second, evse, powers, store

YARD = Circuit(circuit_id="yard", limit_w=22_000)


def ordered(
    number: int, told_w: float, power_w: float, *, planned_w: float | None = None, **changes: Any
) -> EvseState:
    """Told a minute ago, metered just now."""
    told = {"ordered_w": told_w, "setpoint_w": told_w, "setpoint_age_s": 60.0}
    flows = {"power": Sample(power_w, 1.0)}
    return evse(number, told_w if planned_w is None else planned_w, **(told | flows | changes))


def test_its_power_is_taken_from_the_others_below_its_circuit() -> None:
    liar = ordered(1, 0.0, 11_000.0)
    others = [ordered(n, 11_000.0, 11_000.0) for n in (2, 3)]
    result = guard(a_second(40_000, liar, *others, circuits=(YARD,)))
    assert sum(powers(result)[1:]) == pytest.approx(11_000)
    assert (result.evses[0].setpoint_w, result.evses[0].reason) == (0.0, "defies")


def test_an_order_that_nobody_answered_counts_at_what_flows_whatever_it_says() -> None:
    """It was told to fall and its first lease still lasts: it holds what it had."""
    mute = ordered(1, 0.0, 11_000.0, setpoint_w=11_000.0, setpoint_low_w=0.0)
    others = [ordered(n, 11_000.0, 11_000.0) for n in (2, 3)]
    result = guard(a_second(40_000, mute, *others, circuits=(YARD,)))
    assert sum(powers(result)[1:]) == pytest.approx(11_000)


def test_at_the_connection_the_store_and_the_fleet_make_room() -> None:
    liar, other = ordered(1, 0.0, 11_000.0), ordered(2, 11_000.0, 11_000.0)
    result = guard(a_second(105_000, liar, other, store=store(max_discharge_w=0.0)))
    assert result.evses[1].setpoint_w == pytest.approx(6_000 - 2_500), "half more than is missing"
    assert result.predicted_grid_w == pytest.approx(97_500)


def test_a_reading_from_before_the_order_had_settled_says_nothing() -> None:
    fresh = ordered(1, 0.0, 11_000.0, setpoint_age_s=5.0)
    assert guard(a_second(40_000, fresh)).evses[0].reason == "plan"
    late = ordered(1, 0.0, 11_000.0, power=Sample(11_000.0, 55.0))
    assert guard(a_second(40_000, late)).evses[0].reason == "plan"


def test_one_that_charges_when_told_to_discharge_defies_and_one_that_gives_less_does_not() -> None:
    charges = ordered(1, -5_000.0, 7_000.0, max_discharge_w=10_000.0, spare_wh=9_000.0)
    assert guard(a_second(40_000, charges)).evses[0].reason == "defies"
    gives_less = ordered(1, -5_000.0, -1_000.0, max_discharge_w=10_000.0, spare_wh=9_000.0)
    assert guard(a_second(40_000, gives_less)).evses[0].reason != "defies"


def test_it_is_told_again_and_never_more_than_before() -> None:
    asked_more = ordered(1, 3_000.0, 11_000.0, planned_w=11_000.0)
    asked_less = ordered(1, 3_000.0, 11_000.0, planned_w=1_400.0)
    assert powers(guard(a_second(40_000, asked_more))) == [3_000.0]
    assert powers(guard(a_second(40_000, asked_less))) == [1_400.0]
    blind = guard(a_second(None, asked_more))
    assert (blind.mode, powers(blind)) == (GuardMode.WORST_CASE, [1_400.0])


@given(
    told_w=st.lists(st.sampled_from([0.0, 4_000.0, 11_000.0]), min_size=2, max_size=6),
    beyond_w=st.lists(st.sampled_from([0.0, 0.0, 3_000.0, 8_000.0]), min_size=6, max_size=6),
    limit_w=st.floats(20_000, 80_000),
)
def test_whoever_lies_the_others_keep_the_circuit_as_far_as_they_can(
    told_w: list[float], beyond_w: list[float], limit_w: float
) -> None:
    flows_w = [w + more_w for w, more_w in zip(told_w, beyond_w, strict=False)]
    states = [
        ordered(n, w, flow_w, setpoint_until=NOON + timedelta(minutes=5))
        for n, (w, flow_w) in enumerate(zip(told_w, flows_w, strict=True))
    ]
    circuit = Circuit(circuit_id="yard", limit_w=limit_w)
    result = guard(a_second(0.0, *states, circuits=(circuit,)))
    lies_w = sum(f for f, one in zip(flows_w, result.evses, strict=True) if one.reason == "defies")
    honest_w = sum(one.setpoint_w for one in result.evses if one.reason != "defies")
    assert honest_w <= max(limit_w - lies_w, 0.0) + 1.0


def test_where_the_plan_says_no_number_it_is_told_its_floor_at_most() -> None:
    liar = ordered(1, 3_000.0, 11_000.0, planned_w=float("nan"), floor_w=1_400.0)
    (told,) = guard(a_second(40_000, liar)).evses
    assert (told.setpoint_w, told.reason) == (1_400.0, "defies")


def test_one_that_is_only_late_to_give_is_told_the_same_again() -> None:
    """Not the plan: that would have it charge while others give way."""
    late = ordered(
        1, 21_000.0, 21_000.0, planned_w=11_000.0, ordered_w=-10_000.0, setpoint_low_w=-10_000.0,
        setpoint_age_s=5.0, power=Sample(21_000.0, 6.0), max_discharge_w=10_000.0,
        spare_wh=20_000.0,
    )  # fmt: skip
    told = guard(a_second(40_000, late)).evses[0]
    assert (told.setpoint_w, told.reason) == (-10_000.0, "out_of_reach")


def test_one_that_charges_when_it_should_give_is_told_neither_to_give_nor_to_charge() -> None:
    liar = ordered(1, -10_000.0, 9_000.0, planned_w=11_000.0, max_discharge_w=10_000.0)
    told = guard(a_second(40_000, liar)).evses[0]
    assert (told.setpoint_w, told.reason) == (0.0, "defies")
