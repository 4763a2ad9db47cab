"""Single statements on plain connections: how the hot path asks PostgreSQL.

A statement here is its own transaction and one round trip; an engine's pool pays for a ping, a
begin and a rollback with each. Statements are prepared once per connection.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

import asyncpg
import structlog

from csms.domain.errors import StoreUnavailable
from csms.store.engine import CONFLICT_PAUSE_S, CONFLICT_RETRIES, connect, outage_named
from csms.store.statements.kinds import Row

log = structlog.get_logger(__name__)

CONNECTIONS: Final = 4
LIMIT_S: Final = 10.0


class Direct:
    """A few connections, made when they are needed; use it as a context, which closes them."""

    def __init__(
        self,
        database_url: str,
        connections: int = CONNECTIONS,
        application: str = "v2ghub csms direct",
    ) -> None:
        self._database_url = database_url
        self._application = application
        self._room = asyncio.Semaphore(connections)
        self._idle: list[asyncpg.Connection] = []

    async def __aenter__(self) -> "Direct":
        return self

    async def __aexit__(self, *_: object) -> None:
        for connection in self._idle:
            connection.terminate()
        self._idle.clear()

    async def rows(self, sql: str, *values: object) -> list[asyncpg.Record]:
        """What one statement returns; it is durable then. Raises StoreUnavailable."""
        async with self._lent() as connection:
            for attempt in range(CONFLICT_RETRIES):
                with suppress(asyncpg.TransactionRollbackError):
                    found: list[asyncpg.Record] = await connection.fetch(
                        sql, *values, timeout=LIMIT_S
                    )
                    return found
                log.info("statement retried after a conflict", attempt=attempt)
                await asyncio.sleep(CONFLICT_PAUSE_S)
        raise StoreUnavailable("rows are contended")

    async def row(self, sql: str, *values: object) -> asyncpg.Record | None:
        """The first of them. Raises StoreUnavailable."""
        found = await self.rows(sql, *values)
        return found[0] if found else None

    async def value(self, sql: str, *values: object) -> Any:
        """The first column of the first of them. Raises StoreUnavailable."""
        found = await self.row(sql, *values)
        return None if found is None else found[0]

    async def append(self, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        """Add rows to a table of ours, all or none (COPY): for what conflicts with nothing.
        Raises StoreUnavailable."""
        async with self._lent() as connection:
            await connection.copy_records_to_table(
                table, schema_name="csms", columns=columns, records=rows, timeout=LIMIT_S
            )

    @asynccontextmanager
    async def _lent(self) -> AsyncIterator[asyncpg.Connection]:
        with outage_named():
            async with self._room:
                connection = await self._connection()
                try:
                    yield connection
                except asyncpg.PostgresError:
                    self._keep(connection)
                    raise
                except BaseException:
                    connection.terminate()  # in the midst of something
                    raise
                self._keep(connection)

    async def _connection(self) -> asyncpg.Connection:
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
        return await connect(self._database_url, application=self._application)

    def _keep(self, connection: asyncpg.Connection) -> None:
        if not connection.is_closed():
            self._idle.append(connection)
