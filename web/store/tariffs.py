"""Tariffs as the API lists them, with who comes under each."""

from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, Select, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.store.tables import tariff, tariff_use
from web.store.paging import Rows, Slice, read_page


def _tariffs() -> Select[Any]:
    uses = (
        select(func.jsonb_agg(func.jsonb_build_array(tariff_use.c.scope, tariff_use.c.key)))
        .where(tariff_use.c.tariff_id == tariff.c.tariff_id)
        .scalar_subquery()
    )
    return select(tariff, uses.label("uses"))


async def page(conn: AsyncConnection, part: Slice) -> Rows:
    """By id."""
    return await read_page(conn, _tariffs(), [tariff.c.tariff_id], part)


async def get(conn: AsyncConnection, tariff_id: str) -> RowMapping | None:
    """One tariff, or None."""
    query = _tariffs().where(tariff.c.tariff_id == tariff_id)
    found: RowMapping | None = (await conn.execute(query)).mappings().first()
    return found


async def version(conn: AsyncConnection, tariff_id: str) -> int | None:
    """Its version, held until the transaction ends; None if there is no such tariff."""
    query = select(tariff.c.version).where(tariff.c.tariff_id == tariff_id).with_for_update()
    found: int | None = await conn.scalar(query)
    return found


async def put(
    conn: AsyncConnection, tariff_id: str, definition: dict[str, Any], now: datetime, *, new: bool
) -> None:
    """Add or replace it."""
    row = {"definition": definition, "updated_at": now}
    if new:
        await conn.execute(insert(tariff).values(tariff_id=tariff_id, **row))
        return
    changed = update(tariff).where(tariff.c.tariff_id == tariff_id)
    await conn.execute(changed.values(version=tariff.c.version + 1, **row))


async def replace_uses(
    conn: AsyncConnection, tariff_id: str, uses: set[tuple[str, str]]
) -> tuple[str, str] | None:
    """Let exactly these come under the tariff; the first that is under another one, if any."""
    await conn.execute(delete(tariff_use).where(tariff_use.c.tariff_id == tariff_id))
    for scope, key in sorted(uses):
        taken = select(tariff_use.c.tariff_id).where(
            tariff_use.c.scope == scope, tariff_use.c.key == key
        )
        if await conn.scalar(taken) is not None:
            return scope, key
        row = {"scope": scope, "key": key, "tariff_id": tariff_id}
        await conn.execute(insert(tariff_use).values(row))
    return None


async def remove(conn: AsyncConnection, tariff_id: str) -> None:
    """Nobody comes under it any more; transactions that did keep their copy."""
    await conn.execute(delete(tariff_use).where(tariff_use.c.tariff_id == tariff_id))
    await conn.execute(delete(tariff).where(tariff.c.tariff_id == tariff_id))
