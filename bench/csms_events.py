"""CPU per durable TransactionEvent: the csms and its PostgreSQL, against the `ocpp` package's plain
server, which validates but stores nothing. Prints JSON lines.

    .venv/bin/python bench/csms_events.py [seconds] [stations]
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psutil
import uvloop
from websockets.asyncio.client import connect

ROOT = Path(__file__).parents[1]
WARM_EVENTS = 5
sys.path.insert(0, str(ROOT))

from csms.store import credentials  # noqa: E402
from csms.store.engine import make_engine  # noqa: E402
from tests import engines  # noqa: E402
from tests.integration.csms.station import basic  # noqa: E402
from tests.integration.csms.test_kill import SECRET, csms, free_port  # noqa: E402

PEER = """
import asyncio, sys
from ocpp.routing import on
from ocpp.v201 import ChargePoint, call_result
from websockets.asyncio.server import serve

class Station(ChargePoint):
    @on("TransactionEvent")
    async def event(self, **_):
        return call_result.TransactionEvent()

async def main():
    async def run(socket):
        await Station("x", socket).start()
    async with serve(run, "127.0.0.1", int(sys.argv[1]), subprotocols=["ocpp2.0.1"]):
        print("ready", flush=True)
        await asyncio.Future()

asyncio.run(main())
"""


def event(seq_no: int) -> str:
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(1_780_000_000 + seq_no))
    sample = [
        {"value": 71_234.5 + seq_no, "measurand": "Energy.Active.Import.Register"},
        {"value": 21.7, "measurand": "SoC"},
        *({"value": 31.95, "measurand": "Current.Import", "phase": f"L{n}"} for n in (1, 2, 3)),
        *({"value": 231.2, "measurand": "Voltage", "phase": f"L{n}-N"} for n in (1, 2, 3)),
    ]
    payload = {
        "eventType": "Updated" if seq_no else "Started",
        "timestamp": at,
        "triggerReason": "MeterValuePeriodic",
        "seqNo": seq_no,
        "transactionInfo": {"transactionId": f"tx-{seq_no // 50}"},
        "evse": {"id": 1},
        "meterValue": [{"timestamp": at, "sampledValue": sample}],
    }
    return json.dumps([2, f"m-{seq_no}", "TransactionEvent", payload])


async def load(
    url: str, logins: list[tuple[str, str]], seconds: float, spent_s: Callable[[], float]
) -> tuple[list[float], float]:
    """Closed loop: each station sends its next event when the last is answered.

    Sorted latencies and CPU seconds of the measured time, which begins when all are warm.
    """
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
            for seq_no in count():
                start_s = time.perf_counter()
                await socket.send(event(seq_no))
                answer = await socket.recv()
                if not str(answer).startswith("[3"):
                    raise RuntimeError(answer)
                latencies_s.append(time.perf_counter() - start_s)
                if seq_no == WARM_EVENTS:
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


def cpu_s(pid: int) -> float:
    """CPU seconds of a process and the children that live."""
    process = psutil.Process(pid)
    times = [one.cpu_times() for one in (process, *process.children(recursive=True))]
    return sum(one.user + one.system for one in times)


@contextmanager
def peer(port: int) -> Iterator[int]:
    with subprocess.Popen(
        [sys.executable, "-c", PEER, str(port)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process.pid
        process.kill()


def measure(port: int, logins: list[tuple[str, str]], seconds: float, *pids: int) -> list[float]:
    """CPU µs per event, events per s, median ms, 99th percentile ms."""
    latencies_s, spent_s = uvloop.run(
        load(f"ws://127.0.0.1:{port}", logins, seconds, lambda: sum(map(cpu_s, pids)))
    )
    events = len(latencies_s)
    tail_s = latencies_s[int(events * 0.99)]
    return [
        spent_s / events * 1e6,
        events / seconds,
        latencies_s[events // 2] * 1e3,
        tail_s * 1e3,
    ]


async def add_stations(url: str, number: int) -> list[tuple[str, str]]:
    engine = make_engine(url)
    async with engine.begin() as conn:
        names = [f"bench-{one}" for one in range(number)]
        logins = [(name, await credentials.add(conn, SECRET, name) or "") for name in names]
    await engine.dispose()
    return logins


def main(seconds: float = 8.0, stations: int = 100) -> None:
    """Measure both, print what was found."""
    with engines.databases() as databases, engines.valkey() as redis_url:
        url, port = databases.fresh(), free_port()
        logins = asyncio.run(add_stations(url, stations))
        with csms(url, redis_url, port) as process:
            ours = measure(port, logins, seconds, process.pid, databases.pid)
    port = free_port()
    with peer(port) as pid:
        theirs = measure(port, logins, seconds, pid)
    metrics = (("cpu_per_event", "µs"), ("events", "1/s"), ("p50", "ms"), ("p99", "ms"))
    for (metric, unit), value, other in zip(metrics, ours, theirs, strict=True):
        row = {"bench": "csms_events", "metric": metric, "value": round(value, 1), "unit": unit}
        row |= {"peer": "ocpp package, nothing stored", "peer_value": round(other, 1)}
        print(json.dumps(row | {"ratio": round(value / other, 3)}, ensure_ascii=False))


if __name__ == "__main__":
    main(*(float(sys.argv[1]), int(sys.argv[2])) if len(sys.argv) == 3 else ())
