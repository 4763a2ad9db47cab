"""A csms that has no database yet waits for it; one of whose jobs fails ends, and says why."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from csms.campaigns import Campaigns
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


@pytest.mark.integration
async def test_a_job_that_fails_ends_the_csms_in_order(
    database_url: str, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with AsyncExitStack() as stack:
        csms = await build(settings_for(database_url, redis_url), Clock(), stack)

        async def fails() -> None:
            raise RuntimeError("a defect")

        monkeypatch.setattr(Campaigns, "run", lambda self: fails())
        with pytest.raises(RuntimeError, match="a defect"):
            await asyncio.wait_for(csms.serve(asyncio.Event(), lambda port: None), 30)
