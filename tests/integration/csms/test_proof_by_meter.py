"""Stations that do otherwise than they were told, found by their meters: over real sockets, from
the books that csms and scheduler share. Time passes only as the station steps."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from msgspec.structs import replace
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.clock import Clock, wall_now
from csms.domain.commands import Command, CommandKind, CommandPriority
from csms.domain.ids import ChargingStationId, EvseId
from csms.store import commands, tables
from scheduler.domain.proof import Deviation
from scheduler.domain.site import EvseSpec
from scheduler.services.prove import judged_by, prove_site
from scheduler.store import sites
from scheduler.store import tables as scheduler
from simulator.faults import Faults
from tests.integration.csms.conftest import Hub, running_hub, until
from tests.integration.csms.test_simulated_stations import Simulated, on_line
from tests.scheduler.world import yard

pytestmark = pytest.mark.integration

STEP_S = 5.0
TIMED_OUT_S = 1.0


@dataclass(frozen=True)
class Stepped(Clock):
    """Site time is the station's own: the last of `times`."""

    times: list[datetime] = field(default_factory=lambda: [wall_now()])

    def now(self) -> datetime:
        return self.times[-1]


@dataclass
class Bay:
    """A station with a vehicle, and the site that it stands at."""

    one: Simulated
    clock: Stepped
    site_id: str

    @property
    def station_id(self) -> ChargingStationId:
        return ChargingStationId(self.one.station.spec.station_id)

    async def order(self, setpoint_w: float) -> Any:
        """What became of a setpoint that the controller would have ordered."""
        now = self.clock.now()
        async with self.one.hub.engine.begin() as conn:
            asked = Command(
                command_id=uuid4(),
                station_id=self.station_id,
                evse_id=EvseId(1),
                kind=CommandKind.SET_SETPOINT,
                payload={
                    "setpoint_w": setpoint_w,
                    "until": (now + timedelta(hours=5)).isoformat(),
                },
                priority=CommandPriority.DISPATCH,
                version=await commands.next_version(conn),
                created_at=now,
                deadline_at=now + timedelta(seconds=600),
            )
            await commands.insert(conn, [asked])
        self.one.hub.csms.desk.wake(self.station_id)

        async def ended() -> Any:
            async with self.one.hub.engine.connect() as conn:
                stored = await commands.get(conn, asked.command_id)
            return stored if stored and stored.finished_at else None

        return await until(ended)

    async def pass_time(self, seconds_s: float) -> None:
        """Until the hub has a reading of the end of it."""
        ends_at = self.clock.now() + timedelta(seconds=seconds_s)
        while self.clock.now() < ends_at:
            self.one.now += timedelta(seconds=STEP_S)
            self.clock.times.append(self.one.now)
            self.one.station.step(self.one.now, STEP_S)

        async def heard() -> bool:
            rows = await self.one.hub.rows(tables.meter_reading, self.station_id)
            return any(row["at"] > ends_at - timedelta(seconds=70) for row in rows)

        await until(heard)

    async def judged(self) -> str:
        """The deviation of the last whole interval."""
        await prove_site(self.one.hub.engine, self.site_id, now=self.clock.now())
        starts_at = judged_by(self.clock.now()) - timedelta(minutes=5)
        proof = scheduler.proof.c
        query = select(proof.deviation).where(
            proof.station_id == self.station_id, proof.starts_at == starts_at
        )
        async with self.one.hub.engine.connect() as conn:
            found: str = (await conn.execute(query)).scalar_one()
        return found


@asynccontextmanager
async def a_bay(
    database_url: str,
    redis_url: str,
    engine: AsyncEngine,
    model: str = "AC-11",
    soc_ratio: float = 0.5,
) -> AsyncIterator[Bay]:
    clock = Stepped()
    async with AsyncExitStack() as stack:
        hub: Hub = await stack.enter_async_context(
            running_hub(database_url, redis_url, engine, clock, call_timeout_s=TIMED_OUT_S)
        )
        one = await stack.enter_async_context(on_line(hub, "2.0.1", model, soc_ratio))
        clock.times.append(one.now)
        site = replace(yard(), site_id=f"site-{uuid4().hex[:6]}", stations=())
        place = EvseSpec(
            station_id=ChargingStationId(one.station.spec.station_id),
            evse_id=EvseId(1),
            circuit_id="feeder",
            max_charge_w=11_000,
            max_discharge_w=0,
            min_charge_w=1_380,
        )
        async with engine.begin() as conn:
            await sites.save(conn, site, now=clock.now())
            await sites.assign(conn, site.site_id, [place])
        yield Bay(one, clock, site.site_id)


@pytest.mark.parametrize(
    ("fault", "setpoint_w", "found"),
    [
        ({}, 6_000, Deviation.FOLLOWED),
        ({"charges_on": True}, 2_000, Deviation.LIAR),
        ({"ignores_profiles": True}, 0, Deviation.IGNORED),
        ({"mute": True, "charges_on": True}, 2_000, Deviation.IGNORED),
        ({"mute": True}, 7_000, Deviation.FOLLOWED),
    ],
    ids=["honest", "lying", "ignoring", "mute", "mute but obedient"],
)
async def test_a_station_is_known_by_what_its_meter_says(
    database_url: str,
    redis_url: str,
    engine: AsyncEngine,
    fault: dict[str, Any],
    setpoint_w: float,
    found: Deviation,
) -> None:
    async with a_bay(database_url, redis_url, engine) as bay:
        bay.one.station.faults = Faults(**fault)
        await bay.order(setpoint_w)
        await bay.pass_time(780)
        assert await bay.judged() == found


async def test_a_nearly_full_vehicle_tapers(
    database_url: str, redis_url: str, engine: AsyncEngine
) -> None:
    async with a_bay(database_url, redis_url, engine, "Bidirectional-11", 0.93) as bay:
        await bay.order(11_000)
        await bay.pass_time(780)
        assert await bay.judged() == Deviation.TAPER
