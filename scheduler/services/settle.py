"""Settlement: after a signal's window, what was delivered, from the stored site readings alone; it
is settled anew for readings that come up to a day late."""

from dataclasses import replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from scheduler.domain.reading import GridReading
from scheduler.domain.settlement import MINUTE_S, SettlementRow
from scheduler.domain.signal import GridSignal, SignalStatus
from scheduler.planning.settle import settle
from scheduler.store import readings, settlements, signals
from scheduler.store.signals import StoredSignal

log = structlog.get_logger(__name__)

READINGS_MAY_BE_LATE = timedelta(minutes=15)
SETTLED_ANEW_WITHIN = timedelta(days=1)


async def settle_site(engine: AsyncEngine, site_id: str, *, now: datetime) -> int:
    """`settle_due` in a transaction of its own."""
    async with engine.begin() as conn:
        return await settle_due(conn, site_id, now=now)


async def settle_due(conn: AsyncConnection, site_id: str, *, now: datetime) -> int:
    """Settle each signal of the site whose window is over; returns how many are settled now.

    Rows are settled when readings cover the whole window, or few more are to be expected. A signal
    that cannot be settled is named in the log and asked again; it holds up no other.
    """
    settled = 0
    for stored in await to_settle(conn, site_id, now):
        try:
            async with conn.begin_nested():
                settled += await _settle_one(conn, stored, now)
        except ValueError as error:
            signal_id = str(stored.signal.signal_id)
            log.warning("not settled", site_id=site_id, signal_id=signal_id, error=str(error))
    return settled


async def to_settle(conn: AsyncConnection, site_id: str, now: datetime) -> tuple[StoredSignal, ...]:
    """Signals whose window is over and that are not settled, and those of the last day for which
    readings came since they were."""
    anew = await signals.to_settle_anew(
        conn, site_id, ended_after=now - SETTLED_ANEW_WITHIN, interval_s=MINUTE_S
    )
    return (*await signals.to_settle(conn, site_id, now), *anew)


async def _settle_one(conn: AsyncConnection, stored: StoredSignal, now: datetime) -> bool:
    complete = await store_settlement(conn, stored)
    if stored.status in signals.ENDED_EARLY:
        return True
    if not complete and now < stored.signal.ends_at + READINGS_MAY_BE_LATE:
        return False
    await signals.set_status(conn, stored.signal.signal_id, SignalStatus.SETTLED, settled_at=now)
    return True


async def store_settlement(conn: AsyncConnection, stored: StoredSignal) -> bool:
    """Compute the rows of a signal and store them; whether readings cover all its window."""
    minutes, half_hours = await delivery(conn, stored)
    await settlements.replace(conn, stored.signal.signal_id, [*minutes, *half_hours])
    return all(row.complete for row in minutes)


async def delivery(
    conn: AsyncConnection, stored: StoredSignal
) -> tuple[tuple[SettlementRow, ...], tuple[SettlementRow, ...]]:
    """Minute rows and half-hour rows of an instruction, computed anew; an envelope has none."""
    signal: GridSignal = replace(stored.signal, ends_at=stored.ended_at)
    if signal.baseline is None or signal.ends_at <= signal.starts_at:
        return (), ()
    around = readings.AROUND_A_WINDOW
    measured = await readings.between(
        conn, signal.site_id, signal.starts_at - around, signal.ends_at + around
    )
    grid = [
        GridReading(at=reading.at, grid_w=reading.grid_w)
        for reading in measured
        if reading.grid_w is not None and reading.quality is not readings.Quality.STALE
    ]
    return settle(signal, grid)
