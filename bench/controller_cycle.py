"""How long is a cycle of the controller at a thousand EVSEs, alone and with its books beside it?

`cycle_cpu`: guard's input, guard and records, of a picture read from the database, in CPU time;
`calm` keeps the plan, `limit` lacks power at the connection, `instruction` follows one.
`decide_cpu` is the same in a controller that runs, `cycle` by the clock and with the devices'
answers, `late` by how much a cycle began after its time: Modbus devices on a socket, the books in
the same process, PostgreSQL, and a stand-in for the csms that confirms setpoints and tells powers;
the load jumps, so that the fleet is told something new every few cycles, and there is a new plan
each ten seconds.
Prints JSON lines.

    .venv/bin/python bench/controller_cycle.py [--short]
"""

import asyncio
import multiprocessing
import os
import random
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from _depot import CONNECTION_W, LOAD_W, Meters, depot, fill
from _rig import CORES, cpu_s, free_port, is_short, make_engine, percentile, report, run
from sqlalchemy import text

from csms.bus import Bus
from csms.clock import Clock, monotonic_s, wall_now
from csms.garbage import collect_less
from scheduler.adapters.plant import Measured, Plant
from scheduler.controller import Controller
from scheduler.domain.reading import Sample
from scheduler.domain.site import Site
from scheduler.planning.guard import guard
from scheduler.planning.limits import limits_during
from scheduler.services.complaints import complaints_of
from scheduler.services.cycle import Picture, guard_input, reading_of, state_of
from scheduler.services.desk import Desk
from scheduler.services.drift import DriftWatch
from scheduler.services.frozen import FrozenWatch
from scheduler.services.orders import Orders
from scheduler.services.swing import SwingWatch
from scheduler.services.turns import Turns
from scheduler.store import live, plans
from scheduler.store.books import PostgresBooks
from tests import engines
from tests.scheduler.sunspec_plant import served

BENCH = "controller_cycle"
STATIONS = 1_000
CYCLES, WATCHED_S = (40, 30.0) if is_short() else (300, 150.0)
PERIOD_S = 1.0
JUMP_S = 7.0
REPLAN_S = 10.0
TARGET_MS = 100.0
CONFIRM = text("""
    WITH done AS (
        UPDATE csms.command SET status = 'confirmed', sent_at = :now, finished_at = :now
        WHERE status = 'pending' RETURNING *
    ), newest AS (
        SELECT DISTINCT ON (station_id, evse_id) * FROM done
        ORDER BY station_id, evse_id, version DESC
    )
    UPDATE csms.evse SET setpoint_w = (payload->>'setpoint_w')::float8,
        setpoint_until = (payload->>'until')::timestamptz, setpoint_at = :now,
        setpoint_version = newest.version, setpoint_status = 'confirmed',
        power_w = (payload->>'setpoint_w')::float8, power_at = :now
    FROM newest WHERE evse.station_id = newest.station_id AND evse.evse_id = newest.evse_id
""")
TELL = text("""
    UPDATE csms.evse SET power_at = :now, soc_at = :now
    WHERE power_at < CAST(:now AS timestamptz) - interval '60 seconds'
""")


def stand_in(database_url: str, site_id: str) -> None:
    """The csms and the planner of this bench, until it is killed."""

    async def forever() -> None:
        engine = make_engine(database_url)
        async with engine.connect() as conn:
            known = await plans.newest(conn, site_id)
        assert known is not None
        planned_s = monotonic_s()
        while True:
            now = wall_now()
            for statement in (CONFIRM, TELL):
                async with engine.begin() as conn:
                    await conn.execute(statement, {"now": now})
            if monotonic_s() - planned_s > REPLAN_S:
                planned_s += REPLAN_S
                async with engine.begin() as conn:
                    await plans.store(
                        conn, site_id, known.plan, made_at=now, cause="bench", as_of_outbox_id=1
                    )
            await asyncio.sleep(0.2)

    asyncio.run(forever())


def devices(stations: int, port: int) -> None:
    """The plant of this bench, until it is killed: its load jumps up and down."""

    async def forever() -> None:
        meters, chance = Meters(stations, LOAD_W * stations), random.Random(1)
        async with served(*meters.units, port=port):
            began_s = monotonic_s()
            while True:
                high = (monotonic_s() - began_s) // JUMP_S % 2
                meters.load_w = LOAD_W * stations * (1.0 + 0.7 * high + chance.uniform(0, 0.02))
                meters.fleet_w = 4_200.0 * stations
                await asyncio.sleep(0.2)

    asyncio.run(forever())


@contextmanager
def beside(*works: tuple[Callable[..., None], tuple[Any, ...]]) -> Any:
    """Processes of their own on the last core, for the length of the block."""
    made = [multiprocessing.Process(target=work, args=told, daemon=True) for work, told in works]
    for one in made:
        one.start()
        os.sched_setaffinity(one.pid or 0, {CORES[-1]})
    try:
        yield
    finally:
        for one in made:
            one.kill()
            one.join()


class Watched(Plant):
    """Notes the CPU time at which the plant has been read, and what telling the store took."""

    read_s = told_s = 0.0

    async def read(self, now: datetime) -> Measured:
        measured = await super().read(now)
        self.read_s, self.told_s = time.thread_time(), 0.0
        return measured

    async def set_store(self, setpoint_w: float, *, reverts_after_s: float) -> bool:
        began_s = time.thread_time()
        try:
            return await super().set_store(setpoint_w, reverts_after_s=reverts_after_s)
        finally:
            self.told_s = time.thread_time() - began_s


class Timed(Controller):
    """Notes for each cycle when it began, what it took, and the CPU time of thinking."""

    def __init__(self, plant: Watched, desk: Desk) -> None:
        super().__init__(Clock(), plant, desk, PERIOD_S)
        self.watched = plant
        self.cycles_s: list[tuple[float, float, float]] = []

    async def cycle(self) -> None:
        began_s = time.perf_counter()
        await super().cycle()
        if self.desk.picture is not None:
            thought_s = time.thread_time() - self.watched.read_s - self.watched.told_s
            self.cycles_s.append((began_s, time.perf_counter() - began_s, thought_s))


async def picture_of(database_url: str, site: Site) -> Picture:
    engine = make_engine(database_url)
    async with engine.connect() as conn:
        plan = await plans.newest(conn, site.site_id)
        assert plan is not None
        picture = Picture(evses=await live.evses(conn, site.site_id), plan=plan, signals=())
    await engine.dispose()
    return picture


def measured_at(now: datetime, grid_w: float, load_w: float) -> Measured:
    return Measured(
        at=now,
        grid=Sample(grid_w, 0.0),
        load=Sample(load_w, 0.0),
        store=Sample(0.0, 0.0),
        store_soc_pct=60.0,
    )


def alone(site: Site, picture: Picture, now: datetime) -> None:
    """The pure part of a cycle, again and again."""
    limit_w = CONNECTION_W * STATIONS
    calm_w, short_w = 0.6 * limit_w, 1.1 * limit_w
    for scene, grid_w, asked_w in (
        ("calm", calm_w, None),
        ("limit", short_w, None),
        ("instruction", calm_w, 0.2 * limit_w),
    ):
        orders, turns = Orders(), Turns()
        swing, frozen, drift = SwingWatch(), FrozenWatch(), DriftWatch()
        took_ms = []
        for number in range(CYCLES):
            measured = measured_at(
                now + timedelta(seconds=number), grid_w + 1e3 * (number % 3), LOAD_W * STATIONS
            )
            began_s = time.process_time()
            judged = frozen.judge(site, picture.evses, measured)
            moved = swing.observe(site, judged)
            given = guard_input(site, picture, judged, orders, turns, moved, PERIOD_S)
            if asked_w is not None:
                given = replace(given, target_grid_w=asked_w)
            result = guard(given)
            limits = limits_during(site.grid_connection, (), measured.at, PERIOD_S)
            state_of(picture, given, result, limits)
            complaints_of(site, picture, given, result)
            drift.observe(site, picture, given)
            reading_of(measured, given)
            took_ms.append((time.process_time() - began_s) * 1e3)
        tell("cycle_cpu", took_ms, scene=scene)


def tell(metric: str, values_ms: list[float], **more: Any) -> None:
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        value = percentile(values_ms, share)
        if name == "p99" and metric in ("cycle_cpu", "decide_cpu"):
            more |= {"peer": "target", "ratio": round(value / TARGET_MS, 2)}
        report(BENCH, f"{metric}_{name}", value, "ms", evses=STATIONS, **more)


async def together(database_url: str, redis_url: str, site: Site, postgres_pid: int) -> None:
    """A controller as it runs."""
    engine, bus = make_engine(database_url), Bus(redis_url)
    desk = Desk(
        PostgresBooks(engine, site.site_id), bus, site, "bench", lease_ttl_s=10.0, slack_s=5.0
    )
    plant = Watched(site)
    controller = Timed(plant, desk)
    await desk.sync(wall_now())
    collect_less()
    loops = [asyncio.create_task(one()) for one in (controller.hold, controller.keep_books)]
    await asyncio.sleep(10)
    controller.cycles_s.clear()
    own_s, theirs_s, began_s = time.process_time(), cpu_s(postgres_pid), monotonic_s()
    await asyncio.sleep(WATCHED_S)
    watched_s = monotonic_s() - began_s
    own_s, theirs_s = time.process_time() - own_s, cpu_s(postgres_pid) - theirs_s
    for loop in loops:
        loop.cancel()
    await asyncio.gather(*loops, return_exceptions=True)
    begun_s, took_s, thought_s = zip(*controller.cycles_s, strict=True)
    tell("decide_cpu", [one * 1e3 for one in thought_s])
    tell("cycle", [one * 1e3 for one in took_s])
    tell("late", [max(0.0, b - a - PERIOD_S) * 1e3 for a, b in pairwise(begun_s)])
    async with engine.connect() as conn:
        orders = await conn.scalar(text("SELECT count(*) FROM csms.command"))
    report(BENCH, "commands", (orders or 0) / (watched_s + 10), "1/s", evses=STATIONS)
    report(BENCH, "cpu_controller", own_s / watched_s * 100, "% of a core", evses=STATIONS)
    report(BENCH, "cpu_postgres", theirs_s / watched_s * 100, "% of a core", evses=STATIONS)
    plant.close()
    await bus.close()
    await engine.dispose()


def prepare(database_url: str, site: Site) -> None:
    """Fill the database, and plan: in a process of its own, as in the platform."""
    from scheduler.services.replan import Replanner

    async def made() -> None:
        engine = make_engine(database_url)
        known = {"connected": True, "discharge_dialect": "negative_limit"}
        await fill(engine, site, wall_now(), **known)
        await Replanner(engine=engine, now=wall_now).replan(site.site_id)
        await engine.dispose()

    asyncio.run(made())


def main() -> None:
    with engines.databases(durable=True) as databases, engines.valkey() as redis_url:
        database_url, port = databases.fresh(), free_port()
        site = depot(STATIONS, modbus_port=port)
        planner = multiprocessing.Process(target=prepare, args=(database_url, site))
        planner.start()
        planner.join()
        picture = asyncio.run(picture_of(database_url, site))
        collect_less()
        alone(site, picture, wall_now())
        with beside((stand_in, (database_url, site.site_id)), (devices, (STATIONS, port))):
            os.sched_setaffinity(0, {CORES[0]})
            run(together, database_url, redis_url, site, databases.pid)


if __name__ == "__main__":
    main()
