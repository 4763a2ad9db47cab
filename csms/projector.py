"""Projections of transactions, written a moment after their events.

The ledger is durable before the station is answered; what only repeats it for readers (the row of
the transaction, its meter readings, live values) may follow, many events as one row. What a dead
process left undone is found by comparing the ledger with the projections, and done: by its heir,
and by whoever replays the ledger for the next event of that transaction.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Final

import structlog

from csms.domain.errors import StoreUnavailable
from csms.domain.facts import Fact, ReadingsTaken
from csms.domain.ids import ChargingStationId, TransactionId
from csms.domain.transaction import Transaction, TransactionEvent
from csms.handlers.ports import Journal
from csms.handlers.transaction_event import readings_of
from csms.store.transactions import PostgresTransactions

log = structlog.get_logger(__name__)

FOLLOW_S: Final = 0.2
FACTS_AT_ONCE: Final = 1_000

Key = tuple[ChargingStationId, TransactionId]


@dataclass(slots=True)
class Projector:
    """Implements `handlers.ports.Projections`."""

    journal: Journal
    _transactions: dict[Key, Transaction] = field(default_factory=dict)
    _readings: list[ReadingsTaken] = field(default_factory=list)

    def follow(self, transaction: Transaction, readings: ReadingsTaken | None) -> None:
        """Write `transaction`, whose events are all stored, and its newest readings, soon."""
        self._transactions[transaction.station_id, transaction.transaction_id] = transaction
        if readings is not None:
            self._readings.append(readings)

    def follow_event(
        self, transaction: Transaction, event: TransactionEvent, received_at: datetime
    ) -> None:
        """Likewise, of an event of the ledger and what it made of its transaction."""
        self.follow(transaction, readings_of(transaction, event, received_at))

    async def run(self) -> None:
        """Write what was left, for ever; while the database is away it waits here."""
        while True:
            await asyncio.sleep(FOLLOW_S)
            with suppress(StoreUnavailable):
                await self.flush()

    async def flush(self) -> None:
        """Write everything that waits. Raises StoreUnavailable: then it still waits."""
        transactions, self._transactions = self._transactions, {}
        readings, self._readings = self._readings, []
        # A row that knows all events says that nothing is missing, so it comes last.
        facts: list[Fact] = [*readings, *(one.projected() for one in transactions.values())]
        try:
            waiting = iter(facts)
            while part := list(islice(waiting, FACTS_AT_ONCE)):
                await self._write(part)
        except BaseException:
            self._transactions = transactions | self._transactions
            self._readings = [*readings, *self._readings]
            raise

    async def _write(self, facts: Sequence[Fact]) -> None:
        """All of them, but for one that the store does not take: it must not hold up the others,
        nor this process, for ever."""
        try:
            await self.journal.commit(facts)
        except StoreUnavailable:
            raise
        except Exception as error:
            if len(facts) == 1:
                log.exception("not projected", fact=type(facts[0]).__name__)
                return
            log.warning("projected one by one", facts=len(facts), error=type(error).__name__)
            for fact in facts:
                await self._write([fact])


async def catch_up(transactions: PostgresTransactions, projector: Projector) -> int:
    """Do what a dead process left undone; how many transactions that was. Raises
    StoreUnavailable."""
    left = await transactions.unprojected()
    for station_id, transaction_id in left:
        transaction = Transaction(station_id=station_id, transaction_id=transaction_id)
        for event, received_at, _ in await transactions.ledger(station_id, transaction_id):
            transaction = transaction.apply(event)
            projector.follow_event(transaction, event, received_at)
    await projector.flush()
    return len(left)
