"""Housekeeping: what nobody needs any more goes. Ledgers, signals and settlements stay for ever,
and so do the site readings that a settlement was computed from."""

from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.store import retention, upkeep
from scheduler.store import decisions, news, plans, proofs, readings, weather

log = structlog.get_logger(__name__)

READINGS_KEPT = timedelta(days=35)  # a demand charge looks at a month
PLANS_KEPT = timedelta(days=7)
WEATHER_KEPT = timedelta(days=7)
HINTS_KEPT = timedelta(days=7)
PROOFS_KEPT = timedelta(days=14)  # as long as the orders that they judge
ROUTINE_KEPT = timedelta(days=14)
MOST_ROUNDS = 40  # of one turn, each a transaction of its own


async def housekeep(engine: AsyncEngine, *, now: datetime, told_kept: timedelta) -> None:
    """Delete old site readings, plans, weather, proofs, outbox rows and routine of stations, and
    what stations told and controllers decided longer ago than `told_kept`; `now` is site time."""
    async with engine.begin() as conn:
        readings_gone = await readings.prune(conn, before=now - READINGS_KEPT)
    async with engine.begin() as conn:
        plans_gone = await plans.prune(conn, before=now - PLANS_KEPT)
    async with engine.begin() as conn:
        proofs_gone = await proofs.prune(conn, before=now - PROOFS_KEPT)
    async with engine.begin() as conn:
        weather_gone = await weather.prune(conn, before=now - WEATHER_KEPT)
    async with engine.begin() as conn:
        hints_gone = await news.prune(conn, before=now - HINTS_KEPT)
    async with engine.begin() as conn:
        routine_gone = await upkeep.prune(conn, before=now - ROUTINE_KEPT)
    rounds = await _prune_told(engine, before=now - told_kept)
    log.info(
        "tidied up",
        readings=readings_gone,
        plans=plans_gone,
        proofs=proofs_gone,
        weather=weather_gone,
        outbox=hints_gone,
        routine=routine_gone,
        rounds=rounds,
    )


async def _prune_told(engine: AsyncEngine, *, before: datetime) -> int:
    """Until nothing is left or the turn is over; how many rounds it took."""
    most = retention.MOST_AT_ONCE
    for number in range(1, MOST_ROUNDS + 1):
        async with engine.begin() as conn:
            told = await retention.prune(conn, before=before)
            decided = await decisions.prune(conn, before=before, most=most)
        if max(told, decided) < most:
            return number
    return MOST_ROUNDS
