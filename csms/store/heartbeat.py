"""Signs of life of every process of the platform, in real time."""

import os
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from csms.clock import wall_now
from csms.store.tables import process_heartbeat


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """The last sign of life of the process called `process`; `at` is real time."""

    process: str
    at: datetime
    pid: int
    detail: dict[str, Any]


async def beat(engine: AsyncEngine, process: str, detail: dict[str, Any] | None = None) -> None:
    """Say that this process lives (its name, the real time, its pid)."""
    row = {"process": process, "at": wall_now(), "pid": os.getpid(), "detail": detail or {}}
    statement = insert(process_heartbeat).values(row)
    statement = statement.on_conflict_do_update(index_elements=["process"], set_=row)
    async with engine.begin() as conn:
        await conn.execute(statement)


async def living(conn: AsyncConnection, since: datetime) -> list[str]:
    """The names of the processes that have beaten since then."""
    beaten = select(process_heartbeat.c.process).where(process_heartbeat.c.at >= since)
    return list(await conn.scalars(beaten))


async def all_heartbeats(conn: AsyncConnection) -> list[Heartbeat]:
    """The last beat of each process that ever beat, by name."""
    rows = await conn.execute(select(process_heartbeat).order_by(process_heartbeat.c.process))
    return [Heartbeat(**row) for row in rows.mappings()]
