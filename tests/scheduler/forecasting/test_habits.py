"""A visit like many before it is expected to go on like them."""

from datetime import UTC, datetime, timedelta

import pytest

from csms.domain.ids import IdToken
from scheduler.domain.stay import PastStay
from scheduler.forecasting.habits import Habit, habit, visits_of

MONDAY = datetime(2026, 6, 8, 8, tzinfo=UTC)
VAN = IdToken("van")


def a_stay(
    days_ago: int, hours: float, *, hour: float = 0.0, token: str = "x", kwh: float = 10.0
) -> PastStay:
    began_at = MONDAY - timedelta(days=days_ago) + timedelta(hours=hour)
    return PastStay(
        circuit_id="yard",
        id_token=IdToken(token),
        began_at=began_at,
        ended_at=began_at + timedelta(hours=hours),
        energy_wh=1000 * kwh,
        max_charge_w=11_000.0,
    )


def expected(stays: list[PastStay], *, after_h: float = 0.0, token: IdToken | None = VAN) -> Habit:
    visits = visits_of(stays, "Europe/London")
    found = habit(visits, token, MONDAY, MONDAY + timedelta(hours=after_h), "Europe/London")
    assert found is not None
    return found


def hours(found: Habit) -> list[float]:
    return [(at - MONDAY) / timedelta(hours=1) for at in found.departure_at]


WORKDAYS = [day for day in range(3, 50) if day % 7 not in (1, 2)]


def test_one_in_ten_leaves_before_the_cautious_departure() -> None:
    stays = [a_stay(day, 4 + k % 11) for k, day in enumerate(WORKDAYS * 4)]
    assert hours(expected(stays)) == pytest.approx([4.6, 9, 13.4], abs=0.6)


def test_who_is_still_here_stays_longer_than_those_who_have_left() -> None:
    stays = [a_stay(day, 4 + k % 11) for k, day in enumerate(WORKDAYS * 4)]
    found = hours(expected(stays, after_h=10))
    assert found[0] > 10
    assert found[1] == pytest.approx(12.5, abs=0.6)


def test_its_own_habit_counts_more_than_those_of_others() -> None:
    others = [a_stay(day, 4, kwh=5) for day in WORKDAYS]
    own = [a_stay(7 * week, 10, token="van", kwh=30) for week in range(1, 6)]
    found = expected(others + own)
    assert hours(found)[1] == pytest.approx(10, abs=0.5)
    assert found.energy_wh[1] == pytest.approx(30_000, abs=2_000)
    assert hours(expected(others + own, token=None))[1] == pytest.approx(4, abs=0.5)


def test_a_crowd_never_drowns_what_a_vehicle_does_each_time() -> None:
    others = [a_stay(day, 8, kwh=10 + k % 30) for k, day in enumerate(WORKDAYS * 10)]
    own = [a_stay(day, 3, hour=1, token="van", kwh=0.9) for day in WORKDAYS]
    found = expected(others + own)
    assert found.energy_wh == pytest.approx((900, 900, 900))
    assert hours(found) == pytest.approx([3, 3, 3])


def test_one_visit_of_its_own_counts_as_much_as_all_others() -> None:
    others = [a_stay(day, 8, kwh=20) for day in WORKDAYS * 10]
    found = expected([*others, a_stay(7, 8, token="van", kwh=4)])
    assert (found.energy_wh[0], found.energy_wh[2]) == pytest.approx((4_000, 20_000))


def test_evenings_and_weekends_tell_little_of_a_workday_morning() -> None:
    mornings = [a_stay(day, 8) for day in WORKDAYS]
    evenings = [a_stay(day, 1, hour=10) for day in WORKDAYS * 3]
    weekends = [a_stay(day, 2) for day in range(1, 50) if day % 7 in (1, 2)]
    assert hours(expected(mornings + evenings + weekends))[1] == pytest.approx(8, abs=0.3)


def test_a_few_visits_are_no_habit() -> None:
    visits = visits_of([a_stay(7, 8), a_stay(14, 8)], "Europe/London")
    assert habit(visits, VAN, MONDAY, MONDAY, "Europe/London") is None
    assert habit(visits_of([], "UTC"), VAN, MONDAY, MONDAY, "UTC") is None
    late = MONDAY + timedelta(hours=20)
    full = visits_of([a_stay(day, 8) for day in WORKDAYS], "UTC")
    assert habit(full, VAN, MONDAY, late, "UTC") is None
