"""Transactions of past weeks become expected vehicles of the plan."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.store.tables import transaction
from scheduler.domain.demand import ExpectedDemand
from scheduler.services.planning_input import gather
from tests.scheduler.world import NOON, World, yard

pytestmark = pytest.mark.integration


async def came(
    engine: AsyncEngine, began_at: datetime, *, token: str = "van", station: str = "yard-01"
) -> None:
    """A visit of six hours that took 12 kWh."""
    async with engine.begin() as conn:
        await conn.execute(
            insert(transaction).values(
                station_id=station,
                transaction_id=f"{station}-{began_at:%m%d%H}",
                evse_id=1,
                connector_id=1,
                id_token=token,
                started_at=began_at,
                ended_at=began_at + timedelta(hours=6),
                last_event_at=began_at + timedelta(hours=6),
                imported_wh=13_000.0,
                exported_wh=1_000.0,
                event_count=2,
            )
        )


async def expected(engine: AsyncEngine, now: datetime = NOON) -> tuple[ExpectedDemand, ...]:
    async with engine.begin() as conn:
        return (await gather(conn, yard(), now)).given.expected


async def test_who_came_each_week_is_expected(world: World, engine: AsyncEngine) -> None:
    await world.has_site(yard())
    for week in range(1, 4):
        await came(engine, NOON - timedelta(weeks=week) + timedelta(hours=3))
    await came(engine, NOON - timedelta(days=3))
    (one,) = await expected(engine)
    assert one.circuit_id == "feeder"
    assert one.chance_ratio == pytest.approx(1, abs=0.01)
    assert one.arrives_at == NOON + timedelta(hours=3)
    assert one.departure_at == NOON + timedelta(hours=9)
    assert (one.energy_wh, one.max_charge_w) == (pytest.approx(12_000), pytest.approx(11_000))


async def test_who_is_plugged_in_is_not_expected_as_well(world: World, engine: AsyncEngine) -> None:
    await world.has_site(yard())
    await came(engine, NOON - timedelta(weeks=1) + timedelta(hours=3))
    await came(engine, NOON - timedelta(weeks=1) - timedelta(hours=3), token="other")
    assert len(await expected(engine)) == 1
    await world.plugs_in("yard-02", token="van")
    assert await expected(engine) == ()


async def test_other_sites_and_a_first_week_tell_nothing(world: World, engine: AsyncEngine) -> None:
    await world.has_site(yard())
    await came(engine, NOON - timedelta(weeks=1) + timedelta(hours=3), station="far-01")
    await came(engine, NOON - timedelta(days=6))
    assert await expected(engine) == ()


async def test_a_vehicle_without_a_word_leaves_and_needs_as_it_did_before(
    world: World, engine: AsyncEngine
) -> None:
    await world.has_site(yard())
    for day in (1, 2, 5, 6, 7, 8, 9):
        await came(engine, NOON - timedelta(days=day), token="van")
    await world.plugs_in("yard-02", token="van")
    async with engine.begin() as conn:
        (demand,) = (await gather(conn, yard(), NOON)).given.demands
    assert demand.departure_at == NOON + timedelta(hours=6)
    assert demand.target_wh == pytest.approx(12_000)
    assert not demand.departure_known
