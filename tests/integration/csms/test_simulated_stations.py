"""Simulated stations of every version against a running csms: a session, a lease, an outage."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Table

from csms import proof
from csms.clock import wall_now
from csms.domain.commands import Command, CommandKind, CommandPriority, CommandStatus
from csms.domain.ids import ChargingStationId, EvseId
from csms.store import commands, tables
from csms.store.commands import StoredCommand
from simulator.faults import Faults
from simulator.station import Registration, Station
from simulator.wire import Wire
from tests.integration.csms.conftest import Hub, until
from tests.simulator.makers import occupant, station_spec

pytestmark = pytest.mark.integration

VERSIONS = ("1.6", "2.0.1", "2.1")


@dataclass
class Simulated:
    """A simulated station on the line; its time passes a second a step, ahead of ours."""

    hub: Hub
    station: Station
    now: datetime = field(default_factory=wall_now)

    def step(self) -> None:
        self.now += timedelta(seconds=1)
        self.station.step(self.now, 1.0)

    def samples_each_second(self) -> None:
        self.station.device.variables["SampledDataCtrlr", 0, "TxUpdatedInterval"].value = "1"
        self.station.sampling_changed(self.now)

    async def step_until(self, done: Callable[[], bool]) -> None:
        async with asyncio.timeout(15):
            while not done():
                self.step()
                await asyncio.sleep(0.01)

    async def row(self, table: Table, done: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The station's row of `table`, once it is as it should be; time passes for the station."""

        async def told() -> dict[str, Any] | None:
            self.step()
            rows = await self.hub.rows(table, self.station.spec.station_id)
            return rows[0] if rows and done(rows[0]) else None

        found: dict[str, Any] = await until(told)
        return found

    async def transaction(self, done: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        return await self.row(tables.transaction, done)

    async def setpoint(
        self, setpoint_w: float, until_at: datetime | None = None, **more: Any
    ) -> StoredCommand:
        now, station_id = wall_now(), ChargingStationId(self.station.spec.station_id)
        until_at = until_at or now + timedelta(hours=5)
        async with self.hub.engine.begin() as conn:
            asked = Command(
                command_id=uuid4(),
                station_id=station_id,
                evse_id=EvseId(1),
                kind=CommandKind.SET_SETPOINT,
                payload={"setpoint_w": setpoint_w, "until": until_at.isoformat()} | more,
                priority=CommandPriority.DISPATCH,
                version=await commands.next_version(conn),
                created_at=now,
                deadline_at=now + timedelta(seconds=20),
            )
            await commands.insert(conn, [asked])
        self.hub.csms.desk.wake(station_id)

        async def ended() -> StoredCommand | None:
            async with self.hub.engine.connect() as conn:
                stored = await commands.get(conn, asked.command_id)
            return stored if stored and stored.finished_at else None

        found: StoredCommand = await until(ended)
        return found


@asynccontextmanager
async def on_line(
    hub: Hub, version: str, model: str = "AC-11", soc_ratio: float = 0.5, **faults: Any
) -> AsyncIterator[Simulated]:
    """Accepted, with a vehicle that charges on the floor."""
    station_id, password = await hub.new_station()
    spec = replace(station_spec(model), station_id=station_id)
    station = Station(spec, faults=Faults(**faults))
    simulated = Simulated(hub, station)
    url = f"{hub.url}/{station_id}"
    wire = Wire(station, url, password, lambda: simulated.now, Random(1), version)
    running = asyncio.create_task(wire.run())
    try:
        await simulated.step_until(lambda: station.registration is Registration.ACCEPTED)
        station.plug_in(occupant(soc_ratio), simulated.now)
        await simulated.step_until(lambda: station.evse.transaction is not None)
        await simulated.row(tables.transaction, lambda row: True)
        yield simulated
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_session_in_any_version_comes_to_the_stations_own_energy(
    hub: Hub, version: str
) -> None:
    async with on_line(hub, version) as one:
        outcome = await one.setpoint(7_000)
        assert (outcome.status, outcome.reason) == (CommandStatus.CONFIRMED, None)
        await one.step_until(lambda: one.station.evse.power_w == 7_000)
        one.station.unplug(one.now)
        row = await one.transaction(lambda row: row["ended_at"] is not None)
        assert row["imported_wh"] == pytest.approx(one.station.evse.import_wh, abs=1.0)
        assert (await hub.row(tables.charging_station, row["station_id"]))[
            "ocpp_version"
        ] == version


@pytest.mark.parametrize("version", VERSIONS)
async def test_events_told_twice_count_once(hub: Hub, version: str) -> None:
    async with on_line(hub, version, duplicates=True) as one:
        await one.step_until(lambda: one.station.evse.import_wh > 20)
        one.station.unplug(one.now)
        row = await one.transaction(lambda row: row["ended_at"] is not None)
        await one.step_until(lambda: not one.station.queue)
        assert row["imported_wh"] == pytest.approx(one.station.evse.import_wh, abs=1.0)
        assert len(await hub.rows(tables.transaction, row["station_id"])) == 1


@pytest.mark.parametrize(
    ("fault", "status", "reason"),
    [
        ({"ignores_profiles": True}, CommandStatus.REFUSED, "composite_mismatch"),
        (
            {"rejects": frozenset({"GetCompositeSchedule"})},
            CommandStatus.CONFIRMED,
            "not_read_back",
        ),
    ],
)
async def test_a_liar_is_found_out_by_its_own_composite_schedule(
    hub: Hub, fault: dict[str, Any], status: CommandStatus, reason: str
) -> None:
    async with on_line(hub, "2.0.1") as one:
        one.station.faults = Faults(**fault)
        outcome = await one.setpoint(1_000)  # below the floor
        assert (outcome.status, outcome.reason) == (status, reason)


async def test_late_answers_are_waited_for(hub: Hub) -> None:
    async with on_line(hub, "2.0.1") as one:
        one.station.faults = Faults(answers_after_s=0.3)
        assert (await one.setpoint(3_000)).status is CommandStatus.CONFIRMED


async def test_events_of_an_outage_in_the_wrong_order_come_to_the_same_energy(hub: Hub) -> None:
    async with on_line(hub, "2.0.1", reorders=True) as one:
        connection = hub.csms.registry.get(ChargingStationId(one.station.spec.station_id))
        assert connection is not None
        one.samples_each_second()
        await connection.close(1012, "restarting")
        await one.step_until(lambda: one.station.evse.import_wh > 30)
        one.station.unplug(one.now)
        row = await one.transaction(lambda row: row["ended_at"] is not None)
        assert row["imported_wh"] == pytest.approx(one.station.evse.import_wh, abs=1.0)


async def test_a_station_of_2_1_gives_back_what_a_setpoint_below_zero_says(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proof, "SETTLING", timedelta(0))
    async with on_line(hub, "2.1", "V2X-11") as one:
        await one.row(
            tables.charging_needs, lambda row: row["requested_energy_transfer"] == "DC_BPT"
        )
        station = await one.row(
            tables.charging_station, lambda row: row["discharge_dialect"] == "ocpp21"
        )
        assert (station["ocpp_version"], station["discharge_proven_at"]) == ("2.1", None)

        probe = await one.setpoint(-7_000)
        assert (probe.status, probe.reason) == (CommandStatus.CONFIRMED, "discharge_not_proven")
        one.samples_each_second()
        await one.step_until(lambda: one.station.evse.export_wh > 8)
        assert one.station.evse.power_w == -1_000
        await one.row(tables.charging_station, lambda row: row["discharge_proven_at"] is not None)

        assert (await one.setpoint(-7_000)).status is CommandStatus.CONFIRMED
        (held,) = one.station.stack.find({"chargingProfilePurpose": "TxProfile"})
        (period,) = held.raw["chargingSchedule"][0]["chargingSchedulePeriod"]
        assert (period["operationMode"], period["setpoint"]) == ("CentralSetpoint", -7_000)
        await one.step_until(lambda: one.station.evse.power_w == -7_000)
        await one.step_until(lambda: one.station.evse.export_wh > 20)
        one.station.unplug(one.now)
        row = await one.transaction(lambda row: row["ended_at"] is not None)
        assert row["exported_wh"] == pytest.approx(one.station.evse.export_wh, abs=1.0)
