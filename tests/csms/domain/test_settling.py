"""What is charged, and when a provider is asked again."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csms.domain.ids import ChargingStationId, IdToken, TransactionId
from csms.domain.settling import LONGEST_WAIT, Settling, charged, wait_after


@pytest.mark.parametrize(
    ("cost", "currency", "reserved", "expected"),
    [
        ("4.00", "GBP", None, "4.00"),
        ("4.005", "GBP", None, "4.01"),
        ("12.34", "GBP", "10", "10.00"),
        ("9.99", "GBP", "10", "9.99"),
        ("-2.00", "GBP", "10", "0.00"),
        ("1234.4", "JPY", None, "1234"),
    ],
    ids=["the cost", "rounded", "at most what was reserved", "less", "we would owe", "yen"],
)
def test_what_is_charged(cost, currency, reserved, expected):
    most = None if reserved is None else Decimal(reserved)
    assert str(charged(Decimal(cost), currency, most)) == expected


@given(st.integers(1, 10_000))
def test_each_wait_is_as_long_as_the_one_before_or_longer(attempts):
    assert timedelta(seconds=30) <= wait_after(attempts) <= wait_after(attempts + 1)
    assert wait_after(attempts) <= LONGEST_WAIT


def test_a_transaction_has_one_key_however_often_it_is_asked_for():
    def settling(transaction_id: str, attempts: int) -> Settling:
        return Settling(
            station_id=ChargingStationId("cs1"),
            transaction_id=TransactionId(transaction_id),
            psp_ref=IdToken("p"),
            amount=None,
            currency=None,
            attempts=attempts,
        )

    assert settling("tx1", 1).key == settling("tx1", 9).key
    assert settling("tx1", 1).key != settling("tx2", 1).key
