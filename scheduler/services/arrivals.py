"""Who is expected at a site within the horizon, by those who came in the weeks before."""

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.ext.asyncio import AsyncConnection

from scheduler.domain.demand import Demand, ExpectedDemand
from scheduler.domain.site import Site
from scheduler.domain.stay import PastStay
from scheduler.forecasting.arrivals import MOST_WEEKS, WEEK, expected_arrivals
from scheduler.store import stays
from scheduler.store.live import LiveEvse

CLOCK_CHANGE = timedelta(hours=1)


async def expected(
    conn: AsyncConnection,
    site: Site,
    picture: Iterable[tuple[LiveEvse, Demand | None]],
    now: datetime,
    ends_at: datetime,
) -> tuple[ExpectedDemand, ...]:
    """Expected arrivals in (now, ends_at); none before the site has known a whole week."""
    known_since = await stays.known_since(conn, site.site_id)
    if known_since is None or now - known_since < WEEK:
        return ()
    windows = [
        (now - week * WEEK - CLOCK_CHANGE, ends_at - week * WEEK + CLOCK_CHANGE)
        for week in range(1, MOST_WEEKS + 1)
    ]
    past = await stays.begun_within(conn, site.site_id, windows)
    made = partial(expected_of, past, known_since, tuple(picture), now, ends_at, site.time_zone)
    return await asyncio.to_thread(made)


def expected_of(
    past: Iterable[PastStay],
    known_since: datetime,
    picture: Iterable[tuple[LiveEvse, Demand | None]],
    now: datetime,
    ends_at: datetime,
    time_zone: str,
) -> tuple[ExpectedDemand, ...]:
    """The same from past stays in hand."""
    if now - known_since < WEEK:
        return ()
    here = {
        evse.transaction.id_token: demand.departure_at
        for evse, demand in picture
        if demand is not None and evse.transaction and evse.transaction.id_token
    }
    return expected_arrivals(
        past,
        now=now,
        ends_at=ends_at,
        time_zone=time_zone,
        known_since=known_since,
        here=here,
    )
