"""N07."""

import pytest

from csms.domain.facts import Noticed


def event(trigger, **fields):
    data = {
        "eventId": 1,
        "timestamp": "2026-03-01T08:00:00Z",
        "trigger": trigger,
        "actualValue": "true",
        "component": {"name": "ChargingStation"},
        "eventNotificationType": "HardWiredNotification",
        "variable": {"name": "Problem"},
    }
    return {"generatedAt": "2026-03-01T08:00:00Z", "seqNo": 0, "eventData": [data | fields]}


@pytest.mark.parametrize(
    ("payload", "severity"),
    [
        (event("Delta"), "info"),
        (event("Alerting"), "warning"),
        (event("Alerting", cleared=True), "info"),
    ],
)
async def test_n07_a_monitors_event_is_kept_and_an_alert_is_a_warning(hub, payload, severity):
    assert await hub.tell("NotifyEvent", payload) == {}
    (notice,) = hub.kept(Noticed)
    assert (notice.kind, notice.payload, notice.severity) == ("NotifyEvent", payload, severity)
