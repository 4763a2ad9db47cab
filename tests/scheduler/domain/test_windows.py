"""Windows of flexible loads: local half-hours, past midnight, and on the days the clocks change."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from scheduler.domain.plan import LoadPlan
from scheduler.domain.site import FlexibleLoad
from scheduler.domain.windows import done_wh, windows

HOUR = timedelta(hours=1)


def oven(opens: str, closes: str) -> FlexibleLoad:
    return FlexibleLoad(load_id="oven", energy_wh=10e3, max_w=20e3, opens=opens, closes=closes)


def hours_of(load: FlexibleLoad, since: datetime, hours: float) -> list[tuple[float, float]]:
    """Begin and end of each window, hours from `since`."""
    found = windows(load, "Europe/London", since, since + hours * HOUR)
    return [((begins - since) / HOUR, (ends - since) / HOUR) for begins, ends in found]


def test_each_day_has_its_window_and_one_that_has_begun_counts() -> None:
    noon = datetime(2026, 1, 10, 12, tzinfo=UTC)
    assert hours_of(oven("11:00", "14:00"), noon, 36) == [(-1, 2), (23, 26)]
    assert hours_of(oven("08:00", "12:00"), noon, 12) == []


def test_a_window_may_go_past_midnight_or_be_the_whole_day() -> None:
    night = datetime(2026, 1, 10, 1, tzinfo=UTC)
    assert hours_of(oven("22:00", "06:00"), night, 24) == [(-3, 5), (21, 29)]
    assert hours_of(oven("00:00", "00:00"), night, 24) == [(-1, 23), (23, 47)]


@pytest.mark.parametrize(("day", "length_h"), [("03-28", 7), ("10-24", 9)])
def test_when_the_clocks_change_the_window_is_an_hour_off(day: str, length_h: int) -> None:
    evening = datetime.fromisoformat(f"2026-{day}T20:00:00Z")
    ((begins, ends),) = hours_of(oven("22:00", "06:00"), evening, 12)
    assert ends - begins == length_h


NOON = datetime(2026, 1, 10, 12, tzinfo=UTC)
ALL_ALONG = LoadPlan(
    load_id="oven",
    power_w=np.array([20e3, 20e3, 0.0, 0.0]),
    energy_wh=np.array([8e3, 13e3, 13e3, 13e3]),
    done_wh=3_000.0,
    shortfall_wh=0.0,
)


@pytest.mark.parametrize(
    ("minutes", "expected_wh"),
    [(0, 3_000), (6, 5_000), (15, 8_000), (24, 11_000), (45, 13_000), (60, 0), (-1, 0)],
)
def test_a_schedule_tells_what_has_been_done(minutes: float, expected_wh: float) -> None:
    """Nothing is known beyond it."""
    at = NOON + timedelta(minutes=minutes)
    found = done_wh(oven("11:00", "14:00"), "Europe/London", ALL_ALONG, (NOON, 900), NOON, at)
    assert found == pytest.approx(expected_wh)


def test_it_counts_from_when_it_was_made_and_anew_in_each_window() -> None:
    at = NOON + timedelta(minutes=6)
    late = done_wh(
        oven("11:00", "14:00"),
        "Europe/London",
        ALL_ALONG,
        (NOON, 900),
        at - timedelta(minutes=3),
        at,
    )
    assert late == pytest.approx(4_000)
    opened = done_wh(
        oven("12:30", "12:00"), "Europe/London", ALL_ALONG, (NOON, 900), NOON,
        NOON + timedelta(minutes=33),
    )  # fmt: skip
    assert opened == 0.0
    shut = done_wh(oven("14:00", "16:00"), "Europe/London", ALL_ALONG, (NOON, 900), NOON, at)
    assert shut == 0.0
