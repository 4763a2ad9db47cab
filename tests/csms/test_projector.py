"""What repeats the ledger follows it: coalesced, kept through an outage, found after a death."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.domain.errors import StoreUnavailable
from csms.domain.facts import Fact, ReadingsTaken, TransactionEventStored, TransactionProjected
from csms.domain.ids import ChargingStationId, EvseId, TransactionId
from csms.domain.meter import MeterReading
from csms.domain.station import OcppVersion
from csms.domain.transaction import Transaction, TransactionEvent, TransactionEventType
from csms.handlers.transaction_event import readings_of
from csms.projector import Projector, catch_up
from csms.store import tables
from csms.store.direct import Direct
from csms.store.journal import PostgresJournal
from csms.store.transactions import PostgresTransactions

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)
STATION, TX = ChargingStationId("cs-projected"), TransactionId("tx-1")


class Journal:
    """Keeps batches; away on demand."""

    def __init__(self) -> None:
        self.batches: list[list[Fact]] = []
        self.away = False
        self.refuses: Fact | None = None

    async def commit(self, facts: Sequence[Fact]) -> None:
        if self.away:
            raise StoreUnavailable("away")
        if self.refuses in facts:
            raise ValueError("value out of int32 range")
        self.batches.append(list(facts))


def event(minute: int) -> TransactionEvent:
    at = NOON + timedelta(minutes=minute)
    payload = (
        f'{{"eventType":"{"Updated" if minute else "Started"}","timestamp":"{at.isoformat()}",'
        f'"triggerReason":"MeterValuePeriodic","seqNo":{minute},"evse":{{"id":1}},'
        f'"transactionInfo":{{"transactionId":"{TX}"}},"meterValue":[{{"timestamp":'
        f'"{at.isoformat()}","sampledValue":[{{"value":{1000 + 100 * minute}}}]}}]}}'
    )
    return TransactionEvent(
        transaction_id=TX,
        event_type=TransactionEventType.UPDATED if minute else TransactionEventType.STARTED,
        seq_no=minute,
        at=at,
        content_hash=str(minute),
        evse_id=EvseId(1),
        readings=(MeterReading(at=at, import_wh=1000.0 + 100 * minute),),
        payload=payload.encode(),
    )


def told(count: int, projector: Projector | None = None) -> Transaction:
    transaction = Transaction(station_id=STATION, transaction_id=TX)
    for minute in range(count):
        transaction = transaction.apply(event(minute))
        if projector is not None:
            taken = readings_of(transaction, event(minute), LATER)
            projector.follow(transaction, taken)
    return transaction


async def test_many_events_of_a_transaction_become_one_row_and_all_their_readings() -> None:
    journal = Journal()
    projector = Projector(journal)
    told(5, projector)
    await projector.flush()
    ((*facts,),) = journal.batches
    assert [type(fact) for fact in facts] == [*[ReadingsTaken] * 5, TransactionProjected]
    assert isinstance(facts[-1], TransactionProjected)
    assert facts[-1].imported_wh == 400
    await projector.flush()
    assert len(journal.batches) == 1


async def test_an_outage_keeps_everything_and_the_newest_of_each_transaction() -> None:
    journal = Journal()
    projector = Projector(journal)
    journal.away = True
    told(3, projector)
    with pytest.raises(StoreUnavailable):
        await projector.flush()
    told(4, projector)
    journal.away = False
    await projector.flush()
    facts = [fact for batch in journal.batches for fact in batch]
    assert [fact.event_count for fact in facts if isinstance(fact, TransactionProjected)] == [4]
    assert sum(isinstance(fact, ReadingsTaken) for fact in facts) == 7


async def test_one_fact_that_the_store_does_not_take_holds_up_no_other() -> None:
    journal = Journal()
    projector = Projector(journal)
    told(3, projector)
    journal.refuses = projector._readings[1]
    await projector.flush()
    facts = [fact for batch in journal.batches for fact in batch]
    assert [type(fact) for fact in facts] == [*[ReadingsTaken] * 2, TransactionProjected]
    await projector.flush()
    assert len(journal.batches) == 3


async def test_the_row_that_says_that_all_is_there_is_written_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else a process that dies between two commits leaves readings that nobody looks for."""
    monkeypatch.setattr("csms.projector.FACTS_AT_ONCE", 2)
    journal = Journal()
    projector = Projector(journal)
    told(3, projector)
    await projector.flush()
    assert [type(fact) for fact in journal.batches[0]] == [ReadingsTaken] * 2
    assert isinstance(journal.batches[-1][-1], TransactionProjected)


@pytest.mark.integration
async def test_what_a_dead_process_left_undone_is_done(
    database_url: str, engine: AsyncEngine, direct: Direct
) -> None:
    transactions = PostgresTransactions(direct)
    async with PostgresJournal(database_url) as journal:
        await journal.commit([_stored(event(minute)) for minute in range(4)])
        assert await transactions.unprojected() == [(STATION, TX)]

        assert await catch_up(transactions, Projector(journal)) == 1
        assert await transactions.unprojected() == []
    async with engine.connect() as conn:
        projected = (await conn.execute(select(tables.transaction))).mappings().one()
        readings = (await conn.execute(select(tables.meter_reading))).mappings().all()
    assert (projected["event_count"], projected["imported_wh"]) == (4, 300)
    assert [row["import_wh"] for row in readings] == [1000, 1100, 1200, 1300]


def _stored(one: TransactionEvent) -> TransactionEventStored:
    return TransactionEventStored(
        station_id=STATION,
        transaction_id=TX,
        seq_no=one.seq_no,
        event_type=one.event_type.value,
        at=one.at,
        content_hash=one.content_hash,
        received_at=LATER,
        trigger_reason=one.trigger_reason,
        offline=False,
        ocpp_version=OcppVersion.V201,
        payload=one.payload,
    )
