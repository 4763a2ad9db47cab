"""Rows ⇄ Learned: what each site's past has taught its forecasts; one row per site."""

from datetime import datetime

import msgspec
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from scheduler.domain.learned import Learned
from scheduler.store.packing import packed, unpacked
from scheduler.store.tables import site_lesson as table


async def get(conn: AsyncConnection, site_id: str) -> Learned | None:
    """What is known of the site; None before its first lesson, or if another version of the hub
    wrote it and it cannot be read: then the site learns anew."""
    data = await conn.scalar(select(table.c.learned).where(table.c.site_id == site_id))
    if data is None:
        return None
    try:
        return unpacked(data, Learned)
    except (msgspec.ValidationError, ValueError):
        return None


async def put(conn: AsyncConnection, site_id: str, learned: Learned, *, at: datetime) -> None:
    """Keep it, over what was known before."""
    statement = insert(table).values(site_id=site_id, at=at, learned=packed(learned))
    await conn.execute(
        statement.on_conflict_do_update(index_elements=["site_id"], set_=statement.excluded)
    )
