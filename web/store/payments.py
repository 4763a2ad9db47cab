"""Direct payments: what is settled of each, and what stations say of theirs."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import RowMapping, Select, and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.store.tables import payment_settling, settlement
from scheduler.store.tables import site_evse
from web.store.paging import Rows, Slice, read_page

told = payment_settling.c
SETTLEMENTS: Select[Any] = select(
    payment_settling, settlement.c.status.label("station_status")
).outerjoin(
    settlement,
    and_(settlement.c.station_id == told.station_id, settlement.c.psp_ref == told.psp_ref),
)


async def page(
    conn: AsyncConnection, part: Slice, *, statuses: Sequence[str] = (), site_id: str | None = None
) -> Rows:
    """By the time from which they were due, newest first; no `statuses`: all."""
    query = SETTLEMENTS
    if statuses:
        query = query.where(told.status.in_(statuses))
    if site_id is not None:
        here = select(site_evse.c.station_id).where(site_evse.c.site_id == site_id)
        query = query.where(told.station_id.in_(here))
    keys = [told.due_at, told.station_id, told.transaction_id]
    return await read_page(conn, query, keys, part, newest_first=True)


async def get(conn: AsyncConnection, station_id: str, transaction_id: str) -> RowMapping | None:
    """The settlement of one transaction, or None."""
    query = SETTLEMENTS.where(told.station_id == station_id, told.transaction_id == transaction_id)
    row: RowMapping | None = (await conn.execute(query)).mappings().first()
    return row


async def of_payment(conn: AsyncConnection, station_id: str, psp_ref: str) -> list[RowMapping]:
    """All settlements of one payment, in the order in which they came due."""
    query = SETTLEMENTS.where(
        told.station_id == station_id, func.lower(told.psp_ref) == psp_ref.lower()
    )
    ordered = query.order_by(told.due_at, told.transaction_id)
    return list((await conn.execute(ordered)).mappings())
