"""One supervised process: how it is started, watched, restarted and stopped.

A process runs in a session of its own (Ctrl-C reaches the supervisor only), writes straight to its
log file, and dies with the supervisor. Only its own end counts as death; what it left in its
process group is then killed before it is started again.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from csms.clock import monotonic_s, wall_now
from v2ghub import folders, logs
from v2ghub.deathsignal import die_with_parent

FIRST_BACKOFF_S = 0.2
LONGEST_BACKOFF_S = 10.0
HEALTHY_AFTER_S = 30.0
READY_POLL_S = 0.1


class Status(StrEnum):
    """Where a process is in its life."""

    STARTING = "starting"
    RUNNING = "running"
    DIED = "died"
    STOPPED = "stopped"


@dataclass(frozen=True, kw_only=True)
class ProcessSpec:
    """What to run. `prepare` runs in a thread before each start; `ready(started_at)` is a
    real round trip that an earlier life of the process cannot have answered."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    ready: Callable[[datetime], Awaitable[bool]]
    prepare: Callable[[], None] = lambda: None
    stop_signal: signal.Signals = signal.SIGTERM
    grace_s: float = 10.0
    user: str | None = None


def backoff_s(deaths: int) -> float:
    """The pause before the next start after `deaths` deaths in a row (1 is the first)."""
    return float(min(LONGEST_BACKOFF_S, FIRST_BACKOFF_S * 2.0 ** min(deaths - 1, 16)))


@dataclass
class Process:
    """The life of one spec, over as many restarts as it takes. `changed` hears of every step."""

    spec: ProcessSpec
    log: Path
    changed: Callable[["Process"], None]
    status: Status = Status.STOPPED
    pid: int | None = None
    since: datetime = field(default_factory=wall_now)
    restarts: int = 0
    exit_code: int | None = None
    deaths_before_ready: int = 0
    refusal: str | None = None
    was_ready: asyncio.Event = field(default_factory=asyncio.Event)
    _child: asyncio.subprocess.Process | None = None
    _keeper: asyncio.Task[None] | None = None
    _noted: str = ""

    def start(self) -> None:
        """Run and keep running."""
        self._keeper = asyncio.create_task(self._keep(), name=f"keep {self.spec.name}")

    async def stop(self) -> None:
        """End it: its stop signal, its grace, then kill. Return when it is gone."""
        keeper, child = self._keeper, self._child
        if keeper is None:
            return
        self._keeper = None
        if child is not None and child.returncode is None:
            with suppress(ProcessLookupError):
                child.send_signal(self.spec.stop_signal)
            with suppress(TimeoutError):
                await asyncio.wait_for(child.wait(), self.spec.grace_s)
        keeper.cancel()
        await asyncio.wait([keeper])
        self._become(Status.STOPPED)

    def kill(self) -> None:
        """SIGKILL, at once; if it is kept, it is started again."""
        if self._child is not None and self._child.returncode is None:
            _kill_group(self._child.pid)

    async def _keep(self) -> None:
        deaths = 0
        while True:
            started_s = monotonic_s()
            await self._live()
            healthy = monotonic_s() - started_s >= HEALTHY_AFTER_S
            deaths = 1 if healthy else deaths + 1
            self.deaths_before_ready += not self.was_ready.is_set()
            if self._keeper is None:
                return
            self._become(Status.DIED)
            await asyncio.sleep(backoff_s(deaths))
            self.restarts += 1

    async def _live(self) -> None:
        """From start to death."""
        try:
            await asyncio.to_thread(self.spec.prepare)
            started_at = wall_now()
            self._child = child = await self._spawn()
        except Exception as error:  # noqa: BLE001 - the edge of this task: it must try again
            self.refusal = str(error) or repr(error)
            self._note(f"could not be started: {self.refusal}")
            return
        self.pid = child.pid
        self._become(Status.STARTING)
        readiness = asyncio.create_task(self._become_ready(started_at))
        try:
            self.exit_code = await child.wait()
        finally:
            readiness.cancel()
            _kill_group(child.pid)
            await child.wait()
            self.pid = None

    async def _spawn(self) -> asyncio.subprocess.Process:
        spec = self.spec
        with logs.opened(self.log) as output:
            return await asyncio.create_subprocess_exec(
                *spec.command, env=dict(spec.environment), cwd="/" if spec.user else None,
                stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output,
                user=spec.user, group=folders.group_of(spec.user),
                extra_groups=folders.no_groups(spec.user), start_new_session=True,
                preexec_fn=die_with_parent(spec.stop_signal) if sys.platform == "linux" else None,
            )  # fmt: skip

    async def _become_ready(self, started_at: datetime) -> None:
        while True:
            if await self._is_ready(started_at):
                break
            await asyncio.sleep(READY_POLL_S)
        self._become(Status.RUNNING)
        self.was_ready.set()

    async def _is_ready(self, started_at: datetime) -> bool:
        try:
            return await self.spec.ready(started_at)
        except Exception as error:  # noqa: BLE001 - the edge of this task: it must ask again
            self._note(f"cannot be asked whether it is ready: {error!r}")
            return False

    def _note(self, what: str) -> None:
        """A line in its log, not twice in a row; a full disk must not stop us."""
        if what != self._noted:
            self._noted = what
            with suppress(OSError):
                logs.append(self.log, f"{self.spec.name} {what}")

    def _become(self, status: Status) -> None:
        self.status = status
        self.since = wall_now()
        self.changed(self)


def _kill_group(pid: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
