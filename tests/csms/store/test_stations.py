"""Credentials, connection epochs and the outbox, in a real database."""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import uuid4

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from csms.bus import EVENTS, Bus
from csms.domain.errors import StationUnknown, StoreUnavailable
from csms.domain.facts_clock import ClockMeasured
from csms.domain.ids import ChargingStationId
from csms.store import credentials, outbox, stations, tables
from csms.store.direct import Direct
from csms.store.engine import make_engine, normalised, outage_named
from csms.store.journal import PostgresJournal
from csms.store.outbox import Relay
from csms.store.stations import PostgresStations

pytestmark = pytest.mark.integration

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
SECRET = "pepper"


@pytest.fixture
async def station(engine: AsyncEngine) -> ChargingStationId:
    station_id = ChargingStationId(f"cs-{uuid4().hex[:8]}")
    async with engine.begin() as conn:
        assert await credentials.add(conn, SECRET, station_id)
    return station_id


async def connect(engine: AsyncEngine, station: ChargingStationId, owner: str = "me") -> int:
    async with engine.begin() as conn:
        (epoch,) = await stations.connect(conn, [(station, "2.0.1")], owner=owner, now=NOON)
    if epoch is None:
        raise StationUnknown(station)
    return epoch


async def test_acceptance_is_asked_once_and_again_after_a_boot(
    engine: AsyncEngine, direct: Direct, station: ChargingStationId
) -> None:
    async def becomes(status: str) -> None:
        async with engine.begin() as conn:
            row = tables.charging_station
            await conn.execute(
                update(row).where(row.c.station_id == station).values(registration_status=status)
            )

    known = PostgresStations(direct)
    assert not await known.is_accepted(station)
    await becomes("Accepted")
    assert await known.is_accepted(station)
    await becomes("Pending")
    assert await known.is_accepted(station), "nobody said that it booted"
    known.forget(station)
    assert not await known.is_accepted(station)


async def is_connected(engine: AsyncEngine, station: ChargingStationId) -> bool:
    column = tables.charging_station.c
    async with engine.connect() as conn:
        return bool(await conn.scalar(select(column.connected).where(column.station_id == station)))


async def test_a_password_is_long_random_and_known_only_to_its_station(engine: AsyncEngine) -> None:
    async with engine.begin() as conn:
        first = await credentials.add(conn, SECRET, "cs-a")
        second = await credentials.add(conn, SECRET, "cs-b", password=first)
        assert first is not None
        assert 24 <= len(first) <= 40
        assert second == first
        assert await credentials.add(conn, SECRET, "cs-a") is None

        assert await credentials.verify(conn, SECRET, "cs-a", first)
        assert not await credentials.verify(conn, SECRET, "cs-a", first + "x")
        assert not await credentials.verify(conn, "other pepper", "cs-a", first)
        assert not await credentials.verify(conn, SECRET, "cs-none", first)
        kept = tables.charging_station.c.password_hmac
        hashes = list(
            await conn.scalars(
                select(kept).where(tables.charging_station.c.station_id.in_(["cs-a", "cs-b"]))
            )
        )
        assert len(set(hashes)) == 2
        renewed = await credentials.renew_password(conn, SECRET, "cs-a")
        assert renewed is not None
        assert not await credentials.verify(conn, SECRET, "cs-a", first)
        assert await credentials.verify(conn, SECRET, "cs-a", renewed)
        assert await credentials.renew_password(conn, SECRET, "cs-none") is None


@pytest.mark.parametrize("identity", ["", "a:b", "a b", "ä", "x" * 49, "a/b"])
async def test_an_identity_that_ocpp_does_not_allow_is_refused(
    engine: AsyncEngine, identity: str
) -> None:
    async with engine.begin() as conn:
        with pytest.raises(ValueError, match="identity"):
            await credentials.add(conn, SECRET, identity)


async def test_only_the_newest_epoch_ends_a_connection(
    engine: AsyncEngine, station: ChargingStationId
) -> None:
    old, new = await connect(engine, station), await connect(engine, station)
    async with engine.begin() as conn:
        assert await stations.disconnect(conn, [(station, old)], NOON) == [False]
    assert await is_connected(engine, station)
    async with engine.begin() as conn:
        assert await stations.seen(conn, {station: old}, NOON) == {station}
        assert await stations.seen(conn, {station: new}, NOON) == set()
        assert await stations.disconnect(conn, [(station, new)], NOON) == [True]
    assert not await is_connected(engine, station)


async def test_of_two_connections_that_end_together_only_the_newest_was_theirs(
    engine: AsyncEngine, station: ChargingStationId
) -> None:
    old, new = await connect(engine, station), await connect(engine, station)
    async with engine.begin() as conn:
        gone = [(station, old), (station, new)]
        assert await stations.disconnect(conn, gone, NOON) == [False, True]


async def test_a_connection_that_others_took_for_gone_is_back_and_everybody_is_told(
    engine: AsyncEngine, station: ChargingStationId
) -> None:
    epoch = await connect(engine, station)
    async with engine.begin() as conn:
        assert await stations.release_orphans(conn, ["other"], NOON) == [station]
    async with engine.begin() as conn:
        assert await stations.seen(conn, {station: epoch}, NOON) == set()
        assert await stations.seen(conn, {station: epoch}, NOON) == set()
    assert await is_connected(engine, station)
    row = tables.outbox.c
    async with engine.connect() as conn:
        told = await conn.scalars(
            select(row.payload["connected"].as_boolean())
            .where(row.station_id == station)
            .order_by(row.outbox_id)
        )
        assert list(told) == [True, False, True]


async def test_connections_of_a_previous_life_or_of_the_dead_are_let_go(
    engine: AsyncEngine, station: ChargingStationId
) -> None:
    await connect(engine, station, owner="here")
    async with engine.begin() as conn:
        assert await stations.release_previous(conn, "there", NOON) == []
        assert await stations.release_previous(conn, "here", NOON) == [station]
    await connect(engine, station, owner="gone")
    async with engine.begin() as conn:
        later = NOON + timedelta(seconds=1)
        assert await stations.release_unseen(conn, "gone", NOON, NOON) == []
        assert await stations.release_unseen(conn, "other", later, NOON) == []
        assert await stations.release_unseen(conn, "gone", later, NOON) == [station]
    assert not await is_connected(engine, station)


async def test_a_station_nobody_added_is_unknown(engine: AsyncEngine, direct: Direct) -> None:
    with pytest.raises(StationUnknown):
        await connect(engine, ChargingStationId("cs-none"))
    with pytest.raises(StationUnknown):
        await PostgresStations(direct).state(ChargingStationId("cs-none"))


async def test_state_names_the_evses(
    engine: AsyncEngine, direct: Direct, station: ChargingStationId
) -> None:
    async with engine.begin() as conn:
        rows = [{"station_id": station, "evse_id": n, "updated_at": NOON} for n in (2, 0, 1)]
        await conn.execute(insert(tables.evse), rows)
    state = await PostgresStations(direct).state(station)

    assert (state.evse_ids, state.provisioned, state.registration_status) == ((1, 2), False, None)


async def test_outbox_ids_are_in_commit_order(engine: AsyncEngine) -> None:
    seen: list[int] = []

    async def write() -> None:
        async with engine.begin() as conn:
            own = await outbox.append(conn, "Test", NOON, {})
            await asyncio.sleep(0.002)
        seen.append(own)
        async with engine.connect() as conn:
            assert await outbox.newest_id(conn) >= own

    await asyncio.gather(*(write() for _ in range(30)))
    assert seen == sorted(seen)


async def test_the_relay_tells_the_newest_and_waits_for_a_bus(
    engine: AsyncEngine, redis_url: str
) -> None:
    async with engine.begin() as conn:
        await outbox.append(conn, "Test", NOON, {}, site_id="site")
        newest = await outbox.append(conn, "Test", NOON, {})
    dead, alive = Bus("redis://127.0.0.1:1/0"), Bus(redis_url)

    assert await Relay(engine, dead, lambda: NOON).relay_once() is None
    listening = asyncio.create_task(anext(alive.listen(EVENTS)))
    async with asyncio.timeout(15):
        while not listening.done():
            await alive.publish(EVENTS, "0")
            await asyncio.sleep(0.01)
    relay = Relay(engine, alive, lambda: NOON)
    assert await relay.relay_once() == newest
    assert await relay.relay_once() is None
    await alive.close()
    await dead.close()


async def test_what_an_outage_of_the_bus_left_is_marked_some_at_a_time(
    engine: AsyncEngine, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "MOST_AT_ONCE", 2)
    bus, rounds = Bus(redis_url), count()
    relay = Relay(engine, bus, lambda: NOON + timedelta(seconds=next(rounds)))
    await relay.relay_once()  # of other tests
    async with engine.begin() as conn:
        ids = [await outbox.append(conn, "Test", NOON, {}) for _ in range(5)]
    first = next(rounds) + 1
    assert await relay.relay_once() == ids[-1]
    await bus.close()
    told = tables.outbox.c
    async with engine.connect() as conn:
        query = select(told.published_at).where(told.outbox_id.in_(ids)).order_by(told.outbox_id)
        marked = [round((at - NOON).total_seconds()) for at in await conn.scalars(query)]
    assert marked == [first, first, first + 1, first + 1, first + 2]


@pytest.mark.parametrize(
    ("url", "host", "query"),
    [
        ("postgresql://u:p@h:5/d", "h", {}),
        ("postgres://u@/d?host=/run/pg", None, {"host": "/run/pg"}),
        ("postgresql://u@h/d?sslmode=require", "h", {"ssl": "require"}),
    ],
)
def test_any_spelling_of_a_database_url_will_do(
    url: str, host: str | None, query: dict[str, str]
) -> None:
    found = normalised(url)

    assert (found.drivername, found.host, dict(found.query)) == ("postgresql+asyncpg", host, query)


@pytest.mark.parametrize("url", ["postgresql://u@127.0.0.1:1/d", "postgresql://u@/d?host=/nowhere"])
async def test_no_database_is_an_outage(url: str) -> None:
    engine = make_engine(url)
    with pytest.raises(StoreUnavailable), outage_named():
        async with engine.connect():
            pass
    await engine.dispose()


async def test_a_wrong_statement_is_no_outage(engine: AsyncEngine) -> None:
    with pytest.raises(Exception, match="no_such_table"), outage_named():
        async with engine.connect() as conn:
            await conn.exec_driver_sql("SELECT * FROM no_such_table")


async def test_who_gives_way_in_a_deadlock_may_ask_again(engine: AsyncEngine) -> None:
    async with engine.begin() as conn:
        await credentials.add(conn, SECRET, "dead-1")
        await credentials.add(conn, SECRET, "dead-2")
    both_hold = asyncio.Barrier(2)

    async def lock(first: str, second: str) -> bool:
        """Whether it was told of an outage."""
        try:
            with outage_named():
                async with engine.begin() as conn:
                    await conn.exec_driver_sql("SET LOCAL deadlock_timeout = '20ms'")
                    await _hold(conn, first)
                    await both_hold.wait()
                    await _hold(conn, second)
        except StoreUnavailable:
            return True
        return False

    told = await asyncio.gather(lock("dead-1", "dead-2"), lock("dead-2", "dead-1"))
    assert sorted(told) == [False, True]


async def _hold(conn: AsyncConnection, station_id: str) -> None:
    row = tables.charging_station
    await conn.execute(select(row).where(row.c.station_id == station_id).with_for_update())


async def test_how_far_a_clock_is_off_holds_for_the_connection_it_was_measured_on(
    engine: AsyncEngine, station: ChargingStationId, database_url: str
) -> None:
    async def off_s() -> float | None:
        column = tables.charging_station.c
        query = select(column.clock_off_s).where(column.station_id == station)
        async with engine.connect() as conn:
            told: float | None = await conn.scalar(query)
        return told

    await connect(engine, station)
    async with PostgresJournal(database_url) as journal:
        await journal.commit([ClockMeasured(station_id=station, off_s=-3_600.0)])
        assert await off_s() == -3_600.0
        await journal.commit([ClockMeasured(station_id=station, off_s=None)])
        assert await off_s() is None
        await journal.commit([ClockMeasured(station_id=station, off_s=90.0)])
    await connect(engine, station)
    assert await off_s() is None
