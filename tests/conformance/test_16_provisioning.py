"""OCPP 1.6: boot, configuration, status, and what is answered to what cannot be read."""

import json
from typing import Any

import pytest

from csms.domain.commands import CommandStatus
from csms.store import tables
from tests.conformance.conftest import Bench
from tests.conformance.station import CallRefusedError, ScriptedStation

pytestmark = pytest.mark.integration

BOOT = {"chargePointVendor": "Scripted", "chargePointModel": "One", "firmwareVersion": "1.2"}


def changed(station: ScriptedStation) -> dict[str, str]:
    """What ChangeConfiguration has set."""
    said = [payload for action, payload in station.heard if action == "ChangeConfiguration"]
    return {one["key"]: one["value"] for one in said}


async def test_16_a_new_station_is_pending_until_it_measures_and_has_a_floor(bench: Bench) -> None:
    station = await bench.station("1.6", booted=False)
    first = await station.call("BootNotification", BOOT)
    assert (first["status"], first["interval"]) == ("Pending", 30)
    trigger = await station.heard_of("TriggerMessage")
    assert trigger == {"requestedMessage": "BootNotification"}
    assert (await station.call("BootNotification", BOOT))["status"] == "Accepted"
    keys = changed(station)
    assert "Energy.Active.Export.Register" in keys["MeterValuesSampledData"].split(",")
    assert keys["MeterValuesAlignedData"] == keys["MeterValuesSampledData"]
    assert (keys["MeterValueSampleInterval"], keys["ClockAlignedDataInterval"]) == ("60", "900")
    assert keys["StopTxnSampledData"] == ""
    floor = await station.heard_of("SetChargingProfile")
    profile = floor["csChargingProfiles"]
    assert floor["connectorId"] == 0
    assert profile["chargingProfilePurpose"] == "TxDefaultProfile"
    (period,) = profile["chargingSchedule"]["chargingSchedulePeriod"]
    assert (period["limit"], profile["chargingSchedule"]["chargingRateUnit"]) == (1_400, "W")
    row = await bench.hub.row(tables.charging_station, station.station_id)
    assert (row["vendor"], row["model"], row["firmware_version"]) == ("Scripted", "One", "1.2")
    assert (row["ocpp_version"], row["registration_status"]) == ("1.6", "Accepted")


async def test_16_a_station_that_counts_in_amperes_gets_its_floor_so(bench: Bench) -> None:
    station = await bench.station("1.6", booted=False)
    key = "ChargingScheduleAllowedChargingRateUnit"
    told = {"key": key, "readonly": True, "value": "Current"}
    station.answers["GetConfiguration"] = {"configurationKey": [told]}
    await station.boot()
    schedule = (await station.heard_of("SetChargingProfile"))["csChargingProfiles"][
        "chargingSchedule"
    ]
    assert schedule["chargingRateUnit"] == "A"
    (period,) = schedule["chargingSchedulePeriod"]
    assert period == {"startPeriod": 0, "limit": 2.0, "numberPhases": 3}
    rows = await bench.hub.rows(tables.variable, station.station_id)
    assert [(row["component"], row["variable"], row["value"]) for row in rows] == [
        ("SmartChargingCtrlr", "RateUnit", "A")
    ]


async def test_16_a_station_that_refuses_one_measurand_is_asked_for_less(bench: Bench) -> None:
    station = await bench.station("1.6", booted=False)

    def choosy(request: dict[str, Any]) -> dict[str, Any]:
        return {"status": "Rejected" if "SoC" in request["value"] else "Accepted"}

    station.answers["ChangeConfiguration"] = choosy
    await station.boot()
    taken = changed(station)["MeterValuesSampledData"].split(",")
    assert "SoC" not in taken
    assert "Energy.Active.Export.Register" in taken


async def test_16_before_it_is_accepted_only_energy_is_heard(bench: Bench) -> None:
    station = await bench.station("1.6", booted=False)
    with pytest.raises(CallRefusedError, match="SecurityError"):
        await station.call("Heartbeat", {})
    start = {
        "connectorId": 1,
        "idTag": "TAG",
        "meterStart": 0,
        "timestamp": "2026-03-01T08:00:00Z",
    }
    assert (await station.call("StartTransaction", start))["transactionId"] > 0


async def test_16_heartbeat_and_status(bench: Bench) -> None:
    station = await bench.station("1.6")
    assert set(await station.call("Heartbeat", {})) == {"currentTime"}
    status = {"connectorId": 1, "errorCode": "GroundFailure", "status": "Faulted"}
    assert await station.call("StatusNotification", status) == {}
    row = await bench.hub.row(tables.connector, station.station_id)
    assert (row["evse_id"], row["connector_id"], row["status"]) == (1, 1, "Faulted")
    (notice,) = await bench.hub.rows(tables.station_notice, station.station_id)
    assert (notice["kind"], notice["severity"]) == ("StatusNotification", "warning")
    assert notice["payload"]["errorCode"] == "GroundFailure"


async def test_16_variables_are_configuration_keys(bench: Bench) -> None:
    station = await bench.station("1.6")
    variable = {
        "component": {"name": "SampledDataCtrlr"},
        "variable": {"name": "TxUpdatedInterval"},
    }
    data = {"setVariableData": [variable | {"attributeValue": "30"}]}
    asked = await bench.command(station, "SetVariables", data)
    said = await station.expect("ChangeConfiguration", {"status": "Accepted"})
    assert said == {"key": "MeterValueSampleInterval", "value": "30"}
    assert (await bench.outcome(asked)).status is CommandStatus.CONFIRMED
    asked = await bench.command(station, "GetVariables", {"getVariableData": [variable]})
    said = await station.expect(
        "GetConfiguration",
        {"configurationKey": [{"key": said["key"], "readonly": False, "value": "30"}]},
    )
    assert said == {"key": ["MeterValueSampleInterval"]}
    outcome = await bench.outcome(asked)
    assert outcome.response is not None
    assert outcome.response["getVariableResult"][0]["attributeValue"] == "30"


async def test_16_the_whole_configuration_is_a_report_without_secrets(bench: Bench) -> None:
    station = await bench.station("1.6")
    asked = await bench.command(
        station, "GetBaseReport", {"requestId": 1, "reportBase": "FullInventory"}
    )
    keys = [
        {"key": "AuthorizationKey", "readonly": False, "value": "hunter2-hunter2-"},
        {"key": "HeartbeatInterval", "readonly": False, "value": "300"},
    ]
    assert await station.expect("GetConfiguration", {"configurationKey": keys}) == {}
    assert (await bench.outcome(asked)).status is CommandStatus.CONFIRMED
    rows = await bench.hub.rows(tables.variable, station.station_id)
    values = {row["variable"]: row["value"] for row in rows}
    assert values["HeartbeatInterval"] == "300"
    assert values["BasicAuthPassword"] is None


@pytest.mark.parametrize(("kind", "said"), [("OnIdle", "Soft"), ("Immediate", "Hard")])
async def test_16_reset(bench: Bench, kind: str, said: str) -> None:
    station = await bench.station("1.6")
    asked = await bench.command(station, "Reset", {"type": kind})
    assert await station.expect("Reset", {"status": "Accepted"}) == {"type": said}
    assert (await bench.outcome(asked)).status is CommandStatus.CONFIRMED


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("SetMonitoringLevel", {"severity": 4}),
        ("GetTransactionStatus", {}),
        ("Reset", {"type": "OnIdle", "evseId": 1}),
    ],
)
async def test_16_what_it_cannot_do_is_refused_by_name(
    bench: Bench, kind: str, payload: dict[str, Any]
) -> None:
    station = await bench.station("1.6")
    heard = len(station.heard)
    outcome = await bench.outcome(await bench.command(station, kind, payload))
    assert outcome.status is CommandStatus.REFUSED
    assert (outcome.reason or "").startswith(f"not_in_ocpp_1_6: {kind}")
    assert len(station.heard) == heard


@pytest.mark.parametrize(
    ("action", "payload", "code"),
    [
        ("StatusNotification", {"connectorId": 1}, "OccurenceConstraintViolation"),
        ("Heartbeat", {"x": 1}, "FormationViolation"),
        ("TransactionEvent", {}, "NotImplemented"),
        ("Authorize", {"idTag": 5}, "TypeConstraintViolation"),
    ],
)
async def test_16_errors_are_spelled_its_own_way(
    bench: Bench, action: str, payload: dict[str, Any], code: str
) -> None:
    station = await bench.station("1.6", booted=False)
    with pytest.raises(CallRefusedError) as refused:
        await station.call(action, payload, valid=False)
    assert refused.value.code == code


async def test_16_data_transfer_of_a_vendor_nobody_knows(bench: Bench) -> None:
    station = await bench.station("1.6")
    answer = await station.call("DataTransfer", {"vendorId": "nobody", "data": json.dumps([1])})
    assert answer == {"status": "UnknownVendorId"}
