"""Rules that a ChargingProfile keeps by itself."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from csms.domain.charging_profile import (
    ChargingProfile,
    ChargingSchedulePeriod,
    Kind,
    ProfileRefusal,
    Purpose,
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
        (
            {
                "purpose": Purpose.STATION_MAX,
                "evse_id": 0,
                "kind": Kind.RELATIVE,
                "start_at": None,
                "transaction_id": None,
            },
            ProfileRefusal.STATION_MAX_RELATIVE,
        ),
        (
            {"periods": (ChargingSchedulePeriod(0, 1.0, phases=3, phase_to_use=2),)},
            ProfileRefusal.PHASE_TO_USE_ALONE,
        ),
        ({"periods": (ChargingSchedulePeriod(0, 1.0, phases=1, phase_to_use=2),)}, None),
        ({"purpose": Purpose.EXTERNAL_CONSTRAINTS}, ProfileRefusal.NOT_OURS_TO_SET),
    ],
)
def test_rules(change: dict[str, object], why: ProfileRefusal | None) -> None:
    assert refusal(replace(LEASE, **change)) is why  # type: ignore[arg-type]
