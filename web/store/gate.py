"""What people and programs lately sent to a site's stations, for the gate of their commands."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.domain.commands import CommandKind, CommandStatus
from csms.domain.power_commands import MOVING, moves_power
from csms.store.tables import command
from scheduler.domain.site import Site
from scheduler.services.by_hand import ByHand
from scheduler.services.turns import HOUR
from scheduler.store import sites
from scheduler.store.tables import site_evse

BY_HAND = or_(command.c.requested_by.like("user:%"), command.c.requested_by.like("token:%"))


async def site_of(conn: AsyncConnection, station_id: str) -> str | None:
    """The site that the station stands on."""
    query = select(site_evse.c.site_id).where(site_evse.c.station_id == station_id).limit(1)
    site_id: str | None = await conn.scalar(query)
    return site_id


async def enter(conn: AsyncConnection, site_id: str) -> Site | None:
    """The site; until our transaction ends nobody else is let through its gate."""
    key = func.hashtextextended(f"gate/{site_id}", 0)
    await conn.execute(select(func.pg_advisory_xact_lock(key)))
    return await sites.load(conn, site_id)


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
    rows = await conn.execute(
        select(command.c.station_id, command.c.kind, command.c.payload).where(
            command.c.station_id.in_(station_ids),
            command.c.created_at > since,
            command.c.kind.in_(MOVING),
            BY_HAND,
        )
    )
    return frozenset(one.station_id for one in rows if does(CommandKind(one.kind), one.payload))


async def sent(
    conn: AsyncConnection, site_id: str, now: datetime, *, only: str | None, others: timedelta
) -> tuple[ByHand, ...]:
    """What people and programs sent to a site's stations within the hour of kinds that move power;
    given one station as `only`, to the others within `others`. What surely had no effect is not
    told."""
    told, short = command.c, command.c.created_at > now - others
    here = select(site_evse.c.station_id).where(site_evse.c.site_id == site_id)
    rows = await conn.execute(
        select(told.station_id, told.kind, told.payload, told.created_at.label("at")).where(
            told.station_id.in_(here),
            told.created_at > now - HOUR,
            short if only is None else or_(short, told.station_id == only),
            told.kind.in_(MOVING),
            told.status.not_in((CommandStatus.REFUSED, CommandStatus.EXPIRED)),
            BY_HAND,
        )
    )
    found = (
        ByHand(
            station_id=row.station_id, kind=CommandKind(row.kind), payload=row.payload, at=row.at
        )
        for row in rows
    )
    return tuple(one for one in found if moves_power(one.kind, one.payload))
