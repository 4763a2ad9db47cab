"""I: what a transaction costs, to the penny and whatever the order of its samples."""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csms.domain.cost import Counted, StateSince, Usage, cost
from csms.domain.tariff import Price, Tariff

START = datetime(2026, 6, 1, 20, tzinfo=UTC)  # a Monday
HOUR = timedelta(hours=1)


def price(amount: str, **conditions: Any) -> Price:
    return Price(price=Decimal(amount), **conditions)


def tariff(**fields: Any) -> Tariff:
    return Tariff(**{"tariff_id": "t", "currency": "GBP", **fields})


def used(hours: float = 4, wh: int = 40_000, **more: Any) -> Usage:
    until = START + hours * HOUR
    imported = (Counted(START, Decimal(0)), Counted(until, Decimal(wh)))
    return Usage(**{"started_at": START, "until": until, "imported": imported, **more})


def total(usage: Usage, **fields: Any) -> Decimal:
    return cost(usage, tariff(**fields)).total_with_tax


def test_energy_a_start_and_tax() -> None:
    assert total(
        used(), energy=(price("0.40"),), fixed=(price("1"),), vat_pct=Decimal(20)
    ) == Decimal("20.40")


def test_a_price_that_changes_within_a_sample_takes_its_share() -> None:
    night = price("0.10", from_time=time(22), to_time=time(6))
    assert total(used(), energy=(night, price("0.30"))) == Decimal("8.00")


def test_prices_follow_the_clock_of_the_tariff() -> None:
    night = price("0.10", from_time=time(22), to_time=time(6))  # 21:00 UTC in summer
    told = total(used(), energy=(night, price("0.30")), time_zone="Europe/London")
    assert told == Decimal("6.00")


@pytest.mark.parametrize(
    "day",
    [
        # 01:00 to 01:30 comes twice when clocks go back: 15 + 30 minutes are cheap, 30 + 45 are not
        datetime(2026, 10, 25, 0, 15, tzinfo=UTC),
        # … and never when they go forward: 45 minutes until 01:00, which is 02:00
        datetime(2026, 3, 29, 0, 15, tzinfo=UTC),
    ],
)
@pytest.mark.parametrize("step_s", [7200, 900, 60])
def test_a_price_changes_when_the_clock_is_put_back_or_forward(day: datetime, step_s: int) -> None:
    early = price("0.10", from_time=time(0), to_time=time(1, 30))
    steps = [timedelta(seconds=number * step_s) for number in range(7200 // step_s + 1)]
    course = tuple(Counted(day + one, Decimal(one.seconds * 2)) for one in steps)
    usage = Usage(started_at=day, until=course[-1].at, imported=course)
    told = total(usage, energy=(early, price("0.40")), time_zone="Europe/London")
    assert told == Decimal("4.14")  # 5.4 kWh and 9 kWh


def test_a_night_belongs_to_the_day_on_which_it_began() -> None:
    monday = price("1", from_time=time(22), to_time=time(6), days=(1,))
    late = used(hours=8)  # Monday 20:00 … Tuesday 04:00, six hours of it at night
    assert total(late, energy=(monday,)) == Decimal("30.00")
    tuesday = price("1", from_time=time(22), to_time=time(6), days=(2,))
    assert total(late, energy=(tuesday,)) == 0


STATES = (
    StateSince(START, "Charging"),
    StateSince(START + HOUR, "SuspendedEV"),
    StateSince(START + 2 * HOUR, "EVConnected"),
    StateSince(START + 3 * HOUR, "SuspendedEVSE"),
)


def test_idling_counts_after_its_grace_and_never_what_we_paused() -> None:
    idle = price("6", after_s=1_800)
    assert total(used(states=STATES), idle_time=(idle,)) == Decimal("9.00")
    assert total(used(states=STATES), charging_time=(price("2"),)) == Decimal("2.00")


def test_time_without_any_state_counts_as_charging() -> None:
    assert total(used(), charging_time=(price("2"),)) == Decimal("8.00")
    assert total(used(), idle_time=(price("2"),)) == 0


def test_export_is_earned() -> None:
    exported = (Counted(START, Decimal(0)), Counted(START + HOUR, Decimal(10_000)))
    usage = used(exported=exported)
    assert total(usage, energy=(price("0.30"),), export=(price("0.20"),)) == Decimal("10.00")


def test_least_and_most() -> None:
    assert total(used(), min_cost=Decimal(2)) == Decimal("2.00")
    assert total(used(), energy=(price("1"),), max_cost=Decimal(5)) == Decimal("5.00")


@pytest.mark.parametrize(
    ("currency", "expected"),
    [("GBP", "0.34"), ("JPY", "0"), ("UGX", "0"), ("HUF", "0.34"), ("KWD", "0.335")],  # ISO 4217
)
def test_money_that_can_be_paid(currency: str, expected: str) -> None:
    told = total(used(wh=1_000), energy=(price("0.335"),), currency=currency)
    assert told == Decimal(expected)


@given(
    st.lists(st.integers(0, 5_000), min_size=1, max_size=12),
    st.decimals("0", "2", places=3),
)
def test_a_flat_price_does_not_care_how_energy_was_sampled(rises: list[int], flat: Decimal) -> None:
    course, energy_wh = [Counted(START, Decimal(0))], Decimal(0)
    for number, rise in enumerate(rises, 1):
        energy_wh += rise
        course.append(Counted(START + number * HOUR, energy_wh))
    changing = (Price(price=flat, from_time=time(3), to_time=time(9)), Price(price=flat))
    usage = used(hours=len(rises), imported=tuple(course))
    told = cost(usage, tariff(energy=changing)).total
    assert abs(told - flat * energy_wh / 1000) < Decimal("1e-15")


@given(st.lists(st.tuples(st.integers(0, 20_000), st.integers(0, 7_200)), max_size=10))
def test_a_transaction_never_gets_cheaper_as_it_goes_on(steps: list[tuple[int, int]]) -> None:
    course, at, energy_wh, before = [Counted(START, Decimal(0))], START, Decimal(0), Decimal(0)
    priced = tariff(
        energy=(price("0.1", from_time=time(1), to_time=time(5)), price("0.5")),
        charging_time=(price("1"),),
        fixed=(price("1"),),
    )
    for rise, lasted_s in steps:
        at, energy_wh = at + timedelta(seconds=lasted_s), energy_wh + rise
        course.append(Counted(at, energy_wh))
        told = cost(Usage(started_at=START, until=at, imported=tuple(course)), priced).total
        assert told >= before
        before = told
