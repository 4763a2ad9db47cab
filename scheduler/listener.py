"""Hears on the bus that something happened, and brings the sweep forward.

A thread of the worker's main process. Hints that come close together count as one; without a bus
it waits, and the sweep that beat sends does the work a little later.
"""

import asyncio
from collections.abc import Callable
from threading import Thread

import structlog
from celery import Celery
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from csms.bus import EVENTS, Bus
from scheduler.celery_app import SWEEP

log = structlog.get_logger(__name__)

HINT_EXPIRES_S = 5.0


async def listen(bus: Bus, act: Callable[[], None], *, debounce_s: float) -> None:
    """Call `act` in a thread after each burst of hints, for ever."""
    heard = asyncio.Event()

    async def gather_hints() -> None:
        async for _ in bus.listen(EVENTS):
            heard.set()

    async with asyncio.TaskGroup() as group:
        group.create_task(gather_hints())
        while True:
            await heard.wait()
            await asyncio.sleep(debounce_s)
            heard.clear()
            await asyncio.to_thread(act)


def start_listener(app: Celery, redis_url: str, *, debounce_s: float) -> None:
    """Listen in a thread of its own, which ends with the process."""

    def sweep_soon() -> None:
        try:
            app.send_task(SWEEP, expires=HINT_EXPIRES_S, retry=False)
        except (OperationalError, RedisError, OSError) as error:
            log.warning("hint not passed on", error=type(error).__name__)

    def run() -> None:
        asyncio.run(listen(Bus(redis_url), sweep_soon, debounce_s=debounce_s))

    Thread(target=run, name="listener", daemon=True).start()
