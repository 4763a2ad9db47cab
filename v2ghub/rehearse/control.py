"""Controllers and planner of the rehearsal: the real code over the books in memory, and the plant's
meters as the controller hears them."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Final, cast
from uuid import uuid4

from csms.clock import Clock
from csms.domain.errors import StoreUnavailable
from csms.domain.ids import ChargingStationId
from scheduler.adapters.plant import Channel, Measured, Plant
from scheduler.adapters.sunspec import DeviceSilent, SunSpecDevice
from scheduler.controller import CYCLE_S, SLACK_REAL_S, Controller
from scheduler.domain.site import Site
from scheduler.forecasting.learning import nothing_learned
from scheduler.planning.check import violations
from scheduler.planning.make import make_plan, plan_by_rule
from scheduler.planning.problem import PlanningInput
from scheduler.services.demand_rules import demand_of
from scheduler.services.desk import Desk
from scheduler.services.planning_input import given_of
from scheduler.store.plans import PlanHead, StoredPlan
from simulator.plant import Plant as SimulatedPlant
from simulator.plant import PlantSample
from v2ghub.rehearse.database import Database
from v2ghub.rehearse.processes import Process
from v2ghub.rehearse.site_books import MemoryBooks, Pictures
from v2ghub.rehearse.tables import Tables
from v2ghub.simulate.meters import Meters

LEASE_TTL_S: Final = 10.0
LOOK_S: Final = 5.0
SOLVE_S: Final = (0.3, 4.0)
UNHURRIED_S: Final = 1e6  # a limit by the machine's own clock would not come again by the seed


@dataclass(slots=True)
class Devices:
    """What the plant's Modbus devices say: the last second's power, none at all, or for ever what
    they said when they froze."""

    plant: SimulatedPlant
    silent: set[str] = field(default_factory=set)
    frozen: dict[str, float] = field(default_factory=dict)

    def freeze(self, name: str) -> None:
        """From now on it says what it says now."""
        sample = self.plant.latest
        self.frozen[name] = 0.0 if sample is None else float(getattr(sample, f"{name}_w"))

    def heal(self, name: str) -> None:
        """It works again."""
        self.silent.discard(name)
        self.frozen.pop(name, None)

    def power_w(self, name: str) -> float:
        """Raises DeviceSilent."""
        sample: PlantSample | None = self.plant.latest
        if name in self.silent or sample is None:
            raise DeviceSilent(name)
        return self.frozen.get(name, float(getattr(sample, f"{name}_w")))


class RehearsedPlant(Plant):
    """The controller's plant without Modbus: its channels ask `devices`, one after the other."""

    def __init__(self, site: Site, devices: Devices) -> None:
        self.site, self.devices = site, devices
        names = ("grid", "load", "solar", "wind", "store")
        self.channels = {name: self._channel(name) for name in names}
        self.battery = None

    def _channel(self, name: str) -> Channel:
        async def power_w(_: SunSpecDevice) -> float | None:
            return self.devices.power_w(name)

        told = cast(Callable[[SunSpecDevice], Awaitable[float | None]], power_w)
        return Channel(name, cast(SunSpecDevice, None), told)

    def fit(self, site: Site) -> None:
        """It stays as it is."""

    async def read(self, now: datetime) -> Measured:
        """As of this instant."""
        said = {name: await channel.read(now) for name, channel in self.channels.items()}
        soc_pct = None
        if "store" not in self.devices.silent and self.devices.plant.store is not None:
            soc_pct = self.devices.plant.store.soc_pct
        return Measured(at=now, store_soc_pct=soc_pct, **said)

    async def set_store(self, setpoint_w: float, *, reverts_after_s: float) -> bool:
        """Unless it is deaf."""
        store = self.devices.plant.store
        if store is None or "store" in self.devices.silent:
            return False
        store.command(setpoint_w, reverts_after_s)
        return True


@dataclass(slots=True)
class Hints:
    """Valkey: `away`, and hints are lost."""

    random: Random
    wake: Callable[[ChargingStationId], None] = lambda station_id: None
    away: bool = False

    async def publish(self, channel: str, *texts: str) -> bool:
        """Whether they were taken."""
        if not self.away:
            loop = asyncio.get_running_loop()
            for text in texts:
                after_s = self.random.uniform(0.001, 0.02)
                loop.call_later(after_s, self.wake, ChargingStationId(text))
        return not self.away


def begin_controller(
    process: Process,
    database: Database,
    pictures: Pictures,
    hints: Hints,
    devices: Devices,
    clock: Clock,
    site: Site,
) -> Controller:
    """One life of a controller, active or standby as the lease decides."""
    desk = Desk(
        books=MemoryBooks(database, process, pictures),
        bus=hints,
        site=site,
        holder=f"{process.name}:{uuid4().hex[:8]}",
        lease_ttl_s=LEASE_TTL_S,
        slack_s=SLACK_REAL_S,
    )
    controller = Controller(clock, RehearsedPlant(site, devices), desk, CYCLE_S)
    process.start(controller.hold())
    process.start(controller.keep_books())
    return controller


@dataclass(slots=True)
class Worker:
    """One life of the planner: it plans on news and by age, and its plans come late."""

    process: Process
    database: Database
    pictures: Pictures
    clock: Clock
    site: Site
    devices: Devices
    random: Random
    shortest_s: float
    meters: Meters = field(init=False)

    def __post_init__(self) -> None:
        self.meters = Meters(self.site, nothing_learned(self.clock.now()))

    def begin(self) -> None:
        """Plan from now on."""
        self.process.start(self._plan_for_ever())

    async def _plan_for_ever(self) -> None:
        while True:
            with suppress(StoreUnavailable):
                await self._replan()
            await asyncio.sleep(LOOK_S)

    async def _replan(self) -> None:
        """As `scheduler.services.replan`: load, plan, check, store."""
        now = self.clock.now()
        given, known = await self.database.do(self.process, lambda tables: self._given(tables, now))
        if given is None:
            return
        try:
            plan = make_plan(given, UNHURRIED_S)
            broken = violations(given, plan)
        except Exception as error:  # noqa: BLE001 - the edge of the planner
            plan, broken = plan_by_rule(given, f"{type(error).__name__}: {error}"), []
        if broken:
            plan = plan_by_rule(given, broken[0].text)
        await asyncio.sleep(self.random.uniform(*SOLVE_S))

        def stored(tables: Tables) -> None:
            version = tables.plan.head.version + 1 if tables.plan else 1
            head = PlanHead(
                plan_id=uuid4(), site_id=self.site.site_id, version=version,
                made_at=self.clock.now(), cause="rehearsal", as_of_outbox_id=known,
            )  # fmt: skip
            tables.plan = StoredPlan(head=head, plan=plan)

        await self.database.do(self.process, stored)

    def _given(self, tables: Tables, now: datetime) -> tuple[PlanningInput | None, int]:
        """None if no plan is due."""
        known, last = len(tables.outbox), tables.plan
        if last is not None:
            age_s = abs((now - last.head.made_at).total_seconds())
            news = last.head.as_of_outbox_id != known
            if age_s < (self.shortest_s if news else self.site.control.replan_s):
                return None, known
        demands = [demand_of(live, self.site.control, now) for live in self.pictures.of(tables)]
        store = self.devices.plant.store
        given = given_of(
            self.site,
            now,
            tables.live_signals(now),
            tuple(demand for demand in demands if demand is not None),
            self.meters.forecast(now),
            store.energy_wh if store else None,
        )
        return given, known
