"""A past plan comes out the same from what was known then, whatever has happened since."""

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest
from msgspec.structs import replace as changed
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.domain.ids import IdToken
from scheduler.domain.plan import Plan
from scheduler.domain.site import SolarFarm, WindFarm
from scheduler.services.change_demand import change_demand
from scheduler.services.housekeep import PLANS_KEPT
from scheduler.services.replan import Replanner
from scheduler.services.rerun import Rerun, RerunRefusal, rerun
from scheduler.store import inputs, plans, readings, sites
from scheduler.store.packing import packed
from scheduler.store.plans import SERIES
from scheduler.store.readings import Quality, SiteReading
from scheduler.store.tables import planning_input
from scheduler.store.vehicles import DemandSource, Vehicle
from tests.scheduler.world import NOON, World, yard

pytestmark = pytest.mark.integration

GREEN = yard(
    solar=(SolarFarm(farm_id="roof", capacity_w=30_000, tilt_deg=30, azimuth_deg=180),),
    wind=(WindFarm(farm_id="hill", capacity_w=20_000, turbine_type="E48/800", hub_height_m=50),),
)
VAN = Vehicle(
    vehicle_id="van-7",
    site_id="yard",
    id_token=IdToken("token-7"),
    capacity_wh=50_000,
    target_soc_pct=80,
    departure_at=NOON + timedelta(hours=4),
    demand_source=DemandSource.DRIVER,
)


async def replan(engine: AsyncEngine, now: datetime = NOON) -> None:
    assert await Replanner(engine=engine, now=lambda: now).replan("yard") is not None


async def told(engine: AsyncEngine, at: datetime, **watts: float) -> None:
    reading = SiteReading(at=at, quality=Quality.MEASURED, **watts)
    async with engine.begin() as conn:
        await readings.append(conn, "yard", [reading])


def same(one: Plan, other: Plan) -> None:
    for name in SERIES:
        assert getattr(one, name) == pytest.approx(getattr(other, name), abs=0.001), name
    for mine, theirs in zip(one.evses, other.evses, strict=True):
        assert mine.setpoint_w == pytest.approx(theirs.setpoint_w, abs=0.001)
        assert mine.why == theirs.why


async def test_a_plan_is_made_again_from_what_was_known(world: World, engine: AsyncEngine) -> None:
    await world.has_site(GREEN)
    await told(engine, NOON - timedelta(minutes=5), load_w=17e3, solar_w=9e3, wind_w=15e3)
    async with engine.begin() as conn:
        await change_demand(conn, VAN, expected_version=None, now=NOON)
    await world.plugs_in("yard-01", token="token-7", soc_pct=50)
    await replan(engine)

    dear = changed(GREEN.tariff, import_gbp_per_kwh=(0.9,) * 24 + (0.1,) * 24)
    later = NOON + timedelta(minutes=6)
    async with engine.begin() as conn:
        await sites.save(conn, changed(GREEN, tariff=dear), now=later)
        await change_demand(
            conn, replace(VAN, target_soc_pct=100), expected_version=None, now=later
        )
    await told(engine, later, load_w=39e3, solar_w=0.0, wind_w=0.0)
    await replan(engine, later)

    async with engine.connect() as conn:
        first, second = [await rerun(conn, "yard", version) for version in (1, 2)]
    assert isinstance(first, Rerun)
    assert isinstance(second, Rerun)
    same(first.plan, first.stored.plan)
    same(second.plan, second.stored.plan)
    assert not np.allclose(first.plan.evses[0].setpoint_w, second.plan.evses[0].setpoint_w)
    assert first.given.forecast.issued_at == NOON
    assert np.all(first.given.forecast.solar.p90_w >= first.given.forecast.solar.p10_w)


async def test_what_was_forecast_can_be_compared_with_what_came(
    world: World, engine: AsyncEngine
) -> None:
    await world.has_site(GREEN)
    for minutes in (0, 6, 31):
        await replan(engine, NOON + timedelta(minutes=minutes))
    async with engine.connect() as conn:
        found = await inputs.forecasts(conn, "yard", NOON, NOON + timedelta(hours=1))
        elsewhere = await inputs.forecasts(conn, "far", NOON, NOON + timedelta(hours=1))
    assert [one.issued_at - NOON for one in found] == [timedelta(0), timedelta(minutes=31)]
    assert elsewhere == []
    assert found[0].load.p10_w[40] < found[0].load.p50_w[40] < found[0].load.p90_w[40]


async def test_the_refusals_have_names(world: World, engine: AsyncEngine) -> None:
    await world.has_site(GREEN)
    await replan(engine)
    async with engine.connect() as conn:
        assert await rerun(conn, "yard", 7) is RerunRefusal.NO_SUCH_PLAN
        await conn.execute(update(planning_input).values(rest=packed({"demands": 3})))
        assert await rerun(conn, "yard", 1) is RerunRefusal.INPUT_OF_ANOTHER_VERSION
        await conn.execute(planning_input.delete())
        assert await rerun(conn, "yard", 1) is RerunRefusal.INPUT_NOT_KEPT


async def test_it_goes_with_its_plan(world: World, engine: AsyncEngine) -> None:
    await world.has_site(GREEN)
    await replan(engine)
    later = NOON + PLANS_KEPT + timedelta(days=1)
    await replan(engine, later)
    async with engine.begin() as conn:
        assert await plans.prune(conn, before=later - PLANS_KEPT) == 1
        assert await conn.scalar(select(func.count()).select_from(planning_input)) == 1
