"""K15."""

import pytest

from csms.domain.facts import Noticed

SCHEDULE = {
    "id": 1,
    "chargingRateUnit": "W",
    "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 7000}],
}


@pytest.mark.parametrize(
    ("payload", "severity"),
    [
        ({"timeBase": "2026-03-01T08:00:00Z", "evseId": 1, "chargingSchedule": SCHEDULE}, "info"),
    ],
)
async def test_k15_what_the_vehicle_agreed_to_is_kept(hub, payload, severity):
    assert await hub.tell("NotifyEVChargingSchedule", payload) == {"status": "Accepted"}
    (notice,) = hub.kept(Noticed)
    assert (notice.kind, notice.payload, notice.severity) == (
        "NotifyEVChargingSchedule",
        payload,
        severity,
    )
