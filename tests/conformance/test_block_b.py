"""Block B: provisioning and the device model."""

import pytest

from csms.domain.commands import CommandStatus
from csms.domain.station import BootPolicy
from csms.store import device_model, tables
from tests.conformance.conftest import Bench, until
from tests.conformance.device_model import (
    AT,
    boot,
    event_of,
    named,
    policy,
    status_of,
    transaction_event,
    values_from,
    variable,
)
from tests.conformance.station import CallRefusedError, Payload, ScriptedStation

pytestmark = pytest.mark.integration

THRESHOLD = named("OCPPCommCtrlr", "OfflineThreshold")
REMOTE_START = named("AuthCtrlr", "AuthorizeRemoteStart")


async def tells_its_connectors(bench: Bench, station: ScriptedStation, status: str) -> None:
    """By both messages that there are for it; both are stored as status."""
    assert await station.call("StatusNotification", status_of(1, status)) == {}
    assert await station.call("NotifyEvent", event_of(2, status)) == {}
    rows = await bench.hub.rows(tables.connector, station.station_id)
    assert {(row["connector_id"], row["status"]) for row in rows} == {(1, status), (2, status)}


async def test_tc_b_01_csms_cold_boot_accepted(bench: Bench) -> None:
    station = await bench.station()
    await policy(bench, station, BootPolicy.ACCEPT)
    answer = await boot(station)
    assert (answer["status"], answer["interval"]) == ("Accepted", 300)
    await tells_its_connectors(bench, station, "Available")


async def test_tc_b_02_csms_cold_boot_pending(bench: Bench) -> None:
    station = await bench.station(booted=False)
    answer = await boot(station)
    assert answer["status"] == "Pending"
    assert answer["interval"] > 0
    await station.heard_of("SetVariables")
    await station.heard_of("SetChargingProfile")
    await station.heard_of("GetBaseReport")
    assert (await boot(station))["status"] == "Accepted"
    await tells_its_connectors(bench, station, "Available")


@pytest.mark.parametrize("rejected", [False, True], ids=["pending", "rejected"])
async def test_tc_b_30_csms_security_error_before_acceptance(bench: Bench, rejected: bool) -> None:
    station = await bench.station(booted=False)
    if rejected:
        await policy(bench, station, BootPolicy.REJECT)
    station.answers["SetChargingProfile"] = {"status": "Rejected"}  # so it stays Pending
    assert (await boot(station))["status"] == ("Rejected" if rejected else "Pending")
    for action, payload in (("StatusNotification", status_of()), ("NotifyEvent", event_of())):
        with pytest.raises(CallRefusedError) as refused:
            await station.call(action, payload)
        assert refused.value.code == "SecurityError"
    assert await bench.hub.rows(tables.connector, station.station_id) == []


async def test_tc_b_30_csms_a_rejected_station_is_not_called(bench: Bench) -> None:
    station = await bench.station(booted=False)
    await policy(bench, station, BootPolicy.REJECT)
    await boot(station)
    asked = await bench.command(station, "Reset", {"type": "Immediate"})
    outcome = await bench.outcome(asked)
    assert (outcome.status, outcome.reason) == (CommandStatus.REFUSED, "station_rejected")
    assert station.heard == []


async def test_tc_b_31_csms_trigger_message_while_pending(bench: Bench) -> None:
    station = await bench.station(booted=False)
    assert (await boot(station))["status"] == "Pending"
    trigger = await station.heard_of("TriggerMessage")
    assert trigger["requestedMessage"] == "BootNotification"
    assert (await boot(station, "Triggered"))["status"] == "Accepted"
    await tells_its_connectors(bench, station, "Available")


async def test_tc_b_31_csms_what_was_triggered_is_taken_while_pending(bench: Bench) -> None:
    station = await bench.station(booted=False)
    station.answers["SetChargingProfile"] = {"status": "Rejected"}
    assert (await boot(station))["status"] == "Pending"
    trigger = {"requestedMessage": "StatusNotification", "evse": {"id": 1, "connectorId": 1}}
    asked = await bench.command(station, "TriggerMessage", trigger)
    assert await station.expect("TriggerMessage", {"status": "Accepted"}) == trigger
    assert await station.call("StatusNotification", status_of()) == {}
    assert (await bench.outcome(asked)).status is CommandStatus.CONFIRMED
    assert (await bench.hub.row(tables.connector, station.station_id))["status"] == "Available"
    with pytest.raises(CallRefusedError):
        await station.call("Heartbeat", {})


async def test_tc_b_06_csms_get_variables_single(bench: Bench) -> None:
    station = await bench.station()
    payload = {"getVariableData": [THRESHOLD]}
    asked = await bench.command(station, "GetVariables", payload)
    known = values_from({"OCPPCommCtrlr.OfflineThreshold": "60"})
    assert await station.expect("GetVariables", known) == payload
    outcome = await bench.outcome(asked)
    assert outcome.response is not None
    assert outcome.response["getVariableResult"][0]["attributeValue"] == "60"
    row = await variable(bench, station, "OCPPCommCtrlr", "OfflineThreshold")
    assert (row["value"], row["attribute"], row["told_by"]) == ("60", "Actual", "GetVariables")


async def test_tc_b_07_csms_get_variables_multiple(bench: Bench) -> None:
    station = await bench.station()
    payload = {"getVariableData": [THRESHOLD, REMOTE_START | {"attributeType": "Target"}]}
    asked = await bench.command(station, "GetVariables", payload)
    known = {"OCPPCommCtrlr.OfflineThreshold": "60", "AuthCtrlr.AuthorizeRemoteStart": "true"}
    assert await station.expect("GetVariables", values_from(known)) == payload
    assert (await bench.outcome(asked)).status is CommandStatus.CONFIRMED
    row = await variable(bench, station, "AuthCtrlr", "AuthorizeRemoteStart")
    assert (row["value"], row["attribute"]) == ("true", "Target")


async def test_tc_b_07_csms_an_unknown_variable_is_said(bench: Bench) -> None:
    station = await bench.station()
    payload = {"getVariableData": [THRESHOLD, REMOTE_START]}
    asked = await bench.command(station, "GetVariables", payload)
    await station.expect("GetVariables", values_from({"OCPPCommCtrlr.OfflineThreshold": "60"}))
    outcome = await bench.outcome(asked)
    assert (outcome.status, outcome.reason) == (
        CommandStatus.REFUSED,
        "UnknownVariable: AuthCtrlr.AuthorizeRemoteStart",
    )
    assert (await variable(bench, station, "OCPPCommCtrlr", "OfflineThreshold"))["value"] == "60"


FIVE = [
    named("DeviceDataCtrlr", "ItemsPerMessage", instance="GetReport"),
    named("DeviceDataCtrlr", "ItemsPerMessage", instance="GetVariables"),
    named("DeviceDataCtrlr", "BytesPerMessage", instance="GetReport"),
    named("DeviceDataCtrlr", "BytesPerMessage", instance="GetVariables"),
    REMOTE_START,
]
DATA_CTRLR = {
    "DeviceDataCtrlr.ItemsPerMessage[GetReport]": "4",
    "DeviceDataCtrlr.ItemsPerMessage[GetVariables]": "4",
    "DeviceDataCtrlr.BytesPerMessage[GetReport]": "8000",
    "DeviceDataCtrlr.BytesPerMessage[GetVariables]": "8000",
    "AuthCtrlr.AuthorizeRemoteStart": "true",
}


async def test_tc_b_08_csms_get_variables_limited_to_the_maximum(bench: Bench) -> None:
    station = await bench.station()
    station.answers["GetVariables"] = values_from(DATA_CTRLR)
    first = await bench.command(station, "GetVariables", {"getVariableData": FIVE[1:2]})
    await bench.outcome(first)  # the station says that it takes four
    asked = await bench.command(station, "GetVariables", {"getVariableData": FIVE})
    outcome = await bench.outcome(asked)
    sizes = [len(told["getVariableData"]) for name, told in station.heard if name == "GetVariables"]
    assert sizes == [1, 4, 1]
    assert outcome.response is not None
    told = [one["attributeValue"] for one in outcome.response["getVariableResult"]]
    assert told == ["4", "4", "8000", "8000", "true"]


def set_to(one: Payload, value: str) -> Payload:
    return {"attributeValue": value} | one


def takes(request: Payload) -> Payload:
    results = [
        {"attributeStatus": "Accepted", "component": one["component"], "variable": one["variable"]}
        for one in request["setVariableData"]
    ]
    return {"setVariableResult": results}


async def test_tc_b_09_csms_set_variables_single(bench: Bench) -> None:
    station = await bench.station()
    payload = {"setVariableData": [set_to(THRESHOLD, "123")]}
    asked = await bench.command(station, "SetVariables", payload)
    assert await station.expect("SetVariables", takes) == payload
    assert (await bench.outcome(asked)).status is CommandStatus.CONFIRMED
    row = await variable(bench, station, "OCPPCommCtrlr", "OfflineThreshold")
    assert (row["value"], row["told_by"]) == ("123", "SetVariables")


async def test_tc_b_10_csms_set_variables_multiple(bench: Bench) -> None:
    station = await bench.station()
    payload = {"setVariableData": [set_to(THRESHOLD, "123"), set_to(REMOTE_START, "false")]}
    asked = await bench.command(station, "SetVariables", payload)
    assert await station.expect("SetVariables", takes) == payload
    assert (await bench.outcome(asked)).status is CommandStatus.CONFIRMED
    row = await variable(bench, station, "AuthCtrlr", "AuthorizeRemoteStart")
    assert row["value"] == "false"


def reported(component: str, name: str, value: str, **characteristics: object) -> Payload:
    told: Payload = named(component, name) | {"variableAttribute": [{"value": value}]}
    if characteristics:
        told["variableCharacteristics"] = characteristics
    return told


async def report(bench: Bench, station: ScriptedStation, base: str) -> None:
    """Ask for it; it comes in two parts, the second first."""
    await station.heard_of("GetBaseReport")  # which belongs to the boot
    asked = await bench.command(station, "GetBaseReport", {"reportBase": base})
    request = await station.expect("GetBaseReport", {"status": "Accepted"})
    assert request["reportBase"] == base
    assert request["requestId"] >= 0
    assert (await bench.outcome(asked)).status is CommandStatus.CONFIRMED
    envelope = {"requestId": request["requestId"], "generatedAt": AT}
    limit = {"dataType": "integer", "maxLimit": 100.0, "unit": "s", "supportsMonitoring": True}
    first = reported("OCPPCommCtrlr", "OfflineThreshold", "60", **limit)
    second = reported("AuthCtrlr", "AuthorizeRemoteStart", "true")
    last = envelope | {"seqNo": 1, "reportData": [second]}
    assert await station.call("NotifyReport", last) == {}
    async with bench.hub.engine.connect() as conn:
        found = await device_model.report(conn, station.station_id, request["requestId"])
    assert found is not None
    assert (found.progress.missing, found.progress.complete) == ((0,), False)
    more = envelope | {"seqNo": 0, "tbc": True, "reportData": [first]}
    assert await station.call("NotifyReport", more) == {}
    async with bench.hub.engine.connect() as conn:
        found = await device_model.report(conn, station.station_id, request["requestId"])
    assert found is not None
    assert (found.base, found.progress.complete) == (base, True)
    assert found.content == [first, second]
    table = tables.variable_characteristics
    row = await bench.hub.row(table, station.station_id)
    assert (row["data_type"], row["max_limit"], row["unit"]) == ("integer", 100.0, "s")
    assert (await variable(bench, station, "AuthCtrlr", "AuthorizeRemoteStart"))["value"] == "true"


async def test_tc_b_12_csms_base_report_configuration_inventory(bench: Bench) -> None:
    station = await bench.station()
    await report(bench, station, "ConfigurationInventory")
    assert ("GetBaseReport", "ConfigurationInventory") in asked_bases(station)


async def test_tc_b_13_csms_base_report_full_inventory(bench: Bench) -> None:
    station = await bench.station()
    await report(bench, station, "FullInventory")
    assert ("GetBaseReport", "FullInventory") in asked_bases(station)


async def test_tc_b_14_csms_base_report_summary_inventory(bench: Bench) -> None:
    station = await bench.station()
    await report(bench, station, "SummaryInventory")
    assert ("GetBaseReport", "SummaryInventory") in asked_bases(station)


def asked_bases(station: ScriptedStation) -> list[tuple[str, str]]:
    return [(name, told.get("reportBase", "")) for name, told in station.heard]


async def test_tc_b_18_csms_custom_report(bench: Bench) -> None:
    station = await bench.station()
    evse = named("EVSE", "AvailabilityState", evse_id=1)
    payload = {"requestId": 7, "componentCriteria": ["Problem"], "componentVariable": [evse]}
    nothing = await bench.command(station, "GetReport", payload)
    assert await station.expect("GetReport", {"status": "EmptyResultSet"}) == payload
    outcome = await bench.outcome(nothing)
    assert outcome.status is CommandStatus.CONFIRMED
    assert outcome.response is not None
    assert outcome.response["status"] == "EmptyResultSet"

    payload = payload | {"requestId": 8, "componentCriteria": ["Available"]}
    some = await bench.command(station, "GetReport", payload)
    assert await station.expect("GetReport", {"status": "Accepted"}) == payload
    await bench.outcome(some)
    told = evse | {"variableAttribute": [{"value": "Available"}]}
    part = {"requestId": 8, "generatedAt": AT, "seqNo": 0, "reportData": [told]}
    assert await station.call("NotifyReport", part) == {}
    assert (await variable(bench, station, "EVSE", "AvailabilityState"))["evse_id"] == 1
    async with bench.hub.engine.connect() as conn:
        found = await device_model.report(conn, station.station_id, 8)
    assert found is not None
    assert (found.base, found.content) == ("Custom", [told])


async def reset(bench: Bench, station: ScriptedStation, payload: Payload, status: str) -> None:
    """The station is asked so, and answers so."""
    asked = await bench.command(station, "Reset", payload, payload.get("evseId"))
    assert await station.expect("Reset", {"status": status}) == payload
    assert (await bench.outcome(asked)).status is CommandStatus.CONFIRMED


async def starts_charging(bench: Bench, station: ScriptedStation) -> None:
    started = transaction_event("Started", 0, "CablePluggedIn", chargingState="Charging")
    await station.call("TransactionEvent", started)


async def has_ended(bench: Bench, station: ScriptedStation) -> str:
    """Why the transaction stopped, once that is told."""

    async def ended() -> dict[str, object] | None:
        row = await bench.hub.row(tables.transaction, station.station_id)
        return row if row["ended_at"] is not None else None

    row = await until(ended)
    return str(row["stopped_reason"])


async def test_tc_b_20_csms_reset_station_on_idle_without_transaction(bench: Bench) -> None:
    station = await bench.station()
    await policy(bench, station, BootPolicy.ACCEPT)
    await reset(bench, station, {"type": "OnIdle"}, "Accepted")
    assert (await boot(station, "RemoteReset"))["status"] == "Accepted"
    await tells_its_connectors(bench, station, "Available")


async def test_tc_b_21_csms_reset_station_on_idle_with_transaction(bench: Bench) -> None:
    station = await bench.station()
    await policy(bench, station, BootPolicy.ACCEPT)
    await starts_charging(bench, station)
    await reset(bench, station, {"type": "OnIdle"}, "Scheduled")
    stop = transaction_event("Updated", 1, "StopAuthorized", chargingState="EVConnected")
    await station.call("TransactionEvent", stop)
    gone = {"chargingState": "Idle", "stoppedReason": "EVDisconnected"}
    ended = transaction_event("Ended", 2, "EVCommunicationLost", **gone)
    await station.call("TransactionEvent", ended)
    assert await has_ended(bench, station) == "EVDisconnected"
    assert (await boot(station, "ScheduledReset"))["status"] == "Accepted"
    await tells_its_connectors(bench, station, "Available")


async def test_tc_b_22_csms_reset_station_immediate_with_transaction(bench: Bench) -> None:
    station = await bench.station()
    await policy(bench, station, BootPolicy.ACCEPT)
    await starts_charging(bench, station)
    await reset(bench, station, {"type": "Immediate"}, "Accepted")
    gone = {"chargingState": "EVConnected", "stoppedReason": "ImmediateReset"}
    await station.call("TransactionEvent", transaction_event("Ended", 1, "ResetCommand", **gone))
    assert await has_ended(bench, station) == "ImmediateReset"
    assert (await boot(station, "RemoteReset"))["status"] == "Accepted"
    await tells_its_connectors(bench, station, "Occupied")


async def test_tc_b_25_csms_reset_evse_without_transaction(bench: Bench) -> None:
    station = await bench.station()
    await station.call("StatusNotification", status_of())
    await reset(bench, station, {"type": "OnIdle", "evseId": 1}, "Accepted")
    assert station.heard[-1] == ("Reset", {"type": "OnIdle", "evseId": 1})


async def test_tc_b_26_csms_reset_evse_on_idle_with_transaction(bench: Bench) -> None:
    station = await bench.station()
    await starts_charging(bench, station)
    await reset(bench, station, {"type": "OnIdle", "evseId": 1}, "Scheduled")
    gone = {"chargingState": "Idle", "stoppedReason": "EVDisconnected"}
    stop = transaction_event("Updated", 1, "StopAuthorized", chargingState="EVConnected")
    await station.call("TransactionEvent", stop)
    ended = transaction_event("Ended", 2, "EVCommunicationLost", **gone)
    await station.call("TransactionEvent", ended)
    assert await has_ended(bench, station) == "EVDisconnected"


async def test_tc_b_27_csms_reset_evse_immediate_with_transaction(bench: Bench) -> None:
    station = await bench.station()
    await starts_charging(bench, station)
    await reset(bench, station, {"type": "Immediate", "evseId": 1}, "Accepted")
    gone = {"chargingState": "EVConnected", "stoppedReason": "ImmediateReset"}
    await station.call("TransactionEvent", transaction_event("Ended", 1, "ResetCommand", **gone))
    assert await has_ended(bench, station) == "ImmediateReset"


NETWORK = {
    "configurationSlot": 1,
    "connectionData": {
        "messageTimeout": 30,
        "ocppCsmsUrl": "wss://csms.example/ocpp",
        "ocppInterface": "Wired0",
        "ocppTransport": "JSON",
        "ocppVersion": "OCPP20",
        "securityProfile": 2,
        "vpn": {"server": "v", "user": "u", "password": "p", "key": "k", "type": "IKEv2"},
    },
}


async def test_tc_b_42_csms_set_network_profile_accepted(bench: Bench) -> None:
    station = await bench.station()
    asked = await bench.command(station, "SetNetworkProfile", NETWORK)
    assert await station.expect("SetNetworkProfile", {"status": "Accepted"}) == NETWORK
    assert (await bench.outcome(asked)).status is CommandStatus.CONFIRMED
    async with bench.hub.engine.connect() as conn:
        slots = await device_model.network_slots(conn, station.station_id)
    assert slots[1]["ocppCsmsUrl"] == "wss://csms.example/ocpp"
    assert slots[1]["vpn"] == {"server": "v", "user": "u", "type": "IKEv2"}


async def test_tc_b_44_csms_set_network_profile_failed(bench: Bench) -> None:
    station = await bench.station()
    asked = await bench.command(station, "SetNetworkProfile", NETWORK)
    await station.expect("SetNetworkProfile", {"status": "Failed"})
    outcome = await bench.outcome(asked)
    assert (outcome.status, outcome.reason) == (CommandStatus.REFUSED, "Failed")
    assert await bench.hub.rows(tables.network_profile, station.station_id) == []
