"""Setpoints of the last hour as they were ordered: the memory of a controller that takes over, and
of who judges what is ordered by hand."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Float, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.domain.commands import CommandKind
from csms.domain.ids import ChargingStationId, EvseId
from csms.store.tables import command
from scheduler.store.tables import site_evse

LOOKED_AT = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """One setpoint as it was ordered."""

    station_id: ChargingStationId
    evse_id: EvseId
    at: datetime
    setpoint_w: float
    reason: str


async def of_last_hour(
    conn: AsyncConnection,
    site_id: str,
    now: datetime,
    *,
    only: str | None = None,
    others: timedelta = LOOKED_AT,
) -> tuple[Ordered, ...]:
    """Each EVSE's orders of the hour before `now` whose power is not that of the one before, and
    its first; oldest first. A lease that was renewed only is not told twice. Given one station's id
    as `only`, those of all others of the site are told of no longer than `others` ago."""
    told = command.c
    short = told.created_at > now - others
    setpoint_w = told.payload["setpoint_w"].astext.cast(Float)
    here = select(site_evse.c.station_id).where(site_evse.c.site_id == site_id)
    before = func.lag(setpoint_w).over(
        partition_by=(told.station_id, told.evse_id), order_by=(told.created_at, told.version)
    )
    orders = (
        select(
            told.station_id, told.evse_id, told.created_at.label("at"), told.version,
            setpoint_w.label("setpoint_w"), told.payload["reason"].astext.label("reason"),
            before.label("before_w"),
        )
        .where(
            told.kind == CommandKind.SET_SETPOINT,
            told.created_at > now - LOOKED_AT,
            short if only is None else or_(short, told.station_id == only),
            told.evse_id.is_not(None),
            told.station_id.in_(here),
        )
        .subquery()
    )  # fmt: skip
    one = orders.c
    rows = await conn.execute(
        select(one.station_id, one.evse_id, one.at, one.setpoint_w, one.reason)
        .where(or_(one.before_w.is_(None), one.before_w != one.setpoint_w))
        .order_by(one.at, one.version)
    )
    return tuple(Ordered(**row) for row in rows.mappings())
