"""Block Q of OCPP 2.1: V2X, driven by what the platform really does."""

import pytest
from sqlalchemy import select

from csms.domain.commands import CommandStatus
from csms.store import tables
from tests.conformance import v2x
from tests.conformance.conftest import Bench, until
from tests.conformance.station import ScriptedStation

pytestmark = pytest.mark.integration


def period_of(request: dict) -> dict:
    (schedule,) = request["chargingProfile"]["chargingSchedule"]
    (period,) = schedule["chargingSchedulePeriod"]
    return period


def lease_of(station: ScriptedStation) -> dict:
    """The last TxProfile that the station was given."""
    sent = [told for action, told in station.heard if action == "SetChargingProfile"]
    return next(
        one for one in reversed(sent)
        if one["chargingProfile"]["chargingProfilePurpose"] == "TxProfile"
    )  # fmt: skip


async def test_tc21_q_102_csms_allowed_energy_is_told_with_the_authorization(bench: Bench) -> None:
    station = await v2x.bidirectional(bench)
    await v2x.allow(bench, station, "DC", "DC_BPT", "AC_BPT")
    told = await station.call("Authorize", {"idToken": v2x.token(station)})
    assert told["idTokenInfo"]["status"] == "Accepted"
    assert told["allowedEnergyTransfer"] == ["DC", "DC_BPT"]
    await v2x.starts(station)
    needs = await station.call("NotifyEVChargingNeeds", v2x.needs("DC_BPT"))
    assert needs["status"] in ("Accepted", "Processing")
    row = await bench.hub.row(tables.charging_needs, station.station_id)
    assert (row["max_charge_w"], row["max_discharge_w"]) == (11_000, 9_000)
    assert (row["energy_wh"], row["target_soc_pct"]) == (30_000, 80)


async def test_tc21_q_102_csms_says_nothing_to_a_station_without_v2x(bench: Bench) -> None:
    station = await bench.station("2.1")
    await v2x.allow(bench, station, "DC", "DC_BPT")
    told = await station.call("Authorize", {"idToken": v2x.token(station)})
    assert "allowedEnergyTransfer" not in told


async def test_tc21_q_103_csms_charging_needs_rejected(bench: Bench) -> None:
    station = await v2x.bidirectional(bench)
    await v2x.allow(bench, station, "DC")
    await v2x.starts(station)
    assert (await station.call("NotifyEVChargingNeeds", v2x.needs("DC_BPT")))["status"] == (
        "Rejected"
    )
    assert await bench.hub.rows(tables.charging_needs, station.station_id) == []


async def test_tc21_q_107_csms_charging_only_before_starting_v2x(bench: Bench) -> None:
    """First only charging; then leave for V2X comes, the vehicle asks for it, and may discharge."""
    station = await v2x.bidirectional(bench)
    await v2x.dialect_is(bench, station, "ocpp21")
    await v2x.proven(bench, station)
    await v2x.starts(station)
    await station.call("NotifyEVChargingNeeds", v2x.needs("DC"))
    first = await bench.outcome(await v2x.setpoint(bench, station, -5_000, version=1))
    assert period_of(lease_of(station)).get("limit") == 0
    assert "setpoint" not in period_of(lease_of(station))
    assert first.reason == "discharge_not_supported"

    leave = {
        "transactionId": v2x.TRANSACTION,
        "allowedEnergyTransfer": ["DC", "DC_BPT"],
    }
    asked = await bench.command(station, "NotifyAllowedEnergyTransfer", leave, 1)
    assert await station.expect("NotifyAllowedEnergyTransfer", {"status": "Accepted"}) == leave
    assert (await bench.outcome(asked)).status is CommandStatus.CONFIRMED
    assert (await station.call("NotifyEVChargingNeeds", v2x.needs("DC_BPT")))["status"] != (
        "Rejected"
    )
    await bench.outcome(await v2x.setpoint(bench, station, -5_000, version=2))
    assert period_of(lease_of(station))["setpoint"] == -5_000


async def test_tc21_q_108_csms_central_control_with_charging_schedule(bench: Bench) -> None:
    station = await v2x.bidirectional(bench)
    await v2x.dialect_is(bench, station, "ocpp21")
    await v2x.starts(station)
    await station.call("NotifyEVChargingNeeds", v2x.needs())
    done = await bench.outcome(await v2x.setpoint(bench, station, -5_000, version=1))
    assert done.status is CommandStatus.CONFIRMED
    period = period_of(lease_of(station))
    assert period == {"startPeriod": 0, "operationMode": "CentralSetpoint", "setpoint": -1_000}
    evse = await bench.hub.row(tables.evse, station.station_id)
    assert (evse["setpoint_w"], evse["composite_w"]) == (-1_000, -1_000)
    assert evse["setpoint_status"] == "confirmed"


async def test_tc21_q_108_csms_a_vehicle_that_has_not_said_is_not_told_to_discharge(
    bench: Bench,
) -> None:
    station = await v2x.bidirectional(bench)
    await v2x.dialect_is(bench, station, "ocpp21")
    await v2x.starts(station)
    await bench.outcome(await v2x.setpoint(bench, station, -5_000, version=1))
    assert period_of(lease_of(station)) == {"startPeriod": 0, "limit": 0}


async def test_tc21_q_108_csms_withdraws_a_discharge_that_is_not_understood(bench: Bench) -> None:
    station = await v2x.bidirectional(bench)
    await v2x.dialect_is(bench, station, "ocpp21")
    await v2x.starts(station)
    await v2x.wants(bench, station)
    station.answers["GetCompositeSchedule"] = lambda asked: {
        "status": "Accepted",
        "schedule": {
            "evseId": asked["evseId"],
            "duration": asked["duration"],
            "scheduleStart": v2x.now(),
            "chargingRateUnit": "W",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 11_000}],
        },
    }
    done = await bench.outcome(await v2x.setpoint(bench, station, -5_000, version=1))
    assert (done.status, done.reason) == (CommandStatus.REFUSED, "discharge_misread")
    assert period_of(lease_of(station)) == {"startPeriod": 0, "limit": 0}
    await v2x.dialect_is(bench, station, "none")


async def test_tc21_q_109_csms_central_control_with_dynamic_setpoint_push(bench: Bench) -> None:
    station = await v2x.bidirectional(bench, dynamic="yes")
    await v2x.dialect_is(bench, station, "ocpp21")
    await v2x.proven(bench, station)
    await v2x.starts(station)
    await station.call("NotifyEVChargingNeeds", v2x.needs())
    await bench.outcome(await v2x.setpoint(bench, station, -5_000, version=1))
    profile = lease_of(station)["chargingProfile"]
    assert profile["chargingProfileKind"] == "Dynamic"
    assert profile["chargingSchedule"][0]["duration"] < 600

    done = await bench.outcome(await v2x.setpoint(bench, station, -3_000, version=2))
    pushed = await station.heard_of("UpdateDynamicSchedule")
    assert pushed == {
        "chargingProfileId": profile["id"],
        "scheduleUpdate": {"setpoint": -3_000},
    }
    assert (done.status, done.command.payload["setpoint_w"]) == (CommandStatus.CONFIRMED, -3_000)
    evse = await bench.hub.row(tables.evse, station.station_id)
    assert (evse["setpoint_w"], evse["composite_w"]) == (-3_000, -3_000)


async def test_tc21_q_109_csms_sets_the_profile_anew_where_the_update_is_refused(
    bench: Bench,
) -> None:
    station = await v2x.bidirectional(bench, dynamic="yes")
    await v2x.dialect_is(bench, station, "ocpp21")
    await v2x.proven(bench, station)
    await v2x.starts(station)
    await v2x.wants(bench, station)
    await bench.outcome(await v2x.setpoint(bench, station, -5_000, version=1))
    station.answers["UpdateDynamicSchedule"] = {"status": "Rejected"}
    done = await bench.outcome(await v2x.setpoint(bench, station, -3_000, version=2))
    assert period_of(lease_of(station))["setpoint"] == -3_000
    assert done.status is CommandStatus.CONFIRMED


async def test_tc21_q_110_csms_central_control_with_dynamic_setpoint_pull(bench: Bench) -> None:
    station = await v2x.bidirectional(bench, dynamic="yes")
    await v2x.dialect_is(bench, station, "ocpp21")
    await v2x.proven(bench, station)
    await v2x.starts(station)
    await v2x.wants(bench, station)
    await bench.outcome(await v2x.setpoint(bench, station, -5_000, version=1))
    profile = lease_of(station)["chargingProfile"]
    assert profile["dynUpdateInterval"] > 0
    pull = {"chargingProfileId": profile["id"]}
    told = await station.call("PullDynamicScheduleUpdate", pull)
    assert told == {"status": "Accepted", "scheduleUpdate": {"setpoint": -5_000}}

    await bench.outcome(await v2x.setpoint(bench, station, -2_000, version=2))
    told = await station.call("PullDynamicScheduleUpdate", pull)
    assert told["scheduleUpdate"] == {"setpoint": -2_000}
    other = await station.call("PullDynamicScheduleUpdate", {"chargingProfileId": 77})
    assert (other["status"], other["statusInfo"]["reasonCode"]) == ("Rejected", "InvalidProfile")

    await v2x.event(station, "Ended", 1, "EVDeparted")
    assert (await station.call("PullDynamicScheduleUpdate", pull))["status"] == "Rejected"


def profile(station: ScriptedStation, period: dict, **changes: object) -> dict:
    schedule = {
        "id": 1,
        "startSchedule": "2026-03-01T08:00:00Z",
        "chargingRateUnit": "W",
        "chargingSchedulePeriod": [{"startPeriod": 0, **period}],
    }
    told = {
        "id": 50,
        "stackLevel": 1,
        "chargingProfilePurpose": "TxProfile",
        "chargingProfileKind": "Absolute",
        "transactionId": v2x.TRANSACTION,
        "chargingSchedule": [schedule],
        **changes,
    }
    return {"evseId": 1, "chargingProfile": told}


async def able(bench: Bench, *, dynamic: str = "") -> ScriptedStation:
    """A proven bidirectional station with a transaction."""
    station = await v2x.bidirectional(bench, dynamic=dynamic)
    await v2x.dialect_is(bench, station, "ocpp21")
    await v2x.proven(bench, station)
    await v2x.starts(station)
    await v2x.wants(bench, station)
    return station


async def test_tc21_q_117_csms_central_frequency_support_push(bench: Bench) -> None:
    station = await able(bench, dynamic="yes")
    told = profile(
        station,
        {"operationMode": "CentralFrequency", "setpoint": -2_000},
        chargingProfileKind="Dynamic",
    )
    del told["chargingProfile"]["chargingSchedule"][0]["startSchedule"]
    told["chargingProfile"]["chargingSchedule"][0]["duration"] = 60
    asked = await bench.command(station, "SetChargingProfile", told, 1)
    assert (await bench.outcome(asked)).status is CommandStatus.CONFIRMED
    assert lease_of(station) == told

    update = {"chargingProfileId": 50, "scheduleUpdate": {"setpoint": -4_000}}
    asked = await bench.command(station, "UpdateDynamicSchedule", update, 1)
    assert (await bench.outcome(asked)).status is CommandStatus.CONFIRMED
    assert await station.heard_of("UpdateDynamicSchedule") == update
    pulled = await station.call("PullDynamicScheduleUpdate", {"chargingProfileId": 50})
    assert pulled["scheduleUpdate"] == {"setpoint": -4_000}


async def test_tc21_q_120_csms_local_frequency_with_afrr_signal(bench: Bench) -> None:
    station = await able(bench)
    curve = [{"frequency": 49.8, "power": -5_000}, {"frequency": 50.2, "power": 5_000}]
    signals = [{"signal": -100, "power": -5_000}, {"signal": 100, "power": 5_000}]
    told = profile(
        station,
        {
            "operationMode": "LocalFrequency",
            "v2xBaseline": 0,
            "v2xFreqWattCurve": curve,
            "v2xSignalWattCurve": signals,
        },
    )
    asked = await bench.command(station, "SetChargingProfile", told, 1)
    assert (await bench.outcome(asked)).status is CommandStatus.CONFIRMED
    asked = await bench.command(station, "AFRRSignal", {"signal": 42})
    sent = await station.heard_of("AFRRSignal")
    assert sent["signal"] == 42
    assert sent["timestamp"]
    assert (await bench.outcome(asked)).status is CommandStatus.CONFIRMED


async def test_tc21_q_121_csms_local_frequency_needs_its_curve(bench: Bench) -> None:
    station = await able(bench)
    bare = profile(station, {"operationMode": "LocalFrequency", "v2xBaseline": 0})
    done = await bench.outcome(await bench.command(station, "SetChargingProfile", bare, 1))
    assert (done.status, done.reason) == (CommandStatus.REFUSED, "frequency_watt_curve_missing")
    assert bare not in [told for _, told in station.heard]
    curve = [{"frequency": 49.8, "power": -5_000}, {"frequency": 50.2, "power": 5_000}]
    whole = profile(
        station,
        {"operationMode": "LocalFrequency", "v2xBaseline": 0, "v2xFreqWattCurve": curve},
    )
    done = await bench.outcome(await bench.command(station, "SetChargingProfile", whole, 1))
    assert done.status is CommandStatus.CONFIRMED
    assert lease_of(station) == whole


async def test_tc21_q_124_csms_local_load_balancing(bench: Bench) -> None:
    station = await able(bench)
    told = profile(station, {"operationMode": "LocalLoadBalancing"})
    done = await bench.outcome(await bench.command(station, "SetChargingProfile", told, 1))
    assert done.status is CommandStatus.CONFIRMED
    assert lease_of(station) == told
    await v2x.event(
        station, "Updated", 1, "OperationModeChanged", info={"operationMode": "LocalLoadBalancing"}
    )

    async def ledger() -> bool:
        async with bench.hub.engine.connect() as conn:
            events = tables.transaction_event.c
            query = select(events.ocpp_version).where(
                events.station_id == station.station_id,
                events.trigger_reason == "OperationModeChanged",
            )
            return (await conn.scalars(query)).all() == ["2.1"]

    assert await until(ledger)


async def test_tc21_q_124_csms_does_not_let_an_unproven_station_discharge_by_itself(
    bench: Bench,
) -> None:
    station = await v2x.bidirectional(bench)
    await v2x.dialect_is(bench, station, "ocpp21")
    await v2x.starts(station)
    await v2x.wants(bench, station)
    told = profile(station, {"operationMode": "LocalLoadBalancing"})
    done = await bench.outcome(await bench.command(station, "SetChargingProfile", told, 1))
    assert (done.status, done.reason) == (CommandStatus.REFUSED, "discharge_not_proven")
