"""Two csms on one port: any serves any station, and what one leaves the other takes up."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.bus import COMMANDS, Bus
from csms.clock import Clock, wall_now
from csms.domain.commands import Command, CommandKind, CommandPriority
from csms.domain.ids import ChargingStationId
from csms.main import Csms, build
from csms.store import claims, commands, credentials, tables
from csms.store.claims import Asking
from csms.store.direct import Direct
from tests.integration.csms.conftest import SECRET, settings_for, until
from tests.integration.csms.station import connected
from tests.integration.csms.test_kill import Reporter, csms, free_port, stored

pytestmark = pytest.mark.integration

STATIONS = 6


@asynccontextmanager
async def serving(
    database_url: str, redis_url: str, name: str, **more: Any
) -> AsyncIterator[tuple[Csms, str]]:
    """A csms of this name in this process, on a port of its own."""
    stopping, listening = asyncio.Event(), asyncio.get_running_loop().create_future()
    async with AsyncExitStack() as stack:
        settings = settings_for(database_url, redis_url, csms_name=name, **more)
        made = await build(settings, Clock(), stack)
        task = asyncio.create_task(made.serve(stopping, listening.set_result))
        try:
            yield made, f"ws://127.0.0.1:{await listening}"
        finally:
            stopping.set()
            await task


async def new_station(engine: AsyncEngine) -> tuple[str, str]:
    station_id = f"m-{uuid4().hex[:8]}"
    async with engine.begin() as conn:
        return station_id, await credentials.add(conn, SECRET, station_id) or ""


def asked_of(station_id: str, seconds: float = 60.0) -> Command:
    now = wall_now()
    return Command(
        command_id=uuid4(),
        station_id=ChargingStationId(station_id),
        kind=CommandKind.TRIGGER_MESSAGE,
        payload={"requestedMessage": "Heartbeat"},
        priority=CommandPriority.OPERATOR,
        created_at=now,
        deadline_at=now + timedelta(seconds=seconds),
        requested_by="test",
    )


async def status_of(engine: AsyncEngine, command_id: UUID) -> str:
    async with engine.connect() as conn:
        found = await commands.get(conn, command_id)
    assert found is not None
    return found.status.value


def has_status(engine: AsyncEngine, command_id: UUID, *wanted: str) -> Callable[[], Awaitable[Any]]:
    async def ended() -> bool:
        return await status_of(engine, command_id) in wanted

    return ended


async def station_row(engine: AsyncEngine, station_id: str) -> Any:
    station = tables.charging_station
    async with engine.connect() as conn:
        return (await conn.execute(select(station).where(station.c.station_id == station_id))).one()


async def test_a_station_that_comes_to_another_process_is_let_go_at_once_and_asked_there(
    database_url: str, redis_url: str, engine: AsyncEngine
) -> None:
    station_id, password = await new_station(engine)
    bus = Bus(redis_url)
    async with (
        serving(database_url, redis_url, "one") as (one, first_url),
        serving(database_url, redis_url, "two") as (_, second_url),
        connected(first_url, station_id, password) as before,
    ):
        await before.boot_until_accepted()
        async with connected(second_url, station_id, password) as after:
            await asyncio.wait_for(before.socket.wait_closed(), 5)  # the sweep takes 20 s
            assert before.socket.close_code == 1008
            row = await station_row(engine, station_id)
            assert (row.connected, row.connection_owner, row.connection_epoch) == (True, "two", 2)
            assert ChargingStationId(station_id) not in one.registry.epochs()
            await until(lambda: _noticed(engine, station_id, "ConnectionTakenOver"))

            await after.boot(reason="Triggered")
            after.triggered.clear()
            asked = asked_of(station_id)
            async with engine.begin() as conn:
                await commands.insert(conn, [asked])
            await bus.publish(COMMANDS, station_id)
            await asyncio.wait_for(after.triggered.wait(), 10)
            await until(has_status(engine, asked.command_id, "confirmed"))
            async with engine.connect() as conn:
                sent_by = select(tables.command.c.sent_by)
                assert await conn.scalar(sent_by.where(_is(asked.command_id))) == "two"
    await bus.close()


async def _noticed(engine: AsyncEngine, station_id: str, kind: str) -> bool:
    notice = tables.station_notice.c
    async with engine.connect() as conn:
        kinds = await conn.scalars(select(notice.kind).where(notice.station_id == station_id))
        return kind in set(kinds)


def _is(command_id: UUID) -> Any:
    return tables.command.c.command_id == command_id


async def test_who_holds_an_older_connection_takes_no_command(
    database_url: str, redis_url: str, engine: AsyncEngine, direct: Direct
) -> None:
    """Even if nobody told it: the epoch decides, not the socket."""
    station_id, password = await new_station(engine)
    async with (
        serving(database_url, redis_url, "deaf") as (deaf, url),
        connected(url, station_id, password) as station,
    ):
        await station.boot_until_accepted()
        newer = update(tables.charging_station).values(
            connection_epoch=tables.charging_station.c.connection_epoch + 1
        )
        asked = asked_of(station_id)
        async with engine.begin() as conn:
            await conn.execute(newer.where(tables.charging_station.c.station_id == station_id))
            await commands.insert(conn, [asked])
        older, newest = (Asking(asked.station_id, epoch=epoch) for epoch in (1, 2))
        assert not await claims.claim(direct, [older], wall_now(), owner="deaf")
        deaf.desk.wake(ChargingStationId(station_id))
        assert await status_of(engine, asked.command_id) == "pending"
        assert await claims.claim(direct, [newest], wall_now(), owner="other")


async def test_hints_go_to_the_holder_alone_and_to_all_while_nobody_is_known(
    redis_url: str,
) -> None:
    bus, heard = Bus(redis_url), asyncio.Queue[tuple[str, str]]()

    async def listen(channel: str) -> None:
        async for told in bus.listen(channel):
            heard.put_nowait(told)

    tasks = [asyncio.create_task(listen(one)) for one in (COMMANDS, f"{COMMANDS}:one")]
    for channel in (COMMANDS, f"{COMMANDS}:one"):
        await until(lambda channel=channel: _told(bus, heard, channel))

    await bus.publish(COMMANDS, "cs-1")
    assert await asyncio.wait_for(heard.get(), 5) == (COMMANDS, "cs-1")
    await bus.lease(COMMANDS, ["cs-1", "cs-2"], "one")
    await bus.publish(COMMANDS, "cs-1")
    assert await asyncio.wait_for(heard.get(), 5) == (f"{COMMANDS}:one", "cs-1")
    await bus.lease(COMMANDS, ["cs-1"], "gone")
    await bus.publish(COMMANDS, "cs-1")
    assert await asyncio.wait_for(heard.get(), 5) == (COMMANDS, "cs-1")
    assert heard.empty()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await bus.close()


async def _told(bus: Bus, heard: "asyncio.Queue[tuple[str, str]]", channel: str) -> bool:
    await bus.publish_all(channel, ["x"])
    with suppress(TimeoutError):
        async with asyncio.timeout(0.1):
            while True:
                if await heard.get() == (channel, "x"):
                    return heard.empty()
    return False


async def test_what_a_process_held_when_it_died_is_let_go_by_another(
    database_url: str, redis_url: str, engine: AsyncEngine
) -> None:
    station_id, _ = await new_station(engine)
    sent = asked_of(station_id)
    long_ago = wall_now() - timedelta(minutes=1)
    async with engine.begin() as conn:
        await commands.insert(conn, [sent])
        await conn.execute(
            update(tables.command).where(_is(sent.command_id)).values(status="sent", sent_by="dead")
        )
        await conn.execute(
            update(tables.charging_station)
            .where(tables.charging_station.c.station_id == station_id)
            .values(connected=True, connection_owner="dead", last_seen_at=wall_now())
        )
        beat = {"process": "dead", "at": wall_now(), "pid": 1, "detail": {}}
        await conn.execute(insert(tables.process_heartbeat).values(beat))
    async with serving(database_url, redis_url, "alive") as (alive, _):
        await alive.presence.bury()
        assert await status_of(engine, sent.command_id) == "sent"  # its lease is not over
        async with engine.begin() as conn:
            await conn.execute(
                update(tables.process_heartbeat)
                .where(tables.process_heartbeat.c.process == "dead")
                .values(at=long_ago)
            )
        await alive.presence.bury()
        assert await status_of(engine, sent.command_id) == "unknown"
        assert not (await station_row(engine, station_id)).connected


@pytest.mark.timeout(120)
async def test_one_of_two_processes_on_a_port_dies_and_nothing_is_lost(
    database_url: str, redis_url: str, engine: AsyncEngine
) -> None:
    port = free_port()
    url = f"ws://127.0.0.1:{port}"
    logins = [await new_station(engine) for _ in range(STATIONS)]
    reporters = [Reporter(url, *login) for login in logins]
    shared = {"V2GHUB_OCPP_PORT_SHARED": "true"}
    with (
        csms(database_url, redis_url, port, V2GHUB_CSMS_NAME="csms:1", **shared) as first,
        csms(database_url, redis_url, port, V2GHUB_CSMS_NAME="csms:2", **shared),
    ):
        tasks = [asyncio.create_task(reporter.run()) for reporter in reporters]

        async def each_told(number: int) -> bool:
            for task in tasks:
                if task.done():
                    task.result()
            return all(len(reporter.acknowledged) >= number for reporter in reporters)

        async def owners() -> set[str]:
            rows = [await station_row(engine, station_id) for station_id, _ in logins]
            return {row.connection_owner for row in rows if row.connected}

        await until(lambda: each_told(5), 40)
        held_by_both = await owners()
        first.kill()
        first.wait()
        told = max(len(reporter.acknowledged) for reporter in reporters)
        asked = [asked_of(station_id) for station_id, _ in logins]
        async with engine.begin() as conn:
            await commands.insert(conn, asked)
        await until(lambda: each_told(told + 5), 40)
        assert await owners() == {"csms:2"}
        for one in asked:  # a Reporter answers no CALL: what counts is that each was sent
            await until(has_status(engine, one.command_id, "sent", "unknown", "confirmed"))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    assert held_by_both <= {"csms:1", "csms:2"}
    for reporter in reporters:
        kept = await stored(engine, reporter.station_id)
        assert set(kept) >= set(reporter.acknowledged)
        assert len(kept) - len(reporter.acknowledged) <= 1
        assert set(kept.values()) == {1}


async def test_a_rolling_restart_says_goodbye_and_loses_no_command(
    database_url: str, redis_url: str, engine: AsyncEngine
) -> None:
    station_id, password = await new_station(engine)
    asked = [asked_of(station_id) for _ in range(5)]
    async with (
        serving(database_url, redis_url, "two") as (_, second_url),
        AsyncExitStack() as stations,
    ):
        async with serving(database_url, redis_url, "one") as (one, first_url):
            before = await stations.enter_async_context(connected(first_url, station_id, password))
            await before.boot_until_accepted()
            async with engine.begin() as conn:
                await commands.insert(conn, asked)
            one.desk.wake(ChargingStationId(station_id))
        assert before.socket.close_code == 1001
        left = {await status_of(engine, command.command_id) for command in asked}
        assert left <= {"confirmed", "pending"}  # what was sent has heard its answer
        after = await stations.enter_async_context(connected(second_url, station_id, password))
        await after.boot(reason="Triggered")
        for command in asked:
            await until(has_status(engine, command.command_id, "confirmed"))
