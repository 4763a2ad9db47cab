from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from scheduler.domain.signal import GridSignal, SignalKind
from scheduler.store import readings, signals
from scheduler.store.readings import Quality, SiteReading
from tests.scheduler.world import NOON, World, yard

pytestmark = pytest.mark.integration


def reading(second: int, grid_w: float | None) -> SiteReading:
    return SiteReading(at=NOON + timedelta(seconds=second), quality=Quality.MEASURED, grid_w=grid_w)


async def test_a_reading_told_twice_counts_once_and_averages_skip_what_is_not_known(
    world: World, engine: AsyncEngine
) -> None:
    await world.has_site(yard())
    rows = [reading(0, 100.0), reading(30, 300.0), reading(60, 500.0), reading(90, None)]
    async with engine.begin() as conn:
        await readings.append(conn, "yard", rows)
        await readings.append(conn, "yard", rows)
    async with engine.connect() as conn:
        windows = await readings.windows(conn, "yard", NOON, NOON + timedelta(minutes=5), 60)
        newest = await readings.newest(conn, "yard")
        between = await readings.between(conn, "yard", NOON, NOON + timedelta(seconds=60))
    assert [(w.at, w.grid_w, w.reading_count) for w in windows] == [
        (NOON, 200.0, 2),
        (NOON + timedelta(minutes=1), 500.0, 2),
    ]
    assert newest == rows[-1]
    assert list(between) == rows[:2]


async def test_old_readings_go_and_new_ones_stay(world: World, engine: AsyncEngine) -> None:
    await world.has_site(yard())
    async with engine.begin() as conn:
        await readings.append(conn, "yard", [reading(0, 1.0), reading(60, 2.0)])
        assert await readings.prune(conn, before=NOON + timedelta(seconds=30)) == 1
        assert await readings.newest(conn, "yard") == reading(60, 2.0)


async def test_the_readings_that_prove_an_instruction_stay(
    world: World, engine: AsyncEngine
) -> None:
    await world.has_site(yard())
    event = GridSignal(
        signal_id=uuid4(), site_id="yard", operator="dno", external_id="1", revision=0,
        kind=SignalKind.INSTRUCTION, priority=0, starts_at=NOON + timedelta(minutes=10),
        ends_at=NOON + timedelta(minutes=40), delta_w=-1.0,
    )  # fmt: skip
    async with engine.begin() as conn:
        await signals.insert_signal(conn, event, {}, now=NOON)
        rows = [reading(60 * minute, float(minute)) for minute in range(60)]
        await readings.append(conn, "yard", rows)
        assert await readings.prune(conn, before=NOON + timedelta(days=14)) == 25
        kept = await readings.between(conn, "yard", NOON, NOON + timedelta(hours=1))
    assert [row.grid_w for row in kept] == [float(minute) for minute in range(8, 43)]
