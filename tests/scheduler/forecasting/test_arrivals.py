"""Who came before comes again, as often as he came, and not while he is here."""

from datetime import UTC, datetime, timedelta

import pytest

from csms.domain.ids import IdToken
from scheduler.domain.demand import ExpectedDemand
from scheduler.domain.stay import PastStay
from scheduler.forecasting.arrivals import expected_arrivals, weights

MONDAY = datetime(2026, 6, 8, 6, tzinfo=UTC)  # 07:00 in London
LONG_AGO = MONDAY - timedelta(weeks=20)


def a_stay(weeks_ago: int, *, hour: float = 2.0, token: str | None = "van", **changes) -> PastStay:
    """Eight hours and 20 kWh, from `hour` after six on that Monday."""
    began_at = MONDAY - timedelta(weeks=weeks_ago) + timedelta(hours=hour)
    fields = {
        "circuit_id": "yard",
        "id_token": None if token is None else IdToken(token),
        "began_at": began_at,
        "ended_at": began_at + timedelta(hours=8),
        "energy_wh": 20_000.0,
        "max_charge_w": 11_000.0,
    }
    return PastStay(**(fields | changes))


def expected(
    *stays: PastStay,
    known_since: datetime = LONG_AGO,
    here: dict[IdToken, datetime] | None = None,
    now: datetime = MONDAY,
) -> tuple[ExpectedDemand, ...]:
    return expected_arrivals(
        stays,
        now=now,
        ends_at=now + timedelta(hours=36),
        time_zone="Europe/London",
        known_since=known_since,
        here=here or {},
    )


def test_who_came_each_monday_comes_today_with_what_he_took() -> None:
    (one,) = expected(*(a_stay(week) for week in range(1, 9)))
    assert one.chance_ratio == pytest.approx(1)
    assert one.arrives_at == MONDAY + timedelta(hours=2)
    assert one.departure_at == MONDAY + timedelta(hours=10)
    assert (one.energy_wh, one.max_charge_w) == (pytest.approx(20_000), pytest.approx(11_000))


def test_who_came_once_lately_counts_more_than_who_came_once_long_ago() -> None:
    lately, long_ago = expected(a_stay(1)), expected(a_stay(8))
    assert 1 > lately[0].chance_ratio > long_ago[0].chance_ratio > 0
    assert expected(a_stay(9)) == ()


def test_weights_are_one_together_however_young_the_site() -> None:
    for weeks in (1, 3, 8, 30):
        assert weights(weeks).sum() == pytest.approx(1)
    assert weights(0).sum() == 0
    (one,) = expected(a_stay(1), known_since=MONDAY - timedelta(days=8))
    assert one.chance_ratio == pytest.approx(1)


def test_in_its_first_week_a_site_expects_nobody() -> None:
    assert expected(a_stay(1), known_since=MONDAY - timedelta(days=6)) == ()


def test_who_is_here_does_not_come_until_he_has_left() -> None:
    van = IdToken("van")
    stays = [a_stay(week) for week in range(1, 9)]
    assert expected(*stays, here={van: MONDAY + timedelta(hours=3)}) == ()
    assert len(expected(*stays, here={van: MONDAY + timedelta(hours=1)})) == 1
    assert len(expected(*stays, here={IdToken("other"): MONDAY + timedelta(hours=3)})) == 1


def test_strangers_add_up_and_other_hours_and_feeders_stay_apart() -> None:
    crowd = [a_stay(week, token=None) for week in range(1, 9) for _ in range(5)]
    late = [a_stay(week, token=None, hour=5.0) for week in range(1, 9)]
    far = [a_stay(week, token=None, circuit_id="bay") for week in range(1, 9)]
    rows = expected(*crowd, *late, *far)
    assert [(row.circuit_id, round(row.chance_ratio, 6)) for row in rows] == [
        ("bay", 1.0), ("yard", 5.0), ("yard", 1.0),
    ]  # fmt: skip


def test_other_weekdays_and_hours_that_have_passed_tell_nothing() -> None:
    assert expected(a_stay(1, hour=-2.0)) == ()
    assert expected(a_stay(1, hour=72.0)) == ()


def test_after_the_clocks_change_the_local_hour_counts() -> None:
    now = datetime(2026, 3, 30, 5, tzinfo=UTC)  # a Monday, the first of summer time
    last_monday = datetime(2026, 3, 23, 8, tzinfo=UTC)  # 08:00 in London
    stay = a_stay(1, began_at=last_monday, ended_at=last_monday + timedelta(hours=8))
    (one,) = expected(stay, now=now)
    assert one.arrives_at == datetime(2026, 3, 30, 7, tzinfo=UTC)
