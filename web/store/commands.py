"""Commands as lists; they are written through `csms.store.commands`."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.store.tables import command
from web.store.paging import Rows, Slice, read_page


async def page(
    conn: AsyncConnection, part: Slice, *, station_id: str | None = None, kind: str | None = None
) -> Rows:
    """Commands, newest first."""
    query = select(command)
    if station_id is not None:
        query = query.where(command.c.station_id == station_id)
    if kind is not None:
        query = query.where(command.c.kind == kind)
    keys = [command.c.created_at, command.c.command_id]
    return await read_page(conn, query, keys, part, newest_first=True)


async def get(conn: AsyncConnection, command_id: UUID) -> dict[str, Any] | None:
    """One command, or None."""
    query = select(command).where(command.c.command_id == command_id)
    row = (await conn.execute(query)).mappings().first()
    return None if row is None else dict(row)
