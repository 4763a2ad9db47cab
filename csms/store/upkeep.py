"""What the books of stations need not keep for ever: what the hub itself asked of them, again and
again, values that streamed by, and the last beats of processes that are no more.

The ledger, and what a person or a station asked for, stays.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Table, and_, delete, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.clock import wall_now
from csms.domain.commands import CommandKind
from csms.store.tables import command, event_stream_value, process_heartbeat

ROUTINE: Final = (
    CommandKind.SET_SETPOINT,
    CommandKind.OFFER_SCHEDULE,
    CommandKind.GET_TRANSACTION_STATUS,
)
MOST_AT_ONCE: Final = 100_000
BEATS_KEPT: Final = timedelta(days=7)  # in real time


async def prune(conn: AsyncConnection, *, before: datetime) -> int:
    """Delete routine commands that were made and ended, and streamed values that came, before then
    (site time); of each at most `MOST_AT_ONCE`. How many rows that were."""
    told, streamed = command.c, event_stream_value.c
    ended = and_(told.created_at < before, told.finished_at < before)
    gone = await _delete(conn, command, ended, told.kind.in_(ROUTINE))
    gone += await _delete(conn, event_stream_value, streamed.received_at < before)
    last = process_heartbeat.c.at
    return gone + await _delete(conn, process_heartbeat, last < wall_now() - BEATS_KEPT)


async def _delete(conn: AsyncConnection, table: Table, *which: ColumnElement[bool]) -> int:
    key = list(table.primary_key)
    old = select(*key).where(*which).limit(MOST_AT_ONCE)
    return (await conn.execute(delete(table).where(tuple_(*key).in_(old)))).rowcount
