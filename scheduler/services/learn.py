"""Let the forecasts of a site learn from what has come since they last did."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from scheduler.domain.learned import Learned
from scheduler.domain.slots import slot_start
from scheduler.forecasting.learning import Seen, learn, nothing_learned
from scheduler.store import inputs, lessons, readings, sites, weather
from scheduler.store.readings import ReadingWindow

AT_ONCE = timedelta(days=2)  # what is longer past is not learned from


async def learn_all(engine: AsyncEngine, *, now: datetime) -> None:
    """Each site in a transaction of its own; `now` is site time."""
    async with engine.connect() as conn:
        known = await sites.load_all(conn)
    for site in known:
        await learn_site(engine, site.site_id, now=now)


async def learn_site(engine: AsyncEngine, site_id: str, *, now: datetime) -> Learned | None:
    """What is known of the site after every slot that is over; None if there is no such site.

    A slot is learned from once: who comes second waits for the first, and finds nothing to do.
    """
    async with engine.begin() as conn:
        site = await sites.lock(conn, site_id)
        if site is None:
            return None
        control = site.control
        ends_at = slot_start(now, control.slot_s)
        known = await lessons.get(conn, site_id) or nothing_learned(ends_at)
        begins_at = max(known.until, ends_at - AT_ONCE)
        if begins_at < ends_at:
            horizon = timedelta(seconds=control.slot_s * control.horizon_slots)
            made = await inputs.forecasts(conn, site_id, begins_at - horizon, ends_at)
            came = await readings.windows(conn, site_id, begins_at, ends_at, control.slot_s)
            told = await weather.issued(conn, site_id, begins_at, ends_at)
            known = await asyncio.to_thread(learn, known, site, _seen(came), made, told)
        known = known.later(ends_at)
        await lessons.put(conn, site_id, known, at=now)
    return known


def _seen(windows: Sequence[ReadingWindow]) -> list[Seen]:
    return [
        Seen(starts_at=one.at, load_w=one.load_w, solar_w=one.solar_w, wind_w=one.wind_w)
        for one in windows
    ]
