"""Sites with what stands on them, and their alarms."""

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import RowMapping, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from scheduler.domain.site import Site
from scheduler.store.tables import alarm, decision, site, site_evse
from web.store.paging import Rows, Slice, read_page

SITES = select(
    site.c.site_id,
    site.c.config,
    select(func.count())
    .where(site_evse.c.site_id == site.c.site_id)
    .scalar_subquery()
    .label("evse_count"),
)


async def page(conn: AsyncConnection, part: Slice) -> Rows:
    """Sites by id: site_id, config, evse_count."""
    return await read_page(conn, SITES, [site.c.site_id], part)


async def get(conn: AsyncConnection, site_id: str) -> RowMapping | None:
    """One site, or None."""
    return (await conn.execute(SITES.where(site.c.site_id == site_id))).mappings().first()


def configuration(row: Mapping[str, Any]) -> Site:
    """The site file that was loaded."""
    return msgspec.convert(row["config"], Site)


async def ids(conn: AsyncConnection) -> list[str]:
    """Every site's id."""
    return list(await conn.scalars(select(site.c.site_id).order_by(site.c.site_id)))


async def decisions(
    conn: AsyncConnection, site_id: str, part: Slice, *, going_on: bool | None = None
) -> Rows:
    """What the controller did not let pass as it was wanted, newest first."""
    query = select(decision).where(decision.c.site_id == site_id)
    if going_on is not None:
        query = query.where(decision.c.ended_at.is_(None) == going_on)
    keys = [decision.c.began_at, decision.c.rule, decision.c.actuator]
    return await read_page(conn, query, keys, part, newest_first=True)


async def alarms(
    conn: AsyncConnection, site_id: str, part: Slice, *, is_open: bool | None = None
) -> Rows:
    """Alarms, newest first."""
    query = select(alarm).where(alarm.c.site_id == site_id)
    if is_open is not None:
        cleared = alarm.c.cleared_at
        query = query.where(cleared.is_(None) if is_open else cleared.is_not(None))
    return await read_page(conn, query, [alarm.c.alarm_id], part, newest_first=True)


async def open_alarms(conn: AsyncConnection) -> list[RowMapping]:
    """What is wrong anywhere, newest first."""
    query = select(alarm).where(alarm.c.cleared_at.is_(None)).order_by(alarm.c.alarm_id.desc())
    return list((await conn.execute(query)).mappings())
