"""A csms that has no database yet waits for it, until it is told to stop."""

import asyncio
from contextlib import AsyncExitStack

from csms.clock import Clock
from csms.main import build
from tests.integration.csms.conftest import settings_for


async def test_who_waits_for_the_database_can_be_stopped() -> None:
    stopping = asyncio.Event()
    async with AsyncExitStack() as stack:
        nowhere = settings_for("postgresql://u@127.0.0.1:1/d", "redis://127.0.0.1:1/0")
        csms = await build(nowhere, Clock(), stack)
        serving = asyncio.create_task(csms.serve(stopping, lambda port: None))
        stopping.set()
        await asyncio.wait_for(serving, 10)
