"""Local half-hours on the UTC grid, also on the days that have 46 or 50 of them."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import pytest

from scheduler.domain.site import Load
from scheduler.domain.slots import (
    end_of_day,
    load_profile,
    per_slot,
    price_edge,
    slot_start,
    slot_starts,
)
from tests.scheduler.makers import a_site

LONDON = "Europe/London"
BY_NUMBER = tuple(float(k) for k in range(48))


def test_a_slot_starts_on_the_grid() -> None:
    now = datetime(2026, 3, 24, 13, 44, 59, 999, tzinfo=UTC)
    assert slot_start(now, 900) == datetime(2026, 3, 24, 13, 30, tzinfo=UTC)
    assert slot_starts(slot_start(now, 900), 900, 2)[1] == datetime(2026, 3, 24, 13, 45, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "count"),
    [(date(2026, 3, 29), 46), (date(2026, 6, 1), 48), (date(2026, 10, 25), 50)],
)
def test_days_have_as_many_half_hours_as_the_clocks_say(day: date, count: int) -> None:
    midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(LONDON)).astimezone(UTC)
    values = per_slot(BY_NUMBER, (), LONDON, midnight, 1800, count + 1).tolist()
    assert (values[0], values[-2:]) == (0, [47, 0])


def test_in_summer_utc_midnight_is_one_o_clock() -> None:
    values = per_slot(BY_NUMBER, (), LONDON, datetime(2026, 6, 1, tzinfo=UTC), 900, 3)
    assert values.tolist() == [2, 2, 3]


def test_when_the_clocks_go_forward_an_hour_is_left_out() -> None:
    values = per_slot(BY_NUMBER, (), LONDON, datetime(2026, 3, 29, 0, 30, tzinfo=UTC), 1800, 2)
    assert values.tolist() == [1, 4]


def test_when_the_clocks_go_back_an_hour_comes_twice() -> None:
    values = per_slot(BY_NUMBER, (), LONDON, datetime(2026, 10, 25, tzinfo=UTC), 1800, 4)
    assert values.tolist() == [2, 3, 2, 3]


def test_a_free_day_has_its_own_profile_by_local_date() -> None:
    saturday_in_london = datetime(2026, 6, 5, 23, tzinfo=UTC)
    values = per_slot((1.0,) * 48, (2.0,) * 48, LONDON, saturday_in_london, 900, 1)
    assert values.tolist() == [2]


def test_long_slots_take_the_mean() -> None:
    values = per_slot(BY_NUMBER, (), LONDON, datetime(2026, 1, 5, tzinfo=UTC), 3600, 2)
    assert values.tolist() == [0.5, 2.5]


def test_the_load_goes_straight_from_one_half_hour_to_the_next() -> None:
    site = a_site(load=Load(max_w=100.0, profile_w=(0.0, 60.0) * 24))
    profile_w = load_profile(site, datetime(2026, 1, 5, tzinfo=UTC), 900, 4)
    assert profile_w == pytest.approx([15, 15, 45, 45])
    assert np.mean(profile_w) == pytest.approx(30)


@pytest.mark.parametrize(
    ("at", "edge"),
    [
        ("2026-06-03T05:59:59", "2026-06-03T05:30:00"),
        ("2026-06-03T06:00:00", "2026-06-03T06:00:00"),
        ("2026-06-03T06:29:59", "2026-06-03T06:00:00"),
        ("2026-06-03T06:30:00", None),
    ],
)
def test_a_half_hour_begins_with_a_change_of_price_or_without(at: str, edge: str | None) -> None:
    """The import price changes at 06:30 and 07:00 in London, an hour ahead of UTC in June."""
    told = [0.10] * 13 + [0.20] + [0.30] * 34
    plain = a_site()
    tariff = msgspec.structs.replace(
        plain.tariff, import_gbp_per_kwh=tuple(told), export_gbp_per_kwh=(0.05,) * 48
    )
    site = msgspec.structs.replace(plain, tariff=tariff, time_zone="Europe/London")
    now = datetime.fromisoformat(at).replace(tzinfo=UTC)
    found = price_edge(site, now)
    assert found == (edge and datetime.fromisoformat(edge).replace(tzinfo=UTC))


@pytest.mark.parametrize(
    ("now", "ends_at"),
    [
        (datetime(2026, 6, 1, 12, tzinfo=UTC), datetime(2026, 6, 1, 23, tzinfo=UTC)),
        (datetime(2026, 6, 1, 23, tzinfo=UTC), datetime(2026, 6, 2, 23, tzinfo=UTC)),
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 26, 0, tzinfo=UTC)),
    ],
    ids=["summer", "at midnight a new day begins", "the clocks go back"],
)
def test_a_day_ends_at_the_next_local_midnight(now: datetime, ends_at: datetime) -> None:
    assert end_of_day(now, "Europe/London") == ends_at
