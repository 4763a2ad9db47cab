"""A04."""

import pytest

from csms.domain.facts import Noticed


@pytest.mark.parametrize(
    ("payload", "severity"),
    [
        ({"type": "StartupOfTheDevice", "timestamp": "2026-03-01T08:00:00Z"}, "info"),
        ({"type": "TamperDetectionActivated", "timestamp": "2026-03-01T08:00:00Z"}, "warning"),
    ],
)
async def test_a04_a_security_event_is_kept(hub, payload, severity):
    assert await hub.tell("SecurityEventNotification", payload) == {}
    (notice,) = hub.kept(Noticed)
    assert (notice.kind, notice.payload, notice.severity) == (
        "SecurityEventNotification",
        payload,
        severity,
    )
