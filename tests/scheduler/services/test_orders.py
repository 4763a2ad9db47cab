from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

from csms.domain.commands import Command, CommandKind, CommandPriority
from scheduler.services.orders import Orders
from scheduler.store.live import LiveEvse
from tests.scheduler.services.test_demand_rules import NOW, RUNNING, evse

UNTIL = NOW + timedelta(minutes=10)


def order(version: int, setpoint_w: float) -> Command:
    live = evse()
    return Command(
        command_id=uuid4(),
        station_id=live.station_id,
        evse_id=live.evse_id,
        kind=CommandKind.SET_SETPOINT,
        payload={"setpoint_w": setpoint_w, "until": UNTIL.isoformat()},
        priority=CommandPriority.DISPATCH,
        created_at=NOW,
        deadline_at=NOW + timedelta(seconds=30),
        version=version,
    )


def told(version: int, setpoint_w: float, status: str) -> LiveEvse:
    """The EVSE's row: the newest version sent, the last setpoint in force."""
    return replace(
        evse(transaction=RUNNING),
        setpoint_version=version,
        setpoint_w=setpoint_w,
        setpoint_until=UNTIL,
        setpoint_status=status,
        setpoint_at=NOW,
    )


def test_an_order_on_its_way_counts_until_the_station_follows_the_next_one() -> None:
    orders, before = Orders(), told(1, 1_400.0, "confirmed")
    orders.remember([order(2, 11_000.0)], [before])
    orders.remember([order(3, 4_000.0)], [before])
    soon = NOW + timedelta(seconds=5)

    assert orders.highest_w(before, soon) == (11_000.0, UNTIL)
    assert orders.highest_w(told(2, 1_400.0, "sent"), soon) == (11_000.0, UNTIL)
    assert orders.highest_w(told(3, 11_000.0, "sent"), soon) == (11_000.0, UNTIL)
    assert orders.highest_w(told(3, 4_000.0, "confirmed"), soon) == (4_000.0, UNTIL)


def test_an_order_that_was_never_sent_ends_with_its_deadline() -> None:
    orders, before = Orders(), told(1, 1_400.0, "confirmed")
    orders.remember([order(2, 11_000.0)], [before])
    orders.remember([order(3, 1_400.0)], [before])

    assert orders.highest_w(before, NOW + timedelta(minutes=1)) == (1_400.0, UNTIL)
