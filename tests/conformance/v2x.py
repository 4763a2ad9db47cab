"""A bidirectional station of OCPP 2.1: its device model, its transaction, its vehicle's needs."""

from datetime import UTC, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import insert, update

from csms.clock import wall_now
from csms.domain.commands import Command, CommandKind, CommandPriority
from csms.domain.ids import ChargingStationId, EvseId, IdToken
from csms.store import commands, tables
from csms.store.v21 import allow_energy_transfer
from tests.conformance.conftest import Bench, until
from tests.conformance.station import Payload, ScriptedStation

TRANSACTION = "tx-v2x"
MODES = "ChargingOnly,CentralSetpoint,CentralFrequency,LocalFrequency,LocalLoadBalancing,Idle"
DEVICE_MODEL = {
    ("V2XChargingCtrlr", "Enabled"): "true",
    ("V2XChargingCtrlr", "SupportedOperationModes"): MODES,
    ("V2XChargingCtrlr", "SupportedEnergyTransferModes"): "DC,DC_BPT",
    ("ISO15118Ctrlr", "Enabled"): "true",
    ("SmartChargingCtrlr", "RateUnit"): "W",
    ("SmartChargingCtrlr", "SupportsLimitAtSoC"): "true",
    ("SmartChargingCtrlr", "SupportsMaxOfflineDuration"): "true",
    ("SmartChargingCtrlr", "SupportsRandomizedDelay"): "true",
    ("SmartChargingCtrlr", "SupportedAdditionalPurposes"): "PriorityCharging",
}
BALANCING = {
    "UpperThreshold": "20000",
    "LowerThreshold": "0",
    "UpperOffset": "-500",
    "LowerOffset": "500",
}
DYNAMIC = {("SmartChargingCtrlr", "SupportsDynamicProfiles"): "true"}


def token(station: ScriptedStation) -> dict[str, str]:
    """A card that nobody uses elsewhere."""
    return {"idToken": f"V2X-{station.station_id}", "type": "ISO14443"}


def now() -> str:
    return wall_now().astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


async def reports(station: ScriptedStation, model: dict[tuple[str, str], str]) -> None:
    """NotifyReport of these variables, of EVSE 1 where they are an EVSE's."""
    data = [
        {
            "component": {"name": component}
            | ({"evse": {"id": 1}} if component == "V2XChargingCtrlr" else {}),
            "variable": {"name": variable},
            "variableAttribute": [{"value": value}],
        }
        for (component, variable), value in model.items()
    ]
    data += [
        {
            "component": {"name": "V2XChargingCtrlr", "evse": {"id": 1}},
            "variable": {"name": "LocalLoadBalancing", "instance": instance},
            "variableAttribute": [{"value": value}],
        }
        for instance, value in BALANCING.items()
    ]
    await station.call(
        "NotifyReport", {"requestId": 1, "generatedAt": now(), "seqNo": 0, "reportData": data}
    )


async def bidirectional(bench: Bench, **more: str) -> ScriptedStation:
    """A 2.1 station that can discharge and says so, with its setpoints echoed when read back."""
    station = await bench.station("2.1")
    await reports(station, DEVICE_MODEL | (DYNAMIC if more.get("dynamic") else {}))
    station.answers["GetCompositeSchedule"] = lambda asked: composite(station, asked)
    return station


def composite(station: ScriptedStation, asked: Payload) -> Payload:
    """What an honest station would do now: the period that it was told last."""
    period = {"startPeriod": 0}
    for action, told in station.heard:
        if action == "SetChargingProfile":
            period = told["chargingProfile"]["chargingSchedule"][0]["chargingSchedulePeriod"][0]
        elif action == "UpdateDynamicSchedule":
            period = {**period, **told["scheduleUpdate"]}
    schedule = {
        "evseId": asked["evseId"],
        "duration": asked["duration"],
        "scheduleStart": now(),
        "chargingRateUnit": "W",
        "chargingSchedulePeriod": [period],
    }
    return {"status": "Accepted", "schedule": schedule}


async def starts(station: ScriptedStation, **info: Any) -> Payload:
    """TransactionEvent Started at EVSE 1."""
    return await event(station, "Started", 0, "CablePluggedIn", **info)


async def event(
    station: ScriptedStation, kind: str, seq_no: int, trigger: str, **more: Any
) -> Payload:
    info = {"transactionId": TRANSACTION, "chargingState": "Charging", **more.pop("info", {})}
    payload = {
        "eventType": kind,
        "timestamp": now(),
        "triggerReason": trigger,
        "seqNo": seq_no,
        "transactionInfo": info,
        "evse": {"id": 1, "connectorId": 1},
    }
    if kind == "Started":
        payload["idToken"] = token(station)
    return await station.call("TransactionEvent", payload | more)


def needs(transfer: str = "DC_BPT", **more: Any) -> Payload:
    """NotifyEVChargingNeeds of a vehicle with ISO 15118-20."""
    return {
        "evseId": 1,
        "chargingNeeds": {
            "requestedEnergyTransfer": transfer,
            "availableEnergyTransfer": ["DC", "DC_BPT"],
            "controlMode": "DynamicControl",
            "departureTime": (wall_now() + timedelta(hours=8)).isoformat(),
            "v2xChargingParameters": {
                "maxChargePower": 11_000,
                "maxDischargePower": 9_000,
                "evTargetEnergyRequest": 30_000,
                "targetSoC": 80,
            },
            **more,
        },
    }


async def allow(bench: Bench, station: ScriptedStation, *modes: str) -> None:
    """The holder of the station's card may use these energy transfers."""
    async with bench.hub.engine.begin() as conn:
        await allow_energy_transfer(conn, IdToken(token(station)["idToken"]), modes, wall_now())


async def setpoint(
    bench: Bench, station: ScriptedStation, setpoint_w: float, *, version: int, lease_s: float = 600
) -> Command:
    """What the controller asks: a lease on the power of EVSE 1."""
    at = wall_now()
    until_at = at + timedelta(seconds=lease_s)
    asked = Command(
        command_id=uuid4(),
        station_id=ChargingStationId(station.station_id),
        evse_id=EvseId(1),
        kind=CommandKind.SET_SETPOINT,
        payload={"setpoint_w": setpoint_w, "until": until_at.isoformat(), "reason": "test"},
        priority=CommandPriority.DISPATCH,
        created_at=at,
        deadline_at=at + timedelta(seconds=20),
        version=version,
        requested_by="test",
    )
    with station.busy():
        async with bench.hub.engine.begin() as conn:
            await commands.insert(conn, [asked])
    bench.hub.csms.desk.wake(asked.station_id)
    return asked


async def dialect_is(bench: Bench, station: ScriptedStation, dialect: str) -> None:
    async def told() -> bool:
        row = await bench.hub.row(tables.charging_station, station.station_id)
        return bool(row["discharge_dialect"] == dialect)

    assert await until(told)


async def proven(bench: Bench, station: ScriptedStation) -> None:
    """The export register has moved under a discharge before: no probe is needed any more."""
    async with bench.hub.engine.begin() as conn:
        await conn.execute(
            update(tables.charging_station)
            .where(tables.charging_station.c.station_id == station.station_id)
            .values(discharge_proven_at=wall_now())
        )


async def wants(bench: Bench, station: ScriptedStation, transfer: str = "DC_BPT") -> None:
    """The vehicle at EVSE 1 has told its needs before, so no schedule is offered to it now."""
    needs = {"station_id": station.station_id, "evse_id": 1, "at": wall_now()}
    async with bench.hub.engine.begin() as conn:
        await conn.execute(
            insert(tables.charging_needs).values(**needs, requested_energy_transfer=transfer)
        )


async def reboot(station: ScriptedStation, reason: str) -> None:
    """Boot again, be made ready again, and be accepted."""
    me = {"vendorName": "Scripted", "model": "One"}
    before = [action for action, _ in station.heard].count("TriggerMessage")
    answer = await station.call("BootNotification", {"reason": reason, "chargingStation": me})
    if answer["status"] != "Accepted":
        await station.heard_of("TriggerMessage", before + 1)
        answer = await station.call(
            "BootNotification", {"reason": "Triggered", "chargingStation": me}
        )
    assert answer["status"] == "Accepted"
