"""Transactions as their ledger tells them: replayed when asked for, the latest kept at hand."""

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from typing import Final, NamedTuple

import asyncpg
from msgspec.structs import replace

from csms.domain.ids import ChargingStationId, TransactionId
from csms.domain.mending import event_mended, mends_in
from csms.domain.station import OcppVersion
from csms.domain.transaction import (
    Transaction,
    TransactionEvent,
    TransactionEventType,
    received,
)
from csms.ocppj.codecs import CODECS
from csms.store.direct import Direct

KEPT: Final = 4_096
RECENT_EVENTS: Final = 100_000
LEDGER: Final = """SELECT transaction_id, event_type, seq_no, at, content_hash, received_at,
    ocpp_version, payload, flags, (SELECT event_count FROM csms.transaction
        WHERE station_id = $1 AND transaction_id = $2) AS projected_count
    FROM csms.transaction_event
    WHERE station_id = $1 AND transaction_id = $2 ORDER BY seq_no, event_id"""
UNPROJECTED: Final = """SELECT recent.station_id, recent.transaction_id FROM (
        SELECT DISTINCT station_id, transaction_id FROM csms.transaction_event
        WHERE event_id > (SELECT max(event_id) FROM csms.transaction_event) - $1::bigint
    ) recent
    JOIN LATERAL (
        SELECT count(*) AS events FROM csms.transaction_event one
        WHERE one.station_id = recent.station_id AND one.transaction_id = recent.transaction_id
    ) told ON true
    LEFT JOIN csms.transaction kept ON kept.station_id = recent.station_id
        AND kept.transaction_id = recent.transaction_id
    WHERE kept.event_count IS DISTINCT FROM told.events"""


class LedgerLine(NamedTuple):
    """A stored event; its transaction's row tells of `projected_count` of them, None: of none."""

    event: TransactionEvent
    received_at: datetime
    projected_count: int | None


class PostgresTransactions:
    """Implements `handlers.ports.Transactions`. `unprojected` hears each event, with what it made
    of its transaction, of a ledger that was found to be ahead of its projections."""

    def __init__(
        self,
        direct: Direct,
        kept: int = KEPT,
        unprojected: Callable[[Transaction, TransactionEvent, datetime], None] | None = None,
    ) -> None:
        self._direct = direct
        self._project = unprojected
        self._kept = kept
        self._latest: OrderedDict[tuple[ChargingStationId, TransactionId], Transaction]
        self._latest = OrderedDict()

    async def get(
        self, station_id: ChargingStationId, transaction_id: TransactionId, *, fresh: bool = False
    ) -> Transaction | None:
        """The transaction with every stored event applied, or None. Raises StoreUnavailable.

        What is at hand is whole, because only the process that holds a station's newest connection
        writes its events, and forgets them when it gets that connection: what was acknowledged to
        the station before was stored before, what was not is sent again. Only a socket that has
        been replaced may still write; the gap which that leaves here is the time to ask `fresh`.
        """
        key = (station_id, transaction_id)
        if key in self._latest and not fresh:
            self._latest.move_to_end(key)
            return self._latest[key]
        transaction = await self._replayed(station_id, transaction_id)
        if transaction is not None:
            self.remember(transaction)
        return transaction

    def remember(self, transaction: Transaction) -> None:
        """Keep `transaction`, whose events are all stored; the one longest unused gives way."""
        key = (transaction.station_id, transaction.transaction_id)
        self._latest[key] = transaction
        self._latest.move_to_end(key)
        if len(self._latest) > self._kept:
            self._latest.popitem(last=False)

    def forget(self, station_id: ChargingStationId) -> None:
        """Another connection may have written meanwhile: replay this station's ledger again."""
        for key in [key for key in self._latest if key[0] == station_id]:
            del self._latest[key]

    async def ledger(
        self, station_id: ChargingStationId, transaction_id: TransactionId
    ) -> list[LedgerLine]:
        """Every stored event, and when it was received. Raises StoreUnavailable."""
        rows = await self._direct.rows(LEDGER, station_id, transaction_id)
        return [
            LedgerLine(event_of(row), row["received_at"], row["projected_count"]) for row in rows
        ]

    async def unprojected(self) -> list[tuple[ChargingStationId, TransactionId]]:
        """Transactions of recent events whose row knows less than the ledger: the work of a
        process that died. Raises StoreUnavailable."""
        found = await self._direct.rows(UNPROJECTED, RECENT_EVENTS)
        return [(ChargingStationId(one), TransactionId(other)) for one, other in found]

    async def _replayed(
        self, station_id: ChargingStationId, transaction_id: TransactionId
    ) -> Transaction | None:
        """With it, what a process that died left unprojected: the next event would hide that, for
        from then on the row knows as many events as the ledger."""
        lines = await self.ledger(station_id, transaction_id)
        if not lines:
            return None
        behind = lines[0].projected_count != len(lines)
        transaction = Transaction(station_id=station_id, transaction_id=transaction_id)
        for event, received_at, _ in lines:
            transaction = transaction.apply(event)
            if behind and self._project is not None:
                self._project(transaction, event, received_at)
        return transaction


def event_of(row: asyncpg.Record) -> TransactionEvent:
    """A line of the ledger: its identity is what was stored, and mended is what was mended then."""
    version, payload = OcppVersion(row["ocpp_version"]), row["payload"].encode()
    told = replace(
        CODECS[version].transaction_event(payload),
        transaction_id=TransactionId(row["transaction_id"]),
        event_type=TransactionEventType(row["event_type"]),
        seq_no=row["seq_no"],
        at=row["at"],
        content_hash=row["content_hash"],
        flags=tuple(row["flags"]),
        ocpp_version=version,
        payload=payload,
    )
    return received(event_mended(told, mends_in(told.flags)), row["received_at"])
