"""The site's forecast: its file, its recent readings and foretold weather through the numeric
forecasters."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from sqlalchemy.ext.asyncio import AsyncConnection

from scheduler.domain.forecast import Forecast
from scheduler.domain.learned import Learned
from scheduler.domain.plan import Watts
from scheduler.domain.site import Site
from scheduler.domain.slots import load_profile, slot_starts
from scheduler.domain.weather import Weather
from scheduler.forecasting import decay, load, solar, spread, wind
from scheduler.forecasting.decay import Numbers
from scheduler.forecasting.foretold import GIVES_W
from scheduler.forecasting.learning import load_ratios, misses_of, nothing_learned
from scheduler.store import lessons, readings, weather

RECENT_S = 1800
STEP_S = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """The slots to come by their middles and how far ahead they lie, and the windows just gone."""

    middles: Sequence[datetime]
    ages_s: Numbers
    past: Sequence[datetime]
    recent: Sequence[readings.ReadingWindow]


async def forecast(
    conn: AsyncConnection, site: Site, now: datetime, starts_at: datetime
) -> Forecast:
    """Bands per slot of the site's grid from `starts_at`, made from the last half-hour, the newest
    weather foretold, and what the site has taught."""
    recent = await readings.windows(
        conn, site.site_id, now - timedelta(seconds=RECENT_S), now, STEP_S
    )
    learned = await lessons.get(conn, site.site_id)
    told = await weather.newest(conn, site.site_id, now, reaches=starts_at)
    return await asyncio.to_thread(forecast_of, site, recent, now, starts_at, learned, told)


def forecast_of(
    site: Site,
    recent: Sequence[readings.ReadingWindow],
    now: datetime,
    starts_at: datetime,
    learned: Learned | None = None,
    told: Weather | None = None,
) -> Forecast:
    """The same from readings, lessons and weather in hand."""
    slot_s, slots = site.control.slot_s, site.control.horizon_slots
    known = learned or nothing_learned(starts_at)
    moments = Moments(
        middles=slot_starts(starts_at + timedelta(seconds=slot_s / 2), slot_s, slots),
        ages_s=decay.ages_s(now, starts_at, slot_s, slots),
        past=[window.at + timedelta(seconds=STEP_S / 2) for window in recent],
        recent=recent,
    )
    load_w = _load_w(site, known, moments, load_profile(site, starts_at, slot_s, slots))
    clear_w = solar.clear_sky_w(site, moments.middles)
    most_w: dict[str, Watts | float] = {
        "solar": solar.most_w(site, clear_w),
        "wind": wind.capacity_w(site),
    }
    model_w = {
        "solar": _solar_w(site, known, moments, clear_w),
        "wind": _wind_w(site, known, moments),
    }
    if told is not None:
        model_w = _by_weather(site, known, moments, told, model_w)
    return Forecast(
        issued_at=now,
        starts_at=starts_at,
        slot_s=slot_s,
        load=spread.band(
            load_w, moments.ages_s, spread.LOAD_ERROR_RATIO, site.load.max_w, known.misses["load"]
        ),
        foretold=told is not None,
        **{
            name: spread.band(
                model_w[name],
                moments.ages_s,
                spread.GENERATION_ERROR_RATIO,
                most_w[name],
                misses_of(known, name, by_weather=told is not None),
            )
            for name in ("solar", "wind")
        },
    )


def _load_w(site: Site, known: Learned, moments: Moments, profile_w: Watts) -> Watts:
    past_w = np.array([load_profile(site, one.at, STEP_S, 1)[0] for one in moments.recent])
    return load.forecast_w(
        profile_w=profile_w * load_ratios(known, site, moments.middles),
        max_w=site.load.max_w,
        recent_w=[window.load_w for window in moments.recent],
        recent_profile_w=(past_w * load_ratios(known, site, moments.past)).tolist(),
        ages_s=moments.ages_s,
    )


def _solar_w(site: Site, known: Learned, moments: Moments, clear_w: Watts) -> Watts:
    return solar.forecast_w(
        clear_sky_w=clear_w,
        recent_w=[window.solar_w for window in moments.recent],
        recent_clear_sky_w=solar.clear_sky_w(site, moments.past),
        ages_s=moments.ages_s,
        usual_ratio=known.clearness_ratio[[middle.hour for middle in moments.middles]],
    )


def _wind_w(site: Site, known: Learned, moments: Moments) -> Watts:
    return wind.forecast_w(
        capacity_w=wind.capacity_w(site),
        recent_w=[window.wind_w for window in moments.recent],
        ages_s=moments.ages_s,
        usual_ratio=known.wind_ratio,
    )


def _by_weather(
    site: Site, known: Learned, moments: Moments, told: Weather, without_w: Mapping[str, Watts]
) -> dict[str, Watts]:
    """Solar and wind by what is foretold; as without it in the slots that it does not reach."""
    coming_w, past_w = (
        {name: gives_w(site, at, told) for name, gives_w in GIVES_W.items()}
        for at in (moments.middles, moments.past)
    )
    ratio = known.foretold_ratio
    with_w = {
        "solar": solar.forecast_w(
            clear_sky_w=np.nan_to_num(coming_w["solar"]),
            recent_w=[window.solar_w for window in moments.recent],
            recent_clear_sky_w=np.nan_to_num(past_w["solar"]),
            ages_s=moments.ages_s,
            usual_ratio=ratio["solar"],
            memory_s=solar.FORETOLD_MEMORY_S,
        ),
        "wind": wind.corrected_w(
            capacity_w=wind.capacity_w(site),
            foretold_w=ratio["wind"] * coming_w["wind"],
            recent_w=[window.wind_w for window in moments.recent],
            recent_foretold_w=ratio["wind"] * past_w["wind"],
            ages_s=moments.ages_s,
        ),
    }
    return {
        name: np.where(np.isnan(coming_w[name]), without_w[name], with_w[name]) for name in with_w
    }
