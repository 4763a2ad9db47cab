"""N07, N08. The monitors of this station: 0 and 7 have severity 3, 8 has severity 5."""

import pytest

from csms.domain.errors import StoreUnavailable
from csms.domain.events import StationAlerted
from csms.domain.facts import ConnectorStatusChanged, Noticed, VariablesReported
from csms.domain.facts_monitoring import EventsTold
from tests.csms.handlers.conftest import MONITORS, T0


def payload(*events):
    return {"generatedAt": "2026-03-01T08:00:00Z", "seqNo": 0, "eventData": list(events)}


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
    return data | fields


@pytest.mark.parametrize(
    ("told", "severity"),
    [
        (event("Alerting"), "warning"),
        (event("Alerting", cleared=True), "info"),
        (event("Alerting", variableMonitoringId=8), "warning"),
        (event("Alerting", variableMonitoringId=7), "critical"),
        (event("Alerting", variableMonitoringId=7, cleared=True), "info"),
    ],
)
async def test_n07_an_alert_is_kept_and_noticed_by_its_severity(hub, told, severity):
    assert await hub.tell("NotifyEvent", payload(told)) == {}
    (notice,) = hub.kept(Noticed)
    assert (notice.kind, notice.payload, notice.severity) == (
        "NotifyEvent",
        payload(told),
        severity,
    )
    (kept,) = hub.kept(EventsTold)
    assert kept.events[0].cleared is told.get("cleared", False)


async def test_an_event_without_a_monitor_has_not_the_severity_of_monitor_0(hub):
    told = [event("Alerting"), event("Alerting", eventId=2, variableMonitoringId=0)]
    await hub.tell("NotifyEvent", payload(*told))
    (kept,) = hub.kept(EventsTold)
    assert [one.severity for one in kept.events] == [None, 3]


@pytest.mark.parametrize("trigger", ["Delta", "Periodic"])
async def test_n08_a_value_is_learned_and_no_fuss_is_made(hub, trigger):
    await hub.tell("NotifyEvent", payload(event(trigger, variableMonitoringId=7)))
    assert hub.kept(Noticed) == []
    assert hub.store.events == []
    (learned,) = hub.kept(VariablesReported)
    assert (learned.told_by, learned.rows[0].variable, learned.rows[0].value) == (
        "NotifyEvent",
        "Problem",
        "true",
    )


@pytest.mark.parametrize("cleared", [False, True])
async def test_n07_severity_three_concerns_the_platform_and_five_does_not(hub, cleared):
    place = {"component": {"name": "EVSE", "evse": {"id": 2}}, "cleared": cleared}
    await hub.tell(
        "NotifyEvent",
        payload(
            event("Alerting", variableMonitoringId=8, **place),
            event("Alerting", variableMonitoringId=7, **place),
        ),
    )
    assert hub.store.events == [
        StationAlerted(
            station_id=hub.station_id,
            evse_id=2,
            what="EVSE#2.Problem",
            severity=3,
            cleared=cleared,
        )
    ]


async def test_n07_all_that_an_event_says_is_kept(hub):
    told = event(
        "Alerting",
        cause=12,
        techCode="E-7",
        techInfo="fan",
        transactionId="tx1",
        variableMonitoringId=99,
    )
    await hub.tell("NotifyEvent", payload(told))
    (kept,) = hub.kept(EventsTold)
    (one,) = kept.events
    assert (one.cause_event_id, one.tech_code, one.tech_info) == (12, "E-7", "fan")
    assert (one.transaction_id, one.monitor_id, one.severity) == ("tx1", 99, None)


async def test_g01_a_connectors_status_may_come_as_an_event(hub):
    connector = {"name": "Connector", "evse": {"id": 1, "connectorId": 2}}
    told = event(
        "Delta",
        component=connector,
        variable={"name": "AvailabilityState"},
        actualValue="Occupied",
    )
    await hub.tell("NotifyEvent", payload(told))
    (status,) = hub.kept(ConnectorStatusChanged)
    assert (status.evse_id, status.connector_id, status.status) == (1, 2, "Occupied")


async def test_a_clock_that_runs_ahead_does_not_freeze_a_value(hub):
    await hub.tell("NotifyEvent", payload(event("Delta", timestamp="2031-01-01T00:00:00Z")))
    (learned,) = hub.kept(VariablesReported)
    assert learned.at == T0


async def test_without_the_store_nothing_is_answered(hub):
    MONITORS.broken = True
    try:
        with pytest.raises(StoreUnavailable):
            await hub.tell("NotifyEvent", payload(event("Alerting", variableMonitoringId=7)))
    finally:
        MONITORS.broken = False


async def test_n07_an_event_keeps_its_own_time(hub):
    await hub.tell("NotifyEvent", payload(event("Delta", timestamp="2031-01-01T00:00:00Z")))
    (kept,) = hub.kept(EventsTold)
    assert kept.events[0].at.year == 2031
