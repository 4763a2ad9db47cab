"""Commands in a real database: order, fences of time and number, one taker each."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.domain.commands import Command, CommandKind, CommandPriority, CommandStatus, Setpoint
from csms.domain.facts_commands import CommandEnded, SetpointEnded
from csms.domain.ids import ChargingStationId, EvseId
from csms.store import claims, commands, credentials
from csms.store.claims import Asking
from csms.store.direct import Direct
from csms.store.engine import connect
from csms.store.journal import PostgresJournal
from tests.integration.csms.conftest import until

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
    direct: Direct,
    station: ChargingStationId,
    now: datetime = NOON,
    *priorities: CommandPriority,
    owner: str | None = None,
) -> Command | None:
    asked = Asking(station, priorities or tuple(CommandPriority))
    claimed = await claims.claim(direct, [asked], now, owner=owner)
    return claimed[0].command if claimed else None


async def record(direct: Direct, station: ChargingStationId, version: int | None) -> bool:
    place = (station, EvseId(1))
    return place in await claims.record_versions(direct, {place: version}, NOON)


async def status(engine: AsyncEngine, asked: Command) -> CommandStatus:
    async with engine.connect() as conn:
        found = await commands.get(conn, asked.command_id)
    assert found is not None
    return found.status


async def test_a_command_comes_back_as_it_was(
    engine: AsyncEngine, direct: Direct, station: ChargingStationId
) -> None:
    asked = setpoint(station, 7)
    await stored(engine, asked, asked)

    assert await claim(direct, station) == asked
    assert await status(engine, asked) is CommandStatus.SENT
    assert await claim(direct, station) is None


async def test_the_most_urgent_goes_first_and_then_the_oldest(
    engine: AsyncEngine, direct: Direct, station: ChargingStationId
) -> None:
    late = NOON + timedelta(seconds=1)
    report = command(station, priority=CommandPriority.REPORT)
    second, first = command(station, created_at=late), command(station)
    limit = setpoint(station, 1, created_at=late)
    await stored(engine, report, second, first, limit)

    assert [await claim(direct, station) for _ in range(4)] == [limit, first, second, report]


async def test_a_lane_sees_only_its_priorities(
    engine: AsyncEngine, direct: Direct, station: ChargingStationId
) -> None:
    await stored(engine, command(station))

    assert await claim(direct, station, NOON, CommandPriority.SAFETY) is None
    assert await claim(direct, station, NOON, CommandPriority.OPERATOR) is not None


async def test_newer_setpoints_supersede_older_ones_of_their_evse_only(
    engine: AsyncEngine, direct: Direct, station: ChargingStationId
) -> None:
    old, other, new = setpoint(station, 1), setpoint(station, 1, evse=2), setpoint(station, 2)
    safety = setpoint(station, None, priority=CommandPriority.SAFETY)
    await stored(engine, old, other, new, safety)
    taken = [await claim(direct, station) for _ in range(4)]

    assert taken[0] == safety
    assert [one for one in taken[1:] if one] in ([other, new], [new, other])
    assert await status(engine, old) is CommandStatus.SUPERSEDED


async def test_a_late_command_is_not_sent(
    engine: AsyncEngine, direct: Direct, station: ChargingStationId
) -> None:
    asked = command(station)
    await stored(engine, asked)

    assert await claim(direct, station, NOON + timedelta(minutes=1)) is None
    assert await status(engine, asked) is CommandStatus.EXPIRED


async def test_expiry_needs_no_connection(engine: AsyncEngine, station: ChargingStationId) -> None:
    asked = command(station)
    await stored(engine, asked)
    async with engine.begin() as conn:
        await commands.expire(conn, NOON + timedelta(minutes=2))

    assert await status(engine, asked) is CommandStatus.EXPIRED


async def test_a_command_has_one_taker(
    engine: AsyncEngine, direct: Direct, station: ChargingStationId
) -> None:
    asked = [command(station) for _ in range(6)]
    await stored(engine, *asked)
    taken = await asyncio.gather(*(claim(direct, station) for _ in range(12)))
    ids = [one.command_id for one in taken if one]

    assert len(ids) == len(set(ids))
    while (more := await claim(direct, station)) is not None:
        ids.append(more.command_id)
    assert sorted(ids) == sorted(one.command_id for one in asked)


async def test_listing_is_newest_first_and_pages(
    engine: AsyncEngine, database_url: str, station: ChargingStationId
) -> None:
    asked = [command(station, created_at=NOON + timedelta(seconds=n)) for n in range(3)]
    await stored(engine, *asked)
    ended = CommandEnded(
        command_id=asked[2].command_id,
        status=CommandStatus.CONFIRMED,
        at=NOON,
        reason="ok",
        response={"b": 2},
    )
    async with PostgresJournal(database_url) as journal:
        await journal.commit([ended])
    async with engine.begin() as conn:
        first = await commands.list_for(conn, station, limit=1)
        rest = await commands.list_for(conn, station, before=first[0].command.created_at)

    assert (first[0].command, first[0].response, first[0].reason) == (asked[2], {"b": 2}, "ok")
    assert [one.command for one in rest] == [asked[1], asked[0]]


async def test_versions_rise(engine: AsyncEngine) -> None:
    async with engine.begin() as conn:
        versions = [await commands.next_version(conn) for _ in range(3)]

    assert versions == sorted(set(versions))


async def test_an_outdated_one_is_kept_if_the_newer_came_too_late(
    engine: AsyncEngine, direct: Direct, station: ChargingStationId
) -> None:
    old, late = setpoint(station, 1), setpoint(station, 2, deadline_at=NOON)
    await stored(engine, old, late)

    assert await claim(direct, station) == old
    assert await status(engine, late) is CommandStatus.EXPIRED


async def test_an_older_connection_takes_nothing(
    engine: AsyncEngine, direct: Direct, station: ChargingStationId
) -> None:
    await stored(engine, command(station))
    async with engine.begin() as conn:
        await credentials.add(conn, "pepper-of-the-tests-0123456789abcdef", station)

    assert await claims.claim(direct, [Asking(station, epoch=7)], NOON) == []
    (claimed,) = await claims.claim(direct, [Asking(station, epoch=0)], NOON, owner="one")
    assert claimed.target is not None


async def test_a_version_is_written_down_once(direct: Direct, station: ChargingStationId) -> None:
    told = [await record(direct, station, version) for version in (5, 5, 4, 6, None)]
    assert told == [True, False, False, True, True]


async def test_of_many_stations_each_gets_its_most_urgent_command_and_its_version(
    engine: AsyncEngine, direct: Direct
) -> None:
    one, two, anew, idle = (ChargingStationId(f"cs-{uuid4().hex[:8]}") for _ in range(4))
    for station in (one, two, anew):
        async with engine.begin() as conn:
            await credentials.add(conn, "pepper-of-the-tests-0123456789abcdef", station)
    urgent, later = setpoint(one, 8), command(one)
    alone, missed = setpoint(two, 3), command(anew)
    await stored(engine, later, urgent, alone, missed)

    asked = [Asking(one, epoch=0), Asking(two), Asking(anew, epoch=5), Asking(idle)]
    taken = await claims.claim(direct, asked, NOON, owner="here")
    assert [(of.command, of.more) for of in taken if of.target] in (
        [(urgent, True), (alone, False)],
        [(alone, False), (urgent, True)],
    )
    assert await status(engine, missed) is CommandStatus.PENDING

    await record(direct, two, 4)
    places = [(of.command.station_id, EvseId(1)) for of in taken]
    versions = dict(zip(places, [of.command.version for of in taken], strict=True))
    assert await claims.record_versions(direct, versions, NOON) == {(one, 1)}


async def test_versions_wait_for_whoever_locks_the_same_rows_in_another_order(
    direct: Direct, database_url: str, station: ChargingStationId
) -> None:
    """PostgreSQL ends one of two that wait for each other; it is told again."""
    places = [(station, EvseId(number)) for number in (1, 2)]
    await claims.record_versions(direct, dict.fromkeys(places, 1), NOON)
    lock = "UPDATE csms.evse SET power_w = 1 WHERE station_id = $1 AND evse_id = $2"
    other = await connect(database_url, application="other")
    async with other.transaction():
        await other.execute("SET LOCAL deadlock_timeout = '1min'")  # the victim is not this one
        await other.execute(lock, *places[1])
        telling = asyncio.create_task(
            claims.record_versions(direct, dict.fromkeys(places, 2), NOON)
        )
        await until(
            lambda: other.fetchval("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        )
        await other.execute(lock, *places[0])
    assert await telling == set(places)
    await other.close()


async def test_what_became_of_a_setpoint(
    direct: Direct, database_url: str, station: ChargingStationId
) -> None:
    """A renewal keeps what was read back; a refusal, what was in force."""
    until = NOON + timedelta(minutes=5)
    await record(direct, station, 1)

    def ended(status: CommandStatus, setpoint_w: float | None, **more: Any) -> SetpointEnded:
        in_force = None if setpoint_w is None else Setpoint(setpoint_w=setpoint_w, until=until)
        return SetpointEnded(
            station_id=station, evse_id=EvseId(1), status=status, at=NOON, in_force=in_force, **more
        )

    steps = (
        (ended(CommandStatus.CONFIRMED, 7_000.0, composite_w=6_900.0), (7_000.0, 6_900.0)),
        (ended(CommandStatus.CONFIRMED, 7_000.0), (7_000.0, 6_900.0)),
        (ended(CommandStatus.REFUSED, None), (7_000.0, 6_900.0)),
        (ended(CommandStatus.UNKNOWN, 3_000.0), (3_000.0, None)),
    )
    async with PostgresJournal(database_url) as journal:
        for fact, expected in steps:
            await journal.commit([fact])
            row = await direct.row(
                "SELECT setpoint_w, composite_w, setpoint_status FROM csms.evse"
                " WHERE station_id = $1", station,
            )  # fmt: skip
            assert row is not None
            assert (tuple(row)[:2], row["setpoint_status"]) == (expected, fact.status)


async def test_what_became_of_an_older_setpoint_says_nothing_of_the_newest(
    direct: Direct, database_url: str, station: ChargingStationId
) -> None:
    """An answer that an older connection waited for may come after a newer setpoint was sent."""
    until = NOON + timedelta(minutes=5)

    def ended(version: int | None, setpoint_w: float) -> SetpointEnded:
        return SetpointEnded(
            station_id=station, evse_id=EvseId(1), status=CommandStatus.CONFIRMED, at=NOON,
            in_force=Setpoint(setpoint_w=setpoint_w, until=until), version=version,
        )  # fmt: skip

    async with PostgresJournal(database_url) as journal:
        for sent, told, expected in (
            (6, [ended(6, -7_000.0)], -7_000.0),
            (6, [ended(5, 3_000.0)], -7_000.0),
            (7, [ended(7, 1_000.0), ended(6, 3_000.0)], 1_000.0),  # in one batch, too
            (7, [ended(None, 0.0)], 0.0),
        ):
            await record(direct, station, sent)
            await journal.commit(told)
            row = await direct.row(
                "SELECT setpoint_w FROM csms.evse WHERE station_id = $1", station
            )
            assert row is not None
            assert row["setpoint_w"] == expected
