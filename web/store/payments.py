"""Direct payments: what is settled of each, and what stations say of theirs."""

from typing import Any

from sqlalchemy import RowMapping, Select, and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.store.tables import payment_settling, settlement
from web.store.paging import Rows, Slice, read_page

told = payment_settling.c
SETTLEMENTS: Select[Any] = select(
    payment_settling, settlement.c.status.label("station_status")
).outerjoin(
    settlement,
    and_(settlement.c.station_id == told.station_id, settlement.c.psp_ref == told.psp_ref),
)


async def page(conn: AsyncConnection, part: Slice, *, status: str | None) -> Rows:
    """By the time from which they were due, newest first."""
    query = SETTLEMENTS if status is None else SETTLEMENTS.where(told.status == status)
    keys = [told.due_at, told.station_id, told.transaction_id]
    return await read_page(conn, query, keys, part, newest_first=True)


async def of_payment(conn: AsyncConnection, station_id: str, psp_ref: str) -> list[RowMapping]:
    """All settlements of one payment, in the order in which they came due."""
    query = SETTLEMENTS.where(
        told.station_id == station_id, func.lower(told.psp_ref) == psp_ref.lower()
    )
    ordered = query.order_by(told.due_at, told.transaction_id)
    return list((await conn.execute(ordered)).mappings())
