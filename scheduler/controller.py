"""The controller of one site: `python -m scheduler.controller SITE_ID`.

Two loops that never wait for each other. `hold` measures the plant, asks the guard and commands
the store each cycle; while its lease lasts it needs no database. `keep_books` trades with the
database: the lease, readings, setpoints for the chargers, plan and signals. The desk lies between.
"""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
from dataclasses import dataclass, field, replace
from uuid import uuid4

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.bus import SIGNALS, Bus
from csms.clock import Clock, clock_from, monotonic_s
from csms.garbage import collect_less
from csms.log import configure
from csms.store.engine import is_outage, make_engine
from csms.store.heartbeat import beat
from scheduler.adapters.plant import Plant
from scheduler.planning.guard import guard
from scheduler.planning.limits import limits_during
from scheduler.services.complaints import complaints_of
from scheduler.services.cycle import guard_input, reading_of, state_of
from scheduler.services.decisions import DecisionWatch
from scheduler.services.desk import Desk, Report
from scheduler.services.drift import DriftWatch
from scheduler.services.frozen import FrozenWatch
from scheduler.services.obeys import FleetWatch, StoreWatch
from scheduler.services.probes import ProbeWatch
from scheduler.services.swing import SwingWatch
from scheduler.settings import SchedulerSettings
from scheduler.store import sites
from scheduler.store.books import PostgresBooks

log = structlog.get_logger(__name__)

CYCLE_S = 1.0
HEARTBEAT_S = 2.0
DEAD_MAN_S = 30.0
DEAD_MAN_CYCLES = 20
SLACK_REAL_S = 5.0


@dataclass(slots=True)
class Controller:
    """One site, as the desk knows it, held in cycles of `period_s` real seconds."""

    clock: Clock
    plant: Plant
    desk: Desk
    period_s: float
    drift: DriftWatch = field(default_factory=DriftWatch)
    decisions: DecisionWatch = field(default_factory=DecisionWatch)
    frozen: FrozenWatch = field(default_factory=FrozenWatch)
    swing: SwingWatch = field(default_factory=SwingWatch)
    probes: ProbeWatch = field(default_factory=ProbeWatch)
    store: StoreWatch = field(default_factory=StoreWatch)
    fleet: FleetWatch = field(default_factory=FleetWatch)

    @property
    def interval_s(self) -> float:
        """A cycle in site time."""
        return self.period_s * self.clock.speed_ratio

    async def hold(self) -> None:
        """Hold the site's limits until cancelled."""
        while not _cancelled():
            began_s = monotonic_s()
            await self.cycle()
            await asyncio.sleep(max(0.0, began_s + self.period_s - monotonic_s()))

    async def cycle(self) -> None:
        """Measure, decide, command the store, and hand the rest to the desk."""
        if self.desk.picture is None:
            self.decisions.going_on.clear()  # who leads ends them
            self.fleet = FleetWatch()  # what it knew grows old
            return  # a standby: the lease is another's
        self.plant.fit(self.desk.site)
        measured = await self.plant.read(self.clock.now())
        site, picture = self.desk.site, self.desk.picture
        if picture is None:
            return
        measured = self.frozen.judge(site, picture.evses, measured)
        swing = self.swing.observe(site, measured)
        known = self.desk.orders, self.desk.turns
        given = guard_input(site, picture, measured, *known, swing, self.interval_s)
        given = self.probes.applied(picture, given)
        given = replace(given, store=self.store.judged(given.store))
        given = self.fleet.judged(given)
        result = guard(given)
        if result.store_setpoint_w is not None:
            await self._command_store(self.store.tell(result.store_setpoint_w))
        limits = limits_during(site.grid_connection, picture.signals, measured.at, self.interval_s)
        report = Report(
            at=measured.at,
            state=state_of(picture, given, result, limits),
            setpoints=result.evses,
            complaints=complaints_of(site, picture, given, result),
            drift=self.drift.observe(site, picture, given),
            decisions=self.decisions.observe(given.now, result.acted),
        )
        self.desk.hand_in(report, reading_of(measured, given))

    async def _command_store(self, setpoint_w: float) -> None:
        """Set the store while the lease is surely ours; what is not said by then is not said."""
        leads_for_s = self.desk.leads_for_s()
        if leads_for_s <= 0:
            return
        dead_man_s = max(DEAD_MAN_S, DEAD_MAN_CYCLES * self.interval_s)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(leads_for_s):
                await self.plant.set_store(setpoint_w, reverts_after_s=dead_man_s)

    async def keep_books(self) -> None:
        """Trade with the database after each cycle and on each signal, until cancelled."""
        while not _cancelled():
            await self.desk.sync(self.clock.now())
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.period_s):
                    await self.desk.wanted.wait()
            self.desk.wanted.clear()

    async def hear(self, bus: Bus) -> None:
        """A signal came for the site, or went: the next cycle is to know, until cancelled."""
        async for _, site_id in bus.listen(SIGNALS):
            if site_id == self.desk.site.site_id:
                self.desk.wanted.set()

    async def show_life(self, engine: AsyncEngine, name: str) -> None:
        """A heartbeat row every two seconds, until cancelled: `name` is this process's, whether it
        leads or stands by."""
        while not _cancelled():
            leads = self.desk.picture is not None
            told = {"site_id": self.desk.site.site_id, "leads": leads, "away": self.desk.away}
            try:
                await beat(engine, name, told)
            except Exception as error:
                if not is_outage(error):
                    raise
            await asyncio.sleep(HEARTBEAT_S)


def _cancelled() -> bool:
    """Whether this task is to end: pymodbus, for one, turns a cancellation into its own error."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def run(settings: SchedulerSettings, site_id: str) -> None:
    """Hold the site until this task is cancelled."""
    clock = clock_from()
    name = settings.controller_name or f"controller:{site_id}"
    engine = make_engine(settings.database_url, application=name)
    bus = Bus(settings.redis_url)
    async with engine.begin() as conn:
        site = await sites.load(conn, site_id)
    if site is None:
        raise SystemExit(f"there is no site {site_id!r}: load its file first")
    desk = Desk(
        books=PostgresBooks(engine, site_id),
        bus=bus,
        site=site,
        holder=f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}",
        lease_ttl_s=settings.lease_ttl_s,
        slack_s=SLACK_REAL_S * clock.speed_ratio,
    )
    plant = Plant(site, timeout_s=settings.device_timeout_s)
    period_s = max(clock.real_s(CYCLE_S), settings.shortest_cycle_s)
    controller = Controller(clock, plant, desk, period_s)
    try:
        await desk.sync(clock.now())
        collect_less()  # a full look at a thousand EVSEs takes longer than a cycle may
        async with asyncio.TaskGroup() as group:
            group.create_task(controller.hold())
            group.create_task(controller.keep_books())
            group.create_task(controller.hear(bus))
            group.create_task(controller.show_life(engine, name))
    finally:
        plant.close()
        with contextlib.suppress(Exception):
            await desk.release()
        await bus.close()
        await engine.dispose()


async def run_until_told(settings: SchedulerSettings, site_id: str) -> None:
    """Run; SIGTERM or SIGINT ends it in order."""
    running = asyncio.create_task(run(settings, site_id))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, running.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await running


def main(arguments: list[str]) -> None:
    """The process."""
    if len(arguments) != 1:
        raise SystemExit("usage: python -m scheduler.controller SITE_ID")
    settings = SchedulerSettings()  # type: ignore[call-arg]  # the environment gives them
    configure(settings.log_level)
    logging.getLogger("pymodbus").setLevel(logging.CRITICAL)  # we say it once, it each second
    asyncio.run(run_until_told(settings, arguments[0]))


if __name__ == "__main__":
    main(sys.argv[1:])
