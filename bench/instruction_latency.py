"""From a grid operator's POST to a thousand stations that have confirmed, and to the plant's meter.

The whole hub as it runs (web, csms, controller, worker, beat, PostgreSQL, Valkey), a thousand
stations on sockets that charge and follow a second after they accept, and their plant, all on this
machine. Instructions in turn ask for next to nothing and for nearly all that vehicles take, now.
`confirmed_95` is the time from the API's answer until 95 % of the EVSEs that were told another
power have confirmed the first of them, by the rows of the commands; `at_the_meter`, until the
plant's meter is within 5 % of the setpoint and stays there. `ramp` free: nothing but the hub's own
time; `default`: at the ramp that a site has unless it says otherwise, which takes 20 s from end to
end. `cpu` is of one core, over all.
Prints JSON lines.

    .venv/bin/python bench/instruction_latency.py [--short]
"""

import asyncio
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

import httpx
import msgspec
from _depot import LOAD_W, STORE_W, depot
from _rig import (
    CORES,
    Rig,
    free_port,
    is_short,
    make_engine,
    percentile,
    report,
    rig,
    run,
)
from _yard import Yard, core_s, hub, prepare, yard
from command_latency import token_of
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.clock import wall_now
from scheduler.domain.dispatch import Dispatch
from scheduler.domain.site import Site
from scheduler.services.load_site import store_site

BENCH = "instruction_latency"
STATIONS, ROUNDS = (200, 2) if is_short() else (1_000, 8)
WINDOW_S, WATCHED_S, CALM_WITHIN_S = 45.0, 35.0, 180.0
# Per station: hardly anybody may charge, and everybody must.
CONNECTION_W, LOW_W, HIGH_W = 14_000.0, LOAD_W - STORE_W + 300.0, LOAD_W + STORE_W + 10_700.0
WITHIN_RATIO, SHARE_RATIO = 0.05, 0.95
TARGET_S, TARGET_METER_S = 2.0, 30.0
FREE_W_PER_S = 1e9
# For each EVSE that was ordered another power: when it had confirmed the first of them.
FIRST_CONFIRMED = text("""
    WITH told AS (
        SELECT *, payload->'setpoint_w' AS told_w, lag(payload->'setpoint_w') OVER one AS before_w
        FROM csms.command WHERE kind = 'SetSetpoint'
        WINDOW one AS (PARTITION BY station_id, evse_id ORDER BY version)
    )
    SELECT extract(epoch FROM min(finished_at) FILTER (WHERE status = 'confirmed'))
    FROM told WHERE created_at >= :since AND created_at < :until AND told_w <> before_w
    GROUP BY station_id, evse_id
""")
WAITING = text("""
    SELECT (SELECT count(*) FROM csms.evse WHERE transaction_id IS NULL OR setpoint_w IS NULL)
        + (SELECT count(*) FROM csms.command WHERE status IN ('pending', 'sent'))
""")


@dataclass(frozen=True)
class Followed:
    """One instruction; seconds from the API's answer. None: not while it was watched."""

    accepted_s: float
    moved: int
    confirmed_s: float | None
    metered_s: float | None


async def instruct(api: httpx.AsyncClient, site: Site, number: int, power_w: float) -> float:
    """POST it; how long the API took to accept it."""
    now, began_s = wall_now(), time.perf_counter()
    body = {
        "external_id": f"bench-{number}",
        "revision": 1,
        "kind": "instruction",
        "priority": 1,
        "starts_at": now.isoformat(),
        "ends_at": (now + timedelta(seconds=WINDOW_S)).isoformat(),
        "site_power_w": power_w,
    }
    key = {"Idempotency-Key": f"bench-{number}"}
    answer = await api.post(f"/sites/{site.site_id}/signals", json=body, headers=key)
    answer.raise_for_status()
    return time.perf_counter() - began_s


async def followed(
    made: Rig, place: Yard, api: httpx.AsyncClient, site: Site, number: int
) -> Followed:
    """One instruction from its POST until nobody watches any more."""
    target_w = (HIGH_W if number % 2 else LOW_W) * STATIONS
    since = wall_now()
    accepted_s = await instruct(api, site, number, target_w)
    answered = wall_now()
    await asyncio.sleep(WATCHED_S)
    engine = make_engine(made.database_url)
    window = {"since": since, "until": answered + timedelta(seconds=WATCHED_S)}
    async with engine.connect() as conn:
        ends = list(await conn.scalars(FIRST_CONFIRMED, window))
    await engine.dispose()
    heard_s = sorted(float(end) - answered.timestamp() for end in ends if end is not None)
    needed = int(SHARE_RATIO * len(ends))
    return Followed(
        accepted_s,
        len(ends),
        heard_s[needed - 1] if len(heard_s) >= needed > 0 else None,
        settled_s(place, answered.timestamp(), target_w),
    )


def settled_s(place: Yard, answered: float, target_w: float) -> float | None:
    """From when on each sample is within 5 % of the setpoint."""
    inside = [(at, grid_w) for at, grid_w in place.samples if at >= answered]
    off = [at for at, grid_w in inside if abs(grid_w / target_w - 1) > WITHIN_RATIO]
    if off and off[-1] == inside[-1][0]:
        return None
    return off[-1] - answered if off else 0.0


async def calm(made: Rig, api: httpx.AsyncClient) -> None:
    """The hub is ready, every vehicle has its lease, and no command waits."""
    engine, until_s = make_engine(made.database_url), time.monotonic() + CALM_WITHIN_S
    while not (await is_calm(engine) and await is_ready(api)):
        if time.monotonic() > until_s:
            raise RuntimeError("the depot does not come to rest")
        await asyncio.sleep(1)
    await engine.dispose()


async def is_calm(engine: AsyncEngine) -> bool:
    async with engine.connect() as conn:
        return await conn.scalar(WAITING) == 0


async def is_ready(api: httpx.AsyncClient) -> bool:
    with suppress(httpx.HTTPError):
        return (await api.get(api.base_url.join("/health/ready"))).is_success
    return False


async def measure(
    made: Rig, site: Site, modbus_port: int, url: str, pids: Mapping[str, int]
) -> None:
    headers = {"Authorization": f"Bearer {await token_of(made)}"}
    engine = make_engine(made.database_url)
    async with (
        yard(made, site, modbus_port) as place,
        httpx.AsyncClient(base_url=url, headers=headers, timeout=60) as api,
    ):
        number = 0
        for ramp, w_per_s in (("free", FREE_W_PER_S), ("default", None)):
            dispatch = Dispatch(ramp_w_per_s=w_per_s, random_delay_s=0.0)
            changed = msgspec.structs.replace(site, dispatch=dispatch)
            await store_site(engine, changed, now=wall_now())
            await calm(made, api)
            before, began_s, rounds = core_s(pids), time.monotonic(), []
            for _ in range(ROUNDS):
                rounds.append(await followed(made, place, api, site, number))
                number += 1
                await asyncio.sleep(max(0.0, WINDOW_S - WATCHED_S))
            tell(rounds, ramp)
            for name, now_s in core_s(pids).items():
                share_pct = 100 * (now_s - before[name]) / (time.monotonic() - began_s)
                report(BENCH, "cpu", share_pct, "% of a core", process=name, ramp=ramp)
    await engine.dispose()


def tell(rounds: list[Followed], ramp: str) -> None:
    about = {"stations": STATIONS, "rounds": len(rounds), "ramp": ramp}
    moved = sum(one.moved for one in rounds) / len(rounds)
    report(BENCH, "moved", moved, "EVSEs per instruction", **about)
    report(BENCH, "accepted_p50", percentile([r.accepted_s for r in rounds], 0.5), "s", **about)
    for metric, found, target_s in (
        ("confirmed_95", [one.confirmed_s for one in rounds], TARGET_S),
        ("at_the_meter", [one.metered_s for one in rounds], TARGET_METER_S),
    ):
        values = [value for value in found if value is not None]
        report(BENCH, f"{metric}_reached", len(values), f"of {len(rounds)}", **about)
        for name, share in (("p50", 0.5), ("p95", 0.95)):
            if values:
                value = percentile(values, share)
                ratio = round(value / target_s, 2)
                report(BENCH, f"{metric}_{name}", value, "s", peer="target", ratio=ratio, **about)


def main() -> None:
    modbus_port, web_port = free_port(), free_port()
    site = depot(STATIONS, modbus_port=modbus_port, connection_w=CONNECTION_W)
    processes = ("web", "worker", "beat", f"controller:{site.site_id}")
    with rig(csms=1) as made:
        asyncio.run(prepare(made, site))
        with hub(made, site, *processes, V2GHUB_WEB_PORT=str(web_port)) as pids:
            os.sched_setaffinity(0, {CORES[-1]})
            url = f"http://127.0.0.1:{web_port}/api/v1"
            run(measure, made, site, modbus_port, url, pids)


if __name__ == "__main__":
    main()
