import asyncio

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from scheduler.store import leases
from tests.scheduler.world import World, yard

pytestmark = pytest.mark.integration


async def acquire(engine: AsyncEngine, holder: str, ttl_s: float = 5.0) -> int | None:
    async with engine.begin() as conn:
        return await leases.acquire(conn, "yard", holder, ttl_s=ttl_s)


async def test_of_many_who_ask_at_once_one_gets_the_lease(
    world: World, engine: AsyncEngine
) -> None:
    await world.has_site(yard())
    epochs = await asyncio.gather(*(acquire(engine, f"controller-{n}") for n in range(6)))
    assert sorted(epoch for epoch in epochs if epoch is not None) == [1]


async def test_renewing_keeps_the_epoch_and_a_new_holder_raises_it(
    world: World, engine: AsyncEngine
) -> None:
    await world.has_site(yard())
    assert await acquire(engine, "a") == 1
    assert await acquire(engine, "a") == 1
    assert await acquire(engine, "b") is None
    async with engine.begin() as conn:
        await leases.release(conn, "yard", "a")
    assert await acquire(engine, "b") == 2
    assert await acquire(engine, "a") is None


async def test_a_lease_that_ran_out_goes_to_whoever_asks_first(
    world: World, engine: AsyncEngine
) -> None:
    await world.has_site(yard())
    assert await acquire(engine, "a", ttl_s=-1) == 1
    assert await acquire(engine, "b") == 2


async def test_only_the_holder_can_release(world: World, engine: AsyncEngine) -> None:
    await world.has_site(yard())
    await acquire(engine, "a")
    async with engine.begin() as conn:
        await leases.release(conn, "yard", "b")
    assert await acquire(engine, "b") is None


async def test_a_holder_that_falls_silent_in_its_transaction_does_not_keep_others_waiting(
    world: World, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.has_site(yard())
    silent = await engine.connect()
    with monkeypatch.context() as of_the_silent_one:  # who asks after it has the whole time to wait
        of_the_silent_one.setattr(leases, "SILENT_FOR", "50ms")
        assert await leases.acquire(silent, "yard", "a", ttl_s=5.0) == 1
    async with asyncio.timeout(10):
        assert await acquire(engine, "b") == 1  # the silent one's lease was never committed
    await silent.invalidate()
    await silent.close()
