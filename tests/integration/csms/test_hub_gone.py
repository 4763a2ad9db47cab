"""The csms is killed: stations of every version come to their floor by themselves, and whatever
they gave back ends."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.clock import wall_now
from csms.domain.commands import Command, CommandKind, CommandPriority, CommandStatus
from csms.domain.ids import ChargingStationId, EvseId
from csms.store import commands, credentials, tables
from csms.store.commands import StoredCommand
from simulator.station import Registration, Station
from simulator.wire import Wire
from tests.integration.csms.conftest import SECRET, until
from tests.integration.csms.test_kill import csms, free_port
from tests.simulator.makers import FLOOR_W, occupant, station_spec

pytestmark = pytest.mark.integration

LEASE_S = 600
PERIOD_S = 60
WAYS = {
    "1.6 charging": ("1.6", "AC-11", 7_000.0),
    "1.6 giving": ("1.6", "Bidirectional-11", -5_000.0),
    "2.0.1 charging": ("2.0.1", "AC-11", 7_000.0),
    "2.0.1 giving": ("2.0.1", "Bidirectional-11", -5_000.0),
    "2.1 charging": ("2.1", "V2X-11", 7_000.0),
    "2.1 giving": ("2.1", "V2X-11", -5_000.0),
}
"""Name → version, model, and the setpoint that it has when the csms is killed."""


@dataclass
class Leased:
    """A simulated station and what it shall be told."""

    station: Station
    setpoint_w: float
    now: datetime = field(default_factory=wall_now)
    until: datetime = field(default_factory=wall_now)

    @property
    def id(self) -> ChargingStationId:
        return ChargingStationId(self.station.spec.station_id)

    def step(self, seconds: int = 1) -> None:
        for _ in range(seconds):
            self.now += timedelta(seconds=1)
            self.station.step(self.now, 1.0)


async def set_up(engine: AsyncEngine, one: Leased, line: Wire) -> asyncio.Task[None]:
    """On the line, accepted, a vehicle charging, its discharge proven before."""
    running = asyncio.create_task(line.run())
    await stepped(one, lambda: one.station.registration is Registration.ACCEPTED)
    one.station.plug_in(occupant(), one.now)
    await stepped(one, lambda: one.station.evse.transaction is not None)

    async def able() -> bool:
        one.step()
        place = await row(engine, tables.evse, one.id)
        station = await row(engine, tables.charging_station, one.id)
        asked = station["ocpp_version"] != "2.1" or await row(engine, tables.charging_needs, one.id)
        able = one.setpoint_w > 0 or (asked and station["discharge_dialect"] != "none")
        return bool(place.get("transaction_id") and able)

    await until(able)
    async with engine.begin() as conn:
        station = tables.charging_station
        proven = station.update().where(station.c.station_id == one.id)
        await conn.execute(proven.values(discharge_proven_at=wall_now()))
    return running


async def stepped(one: Leased, done: Callable[[], bool]) -> None:
    async def passed() -> bool:
        one.step()
        return done()

    await until(passed)


async def row(engine: AsyncEngine, table: Any, station_id: str) -> dict[str, Any]:
    async with engine.connect() as conn:
        found = await conn.execute(table.select().where(table.c.station_id == station_id))
        first = found.mappings().first()
    return dict(first) if first else {}


async def lease(engine: AsyncEngine, one: Leased) -> Callable[[], Awaitable[StoredCommand | None]]:
    """Order the setpoint by the station's own clock; the answer asks what became of that."""
    asked_at, one.until = wall_now(), one.now + timedelta(seconds=LEASE_S)
    async with engine.begin() as conn:
        command = Command(
            command_id=uuid4(),
            station_id=one.id,
            evse_id=EvseId(1),
            kind=CommandKind.SET_SETPOINT,
            payload={"setpoint_w": one.setpoint_w, "until": one.until.isoformat()},
            priority=CommandPriority.DISPATCH,
            version=await commands.next_version(conn),
            created_at=asked_at,
            deadline_at=asked_at + timedelta(seconds=20),
        )
        await commands.insert(conn, [command])

    async def ended() -> StoredCommand | None:
        async with engine.connect() as conn:
            stored = await commands.get(conn, command.command_id)
        return stored if stored and stored.finished_at else None

    return ended


async def follows(engine: AsyncEngine, one: Leased) -> None:
    told = await until(await lease(engine, one))
    assert (told.status, told.reason) == (CommandStatus.CONFIRMED, None)
    await stepped(one, lambda: one.station.evse.power_w == one.setpoint_w)


@asynccontextmanager
async def on_line(engine: AsyncEngine, url: str, way: str) -> AsyncIterator[Leased]:
    version, model, setpoint_w = WAYS[way]
    station_id = f"gone-{uuid4().hex[:8]}"
    async with engine.begin() as conn:
        password = await credentials.add(conn, SECRET, station_id)
    station = Station(replace(station_spec(model), station_id=station_id))
    one = Leased(station, setpoint_w)
    line = Wire(station, f"{url}/{station_id}", password or "", lambda: one.now, Random(1), version)
    running = await set_up(engine, one, line)
    try:
        yield one
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_every_station_is_at_its_floor_when_its_lease_is_over(
    database_url: str, redis_url: str, engine: AsyncEngine
) -> None:
    port = free_port()
    async with AsyncExitStack() as stack:
        process = stack.enter_context(csms(database_url, redis_url, port))
        url = f"ws://127.0.0.1:{port}"
        lines = (stack.enter_async_context(on_line(engine, url, way)) for way in WAYS)
        fleet = dict(zip(WAYS, await asyncio.gather(*lines), strict=True))
        await asyncio.gather(*(follows(engine, one) for one in fleet.values()))
        process.kill()
        for one in fleet.values():
            await stepped(one, lambda one=one: not one.station.online)
            one.step(int((one.until - one.now).total_seconds()) - PERIOD_S)
        assert {way: one.station.evse.power_w for way, one in fleet.items()} == {
            way: one.setpoint_w for way, one in fleet.items()
        }

        given_wh = {way: one.station.evse.export_wh for way, one in fleet.items()}
        for one in fleet.values():
            one.step(2 * PERIOD_S)
        for way, one in fleet.items():
            assert one.station.evse.power_w == pytest.approx(FLOOR_W, abs=0.1), way
            longest_wh = max(-one.setpoint_w, 0.0) * PERIOD_S / 3600
            assert one.station.evse.export_wh - given_wh[way] <= longest_wh + 1e-6, way
