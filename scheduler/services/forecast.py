"""The site's forecast: its file and its recent readings through the numeric forecasters."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
from sqlalchemy.ext.asyncio import AsyncConnection

from scheduler.domain.forecast import Forecast
from scheduler.domain.learned import Learned
from scheduler.domain.site import Site
from scheduler.domain.slots import load_profile, slot_starts
from scheduler.forecasting import decay, load, solar, spread, wind
from scheduler.forecasting.learning import load_ratios, nothing_learned
from scheduler.store import lessons, readings

RECENT_S = 1800
STEP_S = 300


async def forecast(
    conn: AsyncConnection, site: Site, now: datetime, starts_at: datetime
) -> Forecast:
    """Bands per slot of the site's grid from `starts_at`, made from the last half-hour and what
    the site has taught."""
    recent = await readings.windows(
        conn, site.site_id, now - timedelta(seconds=RECENT_S), now, STEP_S
    )
    learned = await lessons.get(conn, site.site_id)
    return await asyncio.to_thread(forecast_of, site, recent, now, starts_at, learned)


def forecast_of(
    site: Site,
    recent: Sequence[readings.ReadingWindow],
    now: datetime,
    starts_at: datetime,
    learned: Learned | None = None,
) -> Forecast:
    """The same from readings and lessons in hand."""
    slot_s, slots = site.control.slot_s, site.control.horizon_slots
    known = learned or nothing_learned(starts_at)
    ages_s = decay.ages_s(now, starts_at, slot_s, slots)
    middles = slot_starts(starts_at + timedelta(seconds=slot_s / 2), slot_s, slots)
    past = [window.at + timedelta(seconds=STEP_S / 2) for window in recent]
    profile_w = load_profile(site, starts_at, slot_s, slots)
    past_w = np.array([load_profile(site, window.at, STEP_S, 1)[0] for window in recent])
    load_w = load.forecast_w(
        profile_w=profile_w * load_ratios(known, site, middles),
        max_w=site.load.max_w,
        recent_w=[window.load_w for window in recent],
        recent_profile_w=(past_w * load_ratios(known, site, past)).tolist(),
        ages_s=ages_s,
    )
    clear_w = solar.clear_sky_w(site, middles)
    solar_w = solar.forecast_w(
        clear_sky_w=clear_w,
        recent_w=[window.solar_w for window in recent],
        recent_clear_sky_w=solar.clear_sky_w(site, past),
        ages_s=ages_s,
        usual_ratio=known.clearness_ratio[[middle.hour for middle in middles]],
    )
    capacity_w = wind.capacity_w(site)
    wind_w = wind.forecast_w(
        capacity_w=capacity_w,
        recent_w=[window.wind_w for window in recent],
        ages_s=ages_s,
        usual_ratio=known.wind_ratio,
    )
    generation = spread.GENERATION_ERROR_RATIO
    return Forecast(
        issued_at=now,
        starts_at=starts_at,
        slot_s=slot_s,
        load=spread.band(
            load_w, ages_s, spread.LOAD_ERROR_RATIO, site.load.max_w, known.misses["load"]
        ),
        solar=spread.band(
            solar_w, ages_s, generation, solar.most_w(site, clear_w), known.misses["solar"]
        ),
        wind=spread.band(wind_w, ages_s, generation, capacity_w, known.misses["wind"]),
    )
