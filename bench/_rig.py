"""What the load benches share: engines, csms processes on cores of their own, stations, reports."""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from csms.store import tables  # noqa: E402
from csms.store.credentials import password_hmac  # noqa: E402
from csms.store.engine import make_engine  # noqa: E402
from tests import engines  # noqa: E402
from tests.integration.csms.test_kill import SECRET, free_port  # noqa: E402

PASSWORD = "a-long-random-text-that-is-not-one"
READY_WITHIN_S = 30.0
CORES = sorted(os.sched_getaffinity(0))


@dataclass
class Csms:
    """One process, that can be killed and started again under its name."""

    name: str
    environment: dict[str, str]
    core: int | None
    log: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def start(self) -> None:
        """Return when it is ready."""
        said = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "csms"],
                env=os.environ | self.environment | {"V2GHUB_CSMS_NAME": self.name},
                cwd=ROOT,
                stderr=output,
            )
        if self.core is not None:
            os.sched_setaffinity(self.pid, {self.core})
        deadline_s = time.monotonic() + READY_WITHIN_S
        while b'"ready"' not in self.log.read_bytes()[said:]:
            if time.monotonic() > deadline_s or self.process.poll() is not None:
                raise RuntimeError(self.log.read_text()[-2000:])
            time.sleep(0.05)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()


@dataclass
class Rig:
    """Engines that run, and the csms processes on them, which share one port."""

    database_url: str
    redis_url: str
    postgres_pid: int
    port: int
    processes: list[Csms] = field(default_factory=list)

    async def add_stations(self, number: int, prefix: str = "bench") -> list[tuple[str, str]]:
        """Logins of stations that have booted and been accepted before."""
        names = [f"{prefix}-{one:05}" for one in range(number)]
        rows = [
            {
                "station_id": name,
                "password_hmac": password_hmac(SECRET, name, PASSWORD),
                "registration_status": "Accepted",
                "provisioned": True,
            }
            for name in names
        ]
        engine = make_engine(self.database_url)
        async with engine.begin() as conn:
            for start in range(0, number, 1_000):
                part = rows[start : start + 1_000]
                await conn.execute(tables.charging_station.insert(), part)
        await engine.dispose()
        return [(name, PASSWORD) for name in names]


@contextmanager
def rig(csms: int = 1, cores: list[int] | None = None, **environment: str) -> Iterator[Rig]:
    """`csms` processes, the n-th on the n-th of `cores`; by default each on the first."""
    more_files()
    with ExitStack() as stack:
        databases = stack.enter_context(engines.databases(durable=True))
        redis_url = stack.enter_context(engines.valkey())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hub-bench-")))
        made = Rig(databases.fresh(), redis_url, databases.pid, free_port())
        told = {
            "V2GHUB_DATABASE_URL": made.database_url,
            "V2GHUB_REDIS_URL": redis_url,
            "V2GHUB_SECRET": SECRET,
            "V2GHUB_OCPP_PORT": str(made.port),
            "V2GHUB_OCPP_PORT_SHARED": str(csms > 1),
            **environment,
        }
        for number in range(csms):
            core = (cores or CORES[:1])[number % len(cores or [0])]
            one = Csms(f"csms:{number + 1}", told, core, folder / f"csms-{number + 1}.log")
            made.processes.append(one)
            stack.callback(one.kill)
            one.start()
        yield made


def more_files() -> None:
    """As many sockets as the system lets us have; a test of ten thousand needs ten thousand."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def load_on_last_core() -> None:
    """This process makes the load: away from the server's core, if there are two."""
    os.sched_setaffinity(0, {CORES[-1]})


def cpu_s(pid: int) -> float:
    """CPU seconds of a process and the children that live."""
    process = psutil.Process(pid)
    times = [one.cpu_times() for one in (process, *process.children(recursive=True))]
    return sum(one.user + one.system for one in times)


def percentile(values: list[float], share_ratio: float) -> float:
    """Of at least one value."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share_ratio))]


def report(bench: str, metric: str, value: float, unit: str, **more: Any) -> None:
    """One JSON line."""
    row = {"bench": bench, "metric": metric, "value": round(value, 2), "unit": unit, **more}
    print(json.dumps(row, ensure_ascii=False), flush=True)


def run(main: Any, *arguments: Any) -> Any:
    """An event loop as fast as the server's."""
    import uvloop

    return uvloop.run(main(*arguments))


def is_short() -> bool:
    return "--short" in sys.argv[1:]
