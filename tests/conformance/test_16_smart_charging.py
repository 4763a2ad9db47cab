"""OCPP 1.6: setpoints as leases of a transaction, read back, and discharge only by dialect."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import update

from csms.clock import wall_now
from csms.domain.commands import Command, CommandKind, CommandPriority, CommandStatus
from csms.domain.ids import ChargingStationId, EvseId
from csms.store import commands, tables
from csms.store.commands import StoredCommand
from tests.conformance.conftest import Bench
from tests.conformance.station import Payload, ScriptedStation

pytestmark = pytest.mark.integration

ACCEPTED = {"status": "Accepted"}


class Obedient:
    """Keeps profiles and says so; `reads` is what it makes of a limit."""

    def __init__(self, station: ScriptedStation) -> None:
        self.limits: list[float] = []
        station.answers["SetChargingProfile"] = self.set
        station.answers["GetCompositeSchedule"] = self.composite

    def reads(self, limit: float) -> float:
        return limit

    def set(self, request: Payload) -> Payload:
        schedule = request["csChargingProfiles"]["chargingSchedule"]
        self.unit = schedule["chargingRateUnit"]
        self.limits.append(schedule["chargingSchedulePeriod"][0]["limit"])
        return ACCEPTED

    def composite(self, request: Payload) -> Payload:
        limit = self.reads(self.limits[-1])
        return {
            "status": "Accepted",
            "connectorId": request["connectorId"],
            "chargingSchedule": {
                "chargingRateUnit": self.unit,
                "duration": request["duration"],
                "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}],
            },
        }


class Liar(Obedient):
    """Takes a negative limit for none at all."""

    def reads(self, limit: float) -> float:
        return 11_000.0 if limit < 0 else limit


async def charging(bench: Bench, station: ScriptedStation) -> int:
    start = {
        "connectorId": 1,
        "idTag": "TAG",
        "meterStart": 0,
        "timestamp": "2026-03-01T08:00:00Z",
    }
    return int((await station.call("StartTransaction", start))["transactionId"])


async def setpoint(
    bench: Bench, station: ScriptedStation, setpoint_w: float, version: int = 1
) -> StoredCommand:
    now = wall_now()
    until = now + timedelta(minutes=10)
    asked = Command(
        command_id=uuid4(),
        station_id=ChargingStationId(station.station_id),
        evse_id=EvseId(1),
        kind=CommandKind.SET_SETPOINT,
        payload={"setpoint_w": setpoint_w, "until": until.isoformat()},
        priority=CommandPriority.DISPATCH,
        created_at=now,
        deadline_at=now + timedelta(seconds=20),
        version=version,
    )
    async with bench.hub.engine.begin() as conn:
        await commands.insert(conn, [asked])
    bench.hub.csms.desk.wake(asked.station_id)
    return await bench.outcome(asked)


async def may_discharge(bench: Bench, station: ScriptedStation) -> None:
    proven: dict[str, Any] = {
        "discharge_dialect": "negative_limit",
        "discharge_proven_at": wall_now(),
    }
    table = tables.charging_station
    async with bench.hub.engine.begin() as conn:
        await conn.execute(
            update(table).where(table.c.station_id == station.station_id).values(**proven)
        )


async def test_16_a_setpoint_is_a_lease_of_its_transaction_and_read_back(bench: Bench) -> None:
    station = await bench.station("1.6")
    Obedient(station)
    number = await charging(bench, station)
    outcome = await setpoint(bench, station, 7_000)
    assert outcome.status is CommandStatus.CONFIRMED
    said = await station.heard_of("SetChargingProfile", 2)  # the first was the floor
    profile = said["csChargingProfiles"]
    assert said["connectorId"] == 1
    assert profile["transactionId"] == number
    assert profile["chargingProfilePurpose"] == "TxProfile"
    assert profile["validTo"]
    assert profile["chargingSchedule"]["duration"] >= 600
    asked = await station.heard_of("GetCompositeSchedule")
    assert (asked["connectorId"], asked["chargingRateUnit"]) == (1, "W")
    evse = await bench.hub.row(tables.evse, station.station_id)
    assert (evse["setpoint_w"], evse["setpoint_status"]) == (7_000, "confirmed")
    assert evse["composite_w"] == 7_000


async def test_16_a_station_that_counts_in_amperes_is_told_amperes(bench: Bench) -> None:
    station = await bench.station("1.6", booted=False)
    key = "ChargingScheduleAllowedChargingRateUnit"
    told = {"key": key, "readonly": True, "value": "Current"}
    station.answers["GetConfiguration"] = {"configurationKey": [told]}
    await station.boot()
    obedient = Obedient(station)
    await charging(bench, station)
    assert (await setpoint(bench, station, 11_040)).status is CommandStatus.CONFIRMED
    assert (obedient.unit, obedient.limits) == ("A", [16.0])
    evse = await bench.hub.row(tables.evse, station.station_id)
    assert evse["composite_w"] == pytest.approx(11_040)


async def test_16_without_a_transaction_the_floor_is_all_there_is(bench: Bench) -> None:
    station = await bench.station("1.6")
    outcome = await setpoint(bench, station, 7_000)
    assert (outcome.status, outcome.reason) == (CommandStatus.REFUSED, "no_transaction")


async def test_16_no_negative_limit_without_the_dialect(bench: Bench) -> None:
    station = await bench.station("1.6")
    obedient = Obedient(station)
    await charging(bench, station)
    outcome = await setpoint(bench, station, -5_000)
    assert (outcome.status, outcome.reason) == (
        CommandStatus.CONFIRMED,
        "discharge_not_supported",
    )
    assert obedient.limits == [0.0]


async def test_16_a_proven_station_is_told_a_negative_limit(bench: Bench) -> None:
    station = await bench.station("1.6")
    obedient = Obedient(station)
    await charging(bench, station)
    await may_discharge(bench, station)
    outcome = await setpoint(bench, station, -5_000)
    assert (outcome.status, outcome.reason) == (CommandStatus.CONFIRMED, None)
    assert obedient.limits == [-5_000.0]


async def test_16_a_station_that_takes_discharge_for_leave_to_charge_is_stopped(
    bench: Bench,
) -> None:
    station = await bench.station("1.6")
    liar = Liar(station)
    await charging(bench, station)
    await may_discharge(bench, station)
    outcome = await setpoint(bench, station, -5_000)
    assert (outcome.status, outcome.reason) == (CommandStatus.REFUSED, "discharge_misread")
    assert liar.limits == [-5_000.0, 0.0]
    row = await bench.hub.row(tables.charging_station, station.station_id)
    assert row["discharge_dialect"] == "none"


async def test_16_an_operators_profile_and_its_end(bench: Bench) -> None:
    station = await bench.station("1.6")
    schedule = {
        "id": 1,
        "startSchedule": "2026-03-01T08:00:00Z",
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 10}],
    }
    profile = {
        "id": 77,
        "stackLevel": 1,
        "chargingProfilePurpose": "ChargingStationMaxProfile",
        "chargingProfileKind": "Absolute",
        "chargingSchedule": [schedule],
    }
    asked = await bench.command(
        station, "SetChargingProfile", {"evseId": 0, "chargingProfile": profile}
    )
    said = (await station.expect("SetChargingProfile", ACCEPTED))["csChargingProfiles"]
    assert said["chargingProfilePurpose"] == "ChargePointMaxProfile"
    assert said["chargingSchedule"]["chargingSchedulePeriod"] == [{"startPeriod": 0, "limit": 10}]
    assert (await bench.outcome(asked)).status is CommandStatus.CONFIRMED
    asked = await bench.command(station, "ClearChargingProfile", {"chargingProfileId": 77})
    assert await station.expect("ClearChargingProfile", ACCEPTED) == {"id": 77}
    assert (await bench.outcome(asked)).status is CommandStatus.CONFIRMED


async def test_16_the_floor_is_not_to_be_cleared(bench: Bench) -> None:
    station = await bench.station("1.6")
    asked = await bench.command(station, "ClearChargingProfile", {"chargingProfileId": 1})
    outcome = await bench.outcome(asked)
    assert (outcome.status, outcome.reason) == (CommandStatus.REFUSED, "reserved_profile_id")


async def test_16_profiles_cannot_be_listed(bench: Bench) -> None:
    station = await bench.station("1.6")
    payload = {"requestId": 1, "chargingProfile": {}}
    outcome = await bench.outcome(await bench.command(station, "GetChargingProfiles", payload))
    assert outcome.reason == "not_in_ocpp_1_6: GetChargingProfiles"
