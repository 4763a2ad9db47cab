"""The controller hears of a signal at once, not when it next looks into its books."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from csms.bus import SIGNALS, Bus
from csms.clock import Clock
from scheduler.adapters.plant import Plant
from scheduler.controller import Controller
from scheduler.domain.signal import GridSignal, SignalKind
from scheduler.services.desk import Desk
from scheduler.store import signals
from scheduler.store.books import PostgresBooks
from tests.integration.csms.conftest import until
from tests.scheduler.world import World, yard

pytestmark = pytest.mark.integration

LONG_S = 3600.0


async def test_a_signal_is_in_the_picture_of_the_next_cycle(world: World, redis_url: str) -> None:
    site, clock, bus = await world.has_site(yard()), Clock(), Bus(redis_url)
    books = PostgresBooks(world.engine, site.site_id)
    desk = Desk(books, bus, site, "first", lease_ttl_s=LONG_S, slack_s=5.0)
    controller = Controller(clock, Plant(site, timeout_s=0.5), desk, period_s=LONG_S)
    loops = [asyncio.create_task(one) for one in (controller.keep_books(), controller.hear(bus))]

    async def leads() -> bool:
        return desk.picture is not None

    await until(leads)
    now = clock.now()
    signal = GridSignal(
        signal_id=uuid4(),
        site_id=site.site_id,
        operator="grid",
        external_id="1",
        revision=1,
        kind=SignalKind.ENVELOPE,
        priority=1,
        starts_at=now,
        ends_at=now + timedelta(minutes=5),
        import_max_w=10_000.0,
    )
    async with world.engine.begin() as conn:
        await signals.insert_signal(conn, signal, {}, now=now)

    async def known() -> bool:
        await bus.publish(SIGNALS, "another")
        await bus.publish(SIGNALS, site.site_id)  # it may not listen yet: a hint can be lost
        assert desk.picture is not None
        return [one.external_id for one in desk.picture.signals] == ["1"]

    await until(known)
    for loop in loops:
        loop.cancel()
    await asyncio.gather(*loops, return_exceptions=True)
    await bus.close()
