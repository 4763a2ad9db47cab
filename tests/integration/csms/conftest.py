"""A csms on real engines, run inside the test; its stations come over real sockets."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Table, select
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.clock import Clock, monotonic_s
from csms.main import Csms, build
from csms.settings import CsmsSettings
from csms.store import credentials

SECRET = "pepper-of-the-tests-0123456789abcdef"


@dataclass(frozen=True)
class Hub:
    """A csms that listens, and what its database says."""

    csms: Csms
    engine: AsyncEngine
    url: str

    async def new_station(self, station_id: str | None = None) -> tuple[str, str]:
        """Identity and password of a new station."""
        station_id = station_id or f"cs-{uuid4().hex[:8]}"
        async with self.engine.begin() as conn:
            password = await credentials.add(conn, SECRET, station_id)
        assert password is not None
        return station_id, password

    async def rows(self, table: Table, station_id: str) -> list[dict[str, Any]]:
        """The station's rows of a table, in the order of its key."""
        wanted = select(table).where(table.c.station_id == station_id)
        async with self.engine.connect() as conn:
            found = await conn.execute(wanted.order_by(*table.primary_key.columns))
            return [dict(row) for row in found.mappings()]

    async def row(self, table: Table, station_id: str) -> dict[str, Any]:
        """The station's only row of a table."""
        (found,) = await self.rows(table, station_id)
        return found


async def until(condition: Callable[[], Awaitable[Any]], timeout_s: float = 15.0) -> Any:
    """The first true answer of `condition`, asked again and again."""
    deadline_s = monotonic_s() + timeout_s
    while not (answer := await condition()):
        assert monotonic_s() < deadline_s, "it did not come to pass"
        await asyncio.sleep(0.02)
    return answer


def settings_for(database_url: str, redis_url: str, **more: Any) -> CsmsSettings:
    given = {"database_url": database_url, "redis_url": redis_url, "secret": SECRET}
    return CsmsSettings(**{**given, "ocpp_port": 0, "call_timeout_s": 5.0, **more})


@asynccontextmanager
async def running_hub(
    database_url: str,
    redis_url: str,
    engine: AsyncEngine,
    clock: Clock | None = None,
    **more: Any,
) -> AsyncIterator[Hub]:
    """A csms that listens until the block ends."""
    stopping, listening = asyncio.Event(), asyncio.get_running_loop().create_future()
    async with AsyncExitStack() as stack:
        csms = await build(settings_for(database_url, redis_url, **more), clock or Clock(), stack)
        serving = asyncio.create_task(csms.serve(stopping, listening.set_result))
        await asyncio.wait([serving, listening], return_when=asyncio.FIRST_COMPLETED)
        try:
            yield Hub(csms, engine, f"ws://127.0.0.1:{listening.result()}")
        finally:
            stopping.set()
            await serving


@pytest.fixture
async def hub(database_url: str, redis_url: str, engine: AsyncEngine) -> AsyncIterator[Hub]:
    async with running_hub(database_url, redis_url, engine) as running:
        yield running
