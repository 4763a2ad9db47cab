"""From events to a bill: the same whatever the order in which they came."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from csms.domain.billing import crosses, usage_of
from csms.domain.cost import cost
from csms.domain.ids import ChargingStationId, TransactionId
from csms.domain.meter import MeterReading
from csms.domain.tariff import Price, Tariff
from csms.domain.transaction import Transaction, TransactionEvent, TransactionEventType

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
