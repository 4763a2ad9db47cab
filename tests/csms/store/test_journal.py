"""The journal against a real PostgreSQL: grouping, idempotence, poison and outages."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy import Table, func, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.domain.commands import Command, CommandKind, CommandPriority
from csms.domain.errors import StoreUnavailable
from csms.domain.events import StationChanged
from csms.domain.facts import (
    ChargingNeedsTold,
    CommandAsked,
    ConnectorStatusChanged,
    Fact,
    Noticed,
    ReadingsTaken,
    StationBooted,
    StationProvisioned,
    Told,
    TransactionEventStored,
    TransactionProjected,
    VariableRow,
    VariablesReported,
)
from csms.domain.ids import ChargingStationId, ConnectorId, EvseId, IdToken, TransactionId
from csms.domain.meter import MeterReading
from csms.domain.station import OcppVersion
from csms.store import outbox, tables
from csms.store.direct import Direct
from csms.store.journal import PostgresJournal
from csms.store.rows.dispatch import rows_of_fact
from csms.store.tables import core
from tests.engines import Databases

pytestmark = pytest.mark.integration

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
EVSE = EvseId(1)


def minute(number: int) -> datetime:
    return NOON + timedelta(minutes=number)


@pytest.fixture
async def journal(database_url: str) -> AsyncIterator[PostgresJournal]:
    async with PostgresJournal(database_url) as opened:
        yield opened


@pytest.fixture
def station() -> ChargingStationId:
    return ChargingStationId(f"cs-{uuid4().hex[:8]}")


def event(station: ChargingStationId, seq_no: int, content: str = "a") -> TransactionEventStored:
    return TransactionEventStored(
        station_id=station,
        transaction_id=TransactionId("tx"),
        seq_no=seq_no,
        event_type="Updated",
        at=minute(seq_no),
        content_hash=content,
        received_at=minute(seq_no),
        trigger_reason="MeterValuePeriodic",
        offline=False,
        ocpp_version=OcppVersion.V201,
        payload=b'{"seqNo":%d}' % seq_no,
        flags=("mended", "late"),
    )


def projected(
    station: ChargingStationId, events: int, tx: str = "tx", *, start: int = 0, ended: bool = False
) -> TransactionProjected:
    return TransactionProjected(
        station_id=station,
        transaction_id=TransactionId(tx),
        evse_id=EVSE,
        connector_id=ConnectorId(1),
        id_token=IdToken("token"),
        started_at=minute(start),
        ended_at=minute(start + events) if ended else None,
        last_event_at=minute(start + events),
        imported_wh=100.0 * events,
        exported_wh=0.0,
        charging_state="Charging",
        stopped_reason=None,
        event_count=events,
    )


def reading(
    station: ChargingStationId, number: int, received: int | None = None, **values: float
) -> ReadingsTaken:
    return ReadingsTaken(
        station_id=station,
        evse_id=EVSE,
        received_at=minute(number if received is None else received),
        readings=(MeterReading(at=minute(number), **values),),
    )


async def rows(engine: AsyncEngine, table: Table, station: str) -> list[dict[str, Any]]:
    async with engine.connect() as conn:
        found = await conn.execute(select(table).where(table.c.station_id == station))
        return [dict(row) for row in found.mappings()]


async def one(engine: AsyncEngine, table: Table, station: str) -> dict[str, Any]:
    found = await rows(engine, table, station)
    assert len(found) == 1
    return found[0]


async def add_station(engine: AsyncEngine, station: str) -> None:
    async with engine.begin() as conn:
        await conn.execute(
            insert(tables.charging_station).values(station_id=station, password_hmac=b"x")
        )


def one_of_each(station: ChargingStationId) -> list[Fact]:
    asked = Command(
        command_id=uuid4(),
        station_id=station,
        kind=CommandKind.PROVISION,
        payload={"a": [1]},
        priority=CommandPriority.PROVISIONING,
        created_at=NOON,
        deadline_at=minute(5),
    )
    return [
        StationBooted(
            station_id=station,
            at=NOON,
            vendor="Sun",
            model="V",
            firmware_version="1",
            registration_status="Pending",
            provisioned=False,
            discharge_dialect="negative_limit",
        ),
        StationProvisioned(station_id=station, at=NOON),
        ConnectorStatusChanged(
            station_id=station,
            evse_id=EVSE,
            connector_id=ConnectorId(1),
            status="Occupied",
            at=NOON,
        ),
        event(station, 1),
        projected(station, 1),
        reading(station, 1, power_w=-2_000.0, import_wh=10.0, export_wh=5.0, soc_pct=50.0),
        VariablesReported(
            station_id=station,
            at=NOON,
            rows=(VariableRow(component="OCPPCommCtrlr", variable="X", value="1"),),
        ),
        ChargingNeedsTold(station_id=station, evse_id=EVSE, at=NOON, payload={"need": 1}),
        Noticed(station_id=station, kind="NotifyEvent", at=NOON, received_at=NOON),
        CommandAsked(command=asked),
        Told(event=StationChanged(station_id=station, connected=True), at=NOON),
    ]


async def test_each_kind_of_fact_is_stored_and_told_twice_changes_nothing(
    journal: PostgresJournal, engine: AsyncEngine, station: ChargingStationId
) -> None:
    await add_station(engine, station)
    facts = one_of_each(station)
    known = {kind for kind in rows_of_fact.registry if kind.__module__ == Fact.__module__}
    assert {type(fact) for fact in facts} == known

    async def everything() -> dict[str, list[dict[str, Any]]]:
        own = [t for t in vars(core).values() if isinstance(t, Table) and "station_id" in t.c]
        return {t.name: await rows(engine, t, station) for t in own if t.name != "ocpp_message"}

    await journal.commit(facts)
    stored = await everything()
    await journal.commit([fact for fact in facts if not isinstance(fact, Told)])

    assert all(len(found) == 1 for found in stored.values()), stored
    assert await everything() == stored
    assert stored["charging_station"][0]["provisioned"] is True
    assert stored["transaction_event"][0]["payload"] == '{"seqNo":1}'
    assert stored["transaction_event"][0]["flags"] == ["mended", "late"]
    assert stored["transaction"][0]["flags"] == []
    assert stored["outbox"][0]["kind"] == "StationChanged"
    assert stored["outbox"][0]["payload"] == {"station_id": station, "connected": True}


async def test_callers_that_wait_together_share_a_commit(
    database_url: str, engine: AsyncEngine, station: ChargingStationId
) -> None:
    batches: list[int] = []
    async with PostgresJournal(database_url, lambda facts: batches.append(len(facts))) as journal:
        await asyncio.gather(*(journal.commit([event(station, n)]) for n in range(500)))

    assert len(await rows(engine, tables.transaction_event, station)) == 500
    assert sum(batches) == 500
    assert len(batches) <= 10


async def test_the_same_number_with_other_content_is_kept(
    journal: PostgresJournal, engine: AsyncEngine, station: ChargingStationId
) -> None:
    await journal.commit([event(station, 1, "a"), event(station, 1, "b"), event(station, 1, "a")])

    assert len(await rows(engine, tables.transaction_event, station)) == 2


async def test_an_old_sample_never_drives_the_live_values(
    journal: PostgresJournal, engine: AsyncEngine, station: ChargingStationId
) -> None:
    await journal.commit([reading(station, 9, power_w=900.0, import_wh=90.0, soc_pct=9.0)])
    await journal.commit([reading(station, 5, received=10, power_w=500.0, import_wh=50.0)])
    live = await one(engine, tables.evse, station)

    assert (live["power_w"], live["power_at"]) == (900.0, minute(9))
    assert (live["import_wh"], live["register_at"], live["soc_pct"]) == (90.0, minute(9), 9.0)
    assert len(await rows(engine, tables.meter_reading, station)) == 2


async def test_a_sample_from_the_future_does_not_hide_those_that_follow(
    journal: PostgresJournal, engine: AsyncEngine, station: ChargingStationId
) -> None:
    await journal.commit([reading(station, 1_000_000, received=1, power_w=1.0)])
    await journal.commit([reading(station, 2, power_w=2.0)])

    assert (await one(engine, tables.evse, station))["power_w"] == 2.0


async def test_what_a_reading_does_not_say_stays_as_it_was(
    journal: PostgresJournal, engine: AsyncEngine, station: ChargingStationId
) -> None:
    await journal.commit([reading(station, 1, power_w=1.0, import_wh=10.0, export_wh=3.0)])
    await journal.commit([reading(station, 2, import_wh=20.0), reading(station, 3, soc_pct=30.0)])
    live = await one(engine, tables.evse, station)

    assert (live["power_w"], live["power_at"]) == (1.0, minute(1))
    assert (live["import_wh"], live["export_wh"], live["register_at"]) == (20.0, 3.0, minute(2))
    assert (live["soc_pct"], live["soc_at"]) == (30.0, minute(3))


async def test_an_evse_holds_the_transaction_that_started_last_until_it_ends(
    journal: PostgresJournal, engine: AsyncEngine, station: ChargingStationId
) -> None:
    async def current() -> str | None:
        return (await one(engine, tables.evse, station))["transaction_id"]

    await journal.commit([projected(station, 1, "first")])
    assert await current() == "first"
    await journal.commit([projected(station, 1, "second", start=10)])
    await journal.commit([projected(station, 2, "first")])  # never ended, and told late
    assert await current() == "second"
    await journal.commit([projected(station, 2, "second", start=10, ended=True)])
    assert await current() is None


async def test_a_discharge_fault_outlives_a_boot_and_new_firmware_must_prove_itself(
    journal: PostgresJournal, engine: AsyncEngine, station: ChargingStationId
) -> None:
    await add_station(engine, station)
    boot = one_of_each(station)[0]
    assert isinstance(boot, StationBooted)
    await journal.commit([boot])
    proof = tables.charging_station.update().where(tables.charging_station.c.station_id == station)
    async with engine.begin() as conn:
        await conn.execute(proof.values(discharge_proven_at=NOON))
    await journal.commit([boot])
    assert (await one(engine, tables.charging_station, station))["discharge_proven_at"] == NOON

    await journal.commit([dataclasses.replace(boot, firmware_version="2")])
    assert (await one(engine, tables.charging_station, station))["discharge_proven_at"] is None

    async with engine.begin() as conn:
        await conn.execute(proof.values(discharge_fault="charged", discharge_dialect="none"))
    await journal.commit([boot])
    assert (await one(engine, tables.charging_station, station))["discharge_dialect"] == "none"


async def test_a_poison_message_fails_alone(
    journal: PostgresJournal, engine: AsyncEngine, station: ChargingStationId
) -> None:
    poison = replace(event(station, 7), trigger_reason="\x00")
    too_large = replace(event(station, 8), seq_no=2**40)
    healthy = [event(station, n) for n in range(7)]
    outcomes = await asyncio.gather(
        *(journal.commit([one]) for one in [poison, *healthy, too_large]), return_exceptions=True
    )

    assert isinstance(outcomes[0], asyncpg.DataError)
    assert isinstance(outcomes[-1], asyncpg.DataError)
    assert outcomes[1:-1] == [None] * 7
    assert len(await rows(engine, tables.transaction_event, station)) == 7


async def test_facts_of_one_message_are_all_stored_or_none(
    journal: PostgresJournal, engine: AsyncEngine, station: ChargingStationId
) -> None:
    with pytest.raises(asyncpg.DataError):
        await journal.commit([event(station, 1), replace(event(station, 2), event_type="\x00")])

    assert await rows(engine, tables.transaction_event, station) == []


async def test_a_database_that_is_away_fails_everyone_and_is_found_again(
    databases: Databases, station: ChargingStationId
) -> None:
    url = await asyncio.to_thread(databases.fresh)
    name = url.split("/")[3].split("?")[0]

    async with PostgresJournal(url) as journal:
        await journal.commit([event(station, 1)])
        await asyncio.to_thread(databases.run, f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        await asyncio.to_thread(
            databases.run,
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'",
        )
        outcomes = await asyncio.gather(
            *(journal.commit([event(station, n)]) for n in range(2, 6)), return_exceptions=True
        )
        assert {type(outcome) for outcome in outcomes} == {StoreUnavailable}

        await asyncio.to_thread(databases.run, f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        await journal.commit([event(station, 9)])

    connection = await asyncpg.connect(url)
    try:
        stored = await connection.fetch("SELECT seq_no FROM csms.transaction_event ORDER BY 1")
    finally:
        await connection.close()
    assert [row["seq_no"] for row in stored] == [1, 9]


async def test_closing_leaves_nobody_waiting(database_url: str, station: ChargingStationId) -> None:
    async with PostgresJournal(database_url) as journal:
        waiting = asyncio.create_task(journal.commit([event(station, 1)]))
        await asyncio.sleep(0)

    with pytest.raises(StoreUnavailable):
        await waiting


HISTORY: Sequence[str] = ("event", "projected", "reading", "status")


def told(station: ChargingStationId, number: int, kind: str) -> list[Fact]:
    match kind:
        case "event":
            return [event(station, number)]
        case "projected":
            return [projected(station, number + 1)]
        case "reading":
            return [reading(station, number, received=50, power_w=float(number))]
    return [
        ConnectorStatusChanged(
            station_id=station,
            evse_id=EVSE,
            connector_id=ConnectorId(1),
            status=f"status-{number}",
            at=minute(number),
        )
    ]


@st.composite
def histories(draw: st.DrawFn) -> list[list[tuple[int, str]]]:
    """Everything that happened at least once, in any order, in any batches."""
    all_of_it = [(number, kind) for number in range(4) for kind in HISTORY]
    again = draw(st.lists(st.sampled_from(all_of_it), max_size=8))
    shuffled = draw(st.permutations(all_of_it + again))
    size = draw(st.integers(1, 8))
    return [shuffled[start : start + size] for start in range(0, len(shuffled), size)]


@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(batches=histories())
async def test_order_and_repetition_do_not_matter(
    journal: PostgresJournal, engine: AsyncEngine, batches: list[list[tuple[int, str]]]
) -> None:
    station = ChargingStationId(f"cs-{uuid4().hex[:8]}")
    for batch in batches:
        await asyncio.gather(*(journal.commit(told(station, *item)) for item in batch))

    live = await one(engine, tables.evse, station)
    assert (live["power_w"], live["transaction_id"]) == (3.0, "tx")
    assert (await one(engine, tables.connector, station))["status"] == "status-3"
    assert (await one(engine, tables.transaction, station))["imported_wh"] == 400.0
    async with engine.connect() as conn:
        for table in (tables.transaction_event, tables.meter_reading):
            count = select(func.count()).where(table.c.station_id == station)
            assert await conn.scalar(count) == 4


async def test_who_comes_turn_after_turn_shares_a_commit_and_who_is_alone_goes_at_once(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("csms.store.journal.GATHER_S", 3_600.0)
    station = ChargingStationId("cs-turns")
    batches: list[Sequence[Fact]] = []
    async with PostgresJournal(database_url, batches.append) as journal:
        await journal.commit(told(station, 0, "status"))

        async with asyncio.TaskGroup() as turns:
            for number in range(1, 10):
                turns.create_task(journal.commit(told(station, number, "status")))
                await asyncio.sleep(0)

    assert [len(facts) for facts in batches] == [1, 9]


async def test_the_outbox_is_numbered_in_the_order_of_commits(
    journal: PostgresJournal, direct: Direct, engine: AsyncEngine
) -> None:
    station = ChargingStationId("cs-waits")
    changed = Told(event=StationChanged(station_id=station, connected=True), at=NOON)
    waits = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    async with engine.begin() as conn:
        before = await outbox.append(conn, "Held", NOON, {})
        waiting = asyncio.create_task(journal.commit([changed]))
        while not (waiting.done() or await direct.value(waits)):
            pass
        also_before = await outbox.append(conn, "Held", NOON, {})
    await waiting

    stored = await one(engine, tables.outbox, station)
    assert before < also_before < stored["outbox_id"]
