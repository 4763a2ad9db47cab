"""Transactions with the vehicle that made each, and what it cost so far."""

from typing import Any

from sqlalchemy import RowMapping, Select, and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.store.tables import transaction, transaction_cost
from scheduler.store.tables import site_evse, vehicle
from web.store.paging import Rows, Slice, read_page

TRANSACTIONS: Select[Any] = (
    select(
        transaction,
        vehicle.c.vehicle_id,
        transaction_cost.c.total_with_tax.label("cost"),
        transaction_cost.c.currency,
        transaction_cost.c.tariff_id,
    )
    .outerjoin(vehicle, vehicle.c.id_token == transaction.c.id_token)
    .outerjoin(
        transaction_cost,
        and_(
            transaction_cost.c.station_id == transaction.c.station_id,
            transaction_cost.c.transaction_id == transaction.c.transaction_id,
        ),
    )
)


async def page(
    conn: AsyncConnection,
    part: Slice,
    *,
    site_id: str | None = None,
    station_id: str | None = None,
    is_open: bool | None = None,
) -> Rows:
    """Transactions, the last started first."""
    query = TRANSACTIONS
    if site_id is not None:
        here = select(site_evse.c.station_id).where(site_evse.c.site_id == site_id)
        query = query.where(transaction.c.station_id.in_(here))
    if station_id is not None:
        query = query.where(transaction.c.station_id == station_id)
    if is_open is not None:
        ended = transaction.c.ended_at
        query = query.where(ended.is_(None) if is_open else ended.is_not(None))
    keys = [transaction.c.started_at, transaction.c.station_id, transaction.c.transaction_id]
    return await read_page(conn, query, keys, part, newest_first=True)


async def get(conn: AsyncConnection, station_id: str, transaction_id: str) -> RowMapping | None:
    """One transaction, or None."""
    query = TRANSACTIONS.where(
        transaction.c.station_id == station_id, transaction.c.transaction_id == transaction_id
    )
    row: RowMapping | None = (await conn.execute(query)).mappings().first()
    return row
