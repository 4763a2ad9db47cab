"""Rows ⇄ Weather: what was foretold for a site, one row per issue; the newest counts."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from scheduler.domain.weather import Weather
from scheduler.store.packing import packed, unpacked
from scheduler.store.tables import weather as table


async def put(conn: AsyncConnection, site_id: str, weather: Weather, *, now: datetime) -> None:
    """Keep what was foretold, in place of what the same issue said before."""
    statement = insert(table).values(
        site_id=site_id,
        issued_at=weather.issued_at,
        received_at=now,
        ends_at=weather.ends_at,
        foretold=packed(weather),
    )
    await conn.execute(
        statement.on_conflict_do_update(
            index_elements=["site_id", "issued_at"], set_=statement.excluded
        )
    )


async def newest(
    conn: AsyncConnection, site_id: str, now: datetime, *, reaches: datetime
) -> Weather | None:
    """The newest issue known at `now` that tells of what comes after `reaches`."""
    data = await conn.scalar(
        select(table.c.foretold)
        .where(table.c.site_id == site_id, table.c.issued_at <= now, table.c.ends_at > reaches)
        .order_by(table.c.issued_at.desc())
        .limit(1)
    )
    return None if data is None else unpacked(data, Weather)


async def issued(
    conn: AsyncConnection, site_id: str, starts_at: datetime, ends_at: datetime
) -> Sequence[Weather]:
    """The issues that tell of [starts_at, ends_at) and were there in time, oldest first."""
    rows = await conn.scalars(
        select(table.c.foretold)
        .where(table.c.site_id == site_id, table.c.issued_at < ends_at, table.c.ends_at > starts_at)
        .order_by(table.c.issued_at)
    )
    return [unpacked(data, Weather) for data in rows]


async def prune(conn: AsyncConnection, *, before: datetime) -> int:
    """Delete what told of nothing after `before`; returns how many."""
    result = await conn.execute(delete(table).where(table.c.ends_at < before))
    return result.rowcount
