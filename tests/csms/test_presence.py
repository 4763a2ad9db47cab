"""Who holds a station, where several processes may: nobody lets go of what is newer, or lives."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.bus import Bus
from csms.clock import Clock, wall_now
from csms.domain.ids import ChargingStationId
from csms.domain.station import OcppVersion
from csms.presence import Presence
from csms.registry import Registry
from csms.store import credentials, heartbeat, stations
from csms.store.engine import make_engine
from csms.store.tables import charging_station
from tests.integration.csms.conftest import until

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


class Held:
    """A connection that only remembers whether it was closed."""

    version = OcppVersion.V201

    def __init__(self, station_id: ChargingStationId, epoch: int) -> None:
        self.station_id = station_id
        self.epoch = epoch
        self.closed = False

    async def call(self, action: str, request: Any, **_: Any) -> Any:
        raise NotImplementedError

    async def close(self, code: int, reason: str) -> None:
        self.closed = True

    async def drain(self, code: int, reason: str, limit_s: float) -> None:
        raise NotImplementedError


def presence(engine: AsyncEngine, registry: Registry) -> Presence:
    return Presence("one", engine, Bus("redis://127.0.0.1:1/0"), Clock(), registry)


@pytest.mark.integration
async def test_a_station_that_comes_back_while_its_lease_is_renewed_is_not_let_go(
    engine: AsyncEngine,
) -> None:
    station_id = ChargingStationId(f"cs-{uuid4().hex[:8]}")
    came, registry = [(station_id, "2.0.1")], Registry()
    async with engine.begin() as conn:
        await credentials.add(conn, "pepper", station_id)
        await stations.connect(conn, came, owner="one", now=wall_now())
    old, new = Held(station_id, 1), Held(station_id, 2)
    registry.add(old)
    async with engine.begin() as conn:
        assert await stations.connect(conn, came, owner="one", now=wall_now()) == [2]
        renewing = asyncio.create_task(presence(engine, registry).renew())
        await until(lambda: _waits(engine))
        registry.remove(old)
        registry.add(new)
    await renewing
    assert (registry.get(station_id), new.closed) == (new, False)


async def _waits(engine: AsyncEngine) -> bool:
    """Whether somebody waits for a row that another transaction holds."""
    blocked = "SELECT count(*) FROM pg_stat_activity WHERE cardinality(pg_blocking_pids(pid)) > 0"
    async with engine.connect() as conn:
        return bool(await conn.scalar(text(blocked)))


@pytest.mark.integration
@pytest.mark.parametrize("ahead_s", [-60, 60])
async def test_who_beats_on_a_machine_with_another_clock_lives(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch, ahead_s: int
) -> None:
    """Beats are told and judged by the database's clock, whatever those of two machines say."""
    station_id = ChargingStationId(f"cs-{uuid4().hex[:8]}")
    async with engine.begin() as conn:
        await credentials.add(conn, "pepper", station_id)
        await stations.connect(conn, [(station_id, "2.0.1")], owner="two", now=wall_now())
    there = wall_now() + timedelta(seconds=ahead_s)
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr("csms.store.heartbeat.wall_now", lambda: there, raising=False)
        at = await heartbeat.beat(engine, "two")
    assert abs(at - wall_now()) < timedelta(seconds=10)
    here = wall_now() - timedelta(seconds=ahead_s)
    monkeypatch.setattr("csms.presence.wall_now", lambda: here, raising=False)
    judge = presence(engine, Registry())
    await judge.bury()
    assert await _owner(engine, station_id) == "two"
    async with engine.begin() as conn:  # it beats no more
        silent = text("UPDATE csms.process_heartbeat SET at = at - interval '16 s'")
        await conn.execute(silent)
    await judge.bury()
    assert await _owner(engine, station_id) is None


async def _owner(engine: AsyncEngine, station_id: ChargingStationId) -> str | None:
    """Who holds the station, if it is connected."""
    query = select(charging_station.c.connected, charging_station.c.connection_owner)
    async with engine.connect() as conn:
        row = (await conn.execute(query.where(charging_station.c.station_id == station_id))).one()
    return row.connection_owner if row.connected else None


@pytest.mark.parametrize(
    ("beats_s", "judges"),
    [
        ([0, 2, 4, 6, 8, 10, 12, 14], False),
        ([0, 2, 4, 6, 8, 10, 12, 14, 16], True),
        ([0, 4, 8, 12, 16, 60], False),
        ([0, 4, 8, 12, 16, 60, 64, 68, 72], False),
        ([0, 4, 8, 12, 16, 60, 64, 68, 72, 76], True),
        ([0, 4, 8, 12, 16, -3600], False),
        ([0, 4, 8, 12, 16, 3600], False),
    ],
    ids=[
        "it has just begun",
        "it beats steadily",
        "the database was away",
        "the others have had no time yet",
        "now they have",
        "the clock went back",
        "the clock went on, or the machine slept",
    ],
)
async def test_who_could_not_beat_does_not_judge_who_did_not(
    beats_s: list[float], judges: bool
) -> None:
    one = presence(make_engine("postgresql://nobody@127.0.0.1:1/nowhere"), Registry())
    told = [one.may_judge(NOON + timedelta(seconds=at_s)) for at_s in beats_s]
    assert told[-1] is judges
