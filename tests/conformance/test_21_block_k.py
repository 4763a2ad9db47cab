"""Block K of OCPP 2.1: what its profiles say beyond those of 2.0.1."""

from typing import Any

import pytest

from csms.domain.commands import CommandStatus
from csms.store import tables
from csms.store.commands import StoredCommand
from tests.conformance import v2x
from tests.conformance.conftest import Bench
from tests.conformance.station import ScriptedStation

pytestmark = pytest.mark.integration


def request(purpose: str = "TxDefaultProfile", evse_id: int = 1, **changes: Any) -> dict[str, Any]:
    """SetChargingProfile; `schedule` and `period` are changes of those."""
    period = {"startPeriod": 0, "limit": 7_000, **changes.pop("period", {})}
    schedule = {
        "id": 1,
        "startSchedule": "2026-03-01T08:00:00Z",
        "chargingRateUnit": "W",
        "chargingSchedulePeriod": [{k: v for k, v in period.items() if v is not None}],
        **changes.pop("schedule", {}),
    }
    profile = {
        "id": 50,
        "stackLevel": 1,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Absolute",
        "chargingSchedule": [{k: v for k, v in schedule.items() if v is not None}],
        **changes,
    }
    return {"evseId": evse_id, "chargingProfile": profile}


async def set_profile(
    bench: Bench, station: ScriptedStation, payload: dict[str, Any]
) -> StoredCommand:
    return await bench.outcome(await bench.command(station, "SetChargingProfile", payload, 1))


async def taken(bench: Bench, station: ScriptedStation, payload: dict[str, Any]) -> None:
    """It reaches the station as it is, and is remembered."""
    done = await set_profile(bench, station, payload)
    assert done.status is CommandStatus.CONFIRMED, done.reason
    assert payload in [told for action, told in station.heard if action == "SetChargingProfile"]
    rows = await bench.hub.rows(tables.charging_profile, station.station_id)
    held = {row["profile_id"]: row["payload"] for row in rows}
    assert held[payload["chargingProfile"]["id"]] == payload["chargingProfile"]


async def refused(
    bench: Bench, station: ScriptedStation, payload: dict[str, Any], why: str
) -> None:
    """It does not leave."""
    done = await set_profile(bench, station, payload)
    assert (done.status, done.reason) == (CommandStatus.REFUSED, why)
    assert payload not in [told for _, told in station.heard]


async def test_tc21_k_01_csms_tx_default_profile_at_an_evse(bench: Bench) -> None:
    await taken(bench, await bench.station("2.1"), request(stackLevel=2))


async def test_k01_fr03_a_tx_profile_without_its_transaction_does_not_leave(bench: Bench) -> None:
    station = await bench.station("2.1")
    await refused(bench, station, request("TxProfile", transactionId="tx1"), "transaction_not_open")


async def test_tc21_k_03_csms_charging_station_max_profile(bench: Bench) -> None:
    await taken(bench, await bench.station("2.1"), request("ChargingStationMaxProfile", 0))


async def test_tc21_k_10_csms_tx_default_profile_at_all_evses(bench: Bench) -> None:
    await taken(bench, await bench.station("2.1"), request(evse_id=0, stackLevel=3))


async def test_tc21_k_15_csms_profile_not_supported(bench: Bench) -> None:
    station = await bench.station("2.1")
    station.answers["SetChargingProfile"] = {"error": "NotSupported"}
    done = await set_profile(bench, station, request())
    assert (done.status, done.reason) == (CommandStatus.REFUSED, "NotSupported")
    rows = await bench.hub.rows(tables.charging_profile, station.station_id)
    assert 50 not in [row["profile_id"] for row in rows]


async def test_tc21_k_19_csms_recurring_profile(bench: Bench) -> None:
    station = await bench.station("2.1")
    await taken(bench, station, request(chargingProfileKind="Recurring", recurrencyKind="Daily"))
    bare = request(chargingProfileKind="Recurring", id=51)
    await refused(bench, station, bare, "recurrency_missing")


async def test_tc21_k_60_csms_tx_profile_with_transaction(bench: Bench) -> None:
    station = await bench.station("2.1")
    await v2x.starts(station)
    await taken(bench, station, request("TxProfile", transactionId=v2x.TRANSACTION))


async def test_tc21_k_100_csms_max_offline_duration(bench: Bench) -> None:
    offline = {"maxOfflineDuration": 60, "invalidAfterOfflineDuration": True}
    await taken(bench, await v2x.bidirectional(bench), request(**offline))
    plain = await bench.station("2.1")
    await refused(bench, plain, request(**offline), "max_offline_duration_not_supported")


async def test_tc21_k_100_csms_a_lease_ends_while_its_station_is_offline(bench: Bench) -> None:
    station = await v2x.bidirectional(bench)
    await v2x.starts(station)
    await bench.outcome(await v2x.setpoint(bench, station, 7_000, version=1))
    sent = [told for action, told in station.heard if action == "SetChargingProfile"][-1]
    assert 0 < sent["chargingProfile"]["maxOfflineDuration"] <= 300


async def test_tc21_k_101_csms_change_operation_mode(bench: Bench) -> None:
    station = await v2x.bidirectional(bench)
    await v2x.dialect_is(bench, station, "ocpp21")
    await v2x.proven(bench, station)
    await v2x.starts(station)
    await v2x.wants(bench, station)
    periods = [
        {"startPeriod": 0, "operationMode": "ChargingOnly", "limit": 7_000},
        {"startPeriod": 600, "operationMode": "CentralSetpoint", "setpoint": -5_000},
        {"startPeriod": 1_200, "operationMode": "Idle"},
    ]
    payload = request("TxProfile", transactionId=v2x.TRANSACTION,
                      schedule={"chargingSchedulePeriod": periods})  # fmt: skip
    await taken(bench, station, payload)
    changed = await v2x.event(
        station, "Updated", 1, "OperationModeChanged", info={"operationMode": "CentralSetpoint"}
    )
    assert changed == {}


async def test_tc21_k_102_csms_limit_at_soc(bench: Bench) -> None:
    at_soc = {"schedule": {"limitAtSoC": {"soc": 80, "limit": 3_000}}}
    await taken(bench, await v2x.bidirectional(bench), request(**at_soc))
    plain = await bench.station("2.1")
    at_soc = {"schedule": {"limitAtSoC": {"soc": 80, "limit": 3_000}}}
    await refused(bench, plain, request(**at_soc), "limit_at_soc_not_supported")


async def test_tc21_k_104_csms_priority_charging_profile(bench: Bench) -> None:
    station = await v2x.bidirectional(bench)
    await taken(bench, station, request("PriorityCharging"))
    timed = request("PriorityCharging", id=51, schedule={"duration": 60})
    await refused(bench, station, timed, "priority_charging_with_duration")
    plain = await bench.station("2.1")
    await refused(bench, plain, request("PriorityCharging"), "purpose_not_supported")


async def test_tc21_k_106_csms_randomized_delay(bench: Bench) -> None:
    station = await v2x.bidirectional(bench)
    await taken(bench, station, request(schedule={"randomizedDelay": 120}))
    everywhere = request("ChargingStationMaxProfile", 0, id=51, schedule={"randomizedDelay": 120})
    await refused(bench, station, everywhere, "randomized_delay_not_allowed")


async def test_tc21_k_109_csms_ids_above_those_of_external_constraints(bench: Bench) -> None:
    station = await v2x.bidirectional(bench)
    await v2x.reports(station, {("SmartChargingCtrlr", "MaxExternalConstraintsId"): "60"})
    await refused(bench, station, request(), "profile_id_of_external_constraints")
    await taken(bench, station, request(id=62))
    await v2x.starts(station)
    await bench.outcome(await v2x.setpoint(bench, station, 7_000, version=1))
    sent = [told for action, told in station.heard if action == "SetChargingProfile"][-1]
    assert sent["chargingProfile"]["id"] == 1_061


async def test_tc21_k_04_csms_replace_profile_by_its_id(bench: Bench) -> None:
    station = await bench.station("2.1")
    await taken(bench, station, request())
    await taken(bench, station, request(period={"limit": 3_000}))
    rows = await bench.hub.rows(tables.charging_profile, station.station_id)
    assert [row["profile_id"] for row in rows].count(50) == 1


async def test_tc21_k_70_csms_multiple_profiles(bench: Bench) -> None:
    station = await bench.station("2.1")
    await v2x.starts(station)
    await taken(bench, station, request("ChargingStationMaxProfile", 0, id=51))
    await taken(bench, station, request(id=52))
    await taken(bench, station, request("TxProfile", id=53, transactionId=v2x.TRANSACTION))
    rows = await bench.hub.rows(tables.charging_profile, station.station_id)
    assert {51, 52, 53} <= {row["profile_id"] for row in rows}


async def test_tc21_k_118_csms_priority_charging_requested_remotely(bench: Bench) -> None:
    station = await v2x.bidirectional(bench)
    await v2x.starts(station)
    asked = {"transactionId": v2x.TRANSACTION, "activate": True}
    for activated in (True, False):
        payload = asked | {"activate": activated}
        command = await bench.command(station, "UsePriorityCharging", payload, 1)
        assert await station.expect("UsePriorityCharging", {"status": "Accepted"}) == payload
        assert (await bench.outcome(command)).status is CommandStatus.CONFIRMED
        notified = {"transactionId": v2x.TRANSACTION, "activated": activated}
        assert await station.call("NotifyPriorityCharging", notified) == {}
        row = await bench.hub.row(tables.priority_charging, station.station_id)
        assert row["activated"] is activated
    command = await bench.command(station, "UsePriorityCharging", asked, 1)
    await station.expect("UsePriorityCharging", {"status": "NoProfile"})
    assert (await bench.outcome(command)).reason == "NoProfile"


async def test_tc21_k_121_csms_dynamic_profiles_pulled(bench: Bench) -> None:
    station = await v2x.bidirectional(bench, dynamic="yes")
    payload = request(
        chargingProfileKind="Dynamic",
        dynUpdateInterval=30,
        schedule={"startSchedule": None, "duration": 90},
    )
    await taken(bench, station, payload)
    pull = {"chargingProfileId": 50}
    told = await station.call("PullDynamicScheduleUpdate", pull)
    assert told == {"status": "Accepted", "scheduleUpdate": {"limit": 7_000}}
    update = {"chargingProfileId": 50, "scheduleUpdate": {"limit": 4_000}}
    await bench.outcome(await bench.command(station, "UpdateDynamicSchedule", update, 1))
    told = await station.call("PullDynamicScheduleUpdate", pull)
    assert told["scheduleUpdate"] == {"limit": 4_000}
    await taken(bench, station, request())
    assert (await station.call("PullDynamicScheduleUpdate", pull))["status"] == "Rejected"


async def test_tc21_k_121_csms_updates_no_profile_that_is_not_dynamic(bench: Bench) -> None:
    station = await v2x.bidirectional(bench, dynamic="yes")
    await taken(bench, station, request())
    update = {"chargingProfileId": 50, "scheduleUpdate": {"limit": 4_000}}
    done = await bench.outcome(await bench.command(station, "UpdateDynamicSchedule", update, 1))
    assert (done.status, done.reason) == (CommandStatus.REFUSED, "no_such_dynamic_profile")


async def test_tc21_k_05_csms_clear_profile_by_id(bench: Bench) -> None:
    station = await bench.station("2.1")
    await taken(bench, station, request())
    command = await bench.command(station, "ClearChargingProfile", {"chargingProfileId": 50})
    await station.expect("ClearChargingProfile", {"status": "Accepted"})
    assert (await bench.outcome(command)).status is CommandStatus.CONFIRMED
    rows = await bench.hub.rows(tables.charging_profile, station.station_id)
    assert 50 not in [row["profile_id"] for row in rows]


async def test_tc21_k_06_csms_clear_profile_by_stack_level_and_purpose(bench: Bench) -> None:
    station = await bench.station("2.1")
    await taken(bench, station, request())
    criteria = {"chargingProfilePurpose": "TxDefaultProfile", "stackLevel": 1, "evseId": 1}
    payload = {"chargingProfileCriteria": criteria}
    command = await bench.command(station, "ClearChargingProfile", payload)
    assert await station.expect("ClearChargingProfile", {"status": "Accepted"}) == payload
    await bench.outcome(command)
    rows = await bench.hub.rows(tables.charging_profile, station.station_id)
    assert 50 not in [row["profile_id"] for row in rows]


async def test_tc21_k_08_csms_clear_without_previous_profile(bench: Bench) -> None:
    station = await bench.station("2.1")
    command = await bench.command(station, "ClearChargingProfile", {"chargingProfileId": 50})
    await station.expect("ClearChargingProfile", {"status": "Unknown"})
    assert (await bench.outcome(command)).reason == "Unknown"


async def test_tc21_k_115_csms_dynamic_control_mode(bench: Bench) -> None:
    """ISO 15118-20: needs, Processing, and a TxProfile within the minute (K19)."""
    station = await v2x.bidirectional(bench)
    await v2x.starts(station)
    status = (await station.call("NotifyEVChargingNeeds", v2x.needs("DC")))["status"]
    assert status == "Processing"
    await bench.outcome(await v2x.setpoint(bench, station, 7_000, version=1))
    told = [told for action, told in station.heard if action == "SetChargingProfile"][-1]
    profile = told["chargingProfile"]
    assert (profile["chargingProfilePurpose"], profile["transactionId"]) == (
        "TxProfile",
        v2x.TRANSACTION,
    )
    assert len(profile["chargingSchedule"]) == 1


async def test_tc21_k_117_csms_adjusts_the_schedule_of_dynamic_control_mode(bench: Bench) -> None:
    """K20: new needs of the vehicle are kept in place of the old ones."""
    station = await v2x.bidirectional(bench)
    await v2x.starts(station)
    await station.call("NotifyEVChargingNeeds", v2x.needs("DC"))
    less = {"v2xChargingParameters": {"evTargetEnergyRequest": 9_000}}
    assert (await station.call("NotifyEVChargingNeeds", v2x.needs("DC", **less)))["status"] != (
        "Rejected"
    )
    row = await bench.hub.row(tables.charging_needs, station.station_id)
    assert row["energy_wh"] == 9_000


async def test_tc21_k_48_csms_external_limit_without_transaction(bench: Bench) -> None:
    station = await bench.station("2.1")
    limit = {"chargingLimitSource": "EMS", "isLocalGeneration": False}
    period = {"startPeriod": 0, "limit": 5_000}
    schedule = {"id": 1, "chargingRateUnit": "W", "chargingSchedulePeriod": [period]}
    payload = {"evseId": 1, "chargingLimit": limit, "chargingSchedule": [schedule]}
    assert await station.call("NotifyChargingLimit", payload) == {}
    row = await bench.hub.row(tables.charging_limit, station.station_id)
    assert (row["source"], row["in_force"]) == ("EMS", True)


async def test_tc21_k_50_csms_external_limit_is_cleared(bench: Bench) -> None:
    station = await bench.station("2.1")
    limit = {"chargingLimitSource": "EMS"}
    period = {"startPeriod": 0, "limit": 5_000}
    schedule = {"id": 1, "chargingRateUnit": "W", "chargingSchedulePeriod": [period]}
    payload = {"evseId": 1, "chargingLimit": limit, "chargingSchedule": [schedule]}
    await station.call("NotifyChargingLimit", payload)
    cleared = {"chargingLimitSource": "EMS", "evseId": 1}
    assert await station.call("ClearedChargingLimit", cleared) == {}

    row = await bench.hub.row(tables.charging_limit, station.station_id)
    assert row["in_force"] is False


async def test_tc21_k_109_csms_the_floor_gives_way_to_ids_of_external_constraints(
    bench: Bench,
) -> None:
    station = await bench.station("2.1", booted=False)

    def takes(asked: dict[str, Any]) -> dict[str, Any]:
        if asked["chargingProfile"]["id"] > 60:
            return {"status": "Accepted"}
        return {"status": "Rejected", "statusInfo": {"reasonCode": "InvalidProfileId"}}

    station.answers["SetChargingProfile"] = takes
    station.answers["GetVariables"] = lambda asked: {
        "getVariableResult": [
            {**one, "attributeStatus": "Accepted", "attributeValue": "60"}
            for one in asked["getVariableData"]
        ]
    }
    await station.boot()
    floors = [told for action, told in station.heard if action == "SetChargingProfile"]
    assert floors[-1]["chargingProfile"]["id"] == 61
