"""Signs of life of every process of the platform, in real time: that of the database's clock, for
those of the machines on which they run may differ."""

import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from csms.store.tables import At, process_heartbeat

NOW: Final = func.clock_timestamp(type_=At)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """The last sign of life of the process called `process`; `at` is real time."""

    process: str
    at: datetime
    pid: int
    detail: dict[str, Any]


def numbered(process: str, count: int) -> list[str]:
    """The names of processes of one kind: `csms`, or of several `csms:1`, `csms:2` and so on."""
    return [process] if count == 1 else [f"{process}:{one + 1}" for one in range(count)]


async def beat(engine: AsyncEngine, process: str, detail: dict[str, Any] | None = None) -> datetime:
    """Say that this process lives (its name, its pid); when that was."""
    row = {"process": process, "at": NOW, "pid": os.getpid(), "detail": detail or {}}
    statement = insert(process_heartbeat).values(row)
    statement = statement.on_conflict_do_update(index_elements=["process"], set_=row)
    async with engine.begin() as conn:
        told = await conn.execute(statement.returning(process_heartbeat.c.at))
        at: datetime = told.scalar_one()
    return at


async def real_now(conn: AsyncConnection) -> datetime:
    """By what beats are told."""
    now: datetime = (await conn.execute(select(NOW))).scalar_one()
    return now


async def living(conn: AsyncConnection, within: timedelta) -> list[str]:
    """The names of the processes that have beaten within that time."""
    beaten = select(process_heartbeat.c.process).where(process_heartbeat.c.at >= NOW - within)
    return list(await conn.scalars(beaten))


async def all_heartbeats(conn: AsyncConnection) -> list[Heartbeat]:
    """The last beat of each process that ever beat, by name."""
    rows = await conn.execute(select(process_heartbeat).order_by(process_heartbeat.c.process))
    return [Heartbeat(**row) for row in rows.mappings()]
