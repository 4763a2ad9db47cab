"""Many stations in one process, without a site: `python -m simulator.swarm CONFIG.json`.

Each has a vehicle that charges on whatever the hub allows. Time is real; stations are stepped once
a second, spread over it. When `run_s` is over, or on SIGTERM, one JSON line on standard output says
what it cost: seconds of CPU and memory per station, calls made and answered.
"""

import asyncio
import resource
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Annotated, Final, Literal

import msgspec
import uvloop
from msgspec import Meta, Struct

from csms.clock import Clock, clock_from, monotonic_s
from simulator.evse import Occupant
from simulator.faults import NONE, Faults
from simulator.profiles import JsonObject
from simulator.site import StationSpec
from simulator.station import Registration, Station
from simulator.vehicle import Vehicle, VehicleSpec
from simulator.wire import Wire

SLICES: Final = 20
"""A second of stepping is cut so often, so that frames never wait for all stations."""


class SwarmConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`stations` maps each station to its password; they connect within `connect_s`."""

    ocpp_url: str
    stations: Annotated[dict[str, str], Meta(min_length=1)]
    version: Literal["1.6", "2.0.1", "2.1"] = "2.0.1"
    model: str = "AC-11"
    faults: Faults = NONE
    run_s: float | None = None
    connect_s: float = 10.0
    seed: int = 1


class Swarm:
    """The stations, their wires, and what they have done."""

    def __init__(self, config: SwarmConfig, clock: Clock) -> None:
        self._config = config
        self._clock = clock
        self.acknowledged = 0
        self.stations = [self._station(index, name) for index, name in enumerate(config.stations)]

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set."""
        tasks = [asyncio.create_task(self._step())]
        tasks += [asyncio.create_task(self._wire(station)) for station in self.stations]
        try:
            await stop.wait()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def accepted(self) -> int:
        """Stations that are served now."""
        return sum(one.registration is Registration.ACCEPTED for one in self.stations)

    async def _step(self) -> None:
        """Step every station once a second, a slice at a time."""
        started_s, round_no = monotonic_s(), 0
        while True:
            for part in range(SLICES):
                for station in self.stations[part::SLICES]:
                    station.step(self._clock.now(), 1.0)
                due_s = started_s + round_no + (part + 1) / SLICES
                await asyncio.sleep(max(0.0, due_s - monotonic_s()))
            round_no += 1

    async def _wire(self, station: Station) -> None:
        station_id, config = station.spec.station_id, self._config
        random = Random(f"{config.seed} {station_id}")
        await asyncio.sleep(random.uniform(0.0, config.connect_s))
        url = f"{config.ocpp_url.rstrip('/')}/{station_id}"
        password = config.stations[station_id]
        await Wire(station, url, password, self._clock.now, random, config.version).run()

    def _station(self, index: int, station_id: str) -> Station:
        spec = StationSpec(
            station_id=station_id,
            index=index,
            vendor="V2GHubSim",
            model=self._config.model,
            max_charge_w=11_000.0,
            max_discharge_w=0.0,
            min_charge_w=1_380.0,
            phases=3,
            voltage_v=230.0,
        )
        station = Station(spec, acknowledged=self._acknowledged, faults=self._config.faults)
        vehicle = VehicleSpec(
            vehicle_id=f"ev-{station_id}",
            id_token=f"EV{index:08d}",
            capacity_wh=60_000.0,
            max_charge_w=11_000.0,
            max_discharge_w=0.0,
        )
        station.plug_in(Occupant(Vehicle(vehicle, 6_000.0)), self._clock.now())
        return station

    def _acknowledged(self, _: JsonObject) -> None:
        self.acknowledged += 1


def figures(swarm: Swarm, elapsed_s: float, cpu_s: float) -> JsonObject:
    """What the run cost."""
    count = len(swarm.stations)
    rss_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "stations": count,
        "accepted": swarm.accepted,
        "elapsed_s": round(elapsed_s, 1),
        "events_acknowledged": swarm.acknowledged,
        "cpu_pct": round(100 * cpu_s / elapsed_s, 1),
        "rss_kib_per_station": round(rss_kib / count, 1),
    }


async def _run(config: SwarmConfig) -> JsonObject:
    swarm, stop = Swarm(config, clock_from()), asyncio.Event()
    loop = asyncio.get_running_loop()
    for one in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(one, stop.set)
    if config.run_s is not None:
        loop.call_later(config.run_s, stop.set)
    started_s, cpu_s = monotonic_s(), _cpu_s()
    async with asyncio.TaskGroup() as group:
        group.create_task(swarm.run(stop))
        await stop.wait()
        return figures(swarm, monotonic_s() - started_s, _cpu_s() - cpu_s)


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main(arguments: Sequence[str]) -> int:
    """0 when it ran, 2 for a bad configuration."""
    try:
        (path,) = arguments
        config = msgspec.json.decode(Path(path).read_bytes(), type=SwarmConfig)
    except (ValueError, OSError) as error:
        sys.stderr.write(f"cannot start: {error}\n")
        return 2
    with suppress(KeyboardInterrupt):
        told = uvloop.run(_run(config))
        sys.stdout.write(msgspec.json.encode(told).decode() + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
