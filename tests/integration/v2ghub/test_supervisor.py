"""The supervisor with real processes: they come back, they stop in order, none is left behind."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from errno import ENOSPC
from itertools import pairwise
from pathlib import Path

import psutil
import pytest

from v2ghub.errors import HubError
from v2ghub.process import ProcessSpec
from v2ghub.supervisor import Stopped, Supervisor, read_state

pytestmark = pytest.mark.integration

SLEEPER = "import time; time.sleep(600)"


async def yes(_started_at: datetime) -> bool:
    return True


def spec(
    name: str,
    code: str = SLEEPER,
    ready: Callable[[datetime], Awaitable[bool]] = yes,
    grace_s: float = 5.0,
) -> ProcessSpec:
    command = (sys.executable, "-c", textwrap.dedent(code))
    return ProcessSpec(
        name=name, command=command, environment=dict(os.environ), ready=ready, grace_s=grace_s
    )


async def until(true: Callable[[], object], within_s: float = 15) -> None:
    async with asyncio.timeout(within_s):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def row(state_dir: Path, name: str) -> dict[str, object]:
    return next(row for row in read_state(state_dir) if row["name"] == name)


async def test_a_killed_process_comes_back_and_the_state_file_says_so(tmp_path: Path) -> None:
    told: list[str] = []
    async with Supervisor(tmp_path, told.append) as supervisor:
        await supervisor.start(spec("csms"))
        old_pid = row(tmp_path, "csms")["pid"]
        assert isinstance(old_pid, int)
        os.kill(old_pid, signal.SIGKILL)
        await until(lambda: row(tmp_path, "csms")["restarts"] == 1)
        await until(lambda: row(tmp_path, "csms")["status"] == "running")
        assert row(tmp_path, "csms")["pid"] not in (None, old_pid)
    assert any("csms died (by SIGKILL)" in line for line in told)
    assert any("csms is again ready" in line for line in told)


async def test_each_death_in_a_row_is_followed_by_a_longer_pause(tmp_path: Path) -> None:
    mark = tmp_path / "starts"
    code = f"""
        import time
        open({str(mark)!r}, "a").write(f"{{time.monotonic()}}\\n")
    """
    async with Supervisor(tmp_path) as supervisor:
        with pytest.raises(HubError, match="web died 4 times while starting"):
            await supervisor.start(spec("web", code, ready=_never))
    times = [float(line) for line in mark.read_text().splitlines()]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert gaps[0] >= 0.2
    assert gaps[1] >= 0.4
    assert gaps[2] >= 0.8


async def _never(_started_at: datetime) -> bool:
    return False


async def test_what_keeps_dying_is_told_with_its_last_words(tmp_path: Path) -> None:
    code = "raise SystemExit('the site depot is not known')"
    async with Supervisor(tmp_path) as supervisor:
        with pytest.raises(HubError, match=r"(?s)controller.*the site depot is not known"):
            await supervisor.start(spec("controller:depot", code, ready=_never))


async def test_a_program_that_is_missing_is_told(tmp_path: Path) -> None:
    missing = ProcessSpec(name="csms", command=("/no/such",), environment={}, ready=_never)
    async with Supervisor(tmp_path) as supervisor:
        with pytest.raises(HubError, match="No such file"):
            await supervisor.start(missing)


async def test_whatever_hinders_a_start_it_is_tried_again(tmp_path: Path) -> None:
    tried: list[str] = []

    def prepare() -> None:
        tried.append("")
        if len(tried) < 3:
            raise RuntimeError("for once")

    async with Supervisor(tmp_path) as supervisor:
        supervisor.begin(replace(spec("csms"), prepare=prepare))
        (process,) = supervisor.processes
        await asyncio.wait_for(process.was_ready.wait(), 15)
    assert "csms could not be started: for once" in process.log.read_text()


async def test_a_question_that_fails_is_asked_again(tmp_path: Path) -> None:
    asked: list[datetime] = []

    async def ready(started_at: datetime) -> bool:
        asked.append(started_at)
        if len(asked) < 3:
            raise RuntimeError("the answer made no sense")
        return True

    async with Supervisor(tmp_path) as supervisor:
        await supervisor.start(spec("csms", ready=ready))
        (process,) = supervisor.processes
    assert process.log.read_text().count("the answer made no sense") == 1


async def test_a_full_disk_does_not_end_the_care_for_a_process(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "csms.log").symlink_to("/dev/full")
    tried: list[str] = []

    def prepare() -> None:
        tried.append("")
        if len(tried) == 1:
            raise OSError(ENOSPC, "No space left on device")

    async with Supervisor(tmp_path) as supervisor:
        supervisor.begin(replace(spec("csms"), prepare=prepare))
        (process,) = supervisor.processes
        await asyncio.wait_for(process.was_ready.wait(), 15)


async def test_a_signal_without_a_name_is_a_death_like_others(tmp_path: Path) -> None:
    told: list[str] = []
    async with Supervisor(tmp_path, told.append) as supervisor:
        await supervisor.start(spec("csms"))
        (process,) = supervisor.processes
        assert process.pid is not None
        os.kill(process.pid, signal.SIGRTMIN + 6)
        await until(lambda: any("is again ready" in line for line in told))
    assert f"csms died (by signal {signal.SIGRTMIN + 6}); starting it again" in told


async def test_stages_stop_in_reverse_order(tmp_path: Path) -> None:
    ends = tmp_path / "ends"
    code = f"""
        import signal, sys, time
        def end(number, frame):
            time.sleep(0.2)
            open({str(ends)!r}, "a").write(sys.argv[-1] + "\\n")
            sys.exit()
        signal.signal(signal.SIGTERM, end)
        open({str(ends)!r} + "." + sys.argv[-1], "w").close()
        time.sleep(600)
    """

    def staged(name: str) -> ProcessSpec:
        started = Path(f"{ends}.{name}")

        async def ready(_started_at: datetime) -> bool:
            return started.exists()  # noqa: ASYNC240

        command = (sys.executable, "-c", textwrap.dedent(code), name)
        return ProcessSpec(name=name, command=command, environment=dict(os.environ), ready=ready)

    async with Supervisor(tmp_path) as supervisor:
        await supervisor.start(staged("engine"))
        await supervisor.start(staged("platform"))
        await supervisor.start(staged("simulator"))
    assert ends.read_text().split() == ["simulator", "platform", "engine"]


async def test_who_does_not_listen_is_killed_after_its_grace_with_its_children(
    tmp_path: Path,
) -> None:
    pids = tmp_path / "pids"
    code = f"""
        import os, signal, subprocess, sys, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        open({str(pids)!r}, "w").write(f"{{os.getpid()}} {{child.pid}}")
        time.sleep(600)
    """

    async def written(_started_at: datetime) -> bool:
        return pids.exists() and len(pids.read_text().split()) == 2

    async with Supervisor(tmp_path) as supervisor:
        await supervisor.start(spec("worker", code, ready=written, grace_s=0.3))
        deaf = [psutil.Process(int(pid)) for pid in pids.read_text().split()]
    _, alive = psutil.wait_procs(deaf, timeout=5)
    assert not alive


async def test_asked_to_stop_while_starting_it_stops(tmp_path: Path) -> None:
    async with Supervisor(tmp_path) as supervisor:
        asyncio.get_running_loop().call_later(0.3, os.kill, os.getpid(), signal.SIGTERM)
        with pytest.raises(Stopped):
            await supervisor.start(spec("web", ready=_never))
        assert supervisor.processes
    assert not supervisor.processes


@pytest.mark.skipif(sys.platform != "linux", reason="PR_SET_PDEATHSIG is Linux'")
async def test_a_killed_supervisor_takes_its_processes_with_it(tmp_path: Path) -> None:
    code = f"""
        import asyncio, os, sys
        from pathlib import Path
        from v2ghub.process import ProcessSpec
        from v2ghub.supervisor import Supervisor
        async def yes(started_at): return True
        async def main():
            async with Supervisor(Path({str(tmp_path)!r})) as supervisor:
                command = (sys.executable, "-c", {SLEEPER!r})
                await supervisor.start(ProcessSpec(
                    name="csms", command=command, environment=dict(os.environ), ready=yes))
                await supervisor.until_asked_to_stop()
        asyncio.run(main())
    """
    hub = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)])  # noqa: ASYNC220
    state_file = tmp_path / "processes.json"
    await until(lambda: state_file.exists() and row(tmp_path, "csms")["status"] == "running")
    pid = json.loads(state_file.read_text())["processes"][0]["pid"]
    orphan = psutil.Process(pid)
    hub.kill()
    hub.wait()
    _, alive = psutil.wait_procs([orphan], timeout=5)
    assert not alive
