"""A row when something begins to be held back, and when it ends: none a second."""

from datetime import timedelta

from scheduler.planning.guard_types import Acted
from scheduler.services.decisions import DecisionWatch
from scheduler.store.decisions import Decision
from tests.scheduler.makers import NOON


def acted(by_w: float, rule: str = "ramp", evses: int = 2) -> Acted:
    return Acted(bound=rule, actuator="fleet", by_w=by_w, evses=evses)


def test_one_that_lasts_is_told_when_it_begins_and_when_it_ended() -> None:
    watch, told = DecisionWatch(), []
    for second in range(200):
        now = NOON + timedelta(seconds=second)
        told += watch.observe(now, [acted(-1_000.0 * (second + 1))] if second < 100 else [])
    begun = Decision(began_at=NOON, rule="ramp", actuator="fleet", most_w=-1_000, evses=2)
    ended_at = NOON + timedelta(seconds=99)
    over = Decision(
        began_at=NOON, rule="ramp", actuator="fleet", most_w=-100_000, evses=2, ended_at=ended_at
    )
    assert told == [begun, over]


def test_one_that_comes_and_goes_within_a_minute_is_one() -> None:
    watch, told = DecisionWatch(), []
    for second in range(0, 600, 30):
        told += watch.observe(NOON + timedelta(seconds=second), [acted(500.0)])
    assert len(told) == 1


def test_surplus_and_instruction_are_no_refusals() -> None:
    wanted = [acted(5_000.0, "surplus"), acted(-5_000.0, "instruction")]
    assert DecisionWatch().observe(NOON, wanted) == ()
