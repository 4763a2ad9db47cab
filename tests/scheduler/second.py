"""A site in simulated seconds under the real controller: its cycle and its desk as they run, on
books in memory, devices and stations that answer as the bench has them answer."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np

from csms.domain.commands import Command
from csms.domain.ids import ChargingStationId, EvseId, IdToken, TransactionId
from scheduler.adapters.plant import Measured
from scheduler.controller import Controller
from scheduler.domain.plan import EvsePlan, Plan, PlanStatus
from scheduler.domain.reading import Sample
from scheduler.domain.signal import GridSignal
from scheduler.domain.site import EvseSpec, Site
from scheduler.services.desk import Desk
from scheduler.store.live import LiveEvse, OpenTransaction
from scheduler.store.plans import PlanHead, StoredPlan
from scheduler.store.turns import Ordered
from scheduler.store.vehicles import Vehicle as KnownVehicle
from simulator.plant import Store
from simulator.site import StoreSpec
from simulator.vehicle import Vehicle, VehicleSpec

NOON = datetime(2026, 6, 3, 12, tzinfo=UTC)
WIRE_S, RESPONSE_S = 1, 1  # from the desk to the station, and from there to the vehicle
CALL_TIMEOUT_S = 30
SAMPLE_S = 60
SLOT_S = 900


@dataclass(slots=True)
class Post:
    """A station with a vehicle. `mute`: it answers no call and goes on as it was told before;
    `lies`: it confirms everything, and charges at full power."""

    spec: EvseSpec
    vehicle: Vehicle
    floor_w: float
    limit_w: float
    until: datetime
    mute: bool = False
    lies: bool = False
    told: list[tuple[int, Command]] = field(default_factory=list)
    known: dict[str, Any] = field(default_factory=dict)
    heard: tuple[float, datetime, float] = (0.0, NOON, 50.0)

    def step(self, second: int, now: datetime, phase: int) -> float:
        """One second; its power."""
        while self.told and self.told[0][0] <= second:
            _, command = self.told.pop(0)
            self._take(command, now)
        limit_w = self.limit_w if now < self.until else self.floor_w
        power_w = self.vehicle.step(self.spec.max_charge_w if self.lies else limit_w, 1.0)
        if (second + phase) % SAMPLE_S == 0:
            self.heard = (power_w, now, round(100 * self.vehicle.soc_ratio, 1))
        return power_w

    def order(self, command: Command, second: int) -> None:
        """A command leaves the desk."""
        late_s = CALL_TIMEOUT_S if self.mute else WIRE_S + RESPONSE_S
        self.told.append((second + late_s, command))

    def _take(self, command: Command, now: datetime) -> None:
        setpoint_w = command.payload["setpoint_w"]
        until = datetime.fromisoformat(command.payload["until"])
        if not self.mute:
            self.limit_w, self.until = setpoint_w, until
        self.known = {
            "setpoint_w": setpoint_w,
            "setpoint_until": until,
            "setpoint_version": command.version,
            "setpoint_status": "unknown" if self.mute else "confirmed",
            "setpoint_at": now,
        }

    def live(self) -> LiveEvse:
        """What the store would hold of it."""
        power_w, at, soc_pct = self.heard
        spec, ours = self.spec, self.vehicle.spec
        nothing = dict.fromkeys(
            ("setpoint_w", "setpoint_until", "setpoint_version", "setpoint_status", "setpoint_at")
        )
        return LiveEvse(
            station_id=ChargingStationId(spec.station_id),
            evse_id=EvseId(1),
            circuit_id=spec.circuit_id,
            max_charge_w=spec.max_charge_w,
            max_discharge_w=spec.max_discharge_w,
            min_charge_w=spec.min_charge_w,
            connected=True,
            last_seen_at=at,
            booted_at=None,
            discharge_dialect="negative_limit" if spec.max_discharge_w else "none",
            discharge_fault=None,
            discharge_proven_at=NOON - timedelta(days=1),
            floor_w=self.floor_w,
            sample_interval_s=SAMPLE_S,
            power_w=power_w,
            power_at=at,
            soc_pct=soc_pct,
            soc_at=at,
            composite_w=None,
            transaction=OpenTransaction(
                transaction_id=TransactionId(f"tx-{spec.station_id}"),
                id_token=IdToken(ours.id_token),
                started_at=NOON - timedelta(hours=1),
                last_event_at=at,
                imported_wh=0.0,
                exported_wh=0.0,
                charging_state="Charging",
            ),
            needs=None,
            vehicle=KnownVehicle(
                vehicle_id=ours.vehicle_id,
                site_id="site",
                id_token=IdToken(ours.id_token),
                capacity_wh=ours.capacity_wh,
                max_charge_w=ours.max_charge_w,
                max_discharge_w=ours.max_discharge_w,
                departure_at=NOON + timedelta(hours=8),
                target_soc_pct=85.0,
            ),
            **(nothing | self.known),
        )


@dataclass(slots=True)
class Devices:
    """Meters and store on the controller's side; `store_gone`: it gives nothing and is silent,
    `store_stuck`: it gives nothing and answers."""

    world: "World"
    store_gone: bool = False
    store_stuck: bool = False
    answered: Sample | None = None
    answered_s: int = 0

    def fit(self, site: Site) -> None:
        """The site does not change."""

    async def read(self, now: datetime) -> Measured:
        world = self.world
        if world.store is not None and not self.store_gone:
            self.answered, self.answered_s = Sample(world.store.power_w, 0.0), world.second
        store = self.answered
        if store is not None:
            store = Sample(store.power_w, float(world.second - self.answered_s))
        return Measured(
            at=now,
            grid=Sample(world.grid_w, 0.0),
            load=Sample(world.load_w, 0.0),
            solar=Sample(world.solar_w, 0.0),
            wind=Sample(0.0, 0.0),
            store=store,
            store_soc_pct=world.store.soc_pct if world.store else None,
        )

    async def set_store(self, setpoint_w: float, *, reverts_after_s: float) -> bool:
        if self.world.store is None or self.store_gone:
            return False
        self.world.store.command(0.0 if self.store_stuck else setpoint_w, reverts_after_s)
        return True


class Page:
    """The books in memory: the world as the csms would tell it, orders to its stations."""

    def __init__(self, world: "World") -> None:
        self.world = world

    @asynccontextmanager
    async def begin(self) -> AsyncIterator["Page"]:
        yield self

    async def acquire(self, holder: str, ttl_s: float) -> int | None:
        return 1

    async def release(self, holder: str) -> None:
        """Nobody else asks."""

    async def newer_site(self, loaded_at: datetime | None) -> None:
        """It stays."""

    async def append(self, kept: Sequence[Any]) -> None:
        """Nobody reads them."""

    async def evses(self) -> tuple[LiveEvse, ...]:
        return tuple(post.live() for post in self.world.posts.values())

    async def plan(self, known: StoredPlan | None) -> StoredPlan | None:
        return self.world.plan

    async def signals(self, now: datetime) -> tuple[GridSignal, ...]:
        return tuple(self.world.signals)

    async def note(self, decisions: Sequence[Any]) -> None:
        """Nobody looks."""

    async def end_decisions(self, now: datetime) -> None:
        """There are none."""

    async def orders_of_last_hour(self, now: datetime) -> tuple[Ordered, ...]:
        """They charge since half an hour."""
        return tuple(
            Ordered(
                station_id=ChargingStationId(station_id),
                evse_id=EvseId(1),
                at=NOON - timedelta(minutes=30),
                setpoint_w=self.world.planned_w,
                reason="plan",
            )
            for station_id in self.world.posts
        )

    async def put_state(self, state: Any) -> None:
        """Nobody looks."""

    async def report(self, codes: Any, complaints: Any, at: datetime) -> None:
        """Nobody is told."""

    async def order(self, ordered: Sequence[Command]) -> None:
        self.world.orders.extend(ordered)
        for command in ordered:
            self.world.posts[command.station_id].order(command, self.world.second)

    async def tell_drift(self, what: str, now: datetime) -> None:
        """Nobody plans."""

    async def publish(self, channel: str, *texts: str) -> bool:
        return True


class Ticks:
    """The clock of a world."""

    speed_ratio = 1.0

    def __init__(self, world: "World") -> None:
        self.now = lambda: world.now


class World:
    """A site, second by second. `nature` says load and sun at a second; `grid` has every sample."""

    def __init__(self, site: Site, planned_w: float, *, soc_ratio: float = 0.5) -> None:
        self.site, self.second, self.planned_w = site, 0, planned_w
        self.load_w = self.solar_w = self.grid_w = 0.0
        self.signals: list[GridSignal] = []
        self.orders: list[Command] = []
        self.grid: list[float] = []
        self.posts = {
            spec.station_id: _post(spec, site, planned_w, soc_ratio) for spec in site.evses()
        }
        self.store = _store(site)
        self.plan = _plan(site, planned_w, list(self.posts.values()))
        self.devices = Devices(self)
        page: Any = Page(self)
        self.desk = Desk(page, page, site, "bench", lease_ttl_s=10.0, slack_s=5.0)
        devices: Any = self.devices
        clock: Any = Ticks(self)
        self.controller = Controller(clock, devices, self.desk, period_s=1.0)

    @property
    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.second)

    async def step(self, load_w: float, solar_w: float) -> None:
        """One second of plant, then one cycle of the controller and its books."""
        self.load_w, self.solar_w = load_w, solar_w
        fleet_w = sum(
            post.step(self.second, self.now, number)
            for number, post in enumerate(self.posts.values())
        )
        if self.store is not None and (self.devices.store_gone or self.devices.store_stuck):
            self.store.command(0.0)
        store_w = self.store.step(1.0) if self.store else 0.0
        self.grid_w = load_w - solar_w + fleet_w + store_w
        self.grid.append(self.grid_w)
        if self.desk.picture is None:
            await self.desk.sync(self.now)
        await self.controller.cycle()
        await self.desk.sync(self.now)
        self.second += 1

    def run(self, nature: Any, until_s: int) -> None:
        """`nature` gives load and sun, W, of a second."""

        async def steps() -> None:
            while self.second < until_s:
                await self.step(*nature(self.second))

        asyncio.run(steps())


def _post(spec: EvseSpec, site: Site, planned_w: float, soc_ratio: float) -> Post:
    vehicle = VehicleSpec(
        vehicle_id=f"v-{spec.station_id}",
        id_token=f"t-{spec.station_id}",
        capacity_wh=60_000.0,
        max_charge_w=spec.max_charge_w,
        max_discharge_w=spec.max_discharge_w,
        ramp_w_per_s=spec.max_charge_w,
    )
    floor_w = site.control.floor_w
    power_w = vehicle.capacity_wh * soc_ratio
    until, heard = (
        NOON + timedelta(seconds=site.control.lease_s),
        (planned_w, NOON, 100 * soc_ratio),
    )
    told = {
        "setpoint_w": planned_w,
        "setpoint_until": until,
        "setpoint_version": 0,
        "setpoint_status": "confirmed",
        "setpoint_at": NOON - timedelta(minutes=1),
    }
    return Post(
        spec,
        Vehicle(vehicle, power_w, planned_w),
        floor_w,
        planned_w,
        until,
        known=told,
        heard=heard,
    )


def _store(site: Site) -> Store | None:
    spec = site.store
    if spec is None:
        return None
    told = StoreSpec(
        store_id=spec.store_id,
        capacity_wh=spec.capacity_wh,
        max_charge_w=spec.max_charge_w,
        max_discharge_w=spec.max_discharge_w,
    )
    return Store(told, 0.6 * spec.capacity_wh)


def _plan(site: Site, planned_w: float, posts: list[Post]) -> StoredPlan:
    """Everybody charges at `planned_w`, the store rests."""
    slots = 8
    zeros = np.zeros(slots)
    evses = tuple(
        EvsePlan(
            station_id=ChargingStationId(post.spec.station_id),
            evse_id=EvseId(1),
            vehicle_id=post.vehicle.spec.vehicle_id,
            transaction_id=TransactionId(f"tx-{post.spec.station_id}"),
            departure_at=NOON + timedelta(hours=8),
            setpoint_w=np.full(slots, planned_w),
            energy_wh=zeros,
            shortfall_wh=0.0,
            why=(),
        )
        for post in posts
    )
    series = ("grid_w", "load_w", "solar_w", "wind_w", "curtailed_w", "store_w", "store_energy_wh",
              "fleet_w", "import_gbp_per_kwh", "export_gbp_per_kwh")  # fmt: skip
    plan = Plan(
        starts_at=NOON,
        slot_s=SLOT_S,
        status=PlanStatus.OPTIMAL,
        solve_s=0.0,
        objective_gbp=0.0,
        evses=evses,
        notes=(),
        **{name: zeros for name in series} | {"grid_w": np.full(slots, 1e7)},
    )
    head = PlanHead(
        plan_id=UUID(int=1), site_id=site.site_id, version=1, made_at=NOON, cause="bench",
        as_of_outbox_id=1,
    )  # fmt: skip
    return StoredPlan(head=head, plan=plan)
