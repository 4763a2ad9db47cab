"""A setpoint in a vendor's words: units, signs, how long it holds; rows that must not be taken."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csms.domain.commands import Setpoint
from csms.domain.ids import EvseId, TransactionId
from csms.domain.vendor_message import VendorMessage

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
ROW: dict[str, Any] = {
    "vendor_id": "com.example",
    "message_id": "Power",
    "data": {"to": {"evse": "$evse_id"}, "power": "$setpoint", "ttl": ["$lease_s"], "v": 2},
}


def said(setpoint_w: float, **more: Any) -> dict[str, Any]:
    setpoint = Setpoint(setpoint_w=setpoint_w, until=NOW + timedelta(seconds=90.7))
    message = VendorMessage.parse(ROW | more)
    return message.said(setpoint, EvseId(3), TransactionId("tx"), NOW, (3, 230.0))


def test_the_words_of_a_template_are_filled_in_and_the_rest_stays() -> None:
    assert said(-5_000.04) == {"to": {"evse": 3}, "power": -5_000.0, "ttl": [90], "v": 2}


@pytest.mark.parametrize(
    ("row", "power"),
    [
        ({"unit": "A"}, -10.0),
        ({"unit": "%", "rated_w": 11_500.0}, -60.0),
        ({"discharge": "positive"}, 6_900.0),
        ({"unit": "A", "discharge": "positive"}, 10.0),
    ],
    ids=["amps per phase", "per cent of its rating", "a discharge is positive", "both"],
)
def test_units_and_signs(row: dict[str, Any], power: float) -> None:
    assert said(-6_900.0, **row)["power"] == power


@given(st.floats(-1e6, 1e6), st.sampled_from(["W", "A", "%"]), st.booleans())
def test_never_past_what_was_meant(setpoint_w: float, unit: str, positive: bool) -> None:
    sign = "positive" if positive else "negative"
    told = said(setpoint_w, unit=unit, rated_w=10_000.0, discharge=sign)["power"]
    scale = {"W": 1.0, "A": 690.0, "%": 100.0}[unit]
    meant_w = (-told if positive else told) * scale
    assert abs(meant_w) <= abs(setpoint_w) + 1e-3
    assert abs(meant_w - setpoint_w) <= 0.1 * scale + 1e-3


def test_an_end_may_be_a_time() -> None:
    data = {"p": "$setpoint", "end": "$until", "of": "$transaction_id"}
    assert said(0.0, data=data) == {"p": 0.0, "end": "2026-03-01T08:01:30Z", "of": "tx"}


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"data": {"p": "$setpoint"}}, "holds_s"),
        ({"data": {"ttl": "$lease_s"}}, "setpoint"),
        ({"data": {"p": "$setpoint", "ttl": "$lease_s", "x": "$watts"}}, "watts"),
        ({"unit": "%"}, "rated_w"),
        ({"vendor_id": ""}, "vendor_id"),
        ({"unit": "kW"}, "kW"),
    ],
    ids=["never ends", "no setpoint", "unknown word", "no rating", "nobody", "unknown unit"],
)
def test_a_row_that_cannot_be_said_is_refused(row: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        VendorMessage.parse(ROW | row)
    assert VendorMessage.parse(ROW | {"data": {"p": "$setpoint"}, "holds_s": 60}).holds_s == 60
