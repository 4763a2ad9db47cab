"""Who may charge: the listed tokens, and one policy for all others."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from csms.domain.authorization import AuthorizationStatus
from csms.domain.ids import IdToken
from csms.store import tables
from csms.store.engine import outage_named

kept = tables.id_token


class PostgresTokens:
    """Implements `handlers.ports.Tokens`."""

    def __init__(self, engine: AsyncEngine, *, accept_unknown: bool) -> None:
        self._engine = engine
        self._unlisted = (
            AuthorizationStatus.ACCEPTED if accept_unknown else AuthorizationStatus.UNKNOWN
        )

    async def status(self, id_token: IdToken) -> AuthorizationStatus:
        """The token's status. Raises StoreUnavailable."""
        query = select(kept.c.status).where(kept.c.id_token == id_token)
        with outage_named():
            async with self._engine.connect() as conn:
                status = await conn.scalar(query)
        return self._unlisted if status is None else AuthorizationStatus(status)


async def put(
    conn: AsyncConnection, id_token: IdToken, status: AuthorizationStatus, now: datetime
) -> None:
    """List a token, or change its status."""
    row = {"id_token": id_token, "status": status.value, "updated_at": now}
    await conn.execute(
        insert(kept).values(row).on_conflict_do_update(index_elements=["id_token"], set_=row)
    )
