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
    cpu_s,
    free_port,
    is_short,
    load_on_last_core,
    make_engine,
    percentile,
    report,
    rig,
    run,
    tables,
)
from sqlalchemy import select

from csms.domain.commands import CommandStatus
from web.roles import Role
from web.store.accounts import create_token

BENCH = "command_latency"
STATIONS, COMMANDS = (200, 100) if is_short() else (1_000, 1_000)
AT_ONCE = 8
ANSWER = b'[3,"%b",{"status":"Accepted"}]'


@contextmanager
def web(rig: Rig, port: int) -> Iterator[tuple[str, int]]:
    """The API on the load's core; its URL and its process."""
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
        yield f"{origin}/api/v1", process.pid
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


async def to_their_ends_ms(rig: Rig) -> list[float]:
    """For each command that the store knows to be confirmed: from its making to its end."""
    engine = make_engine(rig.database_url)
    took = select(tables.command.c.finished_at - tables.command.c.created_at)
    async with engine.connect() as conn:
        ended = await conn.scalars(took.where(tables.command.c.status == CommandStatus.CONFIRMED))
        found = [one.total_seconds() * 1e3 for one in ended]
    await engine.dispose()
    return found


def spent_s(rig: Rig, web_pid: int) -> dict[str, float]:
    """CPU seconds until now."""
    csms_s = sum(cpu_s(one.pid) for one in rig.processes)
    return {"web": cpu_s(web_pid), "csms": csms_s, "postgres": cpu_s(rig.postgres_pid)}


def tell(metric: str, took_ms: list[float], **more: int) -> None:
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        value = percentile(took_ms, share)
        report(BENCH, f"{metric}_{name}", value, "ms", stations=STATIONS, **more)


async def measure(rig: Rig, api: str, web_pid: int) -> None:
    logins = await rig.add_stations(STATIONS)
    lines = await dial_all(rig.port, logins)
    answered: dict[str, asyncio.Event] = {}
    for line, (station_id, _) in zip(lines, logins, strict=True):
        obedient(line, answered, station_id)
    await asyncio.sleep(2)
    headers = {"Authorization": f"Bearer {await token_of(rig)}"}
    chance, took_s = random.Random(1), list[float]()
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
        before_s = spent_s(rig, web_pid)
        for _ in range(COMMANDS):
            took_s.append(await ask(chance.choice(logins)[0]))
        many_s: list[float] = []
        for _ in range(COMMANDS // AT_ONCE):
            chosen = [one for one, _ in chance.sample(logins, AT_ONCE)]
            many_s += await asyncio.gather(*(ask(one) for one in chosen))
        after_s = spent_s(rig, web_pid)
    number = len(took_s) + len(many_s)
    for name, then_s in before_s.items():
        report(BENCH, f"cpu_{name}", (after_s[name] - then_s) / number * 1e3, "ms per command")
    tell("one_by_one", [one * 1e3 for one in took_s], at_once=1)
    tell("together", [one * 1e3 for one in many_s], at_once=AT_ONCE)
    tell("to_its_end", await to_their_ends_ms(rig))
    late = sum(one > 0.9 for one in (*took_s, *many_s))
    report(BENCH, "found_by_the_sweep_only", late, f"of {number}")
    for line in lines:
        line.close()


def main() -> None:
    with rig(csms=2) as made, web(made, free_port()) as (api, web_pid):
        load_on_last_core()
        run(measure, made, api, web_pid)


if __name__ == "__main__":
    main()
