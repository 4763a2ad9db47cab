"""A station that moves between processes, each with transactions at hand, in a real database."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from csms.domain.authorization import TokenPolicy
from csms.domain.ids import ChargingStationId, TransactionId
from csms.domain.transaction import TransactionEvent
from csms.handlers.billed import Billed
from csms.handlers.transaction_event import TransactionEventHandler
from csms.ocppj import codec201
from csms.projector import Projector
from csms.store.direct import Direct
from csms.store.journal import PostgresJournal
from csms.store.tariffs import PostgresTariffs
from csms.store.tokens import PostgresTokens
from csms.store.transaction_ids import PostgresTransactionIds
from csms.store.transactions import PostgresTransactions

pytestmark = pytest.mark.integration

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
TX = TransactionId("tx")


class Process:
    """What one csms process does with events: journal, transactions at hand, projections."""

    def __init__(self, direct: Direct, journal: PostgresJournal) -> None:
        self.projector = Projector(journal)
        self.transactions = PostgresTransactions(direct, unprojected=self.projector.follow_event)
        self.handler = TransactionEventHandler(
            journal=journal,
            transactions=self.transactions,
            projections=self.projector,
            tokens=PostgresTokens(direct, TokenPolicy(accept_unknown=True)),
            transaction_ids=PostgresTransactionIds(direct),
            bills=Billed(PostgresTariffs(direct)),
        )

    async def hears(self, station: ChargingStationId, *seq_nos: int) -> None:
        for seq_no in seq_nos:
            await self.handler.handle(station, event(seq_no), NOON)

    async def knows(self, station: ChargingStationId) -> tuple[int, float, tuple[str, ...]]:
        known = await self.transactions.get(station, TX)
        assert known is not None
        return len(known.events), known.imported_wh, known.flags


@pytest.fixture
def station() -> ChargingStationId:
    return ChargingStationId(f"cs-{uuid4().hex[:8]}")


@asynccontextmanager
async def two(direct: Direct, database_url: str) -> AsyncIterator[tuple[Process, Process]]:
    async with PostgresJournal(database_url) as one, PostgresJournal(database_url) as other:
        yield Process(direct, one), Process(direct, other)


def event(seq_no: int, later: str = "Updated") -> TransactionEvent:
    at = (NOON + timedelta(minutes=seq_no)).isoformat()
    told = {
        "eventType": later if seq_no else "Started",
        "timestamp": at,
        "triggerReason": "MeterValuePeriodic",
        "seqNo": seq_no,
        "transactionInfo": {"transactionId": TX},
        "evse": {"id": 1},
        "meterValue": [{"timestamp": at, "sampledValue": [{"value": 100.0 * seq_no}]}],
    }
    return codec201.transaction_event(json.dumps(told).encode())


async def test_a_station_that_comes_back_finds_what_it_told_another_process(
    direct: Direct, database_url: str, station: ChargingStationId
) -> None:
    async with two(direct, database_url) as (first, second):
        await first.hears(station, 0, 1, 2)
        await second.hears(station, 3, 4)
        assert (await first.knows(station))[0] == 3  # what it has at hand is of the past
        first.transactions.forget(station)  # as the server does on each connection
        await first.hears(station, 5)
        assert await first.knows(station) == (6, 500.0, ())


@pytest.mark.parametrize("later", ["Updated", "Ended"])
async def test_what_a_process_had_not_projected_when_it_died_the_next_one_does(
    direct: Direct, database_url: str, station: ChargingStationId, later: str
) -> None:
    async with two(direct, database_url) as (dead, heir):
        await dead.hears(station, 0, 1, 2)  # killed now: within 0.2 s nothing is projected
        await heir.handler.handle(station, event(3, later), NOON + timedelta(minutes=3))
        await heir.projector.flush()
        assert (station, TX) not in await heir.transactions.unprojected()
    readings = await direct.rows(
        "SELECT import_wh FROM csms.meter_reading WHERE station_id = $1 ORDER BY at", station
    )
    assert [row["import_wh"] for row in readings] == [0, 100, 200, 300]
    (row,) = await direct.rows(
        "SELECT event_count, imported_wh FROM csms.transaction WHERE station_id = $1", station
    )
    assert tuple(row) == (4, 300)


async def test_a_ledger_that_is_projected_is_not_projected_again(
    direct: Direct, database_url: str, station: ChargingStationId
) -> None:
    async with two(direct, database_url) as (first, second):
        await first.hears(station, 0, 1)
        await first.projector.flush()
        heard: list[TransactionEvent] = []
        second.transactions = PostgresTransactions(
            direct, unprojected=lambda _, event, __: heard.append(event)
        )
        assert (await second.knows(station))[0] == 2
        assert heard == []


async def test_an_event_over_a_replaced_socket_is_not_missed(
    direct: Direct, database_url: str, station: ChargingStationId
) -> None:
    async with two(direct, database_url) as (old, new):
        await old.hears(station, 0, 1, 2)
        assert (await new.knows(station))[0] == 3
        await old.hears(station, 3)
        await new.hears(station, 4)
        assert await new.knows(station) == (5, 400.0, ())


async def test_a_station_that_counts_in_its_own_way_costs_one_look_more(
    direct: Direct,
    database_url: str,
    station: ChargingStationId,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks = 0
    ledger = PostgresTransactions.ledger

    async def counted(self: PostgresTransactions, *of: str) -> object:
        nonlocal looks
        looks += 1
        return await ledger(self, *of)  # type: ignore[arg-type]

    monkeypatch.setattr(PostgresTransactions, "ledger", counted)
    async with two(direct, database_url) as (process, _):
        await process.hears(station, *range(0, 40, 2))
        assert (await process.knows(station))[0] == 20
    assert looks == 2  # for the first event, and at the first gap


async def test_when_an_event_of_a_wrong_clock_came_is_known_to_other_processes(
    direct: Direct, database_url: str, station: ChargingStationId
) -> None:
    async with two(direct, database_url) as (first, second):
        later = NOON + timedelta(days=10_000)
        for seq_no, now in ((0, later), (1, later + timedelta(hours=1))):
            await first.handler.handle(station, event(seq_no), now)
        for process in (first, second):
            known = await process.transactions.get(station, TX)
            assert known is not None
            assert known.span == (later, later + timedelta(hours=1))
