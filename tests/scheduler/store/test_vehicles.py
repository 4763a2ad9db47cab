import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.domain.ids import IdToken
from scheduler.store import vehicles
from scheduler.store.vehicles import DemandSource, Vehicle, VehicleRefusal
from tests.scheduler.world import NOON, World, yard

pytestmark = pytest.mark.integration

WAITS = text("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")

VAN = Vehicle(
    vehicle_id="van-7",
    site_id="yard",
    id_token=IdToken("token-7"),
    name="Van 7",
    capacity_wh=60_000,
    departure_at=NOON + timedelta(hours=5),
    target_soc_pct=80,
    demand_source=DemandSource.DRIVER,
)


async def put(
    engine: AsyncEngine, vehicle: Vehicle, expected_version: int | None = None
) -> Vehicle | VehicleRefusal:
    async with engine.begin() as conn:
        return await vehicles.put(conn, vehicle, expected_version=expected_version, now=NOON)


async def test_a_vehicle_comes_back_as_it_was_stored(world: World, engine: AsyncEngine) -> None:
    await world.has_site(yard())
    stored = await put(engine, VAN)
    async with engine.connect() as conn:
        assert await vehicles.get(conn, "van-7") == stored == VAN
        assert await vehicles.by_token(conn, IdToken("token-7")) == VAN


async def test_of_two_writers_with_the_same_version_the_second_is_told(
    world: World, engine: AsyncEngine
) -> None:
    await world.has_site(yard())
    await put(engine, VAN)
    second = await put(engine, VAN, expected_version=1)
    assert isinstance(second, Vehicle)
    assert second.version == 2
    assert await put(engine, VAN, expected_version=1) is VehicleRefusal.VERSION_CONFLICT
    assert await put(engine, VAN, expected_version=0) is VehicleRefusal.VERSION_CONFLICT


async def test_a_token_seen_first_gives_way_to_the_vehicle_that_is_registered_with_it(
    world: World, engine: AsyncEngine
) -> None:
    await world.has_site(yard())
    async with engine.begin() as conn:
        await vehicles.see_tokens(conn, "yard", {IdToken("token-7")}, now=NOON)
        await vehicles.see_tokens(conn, "yard", {IdToken("token-7")}, now=NOON)
        assert (await vehicles.by_token(conn, IdToken("token-7"))).vehicle_id == "token-7"  # type: ignore[union-attr]
    await put(engine, VAN)
    async with engine.connect() as conn:
        assert await vehicles.get(conn, "token-7") is None
        assert await vehicles.get(conn, VAN.vehicle_id) == VAN


async def test_a_token_that_is_seen_while_its_vehicle_is_registered_gives_way_as_well(
    world: World, engine: AsyncEngine
) -> None:
    await world.has_site(yard())
    async with engine.begin() as conn:
        await vehicles.see_tokens(conn, "yard", {VAN.id_token}, now=NOON)
        registering = asyncio.create_task(put(engine, VAN))
        async with asyncio.timeout(15), engine.connect() as other:
            while not await other.scalar(WAITS):  # noqa: ASYNC110 - the truth is in the database
                await asyncio.sleep(0.01)
    assert await registering == VAN
    async with engine.connect() as conn:
        assert await vehicles.by_token(conn, VAN.id_token) == VAN


async def test_two_registered_vehicles_cannot_share_a_token(
    world: World, engine: AsyncEngine
) -> None:
    await world.has_site(yard())
    await put(engine, VAN)
    other = Vehicle(vehicle_id="van-8", site_id="yard", id_token=VAN.id_token, name="Van 8")
    assert await put(engine, other) is VehicleRefusal.TOKEN_TAKEN
