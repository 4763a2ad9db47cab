"""What a site's own past teaches its forecasts: how its file and a usual sky are off, and how far
forecasts missed. Each slot is learned from once, when it is over; what is old fades.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from scheduler.domain.forecast import Forecast
from scheduler.domain.learned import Learned
from scheduler.domain.site import HALF_HOURS, Site
from scheduler.domain.slots import HALF_HOUR_S, SATURDAY, load_profile
from scheduler.domain.weather import Weather
from scheduler.forecasting import foretold, solar, spread, wind
from scheduler.forecasting.decay import Numbers

HALF_LIFE_S = 21 * 86_400.0
LOAD_SLOTS = 20.0  # of its half-hour of the day that a mean remembers
LEARNED_SLOTS = 4.0  # from which on it is that mean which misses, no more the file
SKY_PACE = 0.05  # of a quarter of an hour
WIND_PACE = 0.0005
QUANTITIES = ("load", "solar", "wind")
FORETOLD = {"solar": "foretold solar", "wind": "foretold wind"}
DAY_KINDS = 2  # workday, free day


def nothing_learned(until: datetime) -> Learned:
    """Of a site that has no history before `until`."""
    day = (DAY_KINDS, HALF_HOURS)
    return Learned(
        until=until,
        load_ratio=np.ones(day),
        load_slots=np.zeros(day),
        clearness_ratio=np.full(24, solar.USUAL_CLEARNESS_RATIO),
        wind_ratio=wind.USUAL_CAPACITY_RATIO,
        misses={name: np.zeros(spread.COUNTS_SHAPE) for name in (*QUANTITIES, *FORETOLD.values())},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Average W of a slot that is over; None where no meter told."""

    starts_at: datetime
    load_w: float | None
    solar_w: float | None
    wind_w: float | None


def learn(
    learned: Learned,
    site: Site,
    seen: Sequence[Seen],
    forecasts: Sequence[Forecast],
    told: Sequence[Weather] = (),
) -> Learned:
    """Learn from slots of the site's grid, oldest first, by the forecasts made of them, and what
    weather was `told` (oldest first)."""
    half = timedelta(seconds=site.control.slot_s / 2)
    middles = [slot.starts_at + half for slot in seen]
    for slot, sky_w in zip(seen, solar.clear_sky_w(site, middles).tolist(), strict=True):
        learned = _learned_slot(learned, site, slot, sky_w, forecasts)
    came_w = {
        name: np.array([getattr(slot, f"{name}_w") for slot in seen], dtype=float)
        for name in FORETOLD
    }
    ratio = foretold.learned_ratio(learned.foretold_ratio, site, middles, came_w, told)
    return replace(learned, foretold_ratio=ratio)


def misses_of(learned: Learned, name: str, *, by_weather: bool) -> Numbers:
    """How far off such forecasts of this quantity were."""
    kind = FORETOLD[name] if by_weather else name
    return learned.misses.get(kind, np.zeros(spread.COUNTS_SHAPE))


def _is_file(learned: Learned, site: Site, at: datetime) -> bool:
    """Whether a load then is still forecast by the site's file: its misses fade for weeks, and
    would be taken for doubt about the mean that has replaced it."""
    return bool(learned.load_slots[_place(site, at)] < LEARNED_SLOTS)


def _learned_slot(
    learned: Learned, site: Site, seen: Seen, clear_w: float, forecasts: Sequence[Forecast]
) -> Learned:
    slot_s = site.control.slot_s
    middle = seen.starts_at + timedelta(seconds=slot_s / 2)
    fade = 0.5 ** (slot_s / HALF_LIFE_S)
    sun_w = float(solar.most_w(site, np.array([clear_w]))[0])
    most_w = {"load": site.load.max_w, "solar": sun_w, "wind": wind.capacity_w(site)}
    bright = clear_w > solar.BRIGHT_RATIO * sum(farm.capacity_w for farm in site.solar)
    misses = {name: counts * fade for name, counts in learned.misses.items()}
    for name in QUANTITIES:
        came_w = getattr(seen, f"{name}_w")
        if came_w is None or most_w[name] <= 0 or (name == "solar" and not bright):
            continue
        if name == "load" and _is_file(learned, site, middle):
            continue
        kinds = {name: forecasts}
        if name in FORETOLD:
            kinds = {
                name: [one for one in forecasts if not one.foretold],
                FORETOLD[name]: [one for one in forecasts if one.foretold],
            }
        for kind, alike in kinds.items():
            counts = misses.get(kind, np.zeros(spread.COUNTS_SHAPE))
            misses[kind] = _counted(counts, name, came_w, most_w[name], middle, alike)
    ratio, slots = _load_ratio(learned, site, seen)
    return replace(
        learned,
        until=seen.starts_at + timedelta(seconds=slot_s),
        load_ratio=ratio,
        load_slots=slots,
        clearness_ratio=_clearness(learned.clearness_ratio, seen, clear_w if bright else 0.0),
        wind_ratio=_wind_ratio(learned.wind_ratio, seen.wind_w, most_w["wind"]),
        misses=misses,
    )


def load_ratios(learned: Learned, site: Site, at: Sequence[datetime]) -> Numbers:
    """By how much the load is expected above or below the file at these instants."""
    return np.array([learned.load_ratio[_place(site, one)] for one in at])


def _counted(
    counts: Numbers,
    name: str,
    came_w: float,
    most_w: float,
    middle: datetime,
    forecasts: Sequence[Forecast],
) -> Numbers:
    said = [
        (getattr(one, name).model_w[slot], (middle - one.issued_at).total_seconds())
        for one in forecasts
        if 0 <= (slot := _slot_of(one, middle)) < len(one.load.model_w) and one.issued_at <= middle
    ]
    if not said:
        return counts
    model_w, age_s = (np.array(column) for column in zip(*said, strict=True))
    return spread.counted(
        counts,
        model_w=model_w,
        seen_w=np.full(len(said), came_w),
        most_w=np.full(len(said), most_w),
        ages_s=age_s,
    )


def _slot_of(forecast: Forecast, at: datetime) -> int:
    return (at - forecast.starts_at) // timedelta(seconds=forecast.slot_s)


def _load_ratio(learned: Learned, site: Site, seen: Seen) -> tuple[Numbers, Numbers]:
    usual_w = float(load_profile(site, seen.starts_at, site.control.slot_s, 1)[0])
    if seen.load_w is None or usual_w <= 0:
        return learned.load_ratio, learned.load_slots
    place = _place(site, seen.starts_at + timedelta(seconds=site.control.slot_s / 2))
    ratio, slots = learned.load_ratio.copy(), learned.load_slots.copy()
    slots[place] = min(slots[place] + 1, LOAD_SLOTS)
    ratio[place] += (max(seen.load_w, 0.0) / usual_w - ratio[place]) / slots[place]
    return ratio, slots


def _clearness(ratios: Numbers, seen: Seen, clear_w: float) -> Numbers:
    if seen.solar_w is None or clear_w <= 0:
        return ratios
    changed, hour = ratios.copy(), seen.starts_at.hour
    changed[hour] += SKY_PACE * (
        min(max(seen.solar_w / clear_w, 0.0), solar.CLEAREST_RATIO) - ratios[hour]
    )
    return changed


def _wind_ratio(ratio: float, seen_w: float | None, capacity_w: float) -> float:
    if seen_w is None or capacity_w <= 0:
        return ratio
    return ratio + WIND_PACE * (min(max(seen_w / capacity_w, 0.0), 1.0) - ratio)


def _place(site: Site, at: datetime) -> tuple[int, int]:
    local = at.astimezone(ZoneInfo(site.time_zone))
    free = int(local.weekday() >= SATURDAY)
    return free, int((local.hour * 3600 + local.minute * 60) // HALF_HOUR_S)
