"""PostgreSQL and the tables of the rehearsal are played the same scenes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.clock import Clock
from csms.domain.commands import Command, CommandKind, CommandPriority, CommandStatus, Setpoint
from csms.domain.facts_commands import CommandEnded, SetpointEnded
from csms.domain.ids import ChargingStationId, EvseId
from csms.domain.station import OcppVersion
from csms.handlers.ports import Journal
from csms.store import commands, credentials, stations
from csms.store.claims import Asking
from csms.store.command_book import PostgresCommandBook
from csms.store.direct import Direct
from csms.store.engine import make_engine
from csms.store.journal import PostgresJournal
from v2ghub.rehearse.database import Database, MemoryJournal
from v2ghub.rehearse.processes import Process
from v2ghub.rehearse.session import Session
from v2ghub.rehearse.tables import StationRow

pytestmark = pytest.mark.integration

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
PLACE = EvseId(1)


@dataclass
class Both:
    """One station in PostgreSQL and in memory."""

    station_id: ChargingStationId
    engine: AsyncEngine
    stored: PostgresCommandBook
    stored_journal: Journal
    memory: Session
    memory_journal: Journal

    async def ask(self, command: Command) -> None:
        async with self.engine.begin() as conn:
            await commands.insert(conn, [command])
        self.memory.database.tables.ask(command)

    async def claim(self, at: datetime, epoch: int) -> tuple[Any, Any]:
        asked = ([Asking(self.station_id, epoch=epoch)], at)
        found = [await self.stored.claim(*asked), await self.memory.claim(*asked)]
        stored, kept = ([(one.command, one.target, one.more) for one in of] for of in found)
        return stored[0] if stored else None, kept[0] if kept else None

    async def fence(self, version: int, at: datetime) -> tuple[bool, bool]:
        asked = ({(self.station_id, PLACE): version}, at)
        stored = await self.stored.record_versions(*asked)
        return bool(stored), bool(await self.memory.record_versions(*asked))

    async def end(self, command: Command, status: CommandStatus, at: datetime) -> None:
        in_force = Setpoint(setpoint_w=command.payload["setpoint_w"], until=at)
        facts = [
            CommandEnded(command_id=command.command_id, status=status, at=at),
            SetpointEnded(
                station_id=self.station_id, evse_id=PLACE, status=status, at=at,
                in_force=in_force if status is CommandStatus.CONFIRMED else None,
                version=command.version,
            ),
        ]  # fmt: skip
        await self.stored_journal.commit(facts)
        await self.memory_journal.commit(facts)


@asynccontextmanager
async def both(database_url: str) -> AsyncIterator[Both]:
    station_id = ChargingStationId(f"cs-{uuid4().hex[:8]}")
    process, database = Process("csms"), Database(Random(1))
    database.tables.stations[station_id] = StationRow(station_id, 1_400.0, 60)
    session = Session(database, process, Clock())
    engine = make_engine(database_url, application="test")
    async with engine.begin() as conn:
        await credentials.add(conn, "pepper", station_id)
        told = [(station_id, OcppVersion.V201.value)]
        (epoch,) = await stations.connect(conn, told, owner="csms", now=NOON)
    assert epoch == await session.came(station_id, OcppVersion.V201) == 1
    async with Direct(database_url) as direct, PostgresJournal(database_url) as journal:
        memory_journal = MemoryJournal(database, process, lambda facts: None)
        book = PostgresCommandBook(engine, direct)
        yield Both(station_id, engine, book, journal, session, memory_journal)
    await engine.dispose()


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["ask", "claim", "claim anew"]),
        st.integers(1, 6),  # version
        st.sampled_from([CommandPriority.SAFETY, CommandPriority.DISPATCH]),
        st.sampled_from([CommandStatus.CONFIRMED, CommandStatus.REFUSED, None]),
        st.integers(1, 40),  # seconds until its deadline
    ),
    min_size=3,
    max_size=12,
)


@settings(max_examples=15)
@given(steps=STEPS)
def test_claims_and_fence_agree_whatever_comes(database_url: str, steps: list[Any]) -> None:
    asyncio.run(_played(database_url, steps))


async def _played(database_url: str, steps: list[Any]) -> None:
    async with both(database_url) as scene:
        for number, (what, version, priority, ends, deadline_s) in enumerate(steps):
            at = NOON + timedelta(seconds=5 * number)
            if what == "ask":
                await scene.ask(
                    Command(
                        command_id=uuid4(), station_id=scene.station_id, evse_id=PLACE,
                        kind=CommandKind.SET_SETPOINT, priority=priority, version=version,
                        payload={"setpoint_w": 100.0 * number, "until": NOON.isoformat()},
                        created_at=at, deadline_at=at + timedelta(seconds=deadline_s),
                    )
                )  # fmt: skip
                continue
            stored, kept = await scene.claim(at, 1 if what == "claim" else 2)
            assert stored == kept
            if stored is None:
                continue
            command = stored[0]
            fences = await scene.fence(command.version, at)
            assert fences[0] == fences[1]
            if fences[0] and ends is not None:
                await scene.end(command, ends, at + timedelta(seconds=1))
