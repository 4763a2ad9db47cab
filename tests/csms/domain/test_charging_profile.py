"""Rules of ChargingProfiles, and what several of them come to."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from csms.domain.charging_profile import (
    ChargingProfile,
    ChargingSchedulePeriod,
    Kind,
    ProfileRefusal,
    Purpose,
    composite,
    limit_w,
    refusal,
)
from csms.domain.ids import TransactionId

T0 = datetime(2026, 3, 1, 8, tzinfo=UTC)
LEASE = ChargingProfile(
    profile_id=1001,
    evse_id=1,
    purpose=Purpose.TX,
    kind=Kind.ABSOLUTE,
    periods=(ChargingSchedulePeriod(0, 7000.0),),
    start_at=T0,
    duration_s=600,
    valid_to=T0 + timedelta(seconds=600),
    transaction_id=TransactionId("tx"),
)
FLOOR = ChargingProfile(
    profile_id=1,
    evse_id=0,
    purpose=Purpose.TX_DEFAULT,
    kind=Kind.ABSOLUTE,
    periods=(ChargingSchedulePeriod(0, 1400.0),),
    start_at=T0 - timedelta(days=1),
)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({}, None),
        ({"periods": ()}, ProfileRefusal.NO_PERIODS),
        (
            {"periods": tuple(ChargingSchedulePeriod(s, 1.0) for s in range(1025))},
            ProfileRefusal.TOO_MANY_PERIODS,
        ),
        ({"periods": (ChargingSchedulePeriod(5, 1.0),)}, ProfileRefusal.FIRST_PERIOD_LATE),
        (
            {"periods": (ChargingSchedulePeriod(0, 1.0), ChargingSchedulePeriod(0, 2.0))},
            ProfileRefusal.PERIODS_NOT_RISING,
        ),
        ({"stack_level": -1}, ProfileRefusal.NEGATIVE_STACK_LEVEL),
        ({"duration_s": 0}, ProfileRefusal.DURATION_NOT_POSITIVE),
        ({"valid_from": T0 + timedelta(days=1)}, ProfileRefusal.VALIDITY_EMPTY),
        ({"kind": Kind.RELATIVE}, ProfileRefusal.START_WITH_RELATIVE),
        ({"start_at": None}, ProfileRefusal.START_MISSING),
        ({"evse_id": 0}, ProfileRefusal.EVSE_MISSING),
        ({"transaction_id": None}, ProfileRefusal.TRANSACTION_MISSING),
        ({"purpose": Purpose.TX_DEFAULT}, ProfileRefusal.TRANSACTION_NOT_ALLOWED),
        ({"purpose": Purpose.STATION_MAX}, ProfileRefusal.EVSE_NOT_ZERO),
        ({"purpose": Purpose.EXTERNAL_CONSTRAINTS}, ProfileRefusal.NOT_OURS_TO_SET),
    ],
)
def test_rules(change: dict[str, object], why: ProfileRefusal | None) -> None:
    assert refusal(replace(LEASE, **change)) is why  # type: ignore[arg-type]


def test_a_lease_ends_on_the_floor() -> None:
    steps = composite([LEASE, FLOOR], T0, T0 + timedelta(minutes=20), T0)
    assert steps == ((T0, 7000.0), (T0 + timedelta(minutes=10), 1400.0))


def test_each_of_the_two_ends_suffices() -> None:
    late = T0 + timedelta(minutes=11)
    assert limit_w([replace(LEASE, duration_s=None), FLOOR], late, T0) == 1400.0
    assert limit_w([replace(LEASE, valid_to=None), FLOOR], late, T0) == 1400.0


def test_the_lowest_of_the_purposes_binds() -> None:
    cable = replace(
        FLOOR, purpose=Purpose.STATION_MAX, periods=(ChargingSchedulePeriod(0, 3600.0),)
    )
    assert limit_w([LEASE, cable, FLOOR], T0, T0) == 3600.0


def test_the_highest_stack_level_wins_within_a_purpose() -> None:
    above = replace(LEASE, stack_level=1, periods=(ChargingSchedulePeriod(0, 9000.0),))
    assert limit_w([above, LEASE], T0, T0) == 9000.0
    assert limit_w([LEASE, above], T0, T0) == 9000.0


def test_without_a_profile_there_is_no_limit() -> None:
    assert limit_w([], T0, T0) is None
    assert limit_w([LEASE], T0 + timedelta(hours=1), T0) is None


def test_a_relative_profile_starts_with_the_transaction() -> None:
    relative = replace(
        LEASE,
        kind=Kind.RELATIVE,
        start_at=None,
        valid_to=None,
        duration_s=None,
        periods=(ChargingSchedulePeriod(0, 7000.0), ChargingSchedulePeriod(60, 3000.0)),
    )
    steps = composite([relative], T0, T0 + timedelta(minutes=5), T0 - timedelta(seconds=30))
    assert steps == ((T0, 7000.0), (T0 + timedelta(seconds=30), 3000.0))


def test_a_daily_profile_comes_back() -> None:
    night = replace(FLOOR, kind=Kind.DAILY, duration_s=3600)
    start = T0 + timedelta(days=2, minutes=-5)
    steps = composite([night], start, start + timedelta(hours=2), T0)
    assert steps == (
        (start, None),
        (start + timedelta(minutes=5), 1400.0),
        (start + timedelta(minutes=65), None),
    )
