"""A csms on real engines, stations that are scripted, and commands as an operator gives them.

One csms serves all tests of a module, as it serves many stations: each test brings its own. So the
tests of a module, and the fixtures here (`shared_loop_fixture`), share an event loop.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.clock import wall_now
from csms.domain.commands import Command, CommandKind, CommandPriority
from csms.domain.ids import ChargingStationId, EvseId
from csms.store import commands
from csms.store.commands import StoredCommand
from csms.store.engine import make_engine
from tests.conformance.station import ScriptedStation, connected
from tests.integration.csms.conftest import Hub, running_hub, until

__all__ = ["Hub", "until"]

Connect = Callable[..., Awaitable[ScriptedStation]]
shared_loop_fixture = partial(pytest_asyncio.fixture, loop_scope="module")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    share_loops(items, Path(__file__).parent)


def share_loops(items: list[pytest.Item], folder: Path) -> None:
    """All tests of a module below `folder` run in one event loop."""
    for item in items:
        if folder in item.path.parents and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="module"), append=False)


@dataclass
class Bench:
    """One csms and the stations of one test."""

    hub: Hub
    stack: AsyncExitStack
    stations: list[ScriptedStation] = field(default_factory=list)
    version: str = "2.0.1"

    async def station(self, version: str | None = None, *, booted: bool = True) -> ScriptedStation:
        """A new station on the line, accepted unless `booted` is False."""
        version = version or self.version
        station_id, password = await self.hub.new_station()
        station = await self.stack.enter_async_context(
            connected(self.hub.url, station_id, password, version)
        )
        if booted:
            await station.boot()
        return station

    async def command(
        self,
        station: ScriptedStation,
        kind: str,
        payload: dict[str, Any],
        evse_id: int | None = None,
    ) -> Command:
        """What an operator asks of the station: a row, as the API writes it."""
        now = wall_now()
        asked = Command(
            command_id=uuid4(),
            station_id=ChargingStationId(station.station_id),
            evse_id=None if evse_id is None else EvseId(evse_id),
            kind=CommandKind(kind),
            payload=payload,
            priority=CommandPriority.OPERATOR,
            created_at=now,
            deadline_at=now + timedelta(seconds=20),
            requested_by="test",
        )
        with station.busy():
            async with self.hub.engine.begin() as conn:
                await commands.insert(conn, [asked])
        self.hub.csms.desk.wake(asked.station_id)
        return asked

    async def setpoint(
        self, station: ScriptedStation, payload: dict[str, Any], evse_id: int = 1
    ) -> Command:
        """What the controller of a site commands: fenced by a version."""
        now = wall_now()
        with station.busy():
            async with self.hub.engine.begin() as conn:
                asked = Command(
                    command_id=uuid4(),
                    station_id=ChargingStationId(station.station_id),
                    evse_id=EvseId(evse_id),
                    kind=CommandKind.SET_SETPOINT,
                    payload=payload,
                    priority=CommandPriority.DISPATCH,
                    version=await commands.next_version(conn),
                    created_at=now,
                    deadline_at=now + timedelta(seconds=20),
                    requested_by="test",
                )
                await commands.insert(conn, [asked])
        self.hub.csms.desk.wake(asked.station_id)
        return asked

    async def outcome(self, asked: Command) -> StoredCommand:
        """The command once it has ended."""

        async def ended() -> StoredCommand | None:
            async with self.hub.engine.connect() as conn:
                stored = await commands.get(conn, asked.command_id)
            return stored if stored and stored.finished_at else None

        found: StoredCommand = await until(ended)
        return found


@shared_loop_fixture(scope="module")
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """An engine on the module's database."""
    made = make_engine(database_url)
    yield made
    await made.dispose()


@shared_loop_fixture(scope="module")
async def hub(database_url: str, redis_url: str, engine: AsyncEngine) -> AsyncIterator[Hub]:
    """The csms of the module."""
    async with running_hub(database_url, redis_url, engine) as running:
        yield running


@shared_loop_fixture()
async def bench(hub: Hub) -> AsyncIterator[Bench]:
    async with AsyncExitStack() as stack:
        yield Bench(hub, stack)


@shared_loop_fixture()
async def bench21(hub: Hub) -> AsyncIterator[Bench]:
    """The same for scenarios of 2.0.1 that must go on 2.1 sockets too."""
    async with AsyncExitStack() as stack:
        yield Bench(hub, stack, version="2.1")
