"""The gate's rules for what is ordered by hand."""

from dataclasses import replace
from math import inf
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from csms.domain.ids import ChargingStationId, EvseId
from scheduler.planning.by_hand import Change, Moved, held_back
from scheduler.planning.guard_types import GateRule, GateRules, Past
from tests.scheduler.world import NOON

RULES = GateRules(ramp_w=20_000.0, dwell_s=60.0, reversals_per_h=6)
GIVES = Past(direction=-1, direction_age_s=30.0, reversals=1, changed_age_s=30.0)


def change(held_w: float, low_w: float, high_w: float, **told: Any) -> Change:
    return Change(
        station_id=ChargingStationId("a"), evse_id=EvseId(1), held_w=held_w, low_w=low_w,
        high_w=high_w, **told,
    )  # fmt: skip


def judged(*changes: Change, rules: GateRules = RULES, moved: Moved | None = None) -> str | None:
    return held_back(changes, rules, moved or Moved(), NOON)


def test_what_changes_nothing_passes() -> None:
    assert judged() is None
    assert judged(change(7_000, 7_000, 7_000, past=GIVES)) is None


def test_a_vehicle_that_has_just_begun_to_give_may_be_stopped_but_not_charged() -> None:
    assert judged(change(-10_000, -10_000, 11_000, past=GIVES)) is GateRule.DWELL
    assert judged(change(-10_000, 0, 0, past=GIVES)) is None
    rested = replace(GIVES, direction_age_s=60.0)
    assert judged(change(-5_000, -5_000, 11_000, past=rested)) is None


def test_who_turned_too_often_in_the_hour_turns_no_more() -> None:
    often = Past(direction=1, direction_age_s=600.0, reversals=5)
    assert judged(change(7_000, -7_000, 7_000, past=often)) is GateRule.REVERSALS
    assert judged(change(7_000, 0, 11_000, past=often)) is None


def test_what_others_moved_within_the_ramps_time_is_used_up() -> None:
    one = change(0, 0, 15_000)
    assert judged(one, moved=Moved(rise_w=5_000)) is None
    assert judged(one, moved=Moved(rise_w=5_100)) is GateRule.RAMP
    assert judged(one, moved=Moved(fall_w=50_000)) is None


def test_one_stop_always_passes_and_a_second_only_within_the_ramp() -> None:
    stop = change(150_000, 0, 0)
    assert judged(stop, moved=Moved(fall_w=400_000)) is None
    assert judged(change(-150_000, 0, 0), moved=Moved(rise_w=400_000)) is None
    assert judged(change(0, -150_000, 0)) is GateRule.RAMP
    assert judged(stop, moved=Moved(fall_w=11_000, by_hand=True)) is GateRule.RAMP
    little = change(7_000, 0, 0)
    assert judged(little, moved=Moved(fall_w=11_000, by_hand=True)) is None


def test_a_rise_beyond_the_ramp_never_passes() -> None:
    assert judged(change(0, 0, 20_500)) is GateRule.RAMP
    assert judged(change(0, 0, 20_500), rules=replace(RULES, ramp_w=inf)) is None


POWERS = st.floats(-50_000, 50_000)


@given(
    held_w=POWERS, one_w=POWERS, other_w=POWERS, direction=st.sampled_from([-1, 0, 1]),
    age_s=st.floats(0, 200), reversals=st.integers(0, 8), risen_w=st.floats(0, 40_000),
)  # fmt: skip
def test_what_passes_keeps_every_rule(
    held_w: float, one_w: float, other_w: float, direction: int, age_s: float, reversals: int,
    risen_w: float,
) -> None:  # fmt: skip
    """Whatever is asked: judged here again without the gate."""
    low_w, high_w = min(held_w, one_w, other_w), max(held_w, one_w, other_w)
    past = Past(direction=direction, direction_age_s=age_s, reversals=reversals)
    asked = change(held_w, low_w, high_w, past=past)
    if judged(asked, moved=Moved(rise_w=risen_w)) is not None:
        return
    stops = min(held_w, 0) <= low_w and high_w <= max(held_w, 0)
    assert stops or asked.rise_w <= 1.0 or risen_w + asked.rise_w <= RULES.ramp_w + 2.0
    assert stops or asked.fall_w <= RULES.ramp_w + 2.0
    for end_w in (low_w, high_w):
        if direction * end_w < -1.0 and abs(end_w - held_w) > 1.0:
            assert age_s >= RULES.dwell_s
            assert reversals + (2 if end_w < 0 else 1) <= RULES.reversals_per_h
