"""What stations told is tidied up round by round, as far as a turn goes."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.store import credentials, retention, tables
from scheduler.services import housekeep

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
