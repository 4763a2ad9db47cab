"""R05."""

import pytest

from csms.domain.facts import Noticed

ALARM = {"controlType": "VoltWatt", "timestamp": "2026-03-01T08:00:00Z"}


@pytest.mark.parametrize(
    ("more", "severity"),
    [({"gridEventFault": "OverVoltage"}, "warning"), ({"alarmEnded": True}, "info")],
)
async def test_r05_an_alarm_is_a_warning_until_it_ends(hub21, more, severity):
    assert await hub21.tell("NotifyDERAlarm", ALARM | more) == {}
    (notice,) = hub21.kept(Noticed)
    assert (notice.kind, notice.severity) == ("NotifyDERAlarm", severity)
    assert notice.payload == ALARM | more
