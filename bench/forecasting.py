"""How good forecasts are: pinball loss and coverage, against persistence and seasonal-naive.

Load, solar and wind are synthetic: the simulator's sky, wind and load over 42 days, of which the
first 14 only teach; the site file is off by up to 10 % of the true load. Each rival gets a band in
the same way, from its own past misses; ours is shown without foretold weather, too, which a
simulated weather service tells (its errors are made up, see `simulator/forecaster.py`). Pinball
loss is the mean over p10, p50 and p90 in per cent of the capacity (of the largest load), by day
only for the sun; `ratio` below 1 is better than the peer's. Prints JSON lines.

    .venv/bin/python bench/forecasting.py [--short]
"""

import json
import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

sys.path.insert(0, str(Path(__file__).parents[1]))

from scheduler.domain.forecast import Band, Forecast
from scheduler.domain.learned import Learned
from scheduler.domain.site import Site
from scheduler.domain.site_rules import load_site
from scheduler.domain.slots import slot_starts
from scheduler.domain.weather import Weather
from scheduler.forecasting import decay, solar, spread, wind
from scheduler.forecasting.learning import QUANTITIES, Seen, learn, nothing_learned
from scheduler.services.forecast import RECENT_S, STEP_S, forecast_of
from scheduler.store.readings import ReadingWindow
from simulator.forecaster import WeatherService
from simulator.plant import load_series
from simulator.site import SiteSpec
from simulator.site import load_site as load_spec
from simulator.weather import Weather as TrueWeather
from simulator.weather import minutes_of

BENCH = "forecasting"
SITE = Path(__file__).parents[1] / "sites" / "ev36zero.toml"
FIRST_DAY = date(2026, 5, 4)
SHORT = "--short" in sys.argv
SEEDS, DAYS, TEACHING_DAYS = ((0,), 21, 14) if SHORT else (range(5), 42, 14)
ISSUED_EVERY_S = 7200
SLOT_S, DAY_S = 900, 86_400
QUANTILES = (0.1, 0.5, 0.9)
OURS, TOLD, PEERS = "ours", "ours, weather foretold", ("persistence", "seasonal-naive")
Numbers = npt.NDArray[np.float64]


@dataclass
class Score:
    """Sums of one forecaster of one quantity."""

    pinball: float = 0.0
    inside: int = 0
    count: int = 0

    def add(self, band: Band, came_w: Numbers, most_w: float, where: npt.NDArray[np.bool_]) -> None:
        for quantile, said_w in zip(QUANTILES, (band.p10_w, band.p50_w, band.p90_w), strict=True):
            off = (came_w - said_w)[where] / most_w
            self.pinball += float(np.maximum(quantile * off, (quantile - 1) * off).sum()) / 3
        self.inside += int(((came_w >= band.p10_w) & (came_w <= band.p90_w))[where].sum())
        self.count += int(where.sum())


@dataclass
class World:
    """What the meters will say, in steps of `STEP_S` from the first day's midnight."""

    site: Site
    steps: dict[str, Numbers]
    began_at: datetime
    service: WeatherService

    def weather(self, now: datetime) -> Weather:
        """What the service told last."""
        said = self.service.foretold(now)
        return Weather(
            issued_at=datetime.fromisoformat(said["issued_at"]),
            starts_at=datetime.fromisoformat(said["starts_at"]),
            step_s=said["step_s"],
            ghi_w_per_m2=np.array(said["ghi_w_per_m2"]),
            wind_m_per_s=np.array(said["wind_m_per_s"]),
            wind_height_m=said["wind_height_m"],
        )

    def windows(self, now: datetime) -> list[ReadingWindow]:
        end = int((now - self.began_at).total_seconds()) // STEP_S
        return [
            ReadingWindow(
                at=self.began_at + timedelta(seconds=STEP_S * k),
                reading_count=1, grid_w=None, store_w=None, store_soc_pct=None,
                fleet_charge_w=None, fleet_discharge_w=None,
                **{f"{name}_w": float(self.steps[name][k]) for name in QUANTITIES},
            )
            for k in range(max(0, end - RECENT_S // STEP_S), end)
        ]  # fmt: skip

    def seen(self, starts_at: datetime, ends_at: datetime) -> list[Seen]:
        """The slots between, as the meters told them."""
        count = int((ends_at - starts_at).total_seconds()) // SLOT_S
        columns = {f"{name}_w": self.slots(name, starts_at, count) for name in QUANTITIES}
        return [
            Seen(starts_at=at, **{name: float(w[k]) for name, w in columns.items()})
            for k, at in enumerate(slot_starts(starts_at, SLOT_S, count))
        ]

    def slots(self, name: str, starts_at: datetime, count: int) -> Numbers:
        """Average W of slots."""
        first = int((starts_at - self.began_at).total_seconds()) // STEP_S
        per_slot = SLOT_S // STEP_S
        return self.steps[name][first : first + count * per_slot].reshape(count, -1).mean(axis=1)


def a_world(seed: int) -> World:
    """The demo site; what its file says of the load is off."""
    spec, site = load_spec(SITE), load_site(SITE.read_text())
    began_at = datetime(FIRST_DAY.year, FIRST_DAY.month, FIRST_DAY.day, tzinfo=UTC)
    days = [_day(spec, seed, FIRST_DAY + timedelta(days=n)) for n in range(DAYS + 2)]
    steps = {name: np.concatenate([day[name] for day in days]) for name in QUANTITIES}
    off = 1 + 0.1 * np.sin(np.arange(48) / 48 * 2 * np.pi + seed)
    said = [
        tuple((np.array(profile) * off).tolist())
        for profile in (site.load.profile_w, site.load.weekend_profile_w)
    ]
    load = msgspec.structs.replace(
        site.load, profile_w=said[0], weekend_profile_w=said[1], max_w=1.1 * site.load.max_w
    )
    service = WeatherService(spec, seed)
    return World(msgspec.structs.replace(site, load=load), steps, began_at, service)


def _day(spec: SiteSpec, seed: int, day: date) -> dict[str, Numbers]:
    weather = TrueWeather(spec.latitude_deg, spec.longitude_deg, seed)
    minutes = {
        "load": load_series(spec, seed, minutes_of(day)[:-1]),
        "solar": np.sum([weather.solar_w(farm, day)[:-1] for farm in spec.solar], axis=0),
        "wind": np.sum([weather.wind_w(farm, day)[:-1] for farm in spec.wind], axis=0),
    }
    return {name: w.reshape(-1, STEP_S // 60).mean(axis=1) for name, w in minutes.items()}


def rival(world: World, name: str, now: datetime, peer: str) -> Numbers:
    """W per slot as the peer says it: what was in the last half-hour; what was a day (a week, for
    load) earlier."""
    slots = world.site.control.horizon_slots
    if peer == "persistence":
        return np.full(slots, world.slots(name, now - timedelta(seconds=RECENT_S), 2).mean())
    back_slots = (7 if name == "load" else 1) * DAY_S // SLOT_S
    last = world.slots(name, now - timedelta(seconds=back_slots * SLOT_S), back_slots)
    return np.resize(last, slots)


def rivals_forecast(world: World, learned: Learned, now: datetime, peer: str) -> Forecast:
    """The peer's word, with a band from its own past misses."""
    slots = world.site.control.horizon_slots
    ages_s = decay.ages_s(now, now, SLOT_S, slots)
    most_w = most_of(world.site, now)
    bands = {
        name: spread.band(
            np.minimum(rival(world, name, now, peer), most_w[name]),
            ages_s,
            spread.LOAD_ERROR_RATIO if name == "load" else spread.GENERATION_ERROR_RATIO,
            most_w[name],
            learned.misses[name],
        )
        for name in QUANTITIES
    }
    return Forecast(issued_at=now, starts_at=now, slot_s=SLOT_S, **bands)


def most_of(site: Site, now: datetime) -> dict[str, Numbers]:
    """What is possible in each slot."""
    slots = site.control.horizon_slots
    middles = slot_starts(now + timedelta(seconds=SLOT_S / 2), SLOT_S, slots)
    return {
        "load": np.full(slots, site.load.max_w),
        "solar": solar.most_w(site, solar.clear_sky_w(site, middles)),
        "wind": np.full(slots, wind.capacity_w(site)),
    }


def run(seed: int, scores: dict[tuple[str, str], Score]) -> None:
    """One history, forecast every two hours by all, each learning as it comes."""
    world = a_world(seed)
    site, began_at = world.site, world.began_at + timedelta(days=7)
    learned = {peer: nothing_learned(began_at) for peer in (OURS, TOLD, *PEERS)}
    made: dict[str, list[Forecast]] = {peer: [] for peer in learned}
    kept = site.control.horizon_slots * SLOT_S // ISSUED_EVERY_S
    for hour in range(7 * 24, DAYS * 24, ISSUED_EVERY_S // 3600):
        now = world.began_at + timedelta(hours=hour)
        before = world.weather(now - timedelta(seconds=ISSUED_EVERY_S))
        for peer in learned:
            if hour > 7 * 24:
                seen = world.seen(now - timedelta(seconds=ISSUED_EVERY_S), now)
                told = [before] if peer == TOLD else []
                learned[peer] = learn(learned[peer], site, seen, made[peer], told)
            if peer in (OURS, TOLD):
                told_now = world.weather(now) if peer == TOLD else None
                forecast = forecast_of(site, world.windows(now), now, now, learned[peer], told_now)
            else:
                forecast = rivals_forecast(world, learned[peer], now, peer)
            made[peer] = [*made[peer][-kept:], forecast]
            if hour >= TEACHING_DAYS * 24:
                score(world, forecast, peer, scores)


def score(
    world: World, forecast: Forecast, peer: str, scores: dict[tuple[str, str], Score]
) -> None:
    """Compare a forecast with what came."""
    now, most_w = forecast.issued_at, most_of(world.site, forecast.issued_at)
    farms_w = sum(farm.capacity_w for farm in world.site.solar)
    for name in QUANTITIES:
        by_day = most_w["solar"] > solar.BRIGHT_RATIO * farms_w
        where = by_day if name == "solar" else np.ones_like(by_day)
        one = scores.setdefault((name, peer), Score())
        scale_w = farms_w if name == "solar" else float(most_w[name][0])
        one.add(getattr(forecast, name), world.slots(name, now, len(where)), scale_w, where)


def main() -> None:
    scores: dict[tuple[str, str], Score] = {}
    for seed in SEEDS:
        run(seed, scores)
    for name in QUANTITIES:
        best = OURS if name == "load" else TOLD
        ours = scores[name, best]
        for peer in dict.fromkeys((best, OURS, *PEERS)):
            one = scores[name, peer]
            loss_pct, inside = 100 * one.pinball / one.count, one.inside / one.count
            told: dict[str, Any] = {"quantity": name, "forecaster": peer, "data": "synthetic"}
            if peer != best:
                told |= {"peer": peer, "ratio": round(ours.pinball / one.pinball, 3)}
            row = {"bench": BENCH, "metric": "pinball", "value": round(loss_pct, 4), "unit": "%"}
            print(json.dumps(row | told))
            row = {"bench": BENCH, "metric": "coverage", "value": round(inside, 3), "unit": "share"}
            print(json.dumps(row | told | {"meant": 0.8}), flush=True)


if __name__ == "__main__":
    main()
