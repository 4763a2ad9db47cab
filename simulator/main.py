"""The simulator's composition root: read the configuration, build the site, run until SIGTERM."""

import asyncio
import logging
import signal
import sys
from contextlib import AsyncExitStack, suppress
from functools import partial
from pathlib import Path
from random import Random

import httpx
import structlog
import uvloop

from csms.clock import Clock, clock_from, monotonic_s
from simulator.config import Config, load_config
from simulator.drivers import Drivers
from simulator.faults import NONE
from simulator.forecaster import WeatherService, tell
from simulator.memory import recall, remember
from simulator.modbus import make_server
from simulator.profiles import JsonObject
from simulator.records import Records
from simulator.sessions import Session
from simulator.site import load_site
from simulator.wire import Wire
from simulator.world import World

log = structlog.get_logger(__name__)

SHORTEST_TICK_S = 0.05
STEPS_AT_ONCE = 60
FLUSH_S = 1.0


def main(arguments: list[str]) -> int:
    """`python -m simulator CONFIG.json`; 0 after SIGTERM or Ctrl-C, 2 for a bad configuration."""
    _configure_logs()
    try:
        (path,) = arguments
        config = load_config(Path(path))
        world = _world(config, clock_from())
    except (ValueError, OSError) as error:
        log.critical("cannot start", error=str(error))
        return 2
    with suppress(KeyboardInterrupt):
        uvloop.run(run(config, world, clock_from()))
    return 0


def _world(config: Config, clock: Clock) -> World:
    site = load_site(config.site_file)
    world = World(site, config.seed, clock.now(), lambda _: None, lambda *_: None)
    missing = sorted(set(world.stations) - set(config.stations))
    if missing:
        raise ValueError(f"no password for {', '.join(missing)}")
    recall(world, config.records_dir)
    return world


async def run(config: Config, world: World, clock: Clock) -> None:
    """Run the site in the time of `clock` until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with AsyncExitStack() as stack:
        records = stack.enter_context(Records(config.records_dir))
        world.on_sample, world.on_minute = records.plant, records.station
        world.fleet.record = records.session
        tasks = await _connect_hub(config, world, records, stack, clock)
        world.fleet.start(world.now)
        server = make_server(world.plant, config.modbus_host, config.modbus_port)
        await server.serve_forever(background=True)
        stack.push_async_callback(server.shutdown)
        stack.callback(remember, world, config.records_dir)
        tasks.append(asyncio.create_task(_advance(world, clock, records, config.records_dir)))
        tasks += [asyncio.create_task(wire.run()) for wire in _wires(config, world, records)]
        stack.push_async_callback(_cancel, tasks)
        log.info("site runs", site_id=world.site.site_id, stations=len(world.stations))
        stopping = asyncio.create_task(stop.wait())
        done, _ = await asyncio.wait([stopping, *tasks], return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()  # only stopping ends without an error
    log.info("site stopped", site_id=world.site.site_id)


async def _advance(world: World, clock: Clock, records: Records, folder: Path) -> None:
    """Step the world as its time passes, a second each; catch up in slices that let others run."""
    flushed_s = monotonic_s()
    while True:
        behind = world.advance(clock.now(), STEPS_AT_ONCE) == STEPS_AT_ONCE
        if monotonic_s() - flushed_s >= FLUSH_S:
            records.flush()
            remember(world, folder)
            flushed_s = monotonic_s()
        await asyncio.sleep(0 if behind else max(clock.real_s(1.0), SHORTEST_TICK_S))


async def _connect_hub(
    config: Config, world: World, records: Records, stack: AsyncExitStack, clock: Clock
) -> list[asyncio.Task[None]]:
    """What drivers and the weather service tell, over the hub's API; the tasks that do."""
    if not config.api_url:
        return []
    client = await stack.enter_async_context(
        httpx.AsyncClient(
            base_url=config.api_url.rstrip("/") + "/",
            headers={"Authorization": f"Bearer {config.api_token}"},
            timeout=10.0,
            trust_env=False,
        )
    )

    def is_here(session: Session) -> bool:
        occupant = world.stations[session.station_id].evse.occupant
        return occupant is not None and occupant.session is session

    def incident(station_id: str, kind: str, detail: str) -> None:
        records.incident(station_id, kind, detail, world.now)

    drivers = Drivers(client, world.site.site_id, is_here, incident)
    world.fleet.tell = drivers.tell
    stack.push_async_callback(drivers.close)
    service = WeatherService(world.site, config.seed)
    return [asyncio.create_task(tell(client, service, clock))]


def _wires(config: Config, world: World, records: Records) -> list[Wire]:
    def incident(station_id: str, kind: str, detail: str) -> None:
        records.incident(station_id, kind, detail, world.now)
        log.warning("incident", station_id=station_id, kind=kind, detail=detail)

    def acknowledged(station_id: str, event: JsonObject) -> None:
        records.acknowledged(station_id, event, world.now)

    wires = []
    for station_id, station in world.stations.items():
        station.incident = partial(incident, station_id)
        station.acknowledged = partial(acknowledged, station_id)
        url = f"{config.ocpp_url.rstrip('/')}/{station_id}"
        random = Random(f"{config.seed} {station_id}")
        password = config.stations[station_id]
        station.faults = config.faults.get(station_id, NONE)
        version = config.versions.get(station_id)
        wires.append(Wire(station, url, password, lambda: world.now, random, version))
    return wires


async def _cancel(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _configure_logs() -> None:
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
    )
    logging.basicConfig(level=logging.CRITICAL)
