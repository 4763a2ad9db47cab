"""Alive is not well: a process that runs but gives no sign of life is killed, and so restarted.

A Celery worker can hang with its process alive, and anything can be frozen; what counts is the
round trip that /health/ready reports.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence

from csms.clock import monotonic_s
from v2ghub.health import PROVEN_BY, Health
from v2ghub.process import Process, Status

LOOK_EVERY_S = 3.0
SILENT_S = 45.0
ENGINES = ("database", "valkey")


class Watchdog:
    """Remembers since when each process has been silent."""

    def __init__(self, silent_s: float = SILENT_S) -> None:
        self._silent_s = silent_s
        self._silent_since_s: dict[tuple[str, int], float] = {}

    def silent(
        self, processes: Sequence[Process], checks: Mapping[str, bool] | None, now_s: float
    ) -> list[Process]:
        """The running processes that have been silent for too long at `now_s`."""
        too_long = []
        for process in processes:
            name = process.spec.name
            key = (name, process.pid or 0)
            if process.status is not Status.RUNNING or not _is_silent(name, checks):
                self._silent_since_s.pop(key, None)
            elif now_s - self._silent_since_s.setdefault(key, now_s) >= self._silent_s:
                del self._silent_since_s[key]
                too_long.append(process)
        return too_long


async def watch(processes: Sequence[Process], health: Health, say: Callable[[str], None]) -> None:
    """Look again and again, until cancelled."""
    watchdog = Watchdog()
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        for process in watchdog.silent(processes, await health.checks(), monotonic_s()):
            say(f"{process.spec.name} gives no sign of life; starting it again")
            process.kill()


def _is_silent(name: str, checks: Mapping[str, bool] | None) -> bool:
    """Without an engine nobody can give a sign, and nobody is blamed for it."""
    if name == "web" or checks is None:
        return name == "web" and checks is None
    if not all(checks.get(engine, True) for engine in ENGINES):
        return False
    return not checks.get(PROVEN_BY.get(name, name), True)
