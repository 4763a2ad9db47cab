"""Which command of ours a transaction began with (F01.FR.25, F02.FR.01)."""

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.domain.commands import CommandKind
from csms.domain.ids import ChargingStationId, TransactionId
from csms.store import commands
from csms.store.commands import StoredCommand
from csms.store.tables import command, transaction


async def started_by(
    conn: AsyncConnection, station_id: ChargingStationId, transaction_id: TransactionId
) -> StoredCommand | None:
    """The RequestStartTransaction that the transaction answers to, by its remoteStartId, or the one
    whose answer named the transaction (F01.FR.13); None: nobody asked for it from afar."""
    one, asked = transaction.c, command.c
    same_number = asked.response["remoteStartId"].as_integer() == one.remote_start_id
    named = asked.response["transactionId"].as_string() == one.transaction_id
    query = (
        select(asked.command_id)
        .join(transaction, and_(one.station_id == asked.station_id, or_(same_number, named)))
        .where(
            one.station_id == station_id,
            one.transaction_id == transaction_id,
            asked.kind == CommandKind.REQUEST_START_TRANSACTION,
        )
        .order_by(asked.created_at.desc())
        .limit(1)
    )
    command_id = await conn.scalar(query)
    return None if command_id is None else await commands.get(conn, command_id)
