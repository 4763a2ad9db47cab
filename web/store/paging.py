"""Pages of a list by keyset: a cursor holds the last row's key, so nothing is skipped or repeated
when rows come and go between two pages."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, RowMapping, Select, literal, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.elements import KeyedColumnElement

Key = KeyedColumnElement[Any]


class CursorRefused(ValueError):  # noqa: N818 - the caller made it up
    """The cursor is none of ours."""


@dataclass(frozen=True, slots=True)
class Slice:
    """Which part of a list: at most `limit` rows after `cursor`."""

    limit: int = 100
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Rows:
    """A part of a list and the cursor of the next, None at the end."""

    items: list[RowMapping]
    next: str | None


async def read_page(
    conn: AsyncConnection,
    query: Select[Any],
    keys: Sequence[Key],
    part: Slice,
    *,
    newest_first: bool = False,
) -> Rows:
    """The part of `query` in the order of `keys`, which are unique and among its columns.

    Raises CursorRefused.
    """
    order = [key.desc() if newest_first else key.asc() for key in keys]
    if part.cursor is not None:
        key, after = tuple_(*keys), tuple_(*_values(part.cursor, keys))
        query = query.where(key < after if newest_first else key > after)
    found = await conn.execute(query.order_by(*order).limit(part.limit + 1))
    rows = list(found.mappings())
    items = rows[: part.limit]
    return Rows(items, _cursor(items[-1], keys) if len(rows) > part.limit else None)


def _cursor(row: RowMapping, keys: Sequence[Key]) -> str:
    values = [row[key.name] for key in keys]
    return urlsafe_b64encode(orjson.dumps(values, default=str)).decode()  # the driver's own UUID


def _values(cursor: str, keys: Sequence[Key]) -> list[ColumnElement[Any]]:
    try:
        raw = orjson.loads(urlsafe_b64decode(cursor.encode()))
        if not isinstance(raw, list) or len(raw) != len(keys):
            raise CursorRefused(cursor)
        return [_bound(value, key) for value, key in zip(raw, keys, strict=True)]
    except ValueError as error:
        raise CursorRefused(cursor) from error


def _bound(value: Any, key: Key) -> ColumnElement[Any]:
    wanted = key.type.python_type
    if wanted is datetime and isinstance(value, str):
        value = datetime.fromisoformat(value)
        if value.tzinfo is None:
            raise CursorRefused("time without zone")
    if wanted is UUID and isinstance(value, str):
        value = UUID(value)
    if not isinstance(value, wanted) or (wanted is int and abs(value) >= 2**63):
        raise CursorRefused("other key")
    return literal(value, key.type)
