"""From an operator's POST to the station's answer, with a thousand stations on two csms that share
a port: how long does it take, and what CPU? Prints JSON lines.

`one_by_one` and `together` end when the API has answered and the station has the call;
`to_its_end`, as the rows of the commands tell it, when the csms knows what the station answered.

    .venv/bin/python bench/command_latency.py [--short]
"""

import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from uuid import uuid4

import httpx
from _line import Line, dial_all
from _rig import (
    CORES,
    ROOT,
    SECRET,
    Rig,
    free_port,
    is_short,
    load_on_last_core,
    make_engine,
    percentile,
    report,
    rig,
    run,
)

from web.roles import Role
from web.store.accounts import create_token

BENCH = "command_latency"
STATIONS, COMMANDS = (200, 100) if is_short() else (1_000, 1_000)
AT_ONCE = 8
ANSWER = b'[3,"%b",{"status":"Accepted"}]'


@contextmanager
def web(rig: Rig, port: int) -> Iterator[str]:
    """The API on the load's core; its URL."""
    environment = os.environ | {
        "V2GHUB_DATABASE_URL": rig.database_url,
        "V2GHUB_REDIS_URL": rig.redis_url,
        "V2GHUB_SECRET": SECRET,
        "V2GHUB_WEB_PORT": str(port),
    }
    with (
        tempfile.TemporaryFile() as log,
        subprocess.Popen(
            [sys.executable, "-m", "web"], env=environment, cwd=ROOT, stderr=log
        ) as process,
    ):
        os.sched_setaffinity(process.pid, {CORES[-1]})
        origin, until_s = f"http://127.0.0.1:{port}", time.monotonic() + 30
        while True:
            with suppress(httpx.HTTPError):
                if httpx.get(f"{origin}/health/live").is_success:
                    break
            if time.monotonic() > until_s:
                raise RuntimeError("web did not start")
            time.sleep(0.1)
        yield f"{origin}/api/v1"
        process.kill()


async def token_of(rig: Rig) -> str:
    engine = make_engine(rig.database_url)
    async with engine.begin() as conn:
        token = await create_token(conn, SECRET, "bench", Role.OPERATOR, ())
    await engine.dispose()
    return token


def obedient(line: Line, answered: "dict[str, asyncio.Event]", station_id: str) -> None:
    """Say Accepted to every call, and that it came."""

    def heard(text: bytes) -> None:
        message = json.loads(text)
        if message[0] == 2:
            line.send(ANSWER % message[1].encode())
            if (waiting := answered.get(station_id)) is not None:
                waiting.set()

    line.heard = heard


async def measure(rig: Rig, api: str) -> None:
    logins = await rig.add_stations(STATIONS)
    lines = await dial_all(rig.port, logins)
    answered: dict[str, asyncio.Event] = {}
    for line, (station_id, _) in zip(lines, logins, strict=True):
        obedient(line, answered, station_id)
    await asyncio.sleep(2)
    headers = {"Authorization": f"Bearer {await token_of(rig)}"}
    chance, took_s, late = random.Random(1), list[float](), 0
    async with httpx.AsyncClient(base_url=api, headers=headers, timeout=30) as client:

        async def ask(station_id: str) -> float:
            answered[station_id] = asyncio.Event()
            began_s = time.perf_counter()
            told = await client.post(
                "/commands",
                json={
                    "station_id": station_id,
                    "kind": "TriggerMessage",
                    "payload": {"requestedMessage": "Heartbeat"},
                },
                headers={"Idempotency-Key": str(uuid4())},
            )
            told.raise_for_status()
            await asyncio.wait_for(answered[station_id].wait(), 30)
            return time.perf_counter() - began_s

        for station_id, _ in logins[:20]:
            await ask(station_id)
        for _ in range(COMMANDS):
            took_s.append(await ask(chance.choice(logins)[0]))
        many_s: list[float] = []
        for _ in range(COMMANDS // AT_ONCE):
            chosen = [one for one, _ in chance.sample(logins, AT_ONCE)]
            many_s += await asyncio.gather(*(ask(one) for one in chosen))
        late = sum(one > 0.9 for one in (*took_s, *many_s))
    for metric, values, at_once in (("one_by_one", took_s, 1), ("together", many_s, AT_ONCE)):
        for name, share in (("p50", 0.5), ("p99", 0.99)):
            value = percentile(values, share) * 1e3
            report(BENCH, f"{metric}_{name}", value, "ms", stations=STATIONS, at_once=at_once)
    report(BENCH, "found_by_the_sweep_only", late, f"of {len(took_s) + len(many_s)}")
    for line in lines:
        line.close()


def main() -> None:
    with rig(csms=2) as made, web(made, free_port()) as api:
        load_on_last_core()
        run(measure, made, api)


if __name__ == "__main__":
    main()
