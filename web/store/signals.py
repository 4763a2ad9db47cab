"""Grid signals as lists, narrowed to what the caller may see."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from scheduler.domain.signal import SignalStatus
from scheduler.store.tables import signal
from web.store.paging import Rows, Slice, read_page

GONE = (SignalStatus.CANCELLED, SignalStatus.SUPERSEDED)


async def page(
    conn: AsyncConnection, site_id: str, part: Slice, *, operator: str | None = None
) -> Rows:
    """Signals, the last to start first; `operator` narrows them to one sender's own."""
    query = select(signal).where(signal.c.site_id == site_id)
    if operator is not None:
        query = query.where(signal.c.operator == operator)
    keys = [signal.c.starts_at, signal.c.signal_id]
    return await read_page(conn, query, keys, part, newest_first=True)


async def get(
    conn: AsyncConnection, site_id: str, signal_id: UUID, *, operator: str | None = None
) -> dict[str, Any] | None:
    """One signal of the site (and of the operator), or None."""
    query = select(signal).where(signal.c.signal_id == signal_id, signal.c.site_id == site_id)
    if operator is not None:
        query = query.where(signal.c.operator == operator)
    row = (await conn.execute(query)).mappings().first()
    return None if row is None else dict(row)


async def standing(conn: AsyncConnection, since: datetime) -> list[RowMapping]:
    """Signals of any site whose window ends after `since`, but for those taken back."""
    query = (
        select(signal)
        .where(signal.c.status.not_in(GONE), signal.c.ends_at > since)
        .order_by(signal.c.starts_at, signal.c.signal_id)
    )
    return list((await conn.execute(query)).mappings())
