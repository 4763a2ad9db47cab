"""A station's clock by what it tells: ahead shows at once, behind only if nothing comes in time."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csms.domain import messages as m
from csms.domain.ids import ConnectorId, EvseId, TransactionId
from csms.domain.meter import MeterReading
from csms.domain.station_clock import (
    TOLERANCE_S,
    UNHEARD,
    WATCHED,
    StationClock,
    ToldLive,
    told_live,
)
from csms.domain.transaction import TransactionEvent, TransactionEventType

T0 = datetime(2026, 3, 1, 8, tzinfo=UTC)


def after(*told: tuple[float, float], may_wait: bool = False) -> StationClock:
    """Of pairs: seconds after T0 when it came, and how late it was then by its own time."""
    clock = UNHEARD
    for at_s, late_s in told:
        now = T0 + timedelta(seconds=at_s)
        clock = clock.heard(ToldLive(now - timedelta(seconds=late_s), may_wait), now)
    return clock


@pytest.mark.parametrize(
    ("told", "off_s"),
    [
        ([(0, 0)], None),
        ([(0, 59), (400, 60), (800, -60)], None),
        ([(0, -61)], 61.0),
        ([(0, -86_400)], 86_400.0),
        ([(0, 3_600)], None),
        ([(0, 3_600), (400, 3_600)], None),
        ([(0, 3_600), (10, 3_600), (20, 3_600)], None),
        ([(0, 3_602), (150, 3_601), (300, 3_605)], -3_601.0),
        # a queue that is told at last, and then what happens now
        ([(0, 7_200), (1, 7_000), (2, 6_000), (200, 3), (400, 90)], None),
        # set right
        ([(0, -500), (60, 1)], None),
        ([(0, 3_602), (150, 3_601), (300, 3_605), (310, 2)], None),
        # off in another way
        ([(0, -500), (60, -560)], 500.0),
        ([(0, -500), (60, -561)], 561.0),
        ([(0, 3_602), (150, 3_601), (300, 3_605), (310, -500)], 500.0),
    ],
)
def test_what_was_told_when_says_how_far_the_clock_is_off(
    told: list[tuple[float, float]], off_s: float | None
) -> None:
    assert after(*told).off_s == off_s


def test_on_a_clock_that_runs_fast_a_trip_takes_longer() -> None:
    clock = UNHEARD
    for each in range(5):
        now = T0 + timedelta(seconds=200 * each)
        clock = clock.heard(ToldLive(now - timedelta(seconds=300)), now, tolerance_s=600.0)
    assert clock == UNHEARD
    assert clock.heard(ToldLive(T0 + timedelta(seconds=601)), T0, 600.0).off_s == 601.0


def test_a_status_that_comes_late_is_of_when_it_changed() -> None:
    late = [(one * 200.0, 7_200.0) for one in range(9)]
    assert after(*late, may_wait=True) == UNHEARD
    assert after((0, -61), may_wait=True).off_s == 61.0


@given(st.lists(st.floats(0, 1e5), min_size=3, max_size=20), st.floats(-1e5, 1e5))
def test_a_constant_error_is_found_however_late_messages_come(
    delays_s: list[float], off_s: float
) -> None:
    """Some message comes at once; others wait."""
    delays_s[len(delays_s) // 2] = 0.0
    each_s = WATCHED.total_seconds()
    clock = after(*((n * each_s, late - off_s) for n, late in enumerate(delays_s)))
    if off_s > 2 * TOLERANCE_S and delays_s[-1] == 0.0:
        assert clock.off_s is not None
        assert abs(clock.off_s - off_s) <= TOLERANCE_S + 1e-3
    if clock.off_s is not None and clock.off_s > 0:
        assert clock.off_s <= off_s + 1e-3, "never further ahead than it is"


EVENT = TransactionEvent(
    transaction_id=TransactionId("tx"),
    event_type=TransactionEventType.UPDATED,
    seq_no=1,
    at=T0,
    content_hash="x",
)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (EVENT, ToldLive(T0)),
        (m.StartTransaction(EVENT), ToldLive(T0)),
        (
            m.MeterValues(
                evse_id=EvseId(1),
                readings=(MeterReading(at=T0 - timedelta(hours=1)), MeterReading(at=T0)),
            ),
            ToldLive(T0),
        ),
        (m.MeterValues(evse_id=EvseId(1), readings=()), None),
        (
            m.StatusNotification(
                at=T0, status="Available", evse_id=EvseId(1), connector_id=ConnectorId(1)
            ),
            ToldLive(T0, may_wait=True),
        ),
        (
            m.StatusNotification(
                at=None, status="Available", evse_id=EvseId(1), connector_id=ConnectorId(1)
            ),
            None,
        ),
        (m.Heartbeat(), None),
    ],
)
def test_which_messages_tell_the_time(told: object, expected: ToldLive | None) -> None:
    assert told_live(told) == expected


def test_what_was_kept_offline_does_not() -> None:
    kept = TransactionEvent(
        transaction_id=EVENT.transaction_id,
        event_type=EVENT.event_type,
        seq_no=1,
        at=T0,
        content_hash="x",
        offline=True,
    )
    assert told_live(kept) is None
