"""Block N: monitors of the device model, their reports, and the events that they tell."""

from typing import Any

import pytest

from csms.domain.commands import CommandStatus
from csms.store import device_model, tables
from csms.store.commands import StoredCommand
from tests.conformance.conftest import Bench
from tests.conformance.device_model import AT, named, values_from
from tests.conformance.station import Payload, ScriptedStation

pytestmark = pytest.mark.integration

EVSE_STATE = named("EVSE", "AvailabilityState", evse_id=1)
STATION_STATE = named("ChargingStation", "AvailabilityState")
STATION_POWER = named("ChargingStation", "Power")
EVSE_POWER = named("EVSE", "Power", evse_id=1)
DELTA = {"type": "Delta", "value": 1, "severity": 8}


async def monitoring_report(
    bench: Bench, station: ScriptedStation, request_id: int, *, empty: bool = False, **what: Any
) -> None:
    """Ask for the monitors that `what` names; the station answers as it is told to."""
    payload = {"requestId": request_id, **what}
    asked = await bench.command(station, "GetMonitoringReport", payload)
    status = "EmptyResultSet" if empty else "Accepted"
    assert await station.expect("GetMonitoringReport", {"status": status}) == payload
    outcome = await bench.outcome(asked)
    assert outcome.status is CommandStatus.CONFIRMED
    assert outcome.response is not None
    assert outcome.response["status"] == status


def monitored(one: Payload, monitor_id: int, kind: str = "UpperThreshold") -> Payload:
    """As a monitoring report tells it."""
    monitor = {
        "id": monitor_id,
        "transaction": False,
        "value": 9000.0,
        "type": kind,
        "severity": 3,
    }
    return one | {"variableMonitoring": [monitor]}


async def is_told(station: ScriptedStation, request_id: int, *parts: Payload) -> None:
    """One NotifyMonitoringReport for each of `parts`."""
    for seq_no, one in enumerate(parts):
        told = {
            "requestId": request_id,
            "generatedAt": AT,
            "seqNo": seq_no,
            "tbc": seq_no + 1 < len(parts),
            "monitor": [one],
        }
        assert await station.call("NotifyMonitoringReport", told) == {}


async def collected(bench: Bench, station: ScriptedStation, request_id: int) -> list[Payload]:
    """All that the report told, once it is complete."""
    async with bench.hub.engine.connect() as conn:
        found = await device_model.report(conn, station.station_id, request_id)
    assert found is not None
    assert (found.base, found.progress.complete) == ("Monitoring", True)
    return found.content


async def monitors(bench: Bench, station: ScriptedStation) -> set[tuple[int, str, str]]:
    """Those that run: (id, variable, type)."""
    return {
        (row["monitor_id"], f"{row['component']}.{row['variable']}", row["type"])
        for row in await bench.hub.rows(tables.monitor, station.station_id)
        if row["cleared_at"] is None
    }


async def test_tc_n_01_csms_monitoring_report_with_criteria(bench: Bench) -> None:
    station = await bench.station()
    await monitoring_report(bench, station, 1, empty=True, monitoringCriteria=["DeltaMonitoring"])
    await monitoring_report(bench, station, 2, monitoringCriteria=["ThresholdMonitoring"])
    parts = monitored(STATION_POWER, 5), monitored(EVSE_POWER, 6)
    await is_told(station, 2, *parts)
    assert await collected(bench, station, 2) == list(parts)
    assert await monitors(bench, station) == {
        (5, "ChargingStation.Power", "UpperThreshold"),
        (6, "EVSE.Power", "UpperThreshold"),
    }


async def test_tc_n_02_csms_monitoring_report_of_a_variable(bench: Bench) -> None:
    station = await bench.station()
    await monitoring_report(bench, station, 1, empty=True, componentVariable=[STATION_POWER])
    await monitoring_report(bench, station, 2, componentVariable=[EVSE_STATE])
    await is_told(station, 2, monitored(EVSE_STATE, 7, "Delta"))
    assert await monitors(bench, station) == {(7, "EVSE.AvailabilityState", "Delta")}


async def test_tc_n_03_csms_monitoring_report_with_criteria_and_a_variable(bench: Bench) -> None:
    station = await bench.station()
    nothing = {"monitoringCriteria": ["DeltaMonitoring"], "componentVariable": [EVSE_STATE]}
    await monitoring_report(bench, station, 1, empty=True, **nothing)
    power = {"monitoringCriteria": ["ThresholdMonitoring"], "componentVariable": [STATION_POWER]}
    await monitoring_report(bench, station, 2, **power)
    await is_told(station, 2, monitored(STATION_POWER, 5))
    assert await monitors(bench, station) == {(5, "ChargingStation.Power", "UpperThreshold")}


async def test_tc_n_60_csms_monitoring_report_with_criteria_and_variables(bench: Bench) -> None:
    station = await bench.station()
    powers = [STATION_POWER, EVSE_POWER]
    nothing = {"monitoringCriteria": ["ThresholdMonitoring"], "componentVariable": powers}
    await monitoring_report(bench, station, 1, empty=True, **nothing)
    states = [STATION_STATE, EVSE_STATE]
    delta = {"monitoringCriteria": ["DeltaMonitoring"], "componentVariable": states}
    await monitoring_report(bench, station, 2, **delta)
    told = [monitored(one, 8 + index, "Delta") for index, one in enumerate(states)]
    await is_told(station, 2, *told)
    assert await collected(bench, station, 2) == told
    assert await monitors(bench, station) == {
        (8, "ChargingStation.AvailabilityState", "Delta"),
        (9, "EVSE.AvailabilityState", "Delta"),
    }


async def test_tc_n_47_csms_monitoring_report_of_all(bench: Bench) -> None:
    station = await bench.station()
    await monitoring_report(bench, station, 3)
    asked = await station.heard_of("GetMonitoringReport")
    assert set(asked) == {"requestId"}
    parts = [monitored(STATION_POWER, 1), monitored(EVSE_POWER, 2), monitored(EVSE_STATE, 3)]
    await is_told(station, 3, *parts)
    assert await collected(bench, station, 3) == parts


@pytest.mark.parametrize("base", ["All", "FactoryDefault", "HardWiredOnly"])
async def test_tc_n_05_csms_set_monitoring_base(bench: Bench, base: str) -> None:
    station = await bench.station()
    await set_monitors(bench, station, [EVSE_STATE | DELTA])
    asked = await bench.command(station, "SetMonitoringBase", {"monitoringBase": base})
    told = await station.expect("SetMonitoringBase", {"status": "Accepted"})
    assert told == {"monitoringBase": base}
    assert (await bench.outcome(asked)).status is CommandStatus.CONFIRMED
    row = await bench.hub.row(tables.monitoring_setting, station.station_id)
    assert row["monitoring_base"] == base
    ours = {(1, "EVSE.AvailabilityState", "Delta")}
    assert await monitors(bench, station) == (ours if base == "All" else set())


def takes_from(first_id: int) -> Any:
    """Monitors are accepted and numbered from `first_id`, and told in the opposite order."""

    def answer(request: Payload) -> Payload:
        results = [
            {
                "id": first_id + index,
                "status": "Accepted",
                **{key: one[key] for key in ("type", "severity", "component", "variable")},
            }
            for index, one in enumerate(request["setMonitoringData"])
        ]
        return {"setMonitoringResult": results[::-1]}

    return answer


async def set_monitors(bench: Bench, station: ScriptedStation, data: list[Payload]) -> None:
    """Set them; the station takes them all."""
    payload = {"setMonitoringData": data}
    asked = await bench.command(station, "SetVariableMonitoring", payload)
    assert await station.expect("SetVariableMonitoring", takes_from(1)) == payload
    assert (await bench.outcome(asked)).status is CommandStatus.CONFIRMED


async def test_tc_n_08_csms_set_variable_monitoring_one(bench: Bench) -> None:
    station = await bench.station()
    await set_monitors(bench, station, [EVSE_STATE | DELTA])
    row = await bench.hub.row(tables.monitor, station.station_id)
    assert (row["monitor_id"], row["evse_id"], row["type"]) == (1, 1, "Delta")
    assert (row["value"], row["severity"], row["ours"]) == (1.0, 8, True)


async def test_tc_n_09_csms_set_variable_monitoring_multiple(bench: Bench) -> None:
    station = await bench.station()
    await set_monitors(bench, station, [EVSE_STATE | DELTA, STATION_STATE | DELTA])
    assert await monitors(bench, station) == {
        (1, "EVSE.AvailabilityState", "Delta"),
        (2, "ChargingStation.AvailabilityState", "Delta"),
    }


async def test_tc_n_09_csms_what_one_element_lacks_does_not_lose_the_other(bench: Bench) -> None:
    station = await bench.station()

    def answer(request: Payload) -> Payload:
        told: Payload = takes_from(4)(request)
        del told["setMonitoringResult"][0]["id"]
        told["setMonitoringResult"][0]["status"] = "UnsupportedMonitorType"
        return told

    data = [EVSE_STATE | DELTA, STATION_STATE | DELTA]
    asked = await bench.command(station, "SetVariableMonitoring", {"setMonitoringData": data})
    await station.expect("SetVariableMonitoring", answer)
    outcome = await bench.outcome(asked)
    reason = "UnsupportedMonitorType: ChargingStation.AvailabilityState"
    assert (outcome.status, outcome.reason) == (CommandStatus.REFUSED, reason)
    assert await monitors(bench, station) == {(4, "EVSE.AvailabilityState", "Delta")}


async def set_level(bench: Bench, station: ScriptedStation, status: str) -> StoredCommand:
    """Severity 4 is asked for, and the station says `status`."""
    asked = await bench.command(station, "SetMonitoringLevel", {"severity": 4})
    assert await station.expect("SetMonitoringLevel", {"status": status}) == {"severity": 4}
    return await bench.outcome(asked)


async def test_tc_n_16_csms_set_monitoring_level(bench: Bench) -> None:
    station = await bench.station()
    assert (await set_level(bench, station, "Accepted")).status is CommandStatus.CONFIRMED
    row = await bench.hub.row(tables.monitoring_setting, station.station_id)
    assert (row["monitoring_level"], row["monitoring_base"]) == (4, None)


async def test_tc_n_17_csms_set_monitoring_level_out_of_range(bench: Bench) -> None:
    station = await bench.station()
    outcome = await set_level(bench, station, "Rejected")
    assert (outcome.status, outcome.reason) == (CommandStatus.REFUSED, "Rejected")
    assert await bench.hub.rows(tables.monitoring_setting, station.station_id) == []


def clears(status: str) -> Any:
    """The same word for each."""
    return lambda request: {
        "clearMonitoringResult": [{"status": status, "id": one} for one in request["id"]]
    }


async def test_tc_n_18_csms_clear_monitoring_too_many_elements(bench: Bench) -> None:
    station = await bench.station()
    limit = named("MonitoringCtrlr", "ItemsPerMessage", instance="ClearVariableMonitoring")
    station.answers["GetVariables"] = values_from(
        {"MonitoringCtrlr.ItemsPerMessage[ClearVariableMonitoring]": "2"}
    )
    asked = await bench.command(station, "GetVariables", {"getVariableData": [limit]})
    await bench.outcome(asked)
    station.answers["ClearVariableMonitoring"] = clears("Accepted")
    asked = await bench.command(station, "ClearVariableMonitoring", {"id": [1, 2, 3, 4, 5]})
    outcome = await bench.outcome(asked)
    sent = [told["id"] for name, told in station.heard if name == "ClearVariableMonitoring"]
    assert sent == [[1, 2], [3, 4], [5]]
    assert outcome.response is not None
    assert [one["id"] for one in outcome.response["clearMonitoringResult"]] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(("status", "stays"), [("Rejected", True), ("NotFound", False)])
async def test_tc_n_44_csms_clear_monitoring_rejected(
    bench: Bench, status: str, stays: bool
) -> None:
    station = await bench.station()
    await set_monitors(bench, station, [EVSE_STATE | DELTA])
    asked = await bench.command(station, "ClearVariableMonitoring", {"id": [1]})
    assert await station.expect("ClearVariableMonitoring", clears(status)) == {"id": [1]}
    outcome = await bench.outcome(asked)
    assert (outcome.status, outcome.reason) == (CommandStatus.REFUSED, f"{status}: 1")
    assert bool(await monitors(bench, station)) is stays


def event(trigger: str, event_id: int = 1, **fields: Any) -> Payload:
    """NotifyEvent with one event of the station's power."""
    one = {
        "eventId": event_id,
        "timestamp": f"2026-03-01T08:0{event_id}:00Z",
        "trigger": trigger,
        "actualValue": "9500",
        "eventNotificationType": "CustomMonitor",
        **STATION_POWER,
        **fields,
    }
    return {"generatedAt": AT, "seqNo": 0, "eventData": [one]}


async def told_events(bench: Bench, station: ScriptedStation) -> list[dict[str, Any]]:
    """The stored events, oldest first."""
    rows = await bench.hub.rows(tables.station_event, station.station_id)
    return sorted(rows, key=lambda row: row["event_id"])


async def outbox_kinds(bench: Bench, station: ScriptedStation) -> list[Payload]:
    """What the platform heard of alerts."""
    rows = await bench.hub.rows(tables.outbox, station.station_id)
    return [row["payload"] for row in rows if row["kind"] == "StationAlerted"]


async def test_tc_n_21_csms_alert_event_of_the_firmware(bench: Bench) -> None:
    station = await bench.station()
    hard_wired = {"eventNotificationType": "HardWiredMonitor", "techCode": "E7", "cause": 3}
    assert await station.call("NotifyEvent", event("Alerting", **hard_wired)) == {}
    (row,) = await told_events(bench, station)
    assert (row["notification_type"], row["tech_code"]) == ("HardWiredMonitor", "E7")
    assert (row["cause_event_id"], row["severity"]) == (3, None)
    alert = await bench.hub.row(tables.station_alert, station.station_id)
    assert alert["cleared"] is False
    assert await outbox_kinds(bench, station) == []


async def test_tc_n_24_csms_periodic_event(bench: Bench) -> None:
    station = await bench.station()
    for event_id in (1, 2, 3):
        periodic = event("Periodic", event_id, actualValue=str(9000 + event_id))
        assert await station.call("NotifyEvent", periodic) == {}
        assert await station.call("NotifyEvent", periodic) == {}  # told twice, kept once
    assert [row["actual_value"] for row in await told_events(bench, station)] == [
        "9001",
        "9002",
        "9003",
    ]
    row = await bench.hub.row(tables.variable, station.station_id)
    assert (row["variable"], row["value"], row["told_by"]) == ("Power", "9003", "NotifyEvent")
    assert await bench.hub.rows(tables.station_alert, station.station_id) == []


async def test_tc_n_48_csms_alert_event_of_a_write_only_variable(bench: Bench) -> None:
    station = await bench.station()
    assert await station.call("NotifyEvent", event("Alerting", actualValue="")) == {}
    (row,) = await told_events(bench, station)
    assert (row["actual_value"], row["trigger"]) == ("", "Alerting")


async def test_tc_n_49_csms_alert_event_cleared_after_reboot(bench: Bench) -> None:
    station = await bench.station()
    await is_told(station, 9, monitored(STATION_POWER, 5))  # severity 3
    raised = event("Alerting", 1, variableMonitoringId=5)
    cleared = event("Alerting", 2, variableMonitoringId=5, cleared=True)
    assert await station.call("NotifyEvent", raised) == {}
    assert (await bench.hub.row(tables.station_alert, station.station_id))["cleared"] is False
    assert await station.call("NotifyEvent", cleared) == {}
    alert = await bench.hub.row(tables.station_alert, station.station_id)
    assert (alert["cleared"], alert["severity"], alert["event_id"]) == (True, 3, 2)
    told = await outbox_kinds(bench, station)
    assert [(one["what"], one["severity"], one["cleared"]) for one in told] == [
        ("ChargingStation.Power", 3, False),
        ("ChargingStation.Power", 3, True),
    ]


async def test_tc_n_49_csms_an_alert_that_comes_late_does_not_open_again(bench: Bench) -> None:
    station = await bench.station()
    await station.call("NotifyEvent", event("Alerting", 2, cleared=True))
    await station.call("NotifyEvent", event("Alerting", 1))
    assert (await bench.hub.row(tables.station_alert, station.station_id))["cleared"] is True


async def test_tc_n_50_csms_periodic_trigger(bench: Bench) -> None:
    station = await bench.station()
    assert await station.call("NotifyEvent", event("Periodic", transactionId="tx-1")) == {}
    (row,) = await told_events(bench, station)
    assert (row["trigger"], row["transaction_id"], row["cleared"]) == ("Periodic", "tx-1", False)
