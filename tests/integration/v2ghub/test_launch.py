"""How a hub goes down: in order, and its clock last."""

import asyncio
import os
import signal
import sys
import textwrap
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from csms.clock import Clock
from v2ghub import bootstrap, launch, siteclock
from v2ghub.process import ProcessSpec
from v2ghub.settings import LocalSettings
from v2ghub.signs import Signs
from v2ghub.simulation import Simulation
from v2ghub.state import HubFile
from v2ghub.supervisor import Supervisor

pytestmark = pytest.mark.integration

FIRST = datetime(2026, 3, 24, 6, 30, tzinfo=UTC)
SLOW_TO_LEAVE = """
    import signal, sys, time
    from pathlib import Path
    from csms.clock import clock_from
    def leave(number, frame):
        time.sleep(0.3)
        Path(sys.argv[1]).write_text(clock_from().now().isoformat())
        sys.exit()
    signal.signal(signal.SIGTERM, leave)
    Path(sys.argv[1]).write_text("")
    time.sleep(600)
"""


async def test_a_demo_goes_on_later_than_its_last_process_has_seen(
    tmp_path: Path, database_url: str, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    last_seen = tmp_path / "last_seen"

    async def prepare(_: Any, __: str, clock: Clock) -> HubFile:
        return HubFile(pid=os.getpid(), speed_ratio=clock.speed_ratio)

    async def start(
        _: Any, supervisor: Supervisor, told: Mapping[str, str], __: Signs, ___: HubFile
    ) -> None:
        async def ready(_: datetime) -> bool:
            return last_seen.exists()

        code = textwrap.dedent(SLOW_TO_LEAVE)
        command = (sys.executable, "-c", code, str(last_seen))
        spec = ProcessSpec(name="csms", command=command, environment=told, ready=ready)
        await supervisor.start(spec)

    monkeypatch.setattr(bootstrap, "migrate", lambda _: None)
    monkeypatch.setattr(launch, "_prepare", prepare)
    monkeypatch.setattr(launch, "_start_processes", start)
    demo = launch.Launch(
        settings=LocalSettings(database_url=database_url, redis_url=redis_url),
        state_dir=tmp_path,
        secret="s" * 32,
        sites=[],
        say=lambda _: None,
        simulation=Simulation(tmp_path, 1, {}, FIRST, 600.0),
    )
    await asyncio.wait_for(launch.run(demo, lambda _: os.kill(os.getpid(), signal.SIGINT)), 60)
    stood = siteclock.stood_at(tmp_path)
    assert stood is not None
    assert stood >= datetime.fromisoformat(last_seen.read_text())
