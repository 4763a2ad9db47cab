"""The vendor's own message at a simulated station: what it follows, for how long, and what not."""

from datetime import timedelta
from typing import Any

import pytest

from simulator import requests, vendor
from simulator.station import Registration, Station
from tests.simulator.makers import NOON, occupant, station_spec


def plugged(model: str = "Vendor-11") -> Station:
    station = Station(station_spec(model))
    station.registration = Registration.ACCEPTED
    station.plug_in(occupant(), NOON)
    station.begin_transaction("Authorized", NOON)
    return station


def transfer(station: Station, amperes: float, **more: Any) -> str:
    data = {"evse": 1, "dischargeCurrent": amperes, "validFor": 60}
    payload = {"vendorId": vendor.VENDOR_ID, "messageId": vendor.MESSAGE_ID, "data": data} | more
    return str(requests.answer(station, "DataTransfer", payload, NOON)["status"])


def power_w(station: Station, after_s: int) -> float:
    for second in range(1, after_s + 1):
        station.step(NOON + timedelta(seconds=second), 1.0)
    return station.evse.power_w


def test_a_positive_current_flows_out_until_the_message_ends() -> None:
    station = plugged()
    assert transfer(station, 10.0) == "Accepted"
    assert power_w(station, 59) == -6_900
    assert power_w(station, 65) >= 0


def test_its_dead_man_is_shorter_than_a_message_may_wish() -> None:
    station = plugged()
    data = {"evse": 1, "dischargeCurrent": 10.0, "validFor": 3_600}
    assert transfer(station, 0.0, data=data) == "Accepted"
    assert power_w(station, vendor.DEAD_MAN_S - 1) == -6_900
    assert power_w(station, vendor.DEAD_MAN_S + 5) >= 0


def test_data_may_be_text() -> None:
    station = plugged()
    text = '{"evse": 1, "dischargeCurrent": -10.0, "validFor": 60}'
    assert transfer(station, 0.0, data=text) == "Accepted"
    assert power_w(station, 30) == 6_900


@pytest.mark.parametrize(
    ("model", "more", "status"),
    [
        ("AC-11", {}, "UnknownVendorId"),
        ("Vendor-11", {"vendorId": "com.example"}, "UnknownVendorId"),
        ("Vendor-11", {"messageId": "Dance"}, "UnknownMessageId"),
        ("Vendor-11", {"data": {"evse": 2}}, "Rejected"),
    ],
)
def test_what_is_not_meant_for_it_changes_nothing(
    model: str, more: dict[str, Any], status: str
) -> None:
    station = plugged(model)
    assert transfer(station, 10.0, **more) == status
    assert station.vendor is None
