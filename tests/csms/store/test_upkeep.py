"""What grows with every cycle goes after a while; what somebody asked for, and what runs, stays."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.clock import wall_now
from csms.domain.commands import Command, CommandKind, CommandPriority
from csms.domain.ids import ChargingStationId, EvseId
from csms.store import commands, tables, upkeep

pytestmark = pytest.mark.integration

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
LONG_AGO = NOON - timedelta(days=15)
BEFORE = NOON - timedelta(days=14)


def command(kind: CommandKind, at: datetime) -> Command:
    return Command(
        command_id=uuid4(),
        station_id=ChargingStationId("cs-old"),
        evse_id=EvseId(1),
        kind=kind,
        payload={},
        priority=CommandPriority.DISPATCH,
        created_at=at,
        deadline_at=at,
    )


async def test_routine_that_ended_long_ago_goes_and_nothing_else(engine: AsyncEngine) -> None:
    ended_long_ago = command(CommandKind.SET_SETPOINT, LONG_AGO)
    asked_by_somebody = command(CommandKind.RESET, LONG_AGO)
    ended_today = command(CommandKind.SET_SETPOINT, NOON)
    still_sent = command(CommandKind.SET_SETPOINT, LONG_AGO)
    row = tables.command
    async with engine.begin() as conn:
        ended = [ended_long_ago, asked_by_somebody, ended_today]
        await commands.insert(conn, [*ended, still_sent])
        finished = update(row).where(row.c.command_id.in_([one.command_id for one in ended]))
        await conn.execute(finished.values(status="confirmed", finished_at=row.c.created_at))
        sent = update(row).where(row.c.command_id == still_sent.command_id)
        await conn.execute(sent.values(status="sent"))
        assert await upkeep.prune(conn, before=BEFORE) == 1
        assert await upkeep.prune(conn, before=BEFORE) == 0
        left = set(await conn.scalars(select(row.c.command_id)))
    assert left == {one.command_id for one in (asked_by_somebody, ended_today, still_sent)}


async def test_old_streamed_values_and_beats_of_processes_that_are_no_more_go(
    engine: AsyncEngine,
) -> None:
    stream, beat = tables.event_stream_value, tables.process_heartbeat
    value = {"station_id": "cs-old", "stream_id": 1, "value": "1"}
    month = timedelta(days=30)
    async with engine.begin() as conn:
        await conn.execute(
            insert(stream),
            [value | {"at": at, "received_at": at} for at in (LONG_AGO, NOON)],
        )
        await conn.execute(
            insert(beat),
            [
                {"process": "csms:pod-1", "at": wall_now() - month, "pid": 1},
                {"process": "csms:pod-2", "at": wall_now(), "pid": 1},
            ],
        )
        assert await upkeep.prune(conn, before=BEFORE) == 2
        assert list(await conn.scalars(select(stream.c.at))) == [NOON]
        assert list(await conn.scalars(select(beat.c.process))) == ["csms:pod-2"]
