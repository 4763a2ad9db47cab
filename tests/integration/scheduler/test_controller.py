"""The controller over real wires: PostgreSQL, Modbus TCP, and a plant that answers to its store."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.bus import Bus
from csms.clock import Clock, fast_clock, monotonic_s
from csms.store.engine import make_engine
from csms.store.tables import command, outbox
from scheduler.adapters.plant import Plant
from scheduler.controller import Controller
from scheduler.domain.dispatch import Dispatch
from scheduler.domain.site import GridConnection, Load, ModbusDevice, Site
from scheduler.services.desk import Desk
from scheduler.services.load_site import store_site
from scheduler.services.replan import Replanner
from scheduler.store import alarms, readings, states
from scheduler.store.books import PostgresBooks
from scheduler.store.tables import decision
from tests.integration.csms.test_kill import free_port
from tests.integration.scheduler.wire import wire
from tests.scheduler.sunspec_plant import Unit, served
from tests.scheduler.world import World, yard

pytestmark = pytest.mark.integration

START = datetime(2026, 6, 3, 12, tzinfo=UTC)
GRID, STORE, LOAD = 1, 31, 41
IMPORT_LIMIT_W = 50_000.0


@dataclass
class FakePlant:
    """A site whose meter adds up: load, fleet, and a store that does what it is told."""

    load_w: float = 20_000.0
    fleet_w: float = 0.0
    frozen: bool = False
    grid: Unit = field(default_factory=lambda: Unit(GRID).with_model(1).with_model(213, W=0))
    load: Unit = field(default_factory=lambda: Unit(LOAD).with_model(1).with_model(213, W=0))
    store: Unit = field(
        default_factory=lambda: (
            Unit(STORE)
            .with_model(1)
            .with_model(113, W=0)
            .with_model(704, WSet_SF=0, WSet=0)
            .with_model(713, Pct_SF=-1, WH_SF=1, SoC=60, WHRtg=50_000)
        )
    )

    def __post_init__(self) -> None:
        for unit in self.units:
            unit.before_read = self.show

    @property
    def units(self) -> tuple[Unit, ...]:
        return (self.grid, self.load, self.store)

    @property
    def store_w(self) -> float:
        return -(self.store.value(704, "WSet") or 0.0)

    @property
    def grid_w(self) -> float:
        return self.load_w + self.fleet_w + self.store_w

    def show(self) -> None:
        if not self.frozen:
            self.grid.put(213, "W", self.grid_w)
        self.load.put(213, "W", self.load_w)
        self.store.put(113, "W", -self.store_w)


def metered(port: int) -> Site:
    def device(unit_id: int) -> ModbusDevice:
        return ModbusDevice(host="127.0.0.1", port=port, unit_id=unit_id)

    plain = yard()
    assert plain.store is not None
    return msgspec.structs.replace(
        plain,
        grid_connection=GridConnection(
            import_limit_w=IMPORT_LIMIT_W, export_limit_w=50_000, meter=device(GRID)
        ),
        load=Load(max_w=45_000, profile_w=plain.load.profile_w, meter=device(LOAD)),
        dispatch=Dispatch(ramp_w_per_s=100_000),  # a charger's whole power in a cycle of 0.2 s
        store=msgspec.structs.replace(plain.store, inverter=device(STORE)),
    )


@dataclass(slots=True)
class Noted(Plant):
    """A plant that notes when the store was commanded: from when and until when."""

    commanded_s: list[tuple[float, float]] = field(default_factory=list)

    async def set_store(self, setpoint_w: float, *, reverts_after_s: float) -> bool:
        began_s = monotonic_s()
        try:
            return await Plant.set_store(self, setpoint_w, reverts_after_s=reverts_after_s)
        finally:
            self.commanded_s.append((began_s, monotonic_s()))


@dataclass
class Rig:
    """One controller and what it works with."""

    site: Site
    clock: Clock
    engine: AsyncEngine
    controller: Controller
    plant: Noted

    async def until(self, what: Callable[[], Awaitable[Any]], real_s: float = 60.0) -> Any:
        """Wait until `what` gives something true, and return that."""
        async with asyncio.timeout(real_s):
            while not (found := await what()):  # noqa: ASYNC110 - the truth is in another process
                await asyncio.sleep(0.02)
        return found

    async def setpoints(self) -> list[dict[str, Any]]:
        """Commands to chargers, oldest first."""
        async with self.engine.connect() as conn:
            rows = await conn.execute(select(command).order_by(command.c.version))
            return [dict(row) for row in rows.mappings()]


@asynccontextmanager
async def rig(
    world: World,
    redis_url: str,
    site: Site,
    *,
    holder: str = "first",
    clock: Clock | None = None,
    engine: AsyncEngine | None = None,
    lease_ttl_s: float = 3.0,
) -> AsyncIterator[Rig]:
    clock, engine = clock or fast_clock(4.0, START), engine or world.engine
    bus = Bus(redis_url)
    desk = Desk(
        books=PostgresBooks(engine, site.site_id),
        bus=bus,
        site=site,
        holder=holder,
        lease_ttl_s=lease_ttl_s,
        slack_s=5.0,
    )
    plant = Noted(site, timeout_s=0.5)
    controller = Controller(clock, plant, desk, period_s=0.05)
    loops = [
        asyncio.create_task(controller.hold()),
        asyncio.create_task(controller.keep_books()),
    ]
    try:
        yield Rig(site, clock, world.engine, controller, plant)
    finally:
        for loop in loops:
            loop.cancel()
        await asyncio.gather(*loops, return_exceptions=True)
        plant.close()
        await bus.close()


async def test_the_import_limit_holds_when_the_load_jumps(
    world: World, engine: AsyncEngine, redis_url: str
) -> None:
    plant = FakePlant()
    async with served(*plant.units) as port:
        site = await world.has_site(metered(port))
        async with rig(world, redis_url, site) as run:

            async def settled() -> bool:
                async with engine.connect() as conn:
                    newest = await readings.newest(conn, "yard")
                return newest is not None and newest.grid_w == pytest.approx(20_000, abs=100)

            await run.until(settled)
            plant.load_w = 62_000

            async def held() -> bool:
                return plant.store_w <= -11_900

            await run.until(held)
            assert plant.grid_w <= IMPORT_LIMIT_W + 1
            async with engine.connect() as conn:
                state = await states.get(conn, "yard")
            assert state is not None
            assert state.import_bound_w == IMPORT_LIMIT_W

            async def noted() -> bool:
                async with engine.connect() as conn:
                    return bool(await conn.scalar(select(decision.c.rule)))

            await run.until(noted)


async def test_a_planned_vehicle_gets_a_fenced_leased_setpoint_and_it_is_not_repeated(
    world: World, engine: AsyncEngine, redis_url: str
) -> None:
    plant = FakePlant()
    async with served(*plant.units) as port:
        site = await world.has_site(metered(port))
        clock = fast_clock(4.0, START)
        await world.plugs_in("yard-01", token="token-1", at=START - timedelta(minutes=5))
        await Replanner(engine=engine, now=clock.now).replan("yard")
        async with rig(world, redis_url, site, clock=clock) as run:

            async def planned() -> list[dict[str, Any]]:
                """The setpoints once there is one of the plan: before the meter was heard there may
                be one at the floor."""
                told = await run.setpoints()
                above = told and told[-1]["payload"]["setpoint_w"] > site.control.floor_w
                return told if above else []

            told = await run.until(planned)
            first = told[-1]
            assert first["kind"] == "SetSetpoint"
            assert (first["station_id"], first["evse_id"]) == ("yard-01", 1)
            assert first["version"] >> 32 == 1
            until = datetime.fromisoformat(first["payload"]["until"])
            assert until - first["created_at"] == timedelta(seconds=site.control.lease_s)
            seen = run.clock.now()

            async def many_cycles_later() -> bool:
                return run.clock.now() - seen > timedelta(seconds=6)

            await run.until(many_cycles_later)
            assert await run.setpoints() == told


async def test_it_holds_the_limit_and_orders_while_valkey_celery_and_web_are_dead(
    world: World,
) -> None:
    plant = FakePlant()
    nobody_listens = f"redis://127.0.0.1:{free_port()}"
    async with served(*plant.units) as port:
        site = await world.has_site(metered(port))
        clock = fast_clock(4.0, START)
        await world.plugs_in("yard-01", token="token-1", at=START - timedelta(minutes=5))
        await Replanner(engine=world.engine, now=clock.now).replan("yard")
        async with rig(world, nobody_listens, site, clock=clock) as run:
            await run.until(run.setpoints)
            plant.load_w = 62_000

            async def held() -> bool:
                return plant.store_w <= -11_900

            await run.until(held)
            await world.plugs_in("yard-02", token="token-2", at=clock.now())

            async def ordered() -> bool:
                return "yard-02" in {told["station_id"] for told in await run.setpoints()}

            await run.until(ordered)


async def test_a_standby_takes_over_with_a_higher_fence(
    world: World, engine: AsyncEngine, redis_url: str
) -> None:
    plant = FakePlant()
    async with served(*plant.units) as port:
        site = await world.has_site(metered(port))
        clock = fast_clock(4.0, START)
        await world.plugs_in("yard-01", token="token-1", at=START - timedelta(minutes=5))
        await Replanner(engine=engine, now=clock.now).replan("yard")
        async with AsyncExitStack() as second:
            async with rig(world, redis_url, site, holder="first", clock=clock) as leading:
                (before, *_) = await leading.until(leading.setpoints)
                standby = await second.enter_async_context(
                    rig(world, redis_url, site, holder="second", clock=clock)
                )
                assert leading.controller.desk.picture is not None
                await standby.controller.desk.sync(clock.now())
                assert standby.controller.desk.picture is None
            await world.plugs_in("yard-02", token="token-2", at=START)
            await Replanner(engine=engine, now=clock.now).replan("yard")

            async def taken_over() -> bool:
                return bool((await standby.setpoints())[-1]["station_id"] == "yard-02")

            await standby.until(taken_over)
            after = (await standby.setpoints())[-1]
    assert before["version"] >> 32 == 1
    assert after["version"] >> 32 == 2


async def test_a_leader_that_alone_loses_its_database_leaves_the_store_before_another_takes_it(
    world: World, redis_url: str, database_url: str
) -> None:
    plant = FakePlant()
    async with served(*plant.units) as port, wire(database_url) as line:
        site = await world.has_site(metered(port))
        away = make_engine(line.url)
        async with (
            AsyncExitStack() as second,
            rig(world, redis_url, site, engine=away, lease_ttl_s=6.0) as leading,
        ):

            async def leads() -> bool:
                return len(leading.plant.commanded_s) > 3

            await leading.until(leads)
            standby = await second.enter_async_context(rig(world, redis_url, site, holder="second"))
            await line.freeze()

            async def taken_over() -> bool:
                return len(standby.plant.commanded_s) > 10

            await standby.until(taken_over)
            _, left_at_s = leading.plant.commanded_s[-1]
            assert left_at_s < standby.plant.commanded_s[0][0]
        await away.dispose()


@pytest.mark.parametrize("fault", ["frozen", "cut"])
async def test_it_holds_the_limit_without_its_database_and_makes_up_for_the_readings(
    world: World, engine: AsyncEngine, redis_url: str, database_url: str, fault: str
) -> None:
    plant = FakePlant()
    async with served(*plant.units) as port, wire(database_url) as line:
        site = await world.has_site(metered(port))
        away = make_engine(line.url)
        async with rig(world, redis_url, site, engine=away, lease_ttl_s=60.0) as run:
            desk = run.controller.desk

            async def leads() -> bool:
                return desk.picture is not None and plant.store.writes > 0

            await run.until(leads)
            await (line.freeze() if fault == "frozen" else line.cut())
            began = run.clock.now()

            async def noticed() -> bool:
                return desk.away

            await run.until(noticed)
            plant.load_w = 62_000

            async def held_for_a_while() -> bool:
                long = run.clock.now() - began > timedelta(seconds=5)
                return long and plant.grid_w <= IMPORT_LIMIT_W + 1

            await run.until(held_for_a_while)
            ended = run.clock.now()
            line.restore()

            async def made_up() -> bool:
                async with engine.connect() as conn:
                    stored = await readings.between(conn, "yard", began, ended)
                return len(stored) >= 3

            await run.until(made_up)
            assert not desk.away
        await away.dispose()


@pytest.mark.parametrize("fault", ["silent", "frozen"])
async def test_a_meter_that_fails_is_an_alarm_and_the_fleet_goes_to_its_floor(
    world: World, engine: AsyncEngine, redis_url: str, fault: str
) -> None:
    plant = FakePlant()
    alarm_code = {"silent": "meter_stale", "frozen": "meter_frozen"}[fault]
    async with served(*plant.units) as port:
        site = await world.has_site(metered(port))
        clock = fast_clock(20.0, START)
        await world.plugs_in("yard-01", token="token-1", at=START - timedelta(minutes=5))
        await Replanner(engine=engine, now=clock.now).replan("yard")
        async with rig(world, redis_url, site, clock=clock) as run:
            await run.until(run.setpoints)
            if fault == "silent":
                plant.grid.broken = True
            else:
                plant.frozen, plant.load_w = True, 24_000.0

            async def floored() -> bool:
                plant.load_w += 20.0  # a load never stands still, or nobody could tell
                return (await run.setpoints())[-1]["payload"]["setpoint_w"] <= 1_400

            await run.until(floored)
            async with engine.connect() as conn:
                codes = {alarm.code for alarm in await alarms.open_alarms(conn, "yard")}
                reading = await readings.newest(conn, "yard")
            assert alarm_code in codes
            assert reading is not None
            assert (reading.quality, reading.grid_w) == ("stale", None)
            plant.grid.broken = plant.frozen = False

            async def cleared() -> bool:
                async with engine.connect() as conn:
                    now_open = await alarms.open_alarms(conn, "yard")
                return alarm_code not in {alarm.code for alarm in now_open}

            await run.until(cleared)


async def test_a_new_version_of_the_site_is_held_without_a_restart(
    world: World, engine: AsyncEngine, redis_url: str
) -> None:
    plant = FakePlant()
    async with served(*plant.units) as port, served(*plant.units) as new_port:
        site = await world.has_site(metered(port))
        async with rig(world, redis_url, site) as run:

            async def held_to(bound_w: float) -> Any:
                async with engine.connect() as conn:
                    state = await states.get(conn, "yard")
                return state is not None and state.import_bound_w == bound_w

            await run.until(lambda: held_to(IMPORT_LIMIT_W))
            moved = metered(new_port)
            smaller = msgspec.structs.replace(moved.grid_connection, import_limit_w=30_000)
            quieter = msgspec.structs.replace(moved.load, max_w=24_000)
            moved = msgspec.structs.replace(moved, grid_connection=smaller, load=quieter)
            await store_site(engine, moved, now=run.clock.now())
            await run.until(lambda: held_to(30_000))

            async def read_there() -> bool:
                return run.plant.site == moved

            await run.until(read_there)
            plant.load_w = 45_000

            async def held() -> bool:
                return plant.store_w <= -14_900

            await run.until(held)


async def test_it_asks_for_a_new_plan_when_the_site_drifts_from_the_old_one(
    world: World, engine: AsyncEngine, redis_url: str
) -> None:
    plant = FakePlant()
    async with served(*plant.units) as port:
        site = await world.has_site(metered(port))
        clock = fast_clock(60.0, START)
        await world.plugs_in("yard-01", token="token-1", at=START - timedelta(minutes=5))
        await Replanner(engine=engine, now=clock.now).replan("yard")
        async with rig(world, redis_url, site, clock=clock) as run:
            await world.meters("yard-01", 40_000.0, at=START + timedelta(hours=1))

            async def told() -> bool:
                async with engine.connect() as conn:
                    kinds = await conn.scalars(select(outbox.c.kind))
                    return "PlanDrifted" in list(kinds)

            await run.until(told)


async def test_a_site_without_a_meter_counts_its_largest_load_and_the_fleet(
    world: World, engine: AsyncEngine, redis_url: str
) -> None:
    site = await world.has_site(msgspec.structs.replace(yard(), store=None))
    await world.plugs_in("yard-01", token="token-1", at=START, power_w=7_000, power_at=START)
    async with rig(world, redis_url, site) as run:

        async def read() -> Any:
            async with engine.connect() as conn:
                return await readings.newest(conn, "yard")

        reading = await run.until(read)
    assert reading.quality == "estimated"
    assert reading.grid_w == pytest.approx(site.load.max_w + 7_000)
    assert reading.fleet_charge_w == 7_000
