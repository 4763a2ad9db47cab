"""Vehicles with where each is plugged in and what the newest plan gives it."""

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from scheduler.store import live
from scheduler.store.live import LiveEvse
from scheduler.store.tables import plan, plan_setpoint, vehicle
from web.store.paging import Rows, Slice, read_page

VEHICLES = select(*[column for column in vehicle.c if column.name != "updated_at"])


async def page(conn: AsyncConnection, part: Slice, *, site_id: str | None = None) -> Rows:
    """Vehicles by id."""
    query = VEHICLES if site_id is None else VEHICLES.where(vehicle.c.site_id == site_id)
    return await read_page(conn, query, [vehicle.c.vehicle_id], part)


async def get(conn: AsyncConnection, vehicle_id: str) -> RowMapping | None:
    """One vehicle, or None."""
    query = VEHICLES.where(vehicle.c.vehicle_id == vehicle_id)
    return (await conn.execute(query)).mappings().first()


async def plugged_in(conn: AsyncConnection, site_id: str) -> dict[str, LiveEvse]:
    """The EVSE at which each vehicle of the site has an open transaction."""
    found = await live.evses(conn, site_id)
    return {
        evse.vehicle.vehicle_id: evse
        for evse in found
        if evse.vehicle is not None and evse.transaction is not None
    }


async def planned(conn: AsyncConnection, site_id: str) -> dict[tuple[str, str], RowMapping]:
    """By station and its transaction: starts_at, slot_s, departure_at, energy_wh, shortfall_wh, fix
    of the site's newest plan."""
    newest = (
        select(plan.c.plan_id, plan.c.starts_at, plan.c.slot_s)
        .where(plan.c.site_id == site_id)
        .order_by(plan.c.version.desc())
        .limit(1)
        .subquery()
    )
    query = select(
        plan_setpoint.c.station_id,
        plan_setpoint.c.transaction_id,
        newest.c.starts_at,
        newest.c.slot_s,
        plan_setpoint.c.departure_at,
        plan_setpoint.c.energy_wh,
        plan_setpoint.c.why["shortfall_wh"].as_float().label("shortfall_wh"),
        plan_setpoint.c.why["fixes"][0].label("fix"),
    ).join(newest, newest.c.plan_id == plan_setpoint.c.plan_id)
    rows = (await conn.execute(query)).mappings()
    return {(row["station_id"], row["transaction_id"]): row for row in rows}
