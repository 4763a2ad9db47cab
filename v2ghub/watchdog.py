"""Alive is not well: a process that runs but gives no sign of life is killed, and so restarted.

A Celery worker can hang with its process alive, and anything can be frozen; what counts is the
round trip through the database (and for the worker through the broker).
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from csms.clock import wall_now
from v2ghub.process import Process, Status
from v2ghub.signs import Signs, kind_of, sign_of

LOOK_EVERY_S = 5.0
SILENT = timedelta(seconds=45)
OF_THE_BROKER = ("worker", "beat")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What was seen at `now`. Without `signs` the database is away."""

    now: datetime
    signs: Mapping[str, datetime] | None
    broker_answers: bool
    web_answers: bool


class Watchdog:
    """Who has been silent for too long. It remembers when web, which writes no sign, answered last,
    and when somebody last had a reason to be silent."""

    def __init__(self, silent: timedelta = SILENT) -> None:
        self._silent = silent
        self._looked_at: datetime | None = None
        self._web_answered_at: datetime | None = None
        self._excused_at: dict[str, datetime] = {}

    def silent(self, processes: Sequence[Process], seen: Outlook) -> list[Process]:
        """The running processes to start again."""
        if seen.web_answers or self._web_answered_at is None:
            self._web_answered_at = seen.now
        slept = self._looked_at is not None and abs(seen.now - self._looked_at) > self._silent / 2
        self._looked_at = seen.now
        for process in processes:
            if slept or _is_excused(process.spec.name, seen):
                self._excused_at[process.spec.name] = seen.now
        return [one for one in processes if self._is_silent(one, seen)]

    def _is_silent(self, process: Process, seen: Outlook) -> bool:
        """`since` it has been running; who was excused is given time from then on."""
        name = process.spec.name
        heard_at = self._web_answered_at if name == "web" else _sign(name, seen)
        if process.status is not Status.RUNNING or heard_at is None:
            return False
        excused_at = self._excused_at.get(name, heard_at)
        return seen.now - max(heard_at, excused_at, process.since) > self._silent


def _is_excused(name: str, seen: Outlook) -> bool:
    """While an engine is away nobody who needs it is blamed."""
    broker_away = kind_of(name) in OF_THE_BROKER and not seen.broker_answers
    return name != "web" and (seen.signs is None or broker_away)


def _sign(name: str, seen: Outlook) -> datetime | None:
    return None if seen.signs is None else sign_of(name, seen.signs)


async def watch(processes: Sequence[Process], signs: Signs, say: Callable[[str], None]) -> None:
    """Look again and again, until cancelled; also where a library took that for the end of its own
    waiting (redis-py's `wait_for`, in Python before 3.12)."""
    watchdog, us = Watchdog(), asyncio.current_task()
    while us is None or not us.cancelling():
        await asyncio.sleep(LOOK_EVERY_S)
        try:
            seen = await _outlook(signs)
        except Exception as error:  # noqa: BLE001 - the edge of this task: it must look again
            say(f"the watchdog cannot see: {error!r}")
            continue
        for process in watchdog.silent(processes, seen):
            say(f"{process.spec.name} gives no sign of life; starting it again")
            process.kill()


async def _outlook(signs: Signs) -> Outlook:
    return Outlook(
        signs=await signs.last(),
        broker_answers=await signs.broker_answers(),
        web_answers=await signs.web_answers(),
        now=wall_now(),
    )
