"""Who takes commands when: one statement for one that comes alone, one at a time in each lane, and
none is left behind that came while its lane was busy."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.clock import Clock
from csms.commands import CommandDesk
from csms.domain.commands import Command, CommandKind, CommandPriority, CommandStatus
from csms.domain.errors import StoreUnavailable
from csms.domain.ids import ChargingStationId
from csms.domain.station import OcppVersion
from csms.ocppj.types_v201 import ClearCacheResponse
from csms.registry import Registry
from csms.store import commands, tables
from csms.store.claims import CLAIM
from csms.store.command_book import PostgresCommandBook
from csms.store.direct import Direct
from csms.store.journal import PostgresJournal
from tests.csms.store.test_commands import command

pytestmark = pytest.mark.integration

OPERATOR, REPORT = CommandPriority.OPERATOR, CommandPriority.REPORT
SAFETY = CommandPriority.SAFETY


class CountingDirect(Direct):
    """How often commands were asked for."""

    claims = 0
    loses_an_answer = False

    async def rows(self, sql: str, *values: object) -> Any:
        self.claims += sql == CLAIM
        rows = await super().rows(sql, *values)
        if sql == CLAIM and self.loses_an_answer:
            self.loses_an_answer = False
            raise StoreUnavailable
        return rows


@dataclass(eq=False)
class Station:
    """Answers when it may; each call waits in `asked` until somebody looks."""

    station_id: ChargingStationId
    epoch: int = 0
    version: OcppVersion = OcppVersion.V201
    asked: asyncio.Queue[CommandPriority] = field(default_factory=asyncio.Queue)
    may_answer: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))

    async def call(
        self, action: str, request: Any, *, priority: CommandPriority, deadline_at: Any
    ) -> Any:
        self.asked.put_nowait(priority)
        await self.may_answer.acquire()
        return ClearCacheResponse(status="Accepted")

    async def close(self, code: int, reason: str) -> None:
        raise AssertionError("nobody closes it")

    async def drain(self, code: int, reason: str, limit_s: float) -> None:
        raise AssertionError("nobody closes it")


@dataclass
class Scene:
    """A desk, its store, and one station that it holds."""

    engine: AsyncEngine
    direct: CountingDirect
    desk: CommandDesk
    station: Station

    async def ask(self, *priorities: CommandPriority) -> list[Command]:
        """Commands that come in one transaction, with one hint."""
        now, station_id = Clock().now(), self.station.station_id
        asked = [
            command(
                station_id,
                kind=CommandKind.CLEAR_CACHE,
                payload={},
                priority=priority,
                created_at=now,
                deadline_at=now.replace(year=now.year + 1),
            )
            for priority in priorities
        ]
        async with self.engine.begin() as conn:
            await commands.insert(conn, asked)
        self.desk.wake(station_id)
        return asked

    async def heard(self) -> CommandPriority:
        """The priority of the next call that the station gets."""
        return await asyncio.wait_for(self.station.asked.get(), 10)

    async def statuses(self, asked: list[Command]) -> list[CommandStatus]:
        """What became of them, once nobody works any more."""
        await self.desk.drain(10)
        async with self.engine.connect() as conn:
            found = [await commands.get(conn, one.command_id) for one in asked]
        return [one.status for one in found if one is not None]


@pytest.fixture
async def scene(engine: AsyncEngine, database_url: str) -> AsyncIterator[Scene]:
    station, registry = Station(ChargingStationId(f"cs-{uuid4().hex[:8]}")), Registry()
    async with engine.begin() as conn:
        row = {"station_id": station.station_id, "password_hmac": b"", "provisioned": True}
        row |= {"connected": True, "connection_owner": "csms"}
        await conn.execute(tables.charging_station.insert().values(row))
    async with CountingDirect(database_url) as direct, PostgresJournal(database_url) as journal:
        desk = CommandDesk(PostgresCommandBook(engine, direct), registry, journal, Clock())
        registry.add(station)
        yield Scene(engine, direct, desk, station)
        await desk.close()


async def test_a_command_that_comes_alone_is_asked_for_once(scene: Scene) -> None:
    asked = await scene.ask(OPERATOR)
    await scene.heard()
    scene.station.may_answer.release()
    assert await scene.statuses(asked) == [CommandStatus.CONFIRMED]
    assert scene.direct.claims == 1


async def test_a_lane_goes_on_until_nothing_waits(scene: Scene) -> None:
    asked = await scene.ask(REPORT, OPERATOR, OPERATOR)
    for expected in (OPERATOR, OPERATOR, REPORT):
        assert await scene.heard() is expected
        assert scene.station.asked.empty()
        scene.station.may_answer.release()
    assert await scene.statuses(asked) == [CommandStatus.CONFIRMED] * 3


async def test_what_comes_while_its_lane_is_busy_follows(scene: Scene) -> None:
    first = await scene.ask(OPERATOR)
    await scene.heard()
    second = await scene.ask(OPERATOR)
    assert scene.station.asked.empty()
    scene.station.may_answer.release()
    await scene.heard()
    scene.station.may_answer.release()
    assert await scene.statuses(first + second) == [CommandStatus.CONFIRMED] * 2


async def test_what_is_urgent_passes_a_slow_report(scene: Scene) -> None:
    report = await scene.ask(REPORT)
    assert await scene.heard() is REPORT
    urgent = await scene.ask(SAFETY)
    assert await scene.heard() is SAFETY
    scene.station.may_answer.release()
    scene.station.may_answer.release()
    assert await scene.statuses(report + urgent) == [CommandStatus.CONFIRMED] * 2


async def test_both_lanes_are_served_by_one_hint(scene: Scene) -> None:
    asked = await scene.ask(OPERATOR, SAFETY)
    assert [await scene.heard(), await scene.heard()] == [SAFETY, OPERATOR]
    scene.station.may_answer.release()
    scene.station.may_answer.release()
    assert await scene.statuses(asked) == [CommandStatus.CONFIRMED] * 2


async def test_who_drains_takes_no_more(scene: Scene) -> None:
    first = await scene.ask(OPERATOR)
    await scene.heard()
    draining = asyncio.create_task(scene.desk.drain(10))
    await asyncio.sleep(0)
    second = await scene.ask(OPERATOR)
    scene.station.may_answer.release()
    await draining
    expected = [CommandStatus.CONFIRMED, CommandStatus.PENDING]
    assert await scene.statuses(first + second) == expected


async def test_a_claim_whose_answer_is_lost_is_given_back_and_carried_out_once(
    scene: Scene,
) -> None:
    first = await scene.ask(OPERATOR)
    await scene.heard()
    scene.direct.loses_an_answer = True
    second = await scene.ask(SAFETY)
    sweeping = asyncio.create_task(scene.desk.sweep())
    assert await scene.heard() is SAFETY
    scene.station.may_answer.release()
    scene.station.may_answer.release()
    assert await scene.statuses(first + second) == [CommandStatus.CONFIRMED] * 2
    assert scene.station.asked.empty(), "what was being carried out was left alone"
    sweeping.cancel()
    with suppress(asyncio.CancelledError):
        await sweeping
