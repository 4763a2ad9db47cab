"""The supervisor of one machine: starts processes stage by stage, keeps them running, stops them in
reverse order. It knows processes, not what they do; `v2ghub/platform.py` says which ones there are.
"""

import asyncio
import json
import os
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from csms.clock import monotonic_s
from v2ghub import logs
from v2ghub.errors import HubError
from v2ghub.process import Process, ProcessSpec, Status
from v2ghub.state import write_atomically

START_TIMEOUT_S = 90.0
GIVE_UP_AFTER_DEATHS = 4
ROTATE_EVERY_S = 30.0

Say = Callable[[str], None]


class Supervisor:
    """Processes of one state folder. Use as an async context manager: leaving it stops them all."""

    def __init__(self, state_dir: Path, say: Say = lambda line: None) -> None:
        self._logs = state_dir / "logs"
        self._state_file = state_dir / "processes.json"
        self._say = say
        self._stages: list[list[Process]] = []
        self._stop_asked = asyncio.Event()
        self._stopping = False
        self._rotation: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Supervisor":
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._ask_to_stop)
        self._rotation = asyncio.create_task(self._rotate_logs())
        return self

    async def __aexit__(self, *exc: object) -> None:
        if self._rotation is not None:
            self._rotation.cancel()
        await self.stop()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)

    @property
    def processes(self) -> list[Process]:
        return [process for stage in self._stages for process in stage]

    def begin(self, *specs: ProcessSpec) -> None:
        """Start a stage, its processes side by side, and do not wait for it."""
        stage = [Process(spec, self._log_of(spec.name), self._changed) for spec in specs]
        self._stages.append(stage)
        for process in stage:
            process.start()

    async def start(self, *specs: ProcessSpec, timeout_s: float = START_TIMEOUT_S) -> None:
        """Begin a stage and return when it and all stages before it are ready.

        Raise: `HubError` with the last words of a process that keeps dying or is not ready in time;
        `Stopped` when asked to stop meanwhile.
        """
        self.begin(*specs)
        deadline_s = monotonic_s() + timeout_s
        while waited_for := [one for one in self.processes if not one.was_ready.is_set()]:
            if self._stop_asked.is_set():
                raise Stopped
            for process in waited_for:
                self._judge(process, monotonic_s() > deadline_s, timeout_s)
            await asyncio.sleep(0.05)

    async def stop(self) -> None:
        """Stop every stage, the last one first."""
        self._stopping = True
        for stage in reversed(self._stages):
            await asyncio.gather(*(process.stop() for process in stage))
        self._stages.clear()

    async def until_asked_to_stop(self) -> None:
        """Return after SIGINT or SIGTERM."""
        await self._stop_asked.wait()

    def _ask_to_stop(self) -> None:
        if self._stop_asked.is_set():
            self._say("killing what still runs")
            for process in self.processes:
                process.kill()
        self._stop_asked.set()

    def _judge(self, process: Process, late: bool, timeout_s: float) -> None:
        if process.refusal is not None:
            raise HubError(f"{process.spec.name} could not be started: {process.refusal}")
        if process.deaths_before_ready < GIVE_UP_AFTER_DEATHS and not late:
            return
        told = (
            f"was not ready within {timeout_s:g} s"
            if late
            else f"died {process.deaths_before_ready} times while starting"
        )
        raise HubError(f"{process.spec.name} {told}; see {process.log}\n{logs.tail(process.log)}")

    def _changed(self, process: Process) -> None:
        if not self._stopping:
            if process.status is Status.DIED and process.was_ready.is_set():
                self._say(
                    f"{process.spec.name} died ({_how(process.exit_code)}); starting it again"
                )
            if process.status is Status.RUNNING:
                again = "again " if process.restarts else ""
                self._say(f"{process.spec.name} is {again}ready (pid {process.pid})")
        self._write_state()

    def _write_state(self) -> None:
        processes = [
            {
                "name": process.spec.name,
                "pid": process.pid,
                "since": process.since.isoformat(),
                "restarts": process.restarts,
                "status": process.status,
            }
            for process in self.processes
        ]
        state = {"pid": os.getpid(), "processes": processes}
        with suppress(OSError):  # a full disk must not stop the supervisor
            write_atomically(self._state_file, json.dumps(state, indent=1), mode=0o600)

    def _log_of(self, name: str) -> Path:
        return self._logs / f"{name.replace(':', '-')}.log"

    async def _rotate_logs(self) -> None:
        while True:
            await asyncio.sleep(ROTATE_EVERY_S)
            for process in self.processes:
                with suppress(OSError):
                    await asyncio.to_thread(logs.rotate, process.log)


class Stopped(Exception):  # noqa: N818
    """Asked to stop while starting: a wish, not an error."""


def read_state(state_dir: Path) -> Sequence[dict[str, object]]:
    """The processes of the supervisor that runs, or last ran, on `state_dir`."""
    try:
        state = json.loads((state_dir / "processes.json").read_text())
    except (OSError, ValueError):
        return []
    return list(state.get("processes", []))


def _how(exit_code: int | None) -> str:
    if exit_code is None:
        return "it could not be started"
    if -exit_code in set(signal.Signals):
        return f"by {signal.Signals(-exit_code).name}"
    return f"by signal {-exit_code}" if exit_code < 0 else f"exit code {exit_code}"
