from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from csms.domain.commands import Command, CommandKind, CommandPriority, Setpoint
from csms.domain.ids import ChargingStationId, EvseId, TransactionId
from scheduler.planning.profiles import command_id
from scheduler.services.orders import Orders
from tests.scheduler.services.test_demand_rules import NOW, RUNNING, evse

UNTIL = NOW + timedelta(minutes=10)


def ordered(setpoint_w: float, version: int, at: datetime = NOW) -> Command:
    station_id = ChargingStationId("yard-01")
    return Command(
        command_id=command_id(station_id, version),
        station_id=station_id,
        evse_id=EvseId(1),
        kind=CommandKind.SET_SETPOINT,
        payload=msgspec.to_builtins(Setpoint(setpoint_w=setpoint_w, until=UNTIL)),
        priority=CommandPriority.DISPATCH,
        created_at=at,
        deadline_at=at + timedelta(seconds=30),
        version=version,
    )


@pytest.fixture
def orders() -> Orders:
    made = Orders()
    made.remember([ordered(6_000, 7)], [evse()])
    return made


@pytest.mark.parametrize(
    ("status", "composite_w", "highest_w"),
    [
        ("refused", 11_000.0, 11_000.0),
        ("sent", 11_000.0, 11_000.0),
        ("confirmed", 3_040.0, 3_000.0),
        ("refused", 2_000.0, 3_000.0),
        ("unknown", None, 3_000.0),
    ],
)
def test_one_that_shows_more_than_it_was_told_counts_at_that_until_it_confirms(
    status: str, composite_w: float | None, highest_w: float
) -> None:
    told = {"setpoint_w": 3_000.0, "setpoint_until": UNTIL, "setpoint_status": status}
    live = evse(**told, composite_w=composite_w)
    told = Orders().of(live, NOW)
    assert (told.highest_w, told.until) == (highest_w, UNTIL)
    assert told.lowest_w == 3_000.0


@pytest.mark.parametrize(
    ("told", "after_s", "held"),
    [
        ({}, 5, True),
        ({}, 31, False),
        ({"setpoint_version": 7, "setpoint_status": "sent"}, 31, False),
        ({"setpoint_version": 7, "setpoint_status": "confirmed"}, 120, True),
        ({"setpoint_version": 6, "setpoint_status": "confirmed"}, 31, False),
        ({"setpoint_version": 7, "setpoint_status": "refused"}, 5, True),
        ({"setpoint_version": 7, "setpoint_status": "refused"}, 31, False),
        ({"setpoint_version": 7, "setpoint_status": "unknown"}, 31, False),
    ],
    ids=[
        "on its way",
        "no answer",
        "sent, no answer",
        "confirmed",
        "an older one was confirmed",
        "refused: not again at once",
        "refused: again later",
        "unknown",
    ],
)
def test_whether_an_order_needs_to_be_repeated(
    orders: Orders, told: dict[str, Any], after_s: float, held: bool
) -> None:
    found = orders.held(evse(**told), NOW + timedelta(seconds=after_s))
    assert (found is not None) is held
    assert found is None or found.setpoint_w == 6_000


def test_an_order_does_not_outlive_its_transaction_or_a_reboot(orders: Orders) -> None:
    other = replace(RUNNING, transaction_id=TransactionId("next"))
    assert orders.held(evse(transaction=other), NOW) is None
    assert orders.held(evse(booted_at=NOW + timedelta(seconds=1)), NOW) is None


def test_until_the_station_confirms_the_higher_of_old_and_new_may_be_in_force(
    orders: Orders,
) -> None:
    before = evse(setpoint_w=11_000.0, setpoint_until=UNTIL, setpoint_version=6)
    assert orders.of(before, NOW)[:2] == (11_000, UNTIL)
    after = evse(setpoint_w=6_000.0, setpoint_until=UNTIL, setpoint_version=7)
    assert orders.of(after, NOW)[:2] == (6_000, UNTIL)
    assert orders.of(after, UNTIL).highest_w is None


def test_a_deeper_discharge_on_its_way_is_the_lowest_that_may_be_in_force() -> None:
    orders = Orders()
    orders.remember([ordered(-10_000, 7)], [evse()])
    orders.remember([ordered(0, 8)], [evse()])
    waiting = evse(setpoint_w=-2_000.0, setpoint_until=UNTIL, setpoint_version=6)
    assert orders.of(waiting, NOW)[:2] == (0, UNTIL)
    assert orders.of(waiting, NOW).lowest_w == -10_000
    after = evse(setpoint_w=0.0, setpoint_until=UNTIL, setpoint_version=8)
    assert orders.of(after, NOW).lowest_w == 0
    assert orders.of(after, UNTIL).lowest_w is None


def test_it_follows_what_it_confirmed_last_until_it_confirms_another() -> None:
    orders, confirmed = Orders(), {"setpoint_until": UNTIL, "setpoint_status": "confirmed"}
    first = evse(setpoint_w=11_000.0, setpoint_version=6, setpoint_at=NOW, **confirmed)
    orders.remember([ordered(11_000, 6)], [first])
    assert orders.of(first, NOW).followed_w == 11_000
    orders.remember([ordered(6_000, 7)], [first])
    for status in ("sent", "unknown", "refused"):
        waiting = evse(setpoint_w=6_000.0, setpoint_version=7, setpoint_status=status)
        assert orders.of(waiting, NOW).followed_w == 11_000
    done = evse(setpoint_w=6_000.0, setpoint_version=7, **confirmed)
    assert orders.of(done, NOW).followed_w == 6_000
    assert orders.of(done, UNTIL).followed_w is None
    other = replace(RUNNING, transaction_id=TransactionId("next"))
    assert orders.of(evse(transaction=other), NOW).followed_w is None


def test_a_renewed_lease_does_not_make_a_setpoint_young(orders: Orders) -> None:
    minute = NOW + timedelta(minutes=1)
    orders.remember([ordered(6_000, 8, at=minute)], [evse()])
    assert orders.of(evse(), minute).age_s == 60
    orders.remember([ordered(3_000, 9, at=minute)], [evse()])
    assert orders.of(evse(), minute).age_s == 0


def test_a_new_controller_trusts_what_was_confirmed_in_this_transaction() -> None:
    told: dict[str, Any] = {
        "setpoint_w": 5_000.0,
        "setpoint_until": UNTIL,
        "setpoint_status": "confirmed",
        "setpoint_at": NOW,
    }
    fresh = Orders()
    found = fresh.held(evse(**told), NOW)
    assert found is not None
    assert found.setpoint_w == 5_000
    assert fresh.held(evse(**told), UNTIL) is None
    assert fresh.held(evse(**(told | {"setpoint_status": "unknown"})), NOW) is None
    later = replace(RUNNING, started_at=NOW + timedelta(seconds=1))
    assert fresh.held(evse(**told, transaction=later), NOW) is None
