"""The site's meters as the hub reads them, and what its forecasts learn from them."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import numpy as np

from scheduler.domain.forecast import Forecast
from scheduler.domain.learned import Learned
from scheduler.domain.site import Site
from scheduler.domain.slots import slot_start
from scheduler.domain.weather import Weather
from scheduler.forecasting.learning import Seen, learn
from scheduler.services.forecast import RECENT_S, STEP_S, forecast_of
from scheduler.store.readings import ReadingWindow
from simulator.forecaster import ISSUED_EVERY_S, WeatherService
from simulator.plant import PlantSample

LEARN_S = 1800
METERED = ("grid_w", "load_w", "solar_w", "wind_w", "store_w")


def foretold(service: WeatherService, now: datetime) -> Weather:
    """What the service had told by `now`."""
    return _issue(service, int(now.timestamp()) // ISSUED_EVERY_S)


@lru_cache(maxsize=16)
def _issue(service: WeatherService, number: int) -> Weather:
    told = service.foretold(datetime.fromtimestamp(number * ISSUED_EVERY_S, UTC))
    return Weather(
        issued_at=datetime.fromisoformat(told["issued_at"]),
        starts_at=datetime.fromisoformat(told["starts_at"]),
        step_s=told["step_s"],
        ghi_w_per_m2=np.array(told["ghi_w_per_m2"]),
        wind_m_per_s=np.array(told["wind_m_per_s"]),
        wind_height_m=told["wind_height_m"],
    )


@dataclass(slots=True)
class Meters:
    """Averages of `STEP_S`, and what was forecast of them. `learned`: as the site's past taught;
    `service`: who foretells the weather, if anybody."""

    site: Site
    learned: Learned
    service: WeatherService | None = None
    windows: list[ReadingWindow] = field(default_factory=list)
    samples: list[PlantSample] = field(default_factory=list)
    made: list[Forecast] = field(default_factory=list)

    def read(self, sample: PlantSample, step_s: int) -> None:
        """One step of the site."""
        self.samples.append(sample)
        if len(self.samples) * step_s < STEP_S:
            return
        means = {n: float(np.mean([getattr(s, n) for s in self.samples])) for n in METERED}
        self.windows.append(
            ReadingWindow(
                at=self.samples[0].at, reading_count=len(self.samples), store_soc_pct=None,
                fleet_charge_w=None, fleet_discharge_w=None, **means,
            )
        )  # fmt: skip
        self.samples = []
        ends_at = self.windows[-1].at + timedelta(seconds=max(STEP_S, step_s))
        if ends_at.timestamp() % LEARN_S == 0:
            self._learn(ends_at)
        recent_from = ends_at - timedelta(seconds=RECENT_S)
        kept_from = min(self.learned.until, recent_from)
        self.windows = [window for window in self.windows if window.at >= kept_from]

    def forecast(self, now: datetime) -> Forecast:
        """What is expected from now on, and is learned from when it has come."""
        recent_from = now - timedelta(seconds=RECENT_S)
        recent = [window for window in self.windows if window.at >= recent_from]
        starts_at = slot_start(now, self.site.control.slot_s)
        told = foretold(self.service, now) if self.service else None
        made = forecast_of(self.site, recent, now, starts_at, self.learned, told)
        horizon = timedelta(seconds=made.slot_s * self.site.control.horizon_slots)
        self.made = [one for one in self.made if one.starts_at + horizon > starts_at]
        self.made.append(made)
        return made

    def _learn(self, now: datetime) -> None:
        """From every slot that is over since the last time."""
        slot = timedelta(seconds=self.site.control.slot_s)
        seen, begins_at = [], self.learned.until
        while begins_at + slot <= now:
            means = self._means(begins_at, begins_at + slot)
            if means is not None:
                seen.append(means)
            begins_at += slot
        self.learned = learn(self.learned, self.site, seen, self.made).later(begins_at)

    def _means(self, begins_at: datetime, ends_at: datetime) -> Seen | None:
        windows = [window for window in self.windows if begins_at <= window.at < ends_at]
        if not windows:
            return None
        load_w, solar_w, wind_w = (
            float(np.mean([getattr(window, name) for window in windows]))
            for name in ("load_w", "solar_w", "wind_w")
        )
        return Seen(starts_at=begins_at, load_w=load_w, solar_w=solar_w, wind_w=wind_w)
