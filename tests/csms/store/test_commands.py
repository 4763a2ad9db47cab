"""Commands in a real database: order, fences of time and number, one taker each."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.domain.commands import Command, CommandKind, CommandPriority, CommandStatus
from csms.domain.ids import ChargingStationId, EvseId
from csms.store import commands

pytestmark = pytest.mark.integration

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def station() -> ChargingStationId:
    return ChargingStationId(f"cs-{uuid4().hex[:8]}")


def command(station: ChargingStationId, **changes: Any) -> Command:
    given: dict[str, Any] = {
        "command_id": uuid4(),
        "station_id": station,
        "kind": CommandKind.GET_VARIABLES,
        "payload": {"a": 1},
        "priority": CommandPriority.OPERATOR,
        "created_at": NOON,
        "deadline_at": NOON + timedelta(minutes=1),
    }
    return Command(**given | changes)


def setpoint(
    station: ChargingStationId, version: int | None, evse: int = 1, **changes: Any
) -> Command:
    return command(
        station,
        kind=CommandKind.SET_SETPOINT,
        evse_id=EvseId(evse),
        version=version,
        priority=changes.pop("priority", CommandPriority.DISPATCH),
        **changes,
    )


async def stored(engine: AsyncEngine, *asked: Command) -> None:
    async with engine.begin() as conn:
        await commands.insert(conn, asked)


async def claim(
    engine: AsyncEngine, station: ChargingStationId, now: datetime = NOON, **more: Any
) -> Command | None:
    async with engine.begin() as conn:
        return await commands.claim_next(conn, station, now, **more)


async def status(engine: AsyncEngine, asked: Command) -> CommandStatus:
    async with engine.connect() as conn:
        found = await commands.get(conn, asked.command_id)
    assert found is not None
    return found.status


async def test_a_command_comes_back_as_it_was(
    engine: AsyncEngine, station: ChargingStationId
) -> None:
    asked = setpoint(station, 7)
    await stored(engine, asked, asked)

    assert await claim(engine, station) == asked
    assert await status(engine, asked) is CommandStatus.SENT
    assert await claim(engine, station) is None


async def test_the_most_urgent_goes_first_and_then_the_oldest(
    engine: AsyncEngine, station: ChargingStationId
) -> None:
    late = NOON + timedelta(seconds=1)
    report = command(station, priority=CommandPriority.REPORT)
    second, first = command(station, created_at=late), command(station)
    limit = setpoint(station, 1, created_at=late)
    await stored(engine, report, second, first, limit)

    assert [await claim(engine, station) for _ in range(4)] == [limit, first, second, report]


async def test_a_lane_sees_only_its_priorities(
    engine: AsyncEngine, station: ChargingStationId
) -> None:
    await stored(engine, command(station))

    assert await claim(engine, station, priorities=[CommandPriority.SAFETY]) is None
    assert await claim(engine, station, priorities=[CommandPriority.OPERATOR]) is not None


async def test_newer_setpoints_supersede_older_ones_of_their_evse_only(
    engine: AsyncEngine, station: ChargingStationId
) -> None:
    old, other, new = setpoint(station, 1), setpoint(station, 1, evse=2), setpoint(station, 2)
    safety = setpoint(station, None, priority=CommandPriority.SAFETY)
    await stored(engine, old, other, new, safety)
    taken = [await claim(engine, station) for _ in range(4)]

    assert taken[0] == safety
    assert [one for one in taken[1:] if one] in ([other, new], [new, other])
    assert await status(engine, old) is CommandStatus.SUPERSEDED


async def test_a_late_command_is_not_sent(engine: AsyncEngine, station: ChargingStationId) -> None:
    asked = command(station)
    await stored(engine, asked)

    assert await claim(engine, station, NOON + timedelta(minutes=1)) is None
    assert await status(engine, asked) is CommandStatus.EXPIRED


async def test_expiry_needs_no_connection(engine: AsyncEngine, station: ChargingStationId) -> None:
    asked = command(station)
    await stored(engine, asked)
    async with engine.begin() as conn:
        await commands.expire(conn, NOON + timedelta(minutes=2))

    assert await status(engine, asked) is CommandStatus.EXPIRED


async def test_a_command_has_one_taker(engine: AsyncEngine, station: ChargingStationId) -> None:
    asked = [command(station) for _ in range(6)]
    await stored(engine, *asked)
    taken = await asyncio.gather(*(claim(engine, station) for _ in range(12)))
    ids = [one.command_id for one in taken if one]

    assert len(ids) == len(set(ids))
    while (more := await claim(engine, station)) is not None:
        ids.append(more.command_id)
    assert sorted(ids) == sorted(one.command_id for one in asked)


async def test_listing_is_newest_first_and_pages(
    engine: AsyncEngine, station: ChargingStationId
) -> None:
    asked = [command(station, created_at=NOON + timedelta(seconds=n)) for n in range(3)]
    await stored(engine, *asked)
    async with engine.begin() as conn:
        await commands.finish(
            conn, asked[2].command_id, CommandStatus.CONFIRMED, NOON, "ok", {"b": 2}
        )
        first = await commands.list_for(conn, station, limit=1)
        rest = await commands.list_for(conn, station, before=first[0].command.created_at)

    assert (first[0].command, first[0].response, first[0].reason) == (asked[2], {"b": 2}, "ok")
    assert [one.command for one in rest] == [asked[1], asked[0]]


async def test_versions_rise(engine: AsyncEngine) -> None:
    async with engine.begin() as conn:
        versions = [await commands.next_version(conn) for _ in range(3)]

    assert versions == sorted(set(versions))
