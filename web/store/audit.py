"""Who changed what: a row per state change, in the transaction that makes it; never changed."""

from typing import Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from web.store.tables import audit


async def record(
    conn: AsyncConnection, actor: str, action: str, object_id: str, detail: dict[str, Any]
) -> None:
    """Add a row; `detail` holds what was asked, without secrets."""
    row = {"actor": actor, "action": action, "object_id": object_id, "detail": detail}
    await conn.execute(insert(audit).values(row))
