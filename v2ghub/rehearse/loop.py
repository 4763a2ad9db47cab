"""An asyncio loop without sockets, threads or waiting: its time jumps to the next timer.

Everything that runs on it, in whatever process of the rehearsal, runs in one order that only the
seed decides. While it runs, `time.monotonic` is its time and `os.urandom` its seed, so that real
code measures time-outs and makes ids as ever.
"""

import asyncio
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from typing import Any
from unittest.mock import patch

RESOLUTION_S = 1e-6


class NothingLeftToDo(RuntimeError):  # noqa: N818 - the state of the loop
    """No timer is set, and something still waits: it would wait for ever."""


class VirtualLoop(asyncio.BaseEventLoop):
    """`now_s` begins at 0 and moves only when everything that could run has run."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 0.0
        self._clock_resolution = RESOLUTION_S
        self._selector = self

    def time(self) -> float:
        """Virtual seconds."""
        return self.now_s

    def select(self, timeout_s: float | None) -> list[Any]:
        """Instead of waiting for a socket."""
        if timeout_s is None:
            raise NothingLeftToDo
        self.now_s += timeout_s
        return []

    def _process_events(self, events: list[Any]) -> None:
        assert not events

    def _write_to_self(self) -> None:
        raise RuntimeError("threads have no place in a rehearsal")


@contextmanager
def virtual(seed: int) -> Iterator[VirtualLoop]:
    """A new loop, and its time and randomness in place of the machine's."""
    loop, random = VirtualLoop(), Random(f"{seed} ids")
    with patch.object(time, "monotonic", loop.time), patch.object(os, "urandom", random.randbytes):
        try:
            yield loop
        finally:
            loop.close()


def run(loop: VirtualLoop, main: Callable[[], Any]) -> Any:
    """Run the coroutine that `main` makes to its end, and cancel what it left."""
    asyncio.set_event_loop(loop)
    try:
        return loop.run_until_complete(main())
    finally:
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        asyncio.set_event_loop(None)
