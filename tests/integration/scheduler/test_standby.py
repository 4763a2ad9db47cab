"""Two controllers of one site as processes: when the one that leads is gone, the other leads, and
nothing that the first may still say is done."""

import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import insert, select

from csms.clock import wall_now
from csms.commands import VERSION_OUTDATED
from csms.domain.commands import CommandStatus
from csms.domain.ids import ChargingStationId
from csms.store import credentials
from csms.store.heartbeat import Heartbeat, all_heartbeats
from csms.store.tables import command
from scheduler.services.replan import Replanner
from tests.conformance.station import ScriptedStation, connected
from tests.integration.csms.conftest import SECRET, running_hub, until
from tests.integration.scheduler.test_controller import FakePlant, metered
from tests.scheduler.sunspec_plant import served
from tests.scheduler.world import World

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[3]
NAMES = ("controller:yard:1", "controller:yard:2")


@contextmanager
def controllers(environment: dict[str, str]) -> Iterator[dict[str, int]]:
    """Both processes; their pids by name."""
    with ExitStack() as stack:
        pids = {}
        for name in NAMES:
            process = subprocess.Popen(
                [sys.executable, "-m", "scheduler.controller", "yard"],
                env=environment | {"V2GHUB_CONTROLLER_NAME": name}, cwd=ROOT,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            stack.callback(process.wait)
            stack.callback(process.kill)
            pids[name] = process.pid
        yield pids


@dataclass(frozen=True)
class Scene:
    """A site with two controllers, a csms, and a station that hears what is taken."""

    world: World
    pids: dict[str, int]
    plant: FakePlant
    station: ScriptedStation
    wake: Callable[[ChargingStationId], None]

    async def beats(self) -> dict[str, Heartbeat]:
        async with self.world.engine.connect() as conn:
            return {one.process: one for one in await all_heartbeats(conn)}

    async def leader(self, but: str | None) -> str | None:
        """Who says that it leads; the last word of who is gone is `but`'s."""
        beats = await self.beats()
        leading = [name for name in beats if beats[name].detail.get("leads") and name != but]
        return leading[0] if set(beats) >= set(NAMES) and leading else None

    async def stands_by(self, name: str) -> bool:
        return (await self.beats())[name].detail["leads"] is False

    async def setpoints(self) -> list[dict[str, Any]]:
        """Those of both controllers, oldest first."""
        mine = command.c.version.is_not(None)
        chosen = select(command).where(mine).order_by(command.c.created_at, command.c.version)
        async with self.world.engine.connect() as conn:
            return [dict(row) for row in (await conn.execute(chosen)).mappings()]

    async def confirmed_of(self, epoch: int) -> dict[str, Any] | None:
        of_it = [one for one in await self.setpoints() if one["version"] >> 32 == epoch]
        done = (one for one in of_it if one["status"] == CommandStatus.CONFIRMED)
        return next(done, None)

    async def order_late(self, before: dict[str, Any]) -> dict[str, Any]:
        """An order of the old epoch comes to the books after all; how it ended."""
        now, row = wall_now(), {"command_id": uuid4(), "status": CommandStatus.PENDING}
        told = {name: before[name] for name in ("station_id", "evse_id", "kind", "priority")}
        until_at = (now + timedelta(minutes=5)).isoformat()
        row |= told | {
            "payload": before["payload"] | {"until": until_at},
            "version": before["version"] | 0xFFFF,
            "created_at": now,
            "deadline_at": now + timedelta(seconds=30),
            "requested_by": "controller",
        }
        async with self.world.engine.begin() as conn:
            await conn.execute(insert(command).values(row))
        self.wake(ChargingStationId(self.station.station_id))

        async def ended() -> dict[str, Any] | None:
            (one,) = [c for c in await self.setpoints() if c["command_id"] == row["command_id"]]
            return one if one["finished_at"] is not None else None

        found: dict[str, Any] = await until(ended, 30)
        return found

    def profiles_heard(self) -> int:
        return sum(action == "SetChargingProfile" for action, _ in self.station.heard)

    async def plan(self) -> None:
        await Replanner(engine=self.world.engine, now=wall_now).replan("yard")


@asynccontextmanager
async def scene(
    world: World, database_url: str, redis_url: str, tmp_path: Path
) -> AsyncIterator[Scene]:
    plant = FakePlant()
    environment = os.environ | {
        "V2GHUB_DATABASE_URL": database_url, "V2GHUB_REDIS_URL": redis_url,
        "V2GHUB_SECRET": SECRET, "V2GHUB_STATE_DIR": str(tmp_path), "V2GHUB_LEASE_TTL_S": "2",
    }  # fmt: skip
    async with AsyncExitStack() as stack:
        port = await stack.enter_async_context(served(*plant.units))
        await world.has_site(metered(port))
        async with world.engine.begin() as conn:
            password = await credentials.renew_password(conn, SECRET, "yard-01")
        hub = await stack.enter_async_context(running_hub(database_url, redis_url, world.engine))
        station = await stack.enter_async_context(connected(hub.url, "yard-01", str(password)))
        await station.boot()
        now = wall_now()
        await world.plugs_in("yard-01", token="token-1", at=now, power_at=now)
        pids = stack.enter_context(controllers(environment))
        yield Scene(world, pids, plant, station, hub.csms.desk.wake)


@pytest.mark.parametrize("fault", [signal.SIGKILL, signal.SIGSTOP])
async def test_the_standby_leads_and_the_station_takes_nothing_of_the_old_epoch(
    world: World, database_url: str, redis_url: str, tmp_path: Path, fault: signal.Signals
) -> None:
    async with scene(world, database_url, redis_url, tmp_path) as of:
        await of.plan()
        first = str(await until(lambda: of.leader(None), 30))
        before = await until(lambda: of.confirmed_of(1), 30)
        os.kill(of.pids[first], fault)
        of.plant.load_w = 80_000.0  # more than connection and store carry: vehicles must yield
        await until(lambda: of.leader(first), 30)
        after = await until(lambda: of.confirmed_of(2), 30)
        assert after["payload"]["setpoint_w"] < before["payload"]["setpoint_w"]

        if fault is signal.SIGSTOP:
            os.kill(of.pids[first], signal.SIGCONT)
            await until(lambda: of.stands_by(first), 30)
        heard = of.profiles_heard()
        late = await of.order_late(before)
        assert late["status"] == CommandStatus.REFUSED
        assert late["reason"] == VERSION_OUTDATED
        assert of.profiles_heard() == heard
        epochs = [one["version"] >> 32 for one in await of.setpoints()]
        assert epochs[:-1] == sorted(epochs[:-1]), "who woke up has ordered nothing more"
