"""What a simulated plan learns of a vehicle that takes less than it may, as a hub would."""

from datetime import UTC, datetime, timedelta

import pytest

from csms.domain.ids import ChargingStationId, EvseId, TransactionId
from scheduler.domain.demand import Demand
from scheduler.domain.site_rules import load_site
from scheduler.planning.profiles import HeldSetpoint
from simulator.site import load_site as load_spec
from v2ghub.settings import PACKAGED_SITES
from v2ghub.simulate.proven import Books

PATH = PACKAGED_SITES / "depot.toml"
SPEC = next(iter(load_spec(PATH).station_specs()))
FLOOR_W = load_site(PATH.read_text()).control.floor_w
NOON = datetime(2026, 3, 24, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
MAY_W, TAKES_W = 7_000.0, 3_000.0
DEMAND = Demand(
    station_id=ChargingStationId(SPEC.station_id),
    evse_id=EvseId(1),
    circuit_id="yard",
    vehicle_id="van",
    transaction_id=TransactionId("tx"),
    departure_at=NOON + timedelta(hours=6),
    energy_wh=0.0,
    target_wh=28_000.0,
    capacity_wh=28_000.0,
    v2g_floor_wh=0.0,
    max_charge_w=MAY_W,
)


def ran(until: int, takes_w: float, books: Books | None = None) -> Books:
    """Until so many minutes past noon under a lease of `MAY_W`, metered each minute."""
    books, first, taken_wh = books or Books(), 0, 0.0
    if books.readings:
        last = books.readings[-1]
        first, taken_wh = (last.at - NOON) // MINUTE + 1, (last.imported_wh or 0.0) + takes_w / 60
    for minute in range(first, until + 1):
        at = NOON + minute * MINUTE
        if minute % 5 == 0:
            books.sent(at, HeldSetpoint(
                station_id=DEMAND.station_id, evse_id=DEMAND.evse_id, setpoint_w=MAY_W,
                until=at + 10 * MINUTE,
            ))  # fmt: skip
        books.metered(at, taken_wh, 0.0, takes_w, None)
        taken_wh += takes_w / 60
    return books


def most_w(books: Books, minutes: float) -> float:
    return books.proven(DEMAND, SPEC, FLOOR_W, NOON + minutes * MINUTE).max_charge_w


def test_a_vehicle_that_takes_less_is_planned_with_what_it_took() -> None:
    books = ran(12, TAKES_W)
    assert most_w(books, 4) == MAY_W, "no interval is over"
    assert most_w(books, 12) == pytest.approx(1.05 * TAKES_W)


def test_one_that_takes_what_it_may_is_left_alone() -> None:
    assert most_w(ran(12, MAY_W), 12) == MAY_W


def test_half_an_hour_later_the_plan_asks_for_more_again() -> None:
    books = ran(10, TAKES_W)
    assert most_w(books, 12) < MAY_W
    ran(40, MAY_W, books)
    assert most_w(books, 35) == pytest.approx(1.05 * TAKES_W), "the interval from 12:05 on counts"
    assert most_w(books, 36) == MAY_W


def test_each_interval_is_judged_once_and_old_books_are_closed() -> None:
    books = ran(100, TAKES_W)
    assert most_w(books, 100) < MAY_W
    assert books.judged_until == NOON + 95 * MINUTE
    before = books.deviated
    assert most_w(books, 101) < MAY_W
    assert books.deviated is before
    assert min(one.at for one in books.readings) > NOON + 39 * MINUTE
