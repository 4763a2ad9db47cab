"""Processes of the rehearsal: groups of tasks that are killed together, and remember nothing.

A task belongs to the process that made it, as its children do. What a killed process still tries
to tell, store or send goes nowhere.
"""

import asyncio
from collections.abc import Coroutine
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from csms.domain.errors import StoreUnavailable

_current: "ContextVar[Process | None]" = ContextVar("process", default=None)


@dataclass(slots=True, eq=False)
class Process:
    """One life of a process. `stalled_until_s`: its words to the database wait until then, as of
    one that was stopped (SIGSTOP) or whose network hangs."""

    name: str
    alive: bool = True
    stalled_until_s: float = 0.0
    _tasks: dict["asyncio.Task[Any]", None] = field(default_factory=dict)

    def start(self, job: Coroutine[Any, Any, Any]) -> "asyncio.Task[Any]":
        """Run a job in this process."""
        token = _current.set(self)
        try:
            return asyncio.get_running_loop().create_task(job)
        finally:
            _current.reset(token)

    def own(self, task: "asyncio.Task[Any]") -> None:
        """A task that was made in it."""
        self._tasks[task] = None
        task.add_done_callback(lambda done: self._tasks.pop(done, None))

    async def kill(self) -> None:
        """End all of it at once."""
        self.alive = False
        while tasks := [task for task in self._tasks if not task.done()]:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    async def reach(self) -> None:
        """Get through to the database. Raises StoreUnavailable if the process is no more."""
        wait_s = self.stalled_until_s - asyncio.get_running_loop().time()
        if wait_s > 0:
            await asyncio.sleep(wait_s)
        if not self.alive:
            raise StoreUnavailable("killed")


def task_of_its_process(
    loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, Any], **more: Any
) -> "asyncio.Task[Any]":
    """A task factory: each task is its process's own."""
    task: asyncio.Task[Any] = asyncio.Task(coroutine, loop=loop, **more)
    process = _current.get()
    if process is not None:
        process.own(task)
    return task
