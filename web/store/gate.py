"""What people and programs lately sent to a site's stations, for the gate of their commands."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.domain.commands import CommandKind
from csms.domain.power_commands import MOVING
from csms.store.tables import command
from scheduler.store.tables import site_evse


async def site_of(conn: AsyncConnection, station_id: str) -> str | None:
    """The site that the station stands on. Until our transaction ends nobody else is let through
    the gate of that site."""
    query = select(site_evse.c.site_id).where(site_evse.c.station_id == station_id).limit(1)
    site_id: str | None = await conn.scalar(query)
    key = func.hashtextextended(f"gate/{site_id}", 0)
    await conn.execute(select(func.pg_advisory_xact_lock(key)))
    return site_id


async def rated_w(conn: AsyncConnection, site_id: str) -> dict[str, float]:
    """Each station of the site, and the most that its EVSEs take or give together, W."""
    most_w = func.greatest(site_evse.c.max_charge_w, site_evse.c.max_discharge_w)
    rows = await conn.execute(
        select(site_evse.c.station_id, func.sum(most_w))
        .where(site_evse.c.site_id == site_id)
        .group_by(site_evse.c.station_id)
    )
    return {station_id: float(power_w) for station_id, power_w in rows}


async def lately(
    conn: AsyncConnection,
    station_ids: Collection[str],
    since: datetime,
    does: Callable[[CommandKind, Mapping[str, Any]], bool],
) -> frozenset[str]:
    """Which of these stations were sent, by a person or a program, one of `MOVING` of whose kind
    and payload `does` is true."""
    by_hand = or_(command.c.requested_by.like("user:%"), command.c.requested_by.like("token:%"))
    rows = await conn.execute(
        select(command.c.station_id, command.c.kind, command.c.payload).where(
            command.c.station_id.in_(station_ids),
            command.c.created_at > since,
            command.c.kind.in_(MOVING),
            by_hand,
        )
    )
    return frozenset(one.station_id for one in rows if does(CommandKind(one.kind), one.payload))
