"""A thousand simulated stations in one process: what they cost to run. Prints JSON lines.

They charge against a central system that answers at once and stores nothing, in a process of its
own, so that the figures are the stations' alone.

    .venv/bin/python bench/simulator_swarm.py [--short]
"""

import asyncio
import json
import multiprocessing
import subprocess
import sys
import tempfile
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

ROOT = Path(__file__).parents[1]
NOW = "2026-03-01T08:00:00Z"
ANSWERS: dict[str, dict[str, Any]] = {
    "BootNotification": {"status": "Accepted", "interval": 300, "currentTime": NOW},
    "Authorize": {"idTokenInfo": {"status": "Accepted"}},
    "Heartbeat": {"currentTime": NOW},
    "NotifyEVChargingNeeds": {"status": "Accepted"},
}


async def _talk(socket: ServerConnection) -> None:
    with suppress(ConnectionClosed):
        async for text in socket:
            _, message_id, action, _ = json.loads(text)
            await socket.send(json.dumps([3, message_id, ANSWERS.get(action, {})]))


async def _serve(ready: Connection) -> None:
    async with serve(_talk, "127.0.0.1", 0, subprotocols=["ocpp2.0.1"], compression=None) as one:  # type: ignore[list-item]
        ready.send(next(iter(one.sockets)).getsockname()[1])
        await one.serve_forever()


def _friendly(ready: Connection) -> None:
    asyncio.run(_serve(ready))


def main() -> None:
    """Start the two processes, and print what the stations' one cost."""
    run_s = 20.0 if "--short" in sys.argv else 60.0
    mine, theirs = multiprocessing.Pipe()
    server = multiprocessing.Process(target=_friendly, args=(theirs,), daemon=True)
    server.start()
    config = {
        "ocpp_url": f"ws://127.0.0.1:{mine.recv()}",
        "stations": {f"swarm-{number:04d}": "secret" for number in range(1_000)},
        "run_s": run_s,
        "connect_s": run_s / 4,
    }
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(config, file)
        file.flush()
        done = subprocess.run(
            [sys.executable, "-m", "simulator.swarm", file.name],
            cwd=ROOT, capture_output=True, text=True, check=True,
        )  # fmt: skip
    server.terminate()
    told = json.loads(done.stdout)
    assert told["accepted"] == told["stations"] == 1_000, told
    _report("cpu_of_a_core", told["cpu_pct"], "%")
    _report("memory_per_station", told["rss_kib_per_station"], "KiB")


def _report(metric: str, value: float, unit: str) -> None:
    row = {"bench": "simulator_swarm", "metric": metric, "value": value, "unit": unit}
    print(json.dumps(row | {"peer": None, "ratio": None}), flush=True)


if __name__ == "__main__":
    main()
