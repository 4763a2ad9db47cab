"""World: plant, stations and fleet of one site, stepped together second by second. Pure."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from simulator.fleet import Fleet
from simulator.local_modes import Surroundings
from simulator.plant import Plant, PlantSample
from simulator.site import SiteSpec
from simulator.station import Station

STEP_S: Final = 1.0
RECORD_EVERY_S: Final = 60


@dataclass(slots=True)
class World:
    """A whole site. `on_sample` is called each second, `on_minute` per station each full minute."""

    site: SiteSpec
    seed: int
    now: datetime
    on_sample: Callable[[PlantSample], None]
    on_minute: Callable[[Station, datetime], None]
    stations: dict[str, Station] = field(init=False)
    plant: Plant = field(init=False)
    fleet: Fleet = field(init=False)

    def __post_init__(self) -> None:
        self.now = self.now.replace(microsecond=0)
        self.stations = {spec.station_id: Station(spec) for spec in self.site.station_specs()}
        self.plant = Plant(self.site, self.seed)
        self.fleet = Fleet(self.site, self.seed, self.stations)

    def advance(self, until: datetime, most_steps: int) -> int:
        """Step until `until`, at most `most_steps` seconds; return how many were made."""
        steps = 0
        while steps < most_steps and self.now + timedelta(seconds=STEP_S) <= until:
            self._step()
            steps += 1
        return steps

    def _step(self) -> None:
        self.now = now = self.now + timedelta(seconds=STEP_S)
        self.fleet.step(now)
        grid_w = self.plant.latest.grid_w if self.plant.latest else 0.0
        seen = Surroundings(self.plant.frequency_hz(now), grid_w)
        for station in self.stations.values():
            station.seen = seen
        fleet_w = sum(station.step(now, STEP_S) for station in self.stations.values())
        self.on_sample(self.plant.step(now, STEP_S, fleet_w))
        if now.timestamp() % RECORD_EVERY_S == 0:
            for station in self.stations.values():
                self.on_minute(station, now)
