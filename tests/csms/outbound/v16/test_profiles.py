"""Profiles of 2.0.1 in 1.6, composite schedules of 1.6 in 2.0.1."""

from typing import Any

import pytest

from tests.csms.outbound.v16.conftest import Bench16

AT = "2026-03-01T08:00:00Z"
UNTIL = "2026-03-01T08:10:00Z"


def lease(limit: float, **changes: Any) -> dict[str, Any]:
    schedule = {
        "id": 1_001,
        "startSchedule": AT,
        "duration": 600,
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit, "numberPhases": 3}],
    }
    profile = {
        "id": 1_001,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxProfile",
        "chargingProfileKind": "Absolute",
        "validTo": UNTIL,
        "transactionId": "1000007",
        "chargingSchedule": [schedule],
    }
    return {"evseId": 1, "chargingProfile": profile | changes}


async def test_a_lease_keeps_its_transaction_and_both_ends(bench16: Bench16) -> None:
    assert await bench16.say("SetChargingProfile", lease(16.0)) == {"status": "Accepted"}
    ((_, said),) = bench16.heard
    assert said == {
        "connectorId": 1,
        "csChargingProfiles": {
            "chargingProfileId": 1_001,
            "transactionId": 1_000_007,
            "stackLevel": 0,
            "chargingProfilePurpose": "TxProfile",
            "chargingProfileKind": "Absolute",
            "validTo": UNTIL,
            "chargingSchedule": {
                "startSchedule": AT,
                "duration": 600,
                "chargingRateUnit": "A",
                "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16.0, "numberPhases": 3}],
            },
        },
    }


@pytest.mark.parametrize(
    ("limit", "said"), [(6.15, 6.1), (6.1, 6.1), (0.3, 0.3), (-7.29, -7.2), (32, 32), (8.2, 8.2)]
)
async def test_a_limit_has_one_decimal_and_never_grows(
    bench16: Bench16, limit: float, said: float
) -> None:
    await bench16.say("SetChargingProfile", lease(limit))
    ((_, payload),) = bench16.heard
    (period,) = payload["csChargingProfiles"]["chargingSchedule"]["chargingSchedulePeriod"]
    assert period["limit"] == said


async def test_a_station_without_smart_charging_rejects(bench16: Bench16) -> None:
    bench16.answers(SetChargingProfile={"status": "NotSupported"})
    told = await bench16.say("SetChargingProfile", lease(16))
    assert told == {"status": "Rejected", "statusInfo": {"reasonCode": "NotSupported"}}


COMPOSITE = {
    "status": "Accepted",
    "connectorId": 1,
    "scheduleStart": AT,
    "chargingSchedule": {
        "chargingRateUnit": "W",
        "duration": 60,
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 7_000}],
    },
}
QUESTION = {"evseId": 1, "duration": 60, "chargingRateUnit": "W"}


async def test_a_composite_schedule(bench16: Bench16) -> None:
    bench16.answers(GetCompositeSchedule=COMPOSITE)
    told = await bench16.say("GetCompositeSchedule", QUESTION)
    assert bench16.heard[0][1] == {"connectorId": 1, "duration": 60, "chargingRateUnit": "W"}
    assert told["schedule"] == {
        "evseId": 1,
        "duration": 60,
        "scheduleStart": AT,
        "chargingRateUnit": "W",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 7_000.0}],
    }


async def test_a_schedule_that_says_no_start_starts_now(bench16: Bench16) -> None:
    answer = {key: value for key, value in COMPOSITE.items() if key != "scheduleStart"}
    bench16.answers(GetCompositeSchedule=answer)
    told = await bench16.say("GetCompositeSchedule", QUESTION)
    assert told["schedule"]["scheduleStart"] == AT


@pytest.mark.parametrize(
    ("answer", "status"),
    [({"status": "Rejected"}, "Rejected"), ({"status": "Accepted"}, "Accepted")],
)
async def test_no_schedule_is_no_schedule(
    bench16: Bench16, answer: dict[str, Any], status: str
) -> None:
    bench16.answers(GetCompositeSchedule=answer)
    assert await bench16.say("GetCompositeSchedule", QUESTION) == {"status": status}
