"""From events to a bill: the same whatever the order in which they came."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from csms.domain.billing import crosses, usage_of
from csms.domain.cost import cost
from csms.domain.ids import ChargingStationId, TransactionId
from csms.domain.meter import MeterReading
from csms.domain.tariff import Price, Tariff
from csms.domain.transaction import (
    Transaction,
    TransactionEvent,
    TransactionEventType,
    received,
)

T0 = datetime(2026, 3, 1, 8, tzinfo=UTC)
EMPTY = Transaction(station_id=ChargingStationId("cs1"), transaction_id=TransactionId("tx1"))
TARIFF = Tariff(
    tariff_id="t",
    currency="GBP",
    energy=(Price(price=Decimal("0.4")),),
    idle_time=(Price(price=Decimal(6)),),
)


def event(number: int, kind: str, import_wh: float, **more: Any) -> TransactionEvent:
    at = T0 + timedelta(minutes=20 * number)
    return TransactionEvent(
        transaction_id=TransactionId("tx1"),
        event_type=TransactionEventType(kind),
        seq_no=number,
        at=at,
        content_hash=str(number),
        readings=(MeterReading(at=at, import_wh=import_wh),),
        **more,
    )


EVENTS = [
    event(0, "Started", 100.0, charging_state="Charging"),
    event(1, "Updated", 4_100.0),
    event(2, "Updated", 8_100.0, charging_state="SuspendedEV"),
    event(3, "Updated", 8_100.0, charging_state="SuspendedEVSE"),
    event(4, "Ended", 8_100.0),
]


@given(st.permutations(EVENTS), st.lists(st.sampled_from(EVENTS), max_size=3))
def test_any_order_and_repetition_gives_the_same_bill(
    events: list[TransactionEvent], again: list[TransactionEvent]
) -> None:
    transaction = EMPTY
    for one in (*events, *again):
        transaction = transaction.apply(one)
    usage = usage_of(transaction)
    assert usage is not None
    bill = cost(usage, TARIFF)
    assert (bill.energy, bill.idle_time, bill.total) == (Decimal("3.2"), Decimal(2), Decimal("5.2"))


def test_before_the_first_event_there_is_nothing_to_bill() -> None:
    assert usage_of(EMPTY) is None


def test_an_interval_begins_once() -> None:
    at = datetime(2026, 3, 1, 8, 0, 30, tzinfo=UTC)
    later = at + timedelta(seconds=31)
    assert crosses(at, at + timedelta(seconds=29), 60) is None
    assert crosses(at, later, 60) == crosses(at, later + timedelta(seconds=1), 60)
    assert crosses(later, at, 60) is None


YEARS = timedelta(days=365)
HOURLY = replace(TARIFF, charging_time=(Price(price=Decimal(1)),), idle_time=())


@pytest.mark.parametrize("off", [-56 * YEARS, 18 * YEARS])
@pytest.mark.parametrize("which", [0, 1, 2])
def test_no_time_is_billed_that_only_a_wrong_clock_tells_of(which: int, off: timedelta) -> None:
    """A clock that starts in 1970 and is set later: an hour was charged, not 56 years."""
    told = [
        (event(0, "Started", 100.0, charging_state="Charging"), 0),
        (event(1, "Updated", 4_100.0, charging_state="Charging"), 20),
        (event(3, "Ended", 8_100.0), 60),
    ]
    came = [(one, T0 + timedelta(minutes=minutes)) for one, minutes in told]
    one, at = came[which]
    came[which] = (structs.replace(one, at=one.at + off), at)
    for order in permutations(came):
        transaction = EMPTY
        for one, at in order:
            transaction = transaction.apply(received(one, at))
        usage = usage_of(transaction)
        assert usage is not None
        bill = cost(usage, HOURLY)
        assert (bill.charging_time, bill.energy) == (Decimal(1), Decimal("3.2"))


@pytest.mark.parametrize(
    ("late", "offline", "kept"),
    [
        (timedelta(minutes=-9), False, True),
        (timedelta(minutes=-11), False, False),
        (timedelta(minutes=-11), True, False),
        (timedelta(hours=20), False, True),
        (timedelta(days=2), False, False),
        (timedelta(days=2), True, True),
        (timedelta(days=31), True, False),
    ],
)
def test_whose_own_time_counts(late: timedelta, offline: bool, kept: bool) -> None:
    one = event(0, "Started", 0.0, offline=offline)

    counts_at = received(one, one.at + late).counts_at

    assert counts_at == (None if kept else one.at + late)
