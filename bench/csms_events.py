"""CPU per message of stations that wait for each answer: twelve TransactionEvents, one Heartbeat
and one StatusNotification in turn. Prints JSON lines.

The hub with its PostgreSQL, every event durable before it is answered, against the `ocpp` package's
plain server, which validates but stores nothing; and the hub's path without a store against a bare
echo on the same WebSocket library. Servers on one core, the load on the other, in turns, medians.

    .venv/bin/python bench/csms_events.py [--short]
"""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import psutil
import uvloop
from sqlalchemy import update
from websockets.asyncio.client import connect

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from csms.store import credentials, tables  # noqa: E402
from csms.store.engine import make_engine  # noqa: E402
from tests import engines  # noqa: E402
from tests.integration.csms.station import basic  # noqa: E402
from tests.integration.csms.test_kill import SECRET, csms, free_port  # noqa: E402

STATIONS, WARM, MIX = 100, 28, 14
SERVER_CORE, LOAD_CORE = 0, 1
UNPACED = {"V2GHUB_STATION_FRAMES_PER_S": "1e9"}

OCPP_PACKAGE = """
import asyncio, sys
from ocpp.routing import on
from ocpp.v201 import ChargePoint, call_result
from websockets.asyncio.server import serve

class Station(ChargePoint):
    @on("TransactionEvent")
    async def event(self, **_):
        return call_result.TransactionEvent()

    @on("Heartbeat")
    async def heartbeat(self):
        return call_result.Heartbeat(current_time="2026-03-01T08:00:00Z")

    @on("StatusNotification")
    async def status(self, **_):
        return call_result.StatusNotification()

async def main():
    async def run(socket):
        await Station("x", socket).start()
    async with serve(run, "127.0.0.1", int(sys.argv[1]), subprotocols=["ocpp2.0.1"]):
        print("ready", flush=True)
        await asyncio.Future()

asyncio.run(main())
"""

ECHO = """
import asyncio, sys, uvloop
from websockets.asyncio.server import serve

async def main():
    async def run(socket):
        async for frame in socket:
            await socket.send(frame)
    async with serve(run, "127.0.0.1", int(sys.argv[1]), subprotocols=["ocpp2.0.1"],
                     compression=None):
        print("ready", flush=True)
        await asyncio.Future()

uvloop.run(main())
"""

UNSTORED = """
import asyncio, sys, uvloop
sys.path.insert(0, {root!r})
from dataclasses import replace
from functools import partial
from types import SimpleNamespace
from websockets.asyncio.server import serve
from csms.clock import Clock
from csms.connection import Connection, Services
from csms.garbage import collect_less
from csms.lobby import Lobby
from csms.domain.station import OcppVersion
from csms.handlers.routing import answer, routes
from csms.store.memory import MemoryStore
from csms.handlers.ports import StationState
from csms.projector import Projector
from tests.csms.handlers.conftest import ports

async def main():
    store = MemoryStore()
    projector = Projector(store)
    services = Services(
        answer=partial(answer, routes=routes(replace(ports(store), projections=projector))),
        messages=SimpleNamespace(record=lambda message: None),
        clock=Clock(), call_timeout_s=30.0, max_frame_bytes=262_144,
        frames_per_s=1e9, frames_burst=1e9,
    )
    async def run(socket):
        station_id = socket.request.path.strip("/")
        store.states[station_id] = StationState(
            registration_status="Accepted", provisioned=True, floor_w=1_400.0, sample_interval_s=60
        )
        await Connection(socket, station_id, 1, OcppVersion.V201, services).run()
    async def forget():
        while True:
            await asyncio.sleep(0.1)
            store.facts.clear()
    async with serve(run, "127.0.0.1", int(sys.argv[1]), subprotocols=["ocpp2.0.1"],
                     compression=None, create_connection=Lobby().socket):
        tasks = [asyncio.create_task(one) for one in (forget(), projector.run())]
        collect_less()
        print("ready", flush=True)
        await asyncio.Future()

uvloop.run(main())
"""


def frame(number: int) -> str:
    """The station's `number`th call, told as it happens."""
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    if number % MIX == 12:
        return json.dumps([2, f"m-{number}", "Heartbeat", {}])
    if number % MIX == 13:
        told = {"timestamp": at, "connectorStatus": "Occupied", "evseId": 1, "connectorId": 1}
        return json.dumps([2, f"m-{number}", "StatusNotification", told])
    sample = [
        {"value": 71_234.5 + number, "measurand": "Energy.Active.Import.Register"},
        {"value": 21.7, "measurand": "SoC"},
        *({"value": 31.95, "measurand": "Current.Import", "phase": f"L{n}"} for n in (1, 2, 3)),
        *({"value": 231.2, "measurand": "Voltage", "phase": f"L{n}-N"} for n in (1, 2, 3)),
    ]
    seq_no = number // MIX * 12 + number % MIX
    payload = {
        "eventType": {0: "Started", 59: "Ended"}.get(seq_no % 60, "Updated"),
        "timestamp": at,
        "triggerReason": "MeterValuePeriodic",
        "seqNo": seq_no % 60,
        "transactionInfo": {"transactionId": f"{os.getpid()}-{seq_no // 60}"},
        "evse": {"id": 1, "connectorId": 1},
        "meterValue": [{"timestamp": at, "sampledValue": sample}],
    }
    return json.dumps([2, f"m-{number}", "TransactionEvent", payload])


async def load(
    url: str, logins: list[tuple[str, str]], seconds: float, spent_s: Callable[[], float]
) -> tuple[list[float], float]:
    """Sorted latencies and CPU seconds of the measured time, which begins when all are warm."""
    latencies_s: list[float] = []
    warm = [asyncio.Event() for _ in logins]
    stop = asyncio.Event()

    async def station(identity: str, password: str, is_warm: asyncio.Event) -> None:
        async with connect(
            f"{url}/{identity}",
            subprotocols=["ocpp2.0.1"],  # type: ignore[list-item]
            additional_headers=basic(identity, password),
            compression=None,
            open_timeout=60,
        ) as socket:
            for number in count():
                start_s = time.perf_counter()
                await socket.send(frame(number))
                answer = await socket.recv()
                while str(answer).startswith('[2,"') and '"m-' not in str(answer)[:8]:
                    answer = await socket.recv()  # the hub's own calls go unanswered
                if str(answer).startswith("[4"):
                    raise RuntimeError(answer)
                latencies_s.append(time.perf_counter() - start_s)
                if number == WARM:
                    is_warm.set()
                if stop.is_set():
                    return

    async with asyncio.TaskGroup() as group:
        for login, is_warm in zip(logins, warm, strict=True):
            group.create_task(station(*login, is_warm))
        await asyncio.gather(*(is_warm.wait() for is_warm in warm))
        before_s = spent_s()
        latencies_s.clear()
        await asyncio.sleep(seconds)
        measured, cpu = sorted(latencies_s), spent_s() - before_s
        stop.set()
    return measured, cpu


def family(pid: int) -> list[psutil.Process]:
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


def cpu_s(pids: tuple[int, ...]) -> float:
    """CPU seconds of processes and their children, those included that have ended."""
    times = [one.cpu_times() for pid in pids for one in family(pid)]
    ended_s = sum(one.children_user + one.children_system for one in times)
    return ended_s + sum(one.user + one.system for one in times)


@contextmanager
def server(source: str) -> Iterator[tuple[int, int]]:
    """A server of one script: its port and pid."""
    port = free_port()
    with subprocess.Popen(
        [sys.executable, "-c", source, str(port)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield port, process.pid
        process.kill()


def measure(port: int, pids: tuple[int, ...], logins: list[tuple[str, str]], seconds: float
            ) -> list[float]:  # fmt: skip
    """CPU µs per message, messages per s, median ms, 99th percentile ms."""
    for pid in pids:
        for one in family(pid):
            one.cpu_affinity([SERVER_CORE])
    found_s, spent_s = uvloop.run(
        load(f"ws://127.0.0.1:{port}", logins, seconds, lambda: cpu_s(pids))
    )
    number, tail_s = len(found_s), found_s[int(len(found_s) * 0.99)]
    return [spent_s / number * 1e6, number / seconds, found_s[number // 2] * 1e3, tail_s * 1e3]


async def add_stations(url: str) -> list[tuple[str, str]]:
    """Accepted stations with their passwords."""
    engine, names = make_engine(url), [f"bench-{one}" for one in range(STATIONS)]
    async with engine.begin() as conn:
        logins = [(name, await credentials.add(conn, SECRET, name) or "") for name in names]
        accepted = {"registration_status": "Accepted", "provisioned": True}
        await conn.execute(update(tables.charging_station).values(accepted))
    await engine.dispose()
    return logins


def main(seconds: float = 5.0, rounds: int = 3) -> None:
    """Measure all in turns, print medians."""
    psutil.Process().cpu_affinity([LOAD_CORE])
    names = ("hub", "ocpp package", "hub, nothing stored", "echo")
    found: dict[str, list[list[float]]] = {name: [] for name in names}
    unstored = UNSTORED.replace("{root!r}", repr(str(ROOT)))
    with engines.databases(durable=True) as databases, engines.valkey() as redis_url:
        for _ in range(rounds):
            url, port = databases.fresh(), free_port()
            logins = asyncio.run(add_stations(url))
            with ExitStack() as stack:
                process = stack.enter_context(csms(url, redis_url, port, **UNPACED))
                pids = (process.pid, databases.pid)
                found["hub"].append(measure(port, pids, logins, seconds))
            for name, source in (
                ("ocpp package", OCPP_PACKAGE),
                ("hub, nothing stored", unstored),
                ("echo", ECHO),
            ):
                with server(source) as (port, pid):
                    found[name].append(measure(port, (pid,), logins, seconds))
    medians = {
        name: [statistics.median(column) for column in zip(*runs, strict=True)]
        for name, runs in found.items()
    }
    metrics = (("cpu_per_message", "µs"), ("messages", "1/s"), ("p50", "ms"), ("p99", "ms"))
    for one, other in (("hub", "ocpp package"), ("hub, nothing stored", "echo")):
        for (metric, unit), value, peer in zip(metrics, medians[one], medians[other], strict=True):
            row = {"bench": f"csms_events: {one}", "metric": metric, "value": round(value, 1)}
            row |= {"unit": unit, "peer": other, "peer_value": round(peer, 1)}
            print(json.dumps(row | {"ratio": round(value / peer, 3)}, ensure_ascii=False))


if __name__ == "__main__":
    main(*(2.0, 1) if "--short" in sys.argv else ())
