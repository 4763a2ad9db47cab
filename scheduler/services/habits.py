"""What is to be expected of the vehicles that are plugged in and whose drivers told nothing."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from scheduler.domain.site import Site
from scheduler.domain.stay import PastStay
from scheduler.forecasting.habits import Habit, habit, visits_of
from scheduler.store import stays
from scheduler.store.live import LiveEvse, OpenTransaction

REMEMBERED = timedelta(weeks=8)
MOST_OF_SITE = 2_000  # of the last visits, whoever came


async def habits(
    conn: AsyncConnection, site: Site, picture: Iterable[LiveEvse], now: datetime
) -> dict[tuple[str, str], Habit]:
    """By station and transaction, for the vehicles without a driver's word of this visit."""
    untold = untold_of(picture)
    if not untold:
        return {}
    tokens = {running.id_token for _, running in untold if running.id_token}
    since = now - REMEMBERED
    own = await stays.of_tokens(conn, site.site_id, tokens, since)
    of_site = await stays.begun_within(conn, site.site_id, [(since, now)], most=MOST_OF_SITE)
    known = [*own, *(stay for stay in of_site if stay.id_token not in tokens)]
    return await asyncio.to_thread(habits_of, known, untold, now, site.time_zone)


def untold_of(picture: Iterable[LiveEvse]) -> list[tuple[str, OpenTransaction]]:
    """Station and transaction of the vehicles without a driver's word of this visit."""
    return [
        (evse.station_id, running)
        for evse in picture
        if (running := evse.transaction) is not None and not _is_told(evse, running)
    ]


def habits_of(
    known: Sequence[PastStay],
    untold: Iterable[tuple[str, OpenTransaction]],
    now: datetime,
    time_zone: str,
) -> dict[tuple[str, str], Habit]:
    """The habits of these transactions by past stays in hand."""
    visits = visits_of(known, time_zone)
    each = (
        (
            (station_id, running.transaction_id),
            habit(visits, running.id_token, running.started_at, now, time_zone),
        )
        for station_id, running in untold
    )
    return {place: one for place, one in each if one is not None}


def _is_told(evse: LiveEvse, running: OpenTransaction) -> bool:
    vehicle = evse.vehicle
    departure_at = vehicle.departure_at if vehicle else None
    return departure_at is not None and departure_at > running.started_at
