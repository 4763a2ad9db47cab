"""A station shows that it discharges when a vehicle that may give is plugged in, not later."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from csms.domain.ids import TransactionId
from scheduler.adapters.plant import Measured
from scheduler.domain.site import Circuit, Control
from scheduler.planning.guard import guard
from scheduler.planning.guard_types import GuardInput
from scheduler.services.cycle import Picture, guard_input
from scheduler.services.orders import Orders
from scheduler.services.probes import ProbeWatch
from scheduler.services.swing import Swing
from scheduler.services.turns import Turns
from scheduler.store.live import LiveEvse
from tests.scheduler.makers import a_site
from tests.scheduler.services.test_demand_rules import NOW, RUNNING, VAN, evse

SITE = a_site(
    circuits=(Circuit(circuit_id="feeder", limit_w=50_000),),
    control=Control(v2g_floor_soc_pct=30),
)
LEAVES = NOW + timedelta(hours=6)


def parked(**changes: Any) -> LiveEvse:
    """A vehicle that may give, 30 kWh above its floor, at a station that has proven nothing."""
    van = replace(VAN, departure_at=LEAVES, target_soc_pct=80.0, max_discharge_w=9_000)
    given = {"vehicle": van, "soc_pct": 90.0, "soc_at": NOW, "power_w": 0.0} | changes
    return evse(**given)


def seen(live: LiveEvse, at: datetime = NOW, target_grid_w: float | None = None) -> GuardInput:
    site_meter = Measured(at=at)
    picture = Picture(evses=(live,), plan=None, signals=())
    given = guard_input(SITE, picture, site_meter, Orders(), Turns(), Swing(), 1.0)
    return replace(given, target_grid_w=target_grid_w)


def told_w(watch: ProbeWatch, live: LiveEvse, after_s: float = 0, **more: Any) -> float:
    """What the guard makes of it, so many seconds later."""
    at = NOW + timedelta(seconds=after_s)
    live = replace(live, soc_at=at, power_at=at) if live.soc_pct is not None else live
    picture = Picture(evses=(live,), plan=None, signals=())
    (setpoint,) = guard(watch.applied(picture, seen(live, at, **more))).evses
    return setpoint.setpoint_w


def test_a_vehicle_that_may_give_is_asked_for_a_little_at_once_and_only_shortly() -> None:
    watch, live = ProbeWatch(), parked()
    assert told_w(watch, live) == -1_000
    assert told_w(watch, live, 209) == -1_000
    assert told_w(watch, live, 211) >= 0
    assert told_w(watch, live, 900) >= 0, "once per transaction"
    other = replace(live, transaction=replace(RUNNING, transaction_id=TransactionId("next")))
    assert told_w(watch, other, 901) == -1_000


def test_a_proof_ends_it() -> None:
    watch, live = ProbeWatch(), parked()
    assert told_w(watch, live) == -1_000
    assert told_w(watch, replace(live, discharge_proven_at=NOW), 60) >= 0


@pytest.mark.parametrize(
    "changes",
    [
        {"discharge_dialect": "none"},
        {"discharge_fault": "it charged"},
        {"discharge_proven_at": NOW},
        {"connected": False},
        {"soc_pct": 30.1},
        {"soc_pct": None},
        {"vehicle": replace(VAN, departure_at=LEAVES, v2g_allowed=False)},
        {"vehicle": VAN},
        {"vehicle": replace(VAN, departure_at=NOW + timedelta(minutes=5), target_soc_pct=90.0)},
    ],
    ids=[
        "cannot be told", "lied", "is proven", "not connected", "at its floor", "energy unknown",
        "driver says no", "departure unknown", "leaves at once",
    ],
)  # fmt: skip
def test_nobody_is_probed_unless_everyone_allows_it(changes: dict[str, Any]) -> None:
    live = parked(**changes)
    if live.connected:
        assert told_w(ProbeWatch(), live) >= 0
    else:
        picture = Picture(evses=(live,), plan=None, signals=())
        assert ProbeWatch().applied(picture, seen(live)) == seen(live)


def test_no_probe_begins_while_an_instruction_is_held() -> None:
    watch, live = ProbeWatch(), parked()
    at_once = watch.applied(
        Picture(evses=(live,), plan=None, signals=()), seen(live, target_grid_w=0.0)
    )
    assert [state.planned_w for state in at_once.evses] == [None]
    assert told_w(watch, live, 30) == -1_000, "and it begins when that is over"


def test_a_small_battery_is_asked_for_no_more_than_it_gives() -> None:
    van = replace(VAN, departure_at=LEAVES, target_soc_pct=80.0, max_discharge_w=600)
    assert told_w(ProbeWatch(), parked(vehicle=van)) == -600
