"""Plant: what the site's meters see, second by second. No clock, no network.

grid = load - solar - wind + store + fleet; + is import. Solar and wind are magnitudes. The load
never exceeds the site file's largest load.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache

import numpy as np

from simulator.noise import Series, normal_series
from simulator.site import SiteSpec, StoreSpec
from simulator.weather import DAY_S, Weather, midnight_s, minutes_of

HALF_HOUR_S = 1800
SECONDS_PER_HOUR = 3600.0
DEFAULT_HOLD_S = 300.0
NOMINAL_HZ = 50.0
WANDERS_HZ = 0.05


@dataclass(slots=True)
class Store:
    """The stationary battery. A setpoint is a lease: it reverts to 0 after its hold time."""

    spec: StoreSpec
    energy_wh: float
    setpoint_w: float = 0.0
    remaining_s: float = 0.0
    power_w: float = 0.0
    charged_wh: float = 0.0
    discharged_wh: float = 0.0

    @property
    def soc_pct(self) -> float:
        """State of charge, 0 to 100."""
        return 100.0 * self.energy_wh / self.spec.capacity_wh

    def command(self, setpoint_w: float, hold_s: float = DEFAULT_HOLD_S) -> None:
        """Charge (+) or discharge (-) at `setpoint_w` for `hold_s`, unless told again."""
        spec = self.spec
        self.setpoint_w = min(spec.max_charge_w, max(-spec.max_discharge_w, setpoint_w))
        self.remaining_s = hold_s

    def step(self, step_s: float) -> float:
        """Run for `step_s`; return the average power, W, + into the store."""
        wanted_w = self.setpoint_w if self.remaining_s > 0 else 0.0
        self.remaining_s = max(0.0, self.remaining_s - step_s)
        hours = step_s / SECONDS_PER_HOUR
        spec = self.spec
        if wanted_w >= 0:
            room_wh = spec.capacity_wh * spec.max_soc_pct / 100 - self.energy_wh
            most_w = max(0.0, room_wh) / hours / spec.charge_efficiency_ratio
            self.power_w = min(wanted_w, most_w)
            self.energy_wh += self.power_w * hours * spec.charge_efficiency_ratio
            self.charged_wh += self.power_w * hours
        else:
            stock_wh = self.energy_wh - spec.capacity_wh * spec.min_soc_pct / 100
            most_w = max(0.0, stock_wh) / hours * spec.discharge_efficiency_ratio
            self.power_w = max(wanted_w, -most_w)
            self.energy_wh += self.power_w * hours / spec.discharge_efficiency_ratio
            self.discharged_wh -= self.power_w * hours
        return self.power_w


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantSample:
    """One step of the site; powers are averages over it."""

    at: datetime
    grid_w: float
    load_w: float
    solar_w: float
    wind_w: float
    store_w: float
    fleet_w: float
    store_soc_pct: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DaySeries:
    """One UTC day, a value per second (86,400). `generation_w` is by farm id."""

    load_w: Series
    generation_w: dict[str, Series]
    frequency_hz: Series


@dataclass(slots=True)
class Plant:
    """A site with its weather, load, store and meters."""

    site: SiteSpec
    seed: int
    store: Store | None = None
    latest: PlantSample | None = None
    imported_wh: float = 0.0
    exported_wh: float = 0.0
    load_wh: float = 0.0
    generation_w: dict[str, float] = field(default_factory=dict)
    generated_wh: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        spec = self.site.store
        if self.store is None and spec is not None:
            self.store = Store(spec, spec.capacity_wh * 0.5)

    def step(self, now: datetime, step_s: float, fleet_w: float) -> PlantSample:
        """Advance by `step_s` to `now` while the fleet takes `fleet_w` (net, + into vehicles); load
        and generation are those of the second `now`, in a longer step the averages from it on."""
        hours = step_s / SECONDS_PER_HOUR
        load_w, self.generation_w = self.nature(now, step_s)
        for name, power_w in self.generation_w.items():
            self.generated_wh[name] = self.generated_wh.get(name, 0.0) + power_w * hours
        solar_w = sum(self.generation_w[farm.farm_id] for farm in self.site.solar)
        wind_w = sum(self.generation_w[farm.farm_id] for farm in self.site.wind)
        store_w = self.store.step(step_s) if self.store else 0.0
        grid_w = load_w - solar_w - wind_w + store_w + fleet_w
        self.load_wh += load_w * hours
        self.imported_wh += max(0.0, grid_w) * hours
        self.exported_wh += max(0.0, -grid_w) * hours
        self.latest = PlantSample(
            at=now,
            grid_w=grid_w,
            load_w=load_w,
            solar_w=solar_w,
            wind_w=wind_w,
            store_w=store_w,
            fleet_w=fleet_w,
            store_soc_pct=self.store.soc_pct if self.store else None,
        )
        return self.latest

    def frequency_hz(self, now: datetime) -> float:
        """Of the grid, as every meter of the site sees it."""
        today = now.astimezone(UTC).date()
        series = day_series(self.site, self.seed, today).frequency_hz
        return float(series[int(now.timestamp()) - midnight_s(today)])

    def nature(self, now: datetime, step_s: float) -> tuple[float, dict[str, float]]:
        """Load and generation by farm, W, from `now` on: what nobody controls."""
        today = now.astimezone(UTC).date()
        second = int(now.timestamp()) - midnight_s(today)
        series = day_series(self.site, self.seed, today)
        return (
            _mean_w(series.load_w, second, step_s),
            {name: _mean_w(w, second, step_s) for name, w in series.generation_w.items()},
        )


def _mean_w(series: Series, second: int, step_s: float) -> float:
    if step_s <= 1.0:
        return float(series[second])
    return float(series[second : second + int(step_s)].mean())


@lru_cache(maxsize=3)
def day_series(site: SiteSpec, seed: int, day: date) -> DaySeries:
    """Load and generation of a UTC day, per second. The first call for a day costs some 50 ms."""
    weather = Weather(site.latitude_deg, site.longitude_deg, seed)
    seconds = midnight_s(day) + np.arange(DAY_S, dtype=np.float64)
    minutes = minutes_of(day)
    generation = {farm.farm_id: weather.solar_w(farm, day) for farm in site.solar}
    generation |= {farm.farm_id: weather.wind_w(farm, day) for farm in site.wind}
    return DaySeries(
        load_w=load_series(site, seed, seconds),
        generation_w={name: np.interp(seconds, minutes, w) for name, w in generation.items()},
        frequency_hz=NOMINAL_HZ + WANDERS_HZ * normal_series(seed, "frequency", seconds, 60),
    )


def load_series(site: SiteSpec, seed: int, at_s: Series) -> Series:
    """Load in W at UNIX seconds `at_s` (one UTC day, rising): the profile of the local half-hours,
    joined without steps, with noise over hours, minutes and seconds; never above `load.max_w`."""
    load = site.load
    expected = np.interp(at_s, *_load_knots(site, float(at_s[0]), float(at_s[-1])))
    hours = normal_series(seed, "load hours", at_s, 2 * 3600)
    minutes = normal_series(seed, "load minutes", at_s, 240)
    seconds = normal_series(seed, "load seconds", at_s[::5], 15).repeat(5)[: len(at_s)]
    noisy = expected * (1 + 0.006 * hours + 0.0012 * minutes + 0.0004 * seconds)
    clipped: Series = np.clip(noisy, 0.0, load.max_w)
    return clipped


def _load_knots(site: SiteSpec, first_s: float, last_s: float) -> tuple[Series, Series]:
    """Middles of the half-hours that cover the span, and the profile's W there."""
    start_s = first_s // HALF_HOUR_S * HALF_HOUR_S - HALF_HOUR_S / 2
    middles = np.arange(start_s, last_s + HALF_HOUR_S, HALF_HOUR_S)
    return middles, np.array([_profile_w(site, middle_s) for middle_s in middles])


def _profile_w(site: SiteSpec, at_s: float) -> float:
    local = datetime.fromtimestamp(at_s, site.zone)
    weekend = local.weekday() >= 5 and bool(site.load.weekend_profile_w)
    profile = site.load.weekend_profile_w if weekend else site.load.profile_w
    return profile[local.hour * 2 + local.minute // 30]
