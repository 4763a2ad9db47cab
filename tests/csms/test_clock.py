from datetime import UTC, datetime, timedelta

import pytest

from csms.clock import Clock, clock_from, fast_clock, wall_now

MORNING = datetime(2026, 3, 24, 6, 30, tzinfo=UTC)


def test_without_an_epoch_site_time_is_real_time() -> None:
    assert abs(clock_from({}).now() - wall_now()) < timedelta(seconds=1)


def test_a_fast_clock_starts_where_it_was_told_and_never_goes_back() -> None:
    clock = fast_clock(3600, MORNING)
    first, second = clock.now(), clock.now()

    assert MORNING <= first <= second < MORNING + timedelta(hours=2)


def test_a_child_given_the_environment_has_the_same_clock() -> None:
    clock = fast_clock(60, MORNING)

    assert clock_from(clock.environment()) == clock


@pytest.mark.parametrize(("speed_ratio", "real_s"), [(1, 60), (60, 1)])
def test_durations_shrink_with_speed(speed_ratio: float, real_s: float) -> None:
    assert Clock(speed_ratio).real_s(60) == real_s
