"""What does it cost to renew the leases of ten thousand EVSEs, each of five minutes?

A lease is renewed between 0.4 and 0.5 of its length, so those are 74 orders a second. Here a
thousand stations on sockets accept whatever they are told by a controller, a csms and PostgreSQL in
processes of their own; nobody plans, so each vehicle is kept at its floor and nothing is ordered
but renewals. `cpu` is what a process takes of one core with leases of 60 s (37 renewals a second)
more than with leases of a day, which nobody renews while we look; scaled from the renewals that
were counted to those of the ten thousand. Prints JSON lines.

    .venv/bin/python bench/redispatch.py [--short]
"""

import asyncio
import os
import time
from collections.abc import Mapping

import msgspec
from _depot import depot
from _rig import CORES, Rig, free_port, is_short, make_engine, report, rig, run
from _yard import core_s, hub, prepare, yard
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.clock import wall_now
from scheduler.domain.site import Site
from scheduler.planning.profiles import SPREAD_RATIO
from scheduler.services.load_site import store_site

BENCH = "redispatch"
STATIONS, LEASES, LEASE_S = 200 if is_short() else 1_000, 10_000, 300.0
NEEDED_PER_S = LEASES / (LEASE_S * (0.5 - SPREAD_RATIO / 2))
A_DAY_S, SHORTEST_S = 86_400.0, 60.0
WATCHED_S, CALM_WITHIN_S = 60.0 if is_short() else 120.0, 240.0
TARGET_PCT = 30.0
ENDED = text("SELECT count(*) FROM csms.command WHERE kind = 'SetSetpoint' AND status = :status")
# EVSEs whose newest lease is not of the length that is asked for now.
OTHERS = text("""
    SELECT count(*) FROM csms.evse
    WHERE transaction_id IS NULL OR setpoint_until IS NULL OR setpoint_status <> 'confirmed'
        OR abs(extract(epoch FROM setpoint_until - setpoint_at) - :lease_s) > 0.2 * :lease_s
""")


async def calm(engine: AsyncEngine, lease_s: float) -> None:
    """Each vehicle has confirmed a lease of that length."""
    until_s, left = time.monotonic() + CALM_WITHIN_S, 1
    while left:
        if time.monotonic() > until_s:
            raise RuntimeError(f"{left} vehicles have no lease of {lease_s:.0f} s")
        await asyncio.sleep(1)
        async with engine.connect() as conn:
            left = await conn.scalar(OTHERS, {"lease_s": lease_s}) or 0


async def watched(
    engine: AsyncEngine, lease_s: float, pids: Mapping[str, int]
) -> tuple[dict[str, float], float]:
    """Shares of a core in per cent, and renewals a second, once leases are of that length."""
    await calm(engine, lease_s)
    before_s, first, began_s = core_s(pids), await confirmed(engine), time.monotonic()
    await asyncio.sleep(WATCHED_S)
    after_s, last, watched_s = core_s(pids), await confirmed(engine), time.monotonic() - began_s
    shares = {name: 100 * (after_s[name] - then_s) / watched_s for name, then_s in before_s.items()}
    return shares, (last - first) / watched_s


def leased(site: Site, lease_s: float) -> Site:
    """The site with leases of that length."""
    control = msgspec.structs.replace(site.control, lease_s=lease_s)
    return msgspec.structs.replace(site, control=control)


async def confirmed(engine: AsyncEngine) -> int:
    async with engine.connect() as conn:
        return await conn.scalar(ENDED, {"status": "confirmed"}) or 0


async def measure(made: Rig, site: Site, modbus_port: int, pids: Mapping[str, int]) -> None:
    engine = make_engine(made.database_url)
    async with yard(made, site, modbus_port):
        busy, many_per_s = await watched(engine, SHORTEST_S, pids)
        await store_site(engine, leased(site, A_DAY_S), now=wall_now())
        idle, few_per_s = await watched(engine, A_DAY_S, pids)
    await engine.dispose()
    counted = {"needed": round(NEEDED_PER_S, 1), "idle": round(few_per_s, 2)}
    report(BENCH, "renewals", many_per_s, "1/s", **counted)
    total_pct = 0.0
    for name, idle_pct in idle.items():
        more_pct = (busy[name] - idle_pct) * NEEDED_PER_S / (many_per_s - few_per_s)
        total_pct += more_pct
        report(BENCH, "cpu", more_pct, "% of a core", process=name, idle=round(idle_pct, 2))
    ratio = round(total_pct / TARGET_PCT, 2)
    report(BENCH, "cpu", total_pct, "% of a core", process="all", peer="target", ratio=ratio)


def main() -> None:
    modbus_port = free_port()
    site = leased(depot(STATIONS, modbus_port=modbus_port), SHORTEST_S)
    with rig(csms=1) as made:
        asyncio.run(prepare(made, site))
        with hub(made, site, f"controller:{site.site_id}") as pids:
            os.sched_setaffinity(0, {CORES[-1]})
            run(measure, made, site, modbus_port, pids)


if __name__ == "__main__":
    main()
