"""Answers to requests that act, kept for a day: the same key asked again is answered, not done.

The key is claimed in the transaction that acts: a second request waits for the first to commit,
and if the first fails nothing was claimed. A key that is older than a day is free again.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, NamedTuple

import orjson
from sqlalchemy import ColumnElement, and_, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.store.direct import Direct
from web.store.tables import idempotency as table

KEPT: Final = timedelta(days=1)
CLAIM_WITH: Final = """INSERT INTO web.idempotency AS kept
    (principal, key, request_hash, status_code, body)
    {answer}
    ON CONFLICT (principal, key) DO UPDATE SET request_hash = excluded.request_hash,
        status_code = excluded.status_code, body = excluded.body, created_at = now()
    WHERE kept.created_at < now() - {kept}
    RETURNING 1"""
"""Takes a key together with the answer, where that is known beforehand: `{answer}` selects the row,
`{kept}` is the interval. No row: another has it."""
_KEPT_ANSWER: Final = """SELECT request_hash, status_code, body FROM web.idempotency
    WHERE principal = $1 AND key = $2 AND created_at >= now() - $3::interval"""


class Claim(NamedTuple):
    """Who asks under what key, and the hash of what for."""

    principal: str
    key: str
    request_hash: str


@dataclass(frozen=True, slots=True)
class Kept:
    """The answer that was given, and to what request (its hash)."""

    request_hash: str
    status_code: int
    body: dict[str, Any]


async def claim(conn: AsyncConnection, wanted: Claim) -> Kept | None:
    """Take the key for this request, or the answer that it already has."""
    claimed = {"request_hash": wanted.request_hash, "status_code": 0, "body": {}}
    statement = insert(table).values(principal=wanted.principal, key=wanted.key, **claimed)
    statement = statement.on_conflict_do_update(
        constraint=table.primary_key,
        set_=claimed | {"created_at": func.now()},
        where=table.c.created_at < func.now() - KEPT,
    )
    if (await conn.execute(statement)).rowcount:
        return None
    query = select(table.c.request_hash, table.c.status_code, table.c.body)
    return Kept(**(await conn.execute(query.where(_is(wanted)))).mappings().one())


async def kept_under(direct: Direct, claimed: Claim) -> Kept | None:
    """The answer that the key already has. Raises StoreUnavailable."""
    row = await direct.row(_KEPT_ANSWER, claimed.principal, claimed.key, KEPT)
    return None if row is None else Kept(row[0], row[1], orjson.loads(row[2]))


async def keep(
    conn: AsyncConnection, claimed: Claim, status_code: int, body: dict[str, Any]
) -> None:
    """Remember the answer under the key that was claimed."""
    values = {"status_code": status_code, "body": body}
    await conn.execute(update(table).where(_is(claimed)).values(values))


def _is(claim: Claim) -> ColumnElement[bool]:
    return and_(table.c.principal == claim.principal, table.c.key == claim.key)


async def prune(conn: AsyncConnection) -> None:
    """Forget answers that were free to be forgotten a day ago: nobody is about to read one."""
    await conn.execute(delete(table).where(table.c.created_at < func.now() - 2 * KEPT))
