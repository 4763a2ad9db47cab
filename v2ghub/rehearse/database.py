"""What the processes of the rehearsal have in place of PostgreSQL: sessions on tables in memory.

A word to it takes a moment, and then happens at once or not at all. While it is away it raises
StoreUnavailable; who asked in the moment that it went does not know whether it was done.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final, TypeVar

from csms.domain.errors import StoreUnavailable
from csms.domain.facts import Fact
from v2ghub.rehearse.processes import Process
from v2ghub.rehearse.tables import Tables

TRIP_S: Final = (0.001, 0.006)
Answer = TypeVar("Answer")


@dataclass(slots=True)
class Database:
    """`away`: nobody gets through."""

    random: Random
    tables: Tables = field(default_factory=Tables)
    away: bool = False

    async def do(self, process: Process, work: Callable[[Tables], Answer]) -> Answer:
        """One transaction. Raises StoreUnavailable."""
        await process.reach()
        if self.away:
            raise StoreUnavailable("away")
        await asyncio.sleep(self.random.uniform(*TRIP_S))
        if self.away or not process.alive:
            if self.random.random() < 0.5:
                work(self.tables)  # it was done, and the answer was lost
            raise StoreUnavailable("went away")
        return work(self.tables)


@dataclass(slots=True)
class MemoryJournal:
    """Implements `handlers.ports.Journal` for one life of a csms; `stored` hears each commit."""

    database: Database
    process: Process
    stored: Callable[[Sequence[Fact]], None]

    async def commit(self, facts: Sequence[Fact]) -> None:
        """All of them, or StoreUnavailable."""
        if facts:
            await self.database.do(self.process, lambda tables: tables.store(list(facts)))
            self.stored(facts)
