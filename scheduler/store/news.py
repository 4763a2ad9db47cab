"""What the outbox tells about one site since a plan was made, and the lock of whoever plans."""

from datetime import datetime

from sqlalchemy import delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.store.tables import outbox
from scheduler.store.tables import site_evse

PLANNING_LOCK = 0x5632_5001


async def newest_kind(conn: AsyncConnection, site_id: str, *, after_outbox_id: int) -> str | None:
    """What the newest row above `after_outbox_id` tells of the site or one of its stations."""
    stations = select(site_evse.c.station_id).where(site_evse.c.site_id == site_id)
    concerns = or_(outbox.c.site_id == site_id, outbox.c.station_id.in_(stations))
    kind: str | None = await conn.scalar(
        select(outbox.c.kind)
        .where(outbox.c.outbox_id > after_outbox_id, concerns)
        .order_by(outbox.c.outbox_id.desc())
        .limit(1)
    )
    return kind


async def lock_planning(conn: AsyncConnection, site_id: str) -> bool:
    """Be the only one who plans the site until the transaction ends; False if somebody is."""
    lock = func.pg_try_advisory_xact_lock(PLANNING_LOCK, func.hashtext(site_id))
    return bool(await conn.scalar(select(lock)))


async def prune(conn: AsyncConnection, *, before: datetime) -> int:
    """Delete published outbox rows older than `before`, but the newest row; returns how many."""
    newest = select(func.max(outbox.c.outbox_id)).scalar_subquery()
    result = await conn.execute(
        delete(outbox).where(
            outbox.c.at < before, outbox.c.published_at.is_not(None), outbox.c.outbox_id < newest
        )
    )
    return result.rowcount
