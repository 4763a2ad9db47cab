"""N02."""

from csms.domain.facts_device_model import ReportPartReceived
from csms.domain.facts_monitoring import MonitorsKnown

MONITOR = {"id": 5, "transaction": False, "value": 230.0, "type": "UpperThreshold", "severity": 2}
VOLTAGE = {
    "component": {"name": "EVSE", "evse": {"id": 1}},
    "variable": {"name": "ACVoltage"},
    "variableMonitoring": [MONITOR, MONITOR | {"id": 6, "type": "Delta", "severity": 8}],
}
PART = {
    "requestId": 2,
    "generatedAt": "2026-03-01T08:00:00Z",
    "seqNo": 0,
    "tbc": True,
    "monitor": [VOLTAGE],
}


async def test_n02_the_monitors_of_a_report_are_known(hub):
    assert await hub.tell("NotifyMonitoringReport", PART) == {}
    (known,) = hub.kept(MonitorsKnown)
    assert not known.ours
    first, second = known.monitors
    assert (first.monitor_id, str(first.key), first.severity) == (5, "EVSE#1.ACVoltage", 2)
    assert (second.monitor_id, second.type, second.value) == (6, "Delta", 230.0)


async def test_n02_a_part_is_kept_as_told_under_its_number(hub):
    await hub.tell("NotifyMonitoringReport", PART)
    (kept,) = hub.kept(ReportPartReceived)
    assert (kept.request_id, kept.seq_no, kept.more_follows) == (2, 0, True)
    assert kept.content == [VOLTAGE]


async def test_n02_no_monitors_is_an_answer_too(hub):
    empty = {key: value for key, value in PART.items() if key != "monitor"}
    assert await hub.tell("NotifyMonitoringReport", empty) == {}
    assert hub.kept(MonitorsKnown) == []
    assert len(hub.kept(ReportPartReceived)) == 1
