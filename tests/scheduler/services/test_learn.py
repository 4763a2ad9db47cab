"""Forecasts learn from what came, each slot once, and plans follow."""

from datetime import datetime, timedelta

import numpy as np
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from scheduler.domain.learned import Learned
from scheduler.services.learn import AT_ONCE, learn_all, learn_site
from scheduler.services.planning_input import gather
from scheduler.services.replan import Replanner
from scheduler.store import lessons, readings
from scheduler.store.readings import Quality, SiteReading
from tests.scheduler.world import NOON, World, yard

pytestmark = pytest.mark.integration

QUARTER = timedelta(minutes=15)


async def a_busy_time(
    engine: AsyncEngine, *, quarters: int, load_w: float, begins_at: datetime = NOON
) -> None:
    """The site draws `load_w` where its file says 20 kW; a plan is made at each quarter."""
    for quarter in range(quarters):
        at = begins_at + quarter * QUARTER
        assert await Replanner(engine=engine, now=lambda at=at: at).replan("yard")
        told = [
            SiteReading(at=at + timedelta(minutes=m), quality=Quality.MEASURED, load_w=load_w)
            for m in range(0, 15, 3)
        ]
        async with engine.begin() as conn:
            await readings.append(conn, "yard", told)


async def learned(engine: AsyncEngine) -> Learned:
    async with engine.connect() as conn:
        found = await lessons.get(conn, "yard")
    assert found is not None
    return found


async def test_misses_count_from_when_the_mean_of_what_came_is_forecast(
    world: World, engine: AsyncEngine
) -> None:
    await world.has_site(yard())
    await learn_all(engine, now=NOON)
    counted = []
    for day in range(3):
        noon = NOON + timedelta(days=day)
        await a_busy_time(engine, quarters=4, load_w=24_000.0, begins_at=noon)
        await learn_all(engine, now=noon + timedelta(hours=1))
        counted.append((await learned(engine)).misses["load"].sum())
    assert counted[:2] == [0, 0]
    assert counted[2] > 4


async def test_what_came_is_expected_at_that_time_of_the_day(
    world: World, engine: AsyncEngine
) -> None:
    site = await world.has_site(yard())
    await learn_all(engine, now=NOON)
    await a_busy_time(engine, quarters=4, load_w=24_000.0)
    later = NOON + timedelta(hours=1)
    await learn_all(engine, now=later)

    known = await learned(engine)
    assert known.until == later
    assert known.load_ratio[0, 24:26] == pytest.approx([1.2, 1.2])
    assert np.delete(known.load_ratio[0], [24, 25]) == pytest.approx(np.ones(46))
    assert known.misses["load"].sum() == 0, "it was the file that missed"
    async with engine.connect() as conn:
        forecast = (await gather(conn, site, NOON + timedelta(hours=20))).given.forecast
    assert forecast.load.p50_w[16] == pytest.approx(24_000, rel=0.02)
    assert forecast.load.p50_w[30] == pytest.approx(20_000, rel=0.02)


async def test_a_slot_teaches_once(world: World, engine: AsyncEngine) -> None:
    await world.has_site(yard())
    await learn_all(engine, now=NOON)
    await a_busy_time(engine, quarters=2, load_w=24_000.0)
    for _ in range(2):
        await learn_all(engine, now=NOON + 2 * QUARTER)
    known = await learned(engine)
    assert known.load_slots.sum() == 2
    await learn_all(engine, now=NOON + QUARTER)  # a clock that was set back
    assert (await learned(engine)).until == known.until


async def test_a_long_silence_is_not_caught_up_with(world: World, engine: AsyncEngine) -> None:
    await world.has_site(yard())
    await learn_all(engine, now=NOON)
    await a_busy_time(engine, quarters=1, load_w=24_000.0)
    await learn_all(engine, now=NOON + AT_ONCE + QUARTER)
    assert (await learned(engine)).load_slots.sum() == 0


async def test_a_site_that_is_gone_teaches_nothing(engine: AsyncEngine) -> None:
    assert await learn_site(engine, "nowhere", now=NOON) is None
