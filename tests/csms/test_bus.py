"""The bus on a real Valkey that is there, frozen, dead and back."""

import asyncio
import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

import pytest

from csms.bus import PAUSE_AFTER_FAILURE_S, Bus
from csms.clock import monotonic_s
from v2ghub.embedded import EmbeddedValkey, running

pytestmark = pytest.mark.integration


@pytest.fixture
def valkey() -> Iterator[tuple[EmbeddedValkey, int]]:
    """A Valkey of the test's own, to do bad things to."""
    with tempfile.TemporaryDirectory(prefix="hub-bus-") as folder:
        engine = EmbeddedValkey(Path(folder) / "data")
        with running(engine) as pid:
            yield engine, pid


async def test_what_is_published_is_heard(redis_url: str) -> None:
    bus = Bus(redis_url)
    async with aclosing(bus.listen("here", "there")) as hints:
        heard = asyncio.create_task(anext(hints))
        while not await bus.publish("elsewhere", "x") or not heard.done():
            await bus.publish("there", "one")
            await asyncio.sleep(0.01)
        assert await heard == ("there", "one")
    await bus.close()


async def test_a_frozen_valkey_holds_nobody_up(valkey: tuple[EmbeddedValkey, int]) -> None:
    engine, pid = valkey
    bus = Bus(engine.url)
    assert await bus.publish("here", "1")
    os.kill(pid, signal.SIGSTOP)
    try:
        start_s = monotonic_s()
        told = [await bus.publish("here", str(n)) for n in range(100)]
        assert monotonic_s() - start_s < 1.0
        assert not any(told)
    finally:
        os.kill(pid, signal.SIGCONT)
    await asyncio.sleep(PAUSE_AFTER_FAILURE_S)
    assert await bus.publish("here", "again")
    await bus.close()


async def test_nobody_there_is_no_error() -> None:
    bus = Bus("redis://127.0.0.1:1/0")

    assert not await bus.publish("here", "1")
    await bus.close()


async def test_listening_survives_the_death_of_valkey() -> None:
    with tempfile.TemporaryDirectory(prefix="hub-bus-") as folder:
        engine = EmbeddedValkey(Path(folder) / "data")
        bus = Bus(engine.url)
        heard: list[str] = []

        async def listen() -> None:
            async with aclosing(bus.listen("here")) as hints:
                async for _, text in hints:
                    heard.append(text)

        async def until_heard(text: str) -> None:
            async with asyncio.timeout(15):
                while text not in heard:
                    await bus.publish("here", text)
                    await asyncio.sleep(0.05)

        listening = asyncio.create_task(listen())
        for life in ("first", "second"):
            server = running(engine)
            pid = await asyncio.to_thread(server.__enter__)
            await until_heard(life)
            os.kill(pid, signal.SIGKILL)
            await asyncio.to_thread(server.__exit__, None, None, None)
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        await bus.close()
