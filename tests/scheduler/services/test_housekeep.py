"""What was told and decided is tidied up round by round, as far as a turn goes."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.store import credentials, retention, tables
from scheduler.services import housekeep
from scheduler.store import sites
from scheduler.store.tables import decision
from tests.scheduler.world import yard

pytestmark = pytest.mark.integration

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
KEPT = timedelta(days=90)


@pytest.mark.parametrize(("most_rounds", "left"), [(2, 3), (40, 0)])
async def test_a_turn_goes_on_until_nothing_old_is_left_or_it_is_over(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch, most_rounds: int, left: int
) -> None:
    monkeypatch.setattr(retention, "MOST_AT_ONCE", 2)
    monkeypatch.setattr(housekeep, "MOST_ROUNDS", most_rounds)
    station_id, at = f"cs-{uuid4().hex[:8]}", NOON - KEPT - timedelta(days=1)
    row = {
        "station_id": station_id, "kind": "A", "at": at, "received_at": at, "severity": "info",
        "payload": {},
    }  # fmt: skip
    async with engine.begin() as conn:
        await credentials.add(conn, "pepper", station_id)
        rows = [row | {"content_hash": str(number)} for number in range(7)]
        await conn.execute(insert(tables.station_notice), rows)
    await housekeep.housekeep(engine, now=NOON, told_kept=KEPT)
    async with engine.connect() as conn:
        mine = tables.station_notice.c.station_id == station_id
        assert await conn.scalar(select(func.count()).where(mine)) == left


@pytest.mark.parametrize(("most_rounds", "left"), [(2, 3), (40, 0)])
async def test_so_it_does_with_what_controllers_decided(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch, most_rounds: int, left: int
) -> None:
    monkeypatch.setattr(retention, "MOST_AT_ONCE", 2)
    monkeypatch.setattr(housekeep, "MOST_ROUNDS", most_rounds)
    at, site_id = NOON - KEPT - timedelta(days=1), f"yard-{uuid4().hex[:8]}"
    row = {
        "site_id": site_id, "began_at": at, "ended_at": at, "actuator": "fleet", "most_w": -1.0,
        "evses": 1,
    }  # fmt: skip
    async with engine.begin() as conn:
        await sites.save(conn, yard(site_id=site_id), now=NOON)
        rows = [row | {"rule": f"circuit:{number}"} for number in range(7)]
        await conn.execute(insert(decision), rows)
    await housekeep.housekeep(engine, now=NOON, told_kept=KEPT)
    async with engine.connect() as conn:
        mine = decision.c.site_id == site_id
        assert await conn.scalar(select(func.count()).where(mine)) == left
