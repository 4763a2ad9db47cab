"""K09."""

import pytest

from csms.domain.facts import Noticed

SCHEDULE = {
    "id": 1,
    "chargingRateUnit": "W",
    "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 7000}],
}
PROFILE = {
    "id": 7,
    "stackLevel": 0,
    "chargingProfilePurpose": "TxProfile",
    "chargingProfileKind": "Relative",
    "chargingSchedule": [SCHEDULE],
}


@pytest.mark.parametrize(
    ("payload", "severity"),
    [
        (
            {
                "requestId": 1,
                "chargingLimitSource": "CSO",
                "evseId": 1,
                "chargingProfile": [PROFILE],
            },
            "info",
        ),
    ],
)
async def test_k09_the_profiles_a_station_holds_are_kept(hub, payload, severity):
    assert await hub.tell("ReportChargingProfiles", payload) == {}
    (notice,) = hub.kept(Noticed)
    assert (notice.kind, notice.payload, notice.severity) == (
        "ReportChargingProfiles",
        payload,
        severity,
    )
