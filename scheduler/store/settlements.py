"""Rows ⇄ SettlementRow. They can be computed again at any time: writing replaces what was there."""

from collections.abc import Sequence
from dataclasses import asdict
from uuid import UUID

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from scheduler.domain.settlement import SettlementRow
from scheduler.store.tables import settlement as table


async def replace(conn: AsyncConnection, signal_id: UUID, rows: Sequence[SettlementRow]) -> None:
    """Store the rows of a signal in place of those it had."""
    await conn.execute(delete(table).where(table.c.signal_id == signal_id))
    if rows:
        await conn.execute(insert(table), [{"signal_id": signal_id, **asdict(row)} for row in rows])


async def of_signal(conn: AsyncConnection, signal_id: UUID) -> tuple[SettlementRow, ...]:
    """The signal's rows, by length of interval and start."""
    columns = [column for column in table.c if column.name != "signal_id"]
    rows = await conn.execute(
        select(*columns)
        .where(table.c.signal_id == signal_id)
        .order_by(table.c.interval_s, table.c.starts_at)
    )
    return tuple(SettlementRow(**row) for row in rows.mappings())
