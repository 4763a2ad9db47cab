"""Record: what the plant's own meter and the vehicles say of a simulated time, whatever the hub
believes. Judgements are made of it alone."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from scheduler.domain.reading import GridReading
from simulator.plant import PlantSample
from v2ghub.simulate.bay import Stay

Watts = npt.NDArray[np.float64]


@dataclass(slots=True)
class Record:
    """Averages per step of `step_s` from `starts_at`: + is import, and into store and vehicles.

    `store_wh`: what the store holds at a step's end; `given_w`: what vehicles give, a magnitude;
    `circuit_w`: the vehicles' power per circuit; `kept_w`: the floors of its EVSEs without a
    vehicle. `stays` are over, `there` are those that go on at the end. `done`: steps so far.
    """

    starts_at: datetime
    step_s: int
    grid_w: Watts
    load_w: Watts
    solar_w: Watts
    wind_w: Watts
    store_w: Watts
    store_wh: Watts
    fleet_w: Watts
    given_w: Watts
    circuit_w: dict[str, Watts]
    kept_w: dict[str, Watts]
    stays: list[Stay] = field(default_factory=list)
    there: list[Stay] = field(default_factory=list)
    done: int = 0
    plans: int = 0
    fallbacks: list[str] = field(default_factory=list)
    commands: int = 0

    @property
    def surplus_w(self) -> Watts:
        """Generation beyond the load; negative where there is none."""
        surplus_w: Watts = self.solar_w + self.wind_w - self.load_w
        return surplus_w

    @property
    def taken_w(self) -> Watts:
        """What store and vehicles take of the surplus."""
        surplus_w = np.maximum(self.surplus_w, 0.0)
        return np.minimum(surplus_w, np.maximum(self.store_w + self.fleet_w, 0.0))

    def site(self, sample: PlantSample, given_w: float, store_wh: float) -> None:
        """One step of the site."""
        step = self.done
        self.grid_w[step], self.load_w[step] = sample.grid_w, sample.load_w
        self.solar_w[step], self.wind_w[step] = sample.solar_w, sample.wind_w
        self.store_w[step], self.store_wh[step] = sample.store_w, store_wh
        self.fleet_w[step], self.given_w[step] = sample.fleet_w, given_w
        self.done += 1

    def at(self) -> list[datetime]:
        """When each step begins."""
        step = timedelta(seconds=self.step_s)
        return [self.starts_at + k * step for k in range(self.done)]

    def readings(self, starts_at: datetime, ends_at: datetime) -> list[GridReading]:
        """The plant meter's words of a window, both ends included."""
        first, last = (
            int((at - self.starts_at).total_seconds()) // self.step_s for at in (starts_at, ends_at)
        )
        return [
            GridReading(
                at=self.starts_at + timedelta(seconds=k * self.step_s), grid_w=float(self.grid_w[k])
            )
            for k in range(first, last + 1)
        ]


def empty_record(
    starts_at: datetime, step_s: int, steps: int, circuit_ids: Iterable[str]
) -> Record:
    """Room for `steps`."""
    names = tuple(circuit_ids)
    return Record(
        starts_at=starts_at,
        step_s=step_s,
        grid_w=np.zeros(steps),
        load_w=np.zeros(steps),
        solar_w=np.zeros(steps),
        wind_w=np.zeros(steps),
        store_w=np.zeros(steps),
        store_wh=np.zeros(steps),
        fleet_w=np.zeros(steps),
        given_w=np.zeros(steps),
        circuit_w={name: np.zeros(steps) for name in names},
        kept_w={name: np.zeros(steps) for name in names},
    )
