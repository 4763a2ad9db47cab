"""EVSEs as they are now: what site file, station, transaction and newest plan say of each."""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    RowMapping,
    Select,
    and_,
    case,
    func,
    literal,
    select,
)
from sqlalchemy import union as union_of
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.domain.commands import CommandKind
from csms.store.tables import (
    charging_needs,
    charging_station,
    command,
    connector,
    evse,
    transaction,
)
from scheduler.services.demand_rules import NEEDS_MAY_COME_EARLY
from scheduler.store.tables import plan, plan_setpoint, site_evse, vehicle
from web.store.paging import Rows, Slice, read_page

# Every EVSE that anybody told us of; EVSE 0 is the station itself.
KNOWN = union_of(
    select(site_evse.c.station_id, site_evse.c.evse_id),
    select(evse.c.station_id, evse.c.evse_id).where(evse.c.evse_id > 0),
    select(connector.c.station_id, connector.c.evse_id).where(connector.c.evse_id > 0),
).subquery("known")


def _here(table: FromClause) -> ColumnElement[bool]:
    return and_(
        table.c.station_id == KNOWN.c.station_id,
        table.c.evse_id == KNOWN.c.evse_id,
    )


# With several connectors, the one that is in use speaks for the EVSE.
STATUS = (
    select(connector.c.status)
    .where(_here(connector))
    .order_by(connector.c.status == "Available", connector.c.status_at.desc())
    .limit(1)
    .scalar_subquery()
)
# Why the controller ordered the last setpoint: "plan", or what corrected the plan.
ORDERED_REASON = (
    select(command.c.payload["reason"].astext)
    .where(_here(command), command.c.kind == CommandKind.SET_SETPOINT)
    .order_by(command.c.created_at.desc())
    .limit(1)
    .scalar_subquery()
)
PLAN = (
    select(plan.c.plan_id, plan.c.starts_at, plan.c.slot_s)
    .where(plan.c.site_id == site_evse.c.site_id)
    .order_by(plan.c.version.desc())
    .limit(1)
    .lateral("newest_plan")
)
MEASURED = [
    evse.c[name]
    for name in (
        "power_w", "power_at", "import_wh", "export_wh", "soc_pct", "setpoint_w",
        "setpoint_until", "setpoint_status", "composite_w",
    )
]  # fmt: skip
SOURCE = (
    KNOWN.outerjoin(charging_station, charging_station.c.station_id == KNOWN.c.station_id)
    .outerjoin(site_evse, _here(site_evse))
    .outerjoin(evse, _here(evse))
    .outerjoin(
        transaction,
        and_(
            transaction.c.station_id == KNOWN.c.station_id,
            transaction.c.transaction_id == evse.c.transaction_id,
            transaction.c.ended_at.is_(None),
        ),
    )
    .outerjoin(vehicle, vehicle.c.id_token == transaction.c.id_token)
    .outerjoin(
        charging_needs,
        and_(
            _here(charging_needs),
            charging_needs.c.at >= transaction.c.started_at - NEEDS_MAY_COME_EARLY,
        ),
    )
    .outerjoin(PLAN, literal(True))
    .outerjoin(
        plan_setpoint,
        and_(
            _here(plan_setpoint),
            plan_setpoint.c.plan_id == PLAN.c.plan_id,
            plan_setpoint.c.transaction_id == transaction.c.transaction_id,
        ),
    )
)
EVSES: Select[Any] = select(
    KNOWN.c.station_id,
    KNOWN.c.evse_id,
    site_evse.c.site_id,
    site_evse.c.circuit_id,
    site_evse.c.max_charge_w,
    site_evse.c.max_discharge_w,
    func.coalesce(charging_station.c.connected, literal(False)).label("connected"),
    STATUS.label("status"),
    *MEASURED,
    transaction.c.transaction_id,
    vehicle.c.vehicle_id,
    func.coalesce(
        case((vehicle.c.departure_at > transaction.c.started_at, vehicle.c.departure_at)),
        charging_needs.c.departure_at,
    ).label("departure_at"),
    PLAN.c.starts_at.label("plan_starts_at"),
    PLAN.c.slot_s,
    plan_setpoint.c.why["runs"].label("runs"),
    ORDERED_REASON.label("ordered_reason"),
).select_from(SOURCE)


async def page(conn: AsyncConnection, part: Slice, *, site_id: str | None = None) -> Rows:
    """EVSEs by station and number, of one site or of all."""
    query = EVSES if site_id is None else EVSES.where(site_evse.c.site_id == site_id)
    return await read_page(conn, query, [KNOWN.c.station_id, KNOWN.c.evse_id], part)


async def every(conn: AsyncConnection) -> list[RowMapping]:
    """All EVSEs, by station and number."""
    found = await conn.execute(EVSES.order_by(KNOWN.c.station_id, KNOWN.c.evse_id))
    return list(found.mappings())


async def of_stations(conn: AsyncConnection, station_ids: list[str]) -> list[RowMapping]:
    """The EVSEs of these stations, by station and number."""
    query = EVSES.where(KNOWN.c.station_id.in_(station_ids))
    found = await conn.execute(query.order_by(KNOWN.c.station_id, KNOWN.c.evse_id))
    return list(found.mappings())


async def get(conn: AsyncConnection, station_id: str, evse_id: int) -> RowMapping | None:
    """One EVSE, or None."""
    query = EVSES.where(KNOWN.c.station_id == station_id, KNOWN.c.evse_id == evse_id)
    row: RowMapping | None = (await conn.execute(query)).mappings().first()
    return row


async def circuit_power(conn: AsyncConnection, site_id: str, since: Any) -> dict[str, float]:
    """W of the fleet hanging directly on each circuit, from powers told after `since`."""
    query = (
        select(site_evse.c.circuit_id, func.sum(evse.c.power_w))
        .join(evse, and_(evse.c.station_id == site_evse.c.station_id,
                         evse.c.evse_id == site_evse.c.evse_id))
        .where(site_evse.c.site_id == site_id, evse.c.power_at >= since)
        .group_by(site_evse.c.circuit_id)
    )  # fmt: skip
    return {circuit_id: power_w or 0.0 for circuit_id, power_w in await conn.execute(query)}
