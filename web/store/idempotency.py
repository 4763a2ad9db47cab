"""Answers to requests that act, kept for a day: the same key asked again is answered, not done.

The key is claimed in the transaction that acts: a second request waits for the first to commit,
and if the first fails nothing was claimed. A key that is older than a day is free again.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from web.store.tables import idempotency as table

KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Kept:
    """The answer that was given, and to what request (its hash)."""

    request_hash: str
    status_code: int
    body: dict[str, Any]


async def claim(conn: AsyncConnection, principal: str, key: str, request_hash: str) -> Kept | None:
    """Take the key for this request, or the answer that it already has."""
    claimed = {"request_hash": request_hash, "status_code": 0, "body": {}}
    statement = insert(table).values(principal=principal, key=key, **claimed)
    statement = statement.on_conflict_do_update(
        constraint=table.primary_key,
        set_=claimed | {"created_at": func.now()},
        where=table.c.created_at < func.now() - KEPT,
    )
    if (await conn.execute(statement)).rowcount:
        return None
    query = select(table.c.request_hash, table.c.status_code, table.c.body)
    mine = query.where(table.c.principal == principal, table.c.key == key)
    return Kept(**(await conn.execute(mine)).mappings().one())


async def keep(
    conn: AsyncConnection, principal: str, key: str, status_code: int, body: dict[str, Any]
) -> None:
    """Remember the answer under the key that was claimed."""
    await conn.execute(
        update(table)
        .where(table.c.principal == principal, table.c.key == key)
        .values(status_code=status_code, body=body)
    )


async def prune(conn: AsyncConnection) -> None:
    """Forget answers that were free to be forgotten a day ago: nobody is about to read one."""
    await conn.execute(delete(table).where(table.c.created_at < func.now() - 2 * KEPT))
