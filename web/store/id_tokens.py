"""Id tokens as the API lists them."""

from sqlalchemy import RowMapping, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.domain.authorization import TokenRef
from csms.store.tables import id_token
from web.store.paging import Rows, Slice, read_page


async def page(
    conn: AsyncConnection, part: Slice, *, group: str | None, status: str | None
) -> Rows:
    """By id and type."""
    query = select(id_token)
    if group is not None:
        query = query.where(func.lower(id_token.c.group_id_token) == group.lower())
    if status is not None:
        query = query.where(id_token.c.status == status)
    return await read_page(conn, query, [id_token.c.id_key, id_token.c.type], part)


async def get(conn: AsyncConnection, ref: TokenRef) -> RowMapping | None:
    """One token, or None."""
    query = select(id_token).where(id_token.c.id_key == ref.key, id_token.c.type == ref.type)
    return (await conn.execute(query)).mappings().first()
