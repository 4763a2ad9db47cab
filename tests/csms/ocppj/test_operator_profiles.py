"""An operator's profile obeys the rules of every setpoint, and keeps off floor and leases."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from csms.domain.discharge import DischargeDialect
from csms.domain.profile_report import matches
from csms.domain.station import StationAbilities
from csms.ocppj.dialects import SetpointRefusal
from csms.ocppj.operator_profiles import floor_of, lease_of, operator_refusal

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
PROVEN = StationAbilities(
    discharge_dialect=DischargeDialect.NEGATIVE_LIMIT, discharge_proven_at=NOW
)


def profile(limit: float = 5000, **changes: Any) -> dict[str, Any]:
    period = {"startPeriod": 0, "limit": limit}
    schedule = {"id": 77, "chargingRateUnit": "W", "chargingSchedulePeriod": [period]}
    return {
        "id": 77,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxProfile",
        "chargingProfileKind": "Relative",
        "transactionId": "tx1",
        "chargingSchedule": [schedule],
    } | changes


@pytest.mark.parametrize(
    ("told", "can", "why"),
    [
        (profile(5000), PROVEN, None),
        (profile(-5000), PROVEN, None),
        (profile(-5000), StationAbilities(), SetpointRefusal.DISCHARGE_NOT_SUPPORTED),
        (
            profile(-5000),
            replace(PROVEN, discharge_proven_at=None),
            SetpointRefusal.DISCHARGE_NOT_PROVEN,
        ),
        (profile(-500), replace(PROVEN, discharge_proven_at=None), None),
        (profile(id=1), PROVEN, SetpointRefusal.RESERVED_PROFILE_ID),
        (profile(id=1002), PROVEN, SetpointRefusal.RESERVED_PROFILE_ID),
        (profile(id=1001), PROVEN, SetpointRefusal.RESERVED_PROFILE_ID),
        (profile(transactionId=None), PROVEN, "transaction_missing"),
        (profile(chargingProfileKind="Recurring"), PROVEN, "recurrency_missing"),
        (profile(chargingProfileKind="Dynamic"), PROVEN, "purpose_or_kind_unknown"),
    ],
)
def test_refusals(told: dict[str, Any], can: StationAbilities, why: str | None) -> None:
    assert operator_refusal(told, 2, can) == why


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"transactionId": None}, None),
        ({}, "transaction_not_allowed"),
        ({"chargingProfilePurpose": "TxDefaultProfile"}, "not_a_tx_profile"),
    ],
)
def test_k05_a_profile_that_comes_with_the_start(changes: dict[str, Any], why: str | None) -> None:
    assert operator_refusal(profile(**changes), 2, PROVEN, starting=True) == why


@pytest.mark.parametrize(
    ("criterion", "evse_id", "clears"),
    [
        ({"chargingProfileId": 1}, None, True),
        ({"chargingProfileId": 1002}, None, False),
        ({"stackLevel": 0}, None, True),
        ({"chargingProfilePurpose": "TxDefaultProfile"}, 0, True),
        ({"chargingProfilePurpose": "TxDefaultProfile"}, 2, False),
        ({"chargingProfilePurpose": "TxProfile"}, None, False),
    ],
)
def test_what_would_clear_the_floor(
    criterion: dict[str, Any], evse_id: int | None, clears: bool
) -> None:
    assert matches(criterion, evse_id, floor_of(PROVEN)) is clears


def test_what_would_clear_a_lease() -> None:
    assert matches({"chargingProfilePurpose": "TxProfile"}, 2, lease_of(2, PROVEN))
    assert matches({"chargingProfileId": 1002}, None, lease_of(2, PROVEN))
    assert not matches({"chargingProfileId": 1002}, None, lease_of(3, PROVEN))
    assert not matches(
        {"chargingProfilePurpose": "TxProfile", "stackLevel": 3}, 2, lease_of(2, PROVEN)
    )
