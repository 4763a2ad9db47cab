"""The journal: facts of all waiting callers become durable together, in one transaction a batch.

A caller returns once its facts are on disk (synchronous_commit = on). A bad row fails its own
caller only: the batch is halved until it stands alone. While the database is away every caller
gets StoreUnavailable, and nothing of its facts is stored.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import asyncpg
import structlog

from csms.clock import monotonic_s
from csms.domain.errors import StoreUnavailable
from csms.domain.facts import Fact
from csms.store.engine import CONFLICT_PAUSE_S, CONFLICT_RETRIES, connect, is_outage
from csms.store.rows import StatementRow, grouped, rows_of
from csms.store.statements.kinds import Row, Statement, as_one

log = structlog.get_logger(__name__)

WRITERS: Final = 2  # one gathers and sends while the other waits for the disk
GATHER_S: Final = 0.005
BATCH_LIMIT: Final = 1_000
COMMIT_LIMIT_S: Final = 10.0


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    facts: Sequence[Fact]
    rows: list[StatementRow]
    stored: "asyncio.Future[None]"


class PostgresJournal:
    """Implements `handlers.ports.Journal`; `on_commit` hears the facts of each batch, once."""

    def __init__(
        self, database_url: str, on_commit: Callable[[Sequence[Fact]], None] = lambda facts: None
    ) -> None:
        self._database_url = database_url
        self._on_commit = on_commit
        self._waiting: list[_Waiting] = []
        self._filled = asyncio.Event()
        self._writers: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> "PostgresJournal":
        self._writers = [
            asyncio.create_task(self._write_for_ever(), name=f"journal-{number}")
            for number in range(WRITERS)
        ]
        return self

    async def __aexit__(self, *_: object) -> None:
        """Callers that still wait get StoreUnavailable."""
        for writer in self._writers:
            writer.cancel()
        await asyncio.gather(*self._writers, return_exceptions=True)
        _fail(self._waiting, StoreUnavailable("closing"))

    async def commit(self, facts: Sequence[Fact]) -> None:
        """Return when all `facts` are durable. Raises StoreUnavailable: then none of them is."""
        if not facts:
            return
        waiting = _Waiting(facts, rows_of(facts), asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        self._filled.set()
        await waiting.stored

    async def _write_for_ever(self) -> None:
        connection = None
        batch: list[_Waiting] = []
        try:
            while True:
                await self._filled.wait()
                await self._gather()
                batch, self._waiting = self._waiting[:BATCH_LIMIT], self._waiting[BATCH_LIMIT:]
                if not self._waiting:
                    self._filled.clear()
                connection = await self._write(connection, batch)
        finally:
            _fail(batch, StoreUnavailable("closing"))
            if connection is not None:
                connection.terminate()

    async def _gather(self) -> None:
        """Let others come, as long as each turn of the loop brings some: a commit costs as much as
        a dozen rows. Who is alone goes at once."""
        known, until_s = 0, monotonic_s() + GATHER_S
        while known < len(self._waiting) and monotonic_s() < until_s:
            known = len(self._waiting)
            await asyncio.sleep(0)  # whoever can be read now is read
            await asyncio.sleep(0)  # … and asks

    async def _write(
        self, connection: asyncpg.Connection | None, batch: list[_Waiting]
    ) -> asyncpg.Connection | None:
        """Store `batch` and tell its callers; the connection to go on with."""
        if not batch:
            return connection
        try:
            if connection is None or connection.is_closed():
                connection = await connect(self._database_url, application="v2ghub csms journal")
            await _commit(connection, batch)
        except Exception as error:  # noqa: BLE001 - the edge of this task: told to the callers
            return await self._recover(connection, batch, error)
        for waiting in batch:
            if not waiting.stored.done():
                waiting.stored.set_result(None)
        self._on_commit([fact for waiting in batch for fact in waiting.facts])
        return connection

    async def _recover(
        self, connection: asyncpg.Connection | None, batch: list[_Waiting], error: Exception
    ) -> asyncpg.Connection | None:
        if is_outage(error):
            log.warning("store away", callers=len(batch), error=type(error).__name__)
            _fail(batch, StoreUnavailable(type(error).__name__))
            if connection is not None:
                connection.terminate()
            return None
        if len(batch) == 1:
            log.error("facts refused by the store", error=str(error).splitlines()[0])
            _fail(batch, error)
            return connection
        half = len(batch) // 2
        connection = await self._write(connection, batch[:half])
        return await self._write(connection, batch[half:])


async def _commit(connection: asyncpg.Connection, batch: list[_Waiting]) -> None:
    groups = grouped(row for waiting in batch for row in waiting.rows)
    for attempt in range(CONFLICT_RETRIES):
        with suppress(asyncpg.TransactionRollbackError):
            async with asyncio.timeout(COMMIT_LIMIT_S):
                await _store(connection, groups)
            return
        log.info("journal retries after a conflict", attempt=attempt)
        await asyncio.sleep(CONFLICT_PAUSE_S)
    raise StoreUnavailable("rows are contended")


async def _store(connection: asyncpg.Connection, groups: dict[Statement, list[Row]]) -> None:
    """All of it or nothing. What stands alone goes as one statement, first; where nothing follows,
    a statement is its own transaction."""
    alone = tuple(statement for statement in groups if statement.alone)
    steps = [alone] if alone else []
    steps += [(statement,) for statement in groups if not statement.alone]
    if len(steps) == 1:
        await connection.execute(as_one(steps[0]), *_arrays(groups, steps[0]))
        return
    async with connection.transaction():
        for step in steps:
            await connection.execute(as_one(step), *_arrays(groups, step))


def _arrays(
    groups: dict[Statement, list[Row]], statements: tuple[Statement, ...]
) -> list[tuple[Any, ...]]:
    return [column for one in statements for column in zip(*groups[one], strict=True)]


def _fail(batch: Sequence[_Waiting], error: Exception) -> None:
    for waiting in batch:
        if not waiting.stored.done():
            waiting.stored.set_exception(error)
