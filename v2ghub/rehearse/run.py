"""A rehearsal: a whole site and its hub in virtual time, faults by the seed, and a judge."""

import asyncio
import logging
import sys
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from hashlib import blake2b
from random import Random
from typing import Any, Final

import structlog
from msgspec.structs import replace

from csms.clock import Clock
from csms.domain.errors import StoreUnavailable
from csms.domain.ids import IdToken
from csms.lease_ends import LEASE_ENDS
from scheduler.controller import Controller
from scheduler.store.vehicles import Vehicle
from simulator.drivers import told
from simulator.evse import Occupant
from simulator.plant import PlantSample
from simulator.profiles import parse_time
from simulator.sessions import Session, Tells
from simulator.wire import Wire
from simulator.world import World
from v2ghub.rehearse.control import Devices, Hints, Worker, begin_controller
from v2ghub.rehearse.csms import Csms
from v2ghub.rehearse.database import Database
from v2ghub.rehearse.judge import Breach, Judge
from v2ghub.rehearse.loop import run, virtual
from v2ghub.rehearse.mix import KEEPS_LEASES_RATIO, KNOWN_RATIO, drawn
from v2ghub.rehearse.network import Network
from v2ghub.rehearse.options import Options
from v2ghub.rehearse.outside import Outside
from v2ghub.rehearse.processes import Process, task_of_its_process
from v2ghub.rehearse.site import NO_FLOOR_EVERY, make_site, version_of
from v2ghub.rehearse.site_books import Pictures
from v2ghub.rehearse.tables import StationRow

CONTROLLERS: Final = ("controller:a", "controller:b")
DRIVERS_TELL_S: Final = (2.0, 60.0)
CONVERGES_S: Final = 30


@dataclass(slots=True)
class Host:
    """A machine whose clock may be set."""

    offset_s: float = 0.0


@dataclass(frozen=True, slots=True)
class HostClock(Clock):
    """The site's clock as one machine has it."""

    host: Host = field(default_factory=Host)

    def now(self) -> datetime:
        """With what its machine's clock is off."""
        return Clock.now(self) + timedelta(seconds=self.host.offset_s)


class Rehearsal:
    """The whole of it. Processes by name live and die by `begin_…` and `kill`."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.random = Random(f"{options.seed} faults")
        mix = Random(f"{options.seed} mix")
        self.kinds = drawn(options.stations, mix)
        self.site, self.spec = make_site(self.kinds, options.lease_s)
        self.world = World(self.spec, options.seed, options.first, self._sampled, lambda *_: None)
        self.database = Database(Random(f"{options.seed} database"))
        self.network = Network(Random(f"{options.seed} network"))
        self.network.tap = lambda station_id, frame: self.judge.told(station_id, frame)
        self.devices = Devices(self.world.plant)
        self.hints = Hints(Random(f"{options.seed} hints"))
        happens = Random(f"{options.seed} outside")
        self.outside = Outside(self.world, self.site, self.database, happens)
        self.pictures = Pictures(tuple(self.site.evses()))
        self.wires: dict[str, Wire] = {}
        self.judge = Judge(self.site, self.database.tables, self.world.stations, self._hub_id)
        self.hosts = {name: Host() for name in ("csms", "controller")}
        self.lives: dict[str, Process] = {}
        self.csms: Csms | None = None
        self.controllers: dict[str, Controller] = {}
        self.worker: Worker | None = None
        self.second = 0
        self.samples = blake2b(digest_size=8)
        self.seconds_passed: list[Callable[[], None]] = []
        control = self.site.control
        for number, evse in enumerate(self.site.evses(), 1):
            floor_w = control.floor_w if number % NO_FLOOR_EVERY else 0.0
            self.database.tables.stations[evse.station_id] = StationRow(
                evse.station_id, floor_w, control.sample_interval_s
            )
        self._keep_leases(mix)

    def _keep_leases(self, random: Random) -> None:
        """To some stations a profile has no end; of some of those it was known before."""
        for station_id, station in self.world.stations.items():
            keeps, known = random.random() < KEEPS_LEASES_RATIO, random.random() < KNOWN_RATIO
            station.faults = replace(station.faults, keeps_leases=keeps)
            if keeps and known:
                self.database.tables.say(station_id, LEASE_ENDS, False, self.options.first)
        self.faults = {name: station.faults for name, station in self.world.stations.items()}

    def _hub_id(self, station_id: str, transaction_id: str) -> str | None:
        return self.wires[station_id].tongue.named(transaction_id)

    def clock(self, host: str) -> HostClock:
        """The clock of a machine."""
        return HostClock(1.0, self.options.first.timestamp(), 0.0, self.hosts[host])

    def mix(self) -> dict[str, dict[str, float]]:
        """By kind of station: how many, how many of them keep leases, and what they gave back."""
        told: dict[str, dict[str, float]] = {}
        for kind, count in self.kinds.items():
            ours = [one for name, one in self.world.stations.items() if kind.prefix in name]
            told[f"{kind.model} {kind.version}"] = {
                "stations": count,
                "keep_leases": sum(one.faults.keeps_leases for one in ours),
                "given_wh": round(sum(one.evse.export_wh for one in ours), 1),
            }
        return told

    # processes

    def _life(self, name: str) -> Process:
        life = self.lives[name] = Process(name)
        return life

    def begin_csms(self) -> None:
        """A new life of the csms."""
        life = self._life("csms")
        self.csms = Csms(life, self.database, self.network, self.clock("csms"))
        self.hints.wake = self.csms.desk.wake
        self.csms.begin()

    def begin_controller(self, name: str) -> None:
        """A new life of one of the controllers."""
        self.controllers[name] = begin_controller(
            self._life(name), self.database, self.pictures, self.hints, self.devices,
            self.clock("controller"), self.site,
        )  # fmt: skip

    def begin_worker(self) -> None:
        """A new life of the planner."""
        self.worker = Worker(
            self._life("worker"), self.database, self.pictures, self.clock("controller"),
            self.site, self.devices, Random(f"{self.options.seed} solver {self.second}"),
            self.options.replan_s,
        )  # fmt: skip
        self.worker.begin()

    async def kill(self, name: str) -> None:
        """As by SIGKILL; what it had of connections breaks."""
        await self.lives[name].kill()

    def leading(self) -> list[Controller]:
        """Controllers that lead, by their own word."""
        living = {name: one for name, one in self.controllers.items() if self.lives[name].alive}
        return [one for one in living.values() if one.desk.picture is not None]

    # the world

    def _sampled(self, sample: PlantSample) -> None:
        self.samples.update(f"{sample.grid_w:.3f}".encode())
        if self.worker is not None:
            self.worker.meters.read(sample, 1)
        self.judge.step(self.world.now, self.second, sample)

    async def _turn(self) -> None:
        """The world, second by second."""
        loop = asyncio.get_running_loop()
        while True:
            self.second += 1
            await asyncio.sleep(self.second - loop.time())
            self.world.advance(self.options.first + timedelta(seconds=self.second), 1)

    def _wire(self, station_id: str) -> Wire:
        random = Random(f"{self.options.seed} {station_id}")
        return Wire(
            self.world.stations[station_id], f"ws://hub/{station_id}", "", lambda: self.world.now,
            random, version_of(self.kinds, station_id), self.network.dial,
        )  # fmt: skip

    def _connect(self) -> None:
        for station_id, station in self.world.stations.items():
            station.acknowledged = partial(self.judge.answered, station_id)
            self.wires[station_id] = self._wire(station_id)
            asyncio.get_running_loop().create_task(self.wires[station_id].run())

    def _tell(self, occupant: Occupant) -> None:
        """A driver tells when he leaves and what he needs, if he does."""
        session = occupant.session
        if session is not None and occupant.tells is Tells.DRIVER:
            asyncio.get_running_loop().create_task(self._told(occupant, session))

    async def _told(self, occupant: Occupant, session: Session) -> None:
        body = told(self.site.site_id, occupant, session)
        body["departure_at"] = parse_time(str(body["departure_at"]))
        vehicle = Vehicle(
            vehicle_id=session.vehicle.vehicle_id, demand_source="driver",
            **{**body, "id_token": IdToken(str(body["id_token"]))},
        )  # fmt: skip
        web = Process("web")
        while True:
            await asyncio.sleep(self.random.uniform(*DRIVERS_TELL_S))
            here = self.world.stations[session.station_id].evse.occupant
            if here is not occupant:
                return
            try:
                await self.database.do(web, lambda tables: tables.put(vehicle))
            except StoreUnavailable:
                continue
            return

    async def main(self, course: Callable[["Rehearsal"], Any]) -> None:
        """Begin everything, and let `course` decide what happens until the end."""
        asyncio.get_running_loop().set_task_factory(task_of_its_process)  # type: ignore[arg-type]
        asyncio.get_running_loop().set_exception_handler(
            lambda _, context: self.judge.crashed(context)
        )
        self.world.fleet.tell = self._tell
        self.world.fleet.start(self.world.now)
        self.begin_csms()
        for name in CONTROLLERS:
            self.begin_controller(name)
        self.begin_worker()
        self._connect()
        turning = asyncio.get_running_loop().create_task(self._turn())
        running = asyncio.get_running_loop().create_task(course(self))
        done, _ = await asyncio.wait({turning, running}, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()


@dataclass(frozen=True, slots=True)
class Report:
    """What a rehearsal came to. `digest` is the same for the same seed and options."""

    options: Options
    seconds: int
    breaches: tuple[Breach, ...]
    figures: dict[str, Any]
    digest: str


@contextmanager
def told_of(crashed: Callable[[dict[str, Any]], None]) -> Iterator[None]:
    """No logs, which would cost more than all else; `crashed` hears of each error that was caught
    at an edge of the hub: it is a bug, and no part of it expected one."""

    def heard(_: object, __: str, event: MutableMapping[str, Any]) -> str:
        if event.get("exc_info"):
            trouble = event["exc_info"]
            error = sys.exc_info()[1] if trouble is True else trouble
            crashed({"message": event["event"], "exception": error})
        raise structlog.DropEvent

    before = structlog.get_config()
    structlog.configure(
        processors=[heard],
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        cache_logger_on_first_use=False,
    )
    try:
        yield
    finally:
        structlog.configure(**before)


def rehearse(options: Options, course: Callable[[Rehearsal], Any]) -> Report:
    """Run it to the end of its course."""
    with virtual(options.seed) as loop:
        rehearsal = Rehearsal(options)
        with told_of(rehearsal.judge.crashed):
            run(loop, lambda: rehearsal.main(course))
    judge, tables = rehearsal.judge, rehearsal.database.tables
    figures = {
        "mix": rehearsal.mix(),
        "acknowledged": judge.acknowledged,
        "setpoints": judge.setpoints,
        "over_limit_s": {name: one.over_s for name, one in judge.breakers.items()},
        "worst_ratio": {name: round(one.worst_ratio, 3) for name, one in judge.breakers.items()},
        "hottest_ratio": {
            name: round(one.hottest_ratio, 4) for name, one in judge.breakers.items()
        },
        "plans": tables.plan.head.version if tables.plan else 0,
        "epochs": tables.lease.epoch,
    }
    return Report(
        options, rehearsal.second, tuple(judge.breaches), figures, rehearsal.samples.hexdigest()
    )
