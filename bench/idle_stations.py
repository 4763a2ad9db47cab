"""Ten thousand stations that say nothing, on one csms: what each costs in memory, what their pings
cost in CPU, and how soon all are back after `kill -9`. Prints JSON lines.

    .venv/bin/python bench/idle_stations.py [--short]
"""

import asyncio
import time

import psutil
from _line import Line, dial_all
from _rig import Rig, cpu_s, is_short, load_on_last_core, report, rig, run

BENCH = "idle_stations"
STATIONS, WATCHED_S = (1_000, 25.0) if is_short() else (10_000, 45.0)


def rss_kib(pid: int) -> float:
    return float(psutil.Process(pid).memory_info().rss) / 1024


async def all_connected(rig: Rig, lines: list[Line]) -> None:
    """When the csms itself counts them all."""
    from sqlalchemy import func, select

    from csms.store.engine import make_engine
    from csms.store.tables import charging_station

    engine = make_engine(rig.database_url)
    query = select(func.count()).where(charging_station.c.connected)
    async with asyncio.timeout(60):
        while True:
            async with engine.connect() as conn:
                if (await conn.scalar(query) or 0) >= len(lines):
                    break
            await asyncio.sleep(0.1)
    await engine.dispose()


async def measure(rig: Rig) -> None:
    csms = rig.processes[0]
    logins = await rig.add_stations(STATIONS)
    warm = await dial_all(rig.port, logins[:50])  # what the first ones make it load
    await all_connected(rig, warm)
    for line in warm:
        line.close()
    await asyncio.sleep(1)
    before_kib, started_s, before_cpu_s = rss_kib(csms.pid), time.monotonic(), cpu_s(csms.pid)
    lines = await dial_all(rig.port, logins)
    await all_connected(rig, lines)
    took_s = time.monotonic() - started_s
    report(BENCH, "connect", STATIONS / took_s, "1/s", stations=STATIONS)
    report(BENCH, "connect_cpu", (cpu_s(csms.pid) - before_cpu_s) / STATIONS * 1e3, "ms")
    await asyncio.sleep(3)
    report(BENCH, "memory", (rss_kib(csms.pid) - before_kib) / STATIONS, "KiB per station")

    idle_s, idle_cpu_s = time.monotonic(), cpu_s(csms.pid)
    await asyncio.sleep(WATCHED_S)
    share = (cpu_s(csms.pid) - idle_cpu_s) / (time.monotonic() - idle_s)
    report(BENCH, "idle_cpu", share * 100, "% of a core", pings_every_s=20)
    report(BENCH, "lost", sum(not line.alive for line in lines), "stations")

    csms.kill()
    await asyncio.gather(*(line.closed.wait() for line in lines))
    csms.start()
    began_s = time.monotonic()
    back = await dial_all(rig.port, logins, at_once=STATIONS)
    await all_connected(rig, back)
    report(BENCH, "all_back_after_kill", time.monotonic() - began_s, "s", at_once=STATIONS)
    for line in back:
        line.close()


def main() -> None:
    with rig() as made:
        load_on_last_core()
        run(measure, made)


if __name__ == "__main__":
    main()
