"""Housekeeping: what nobody needs any more goes. Ledgers, signals and settlements stay for ever,
and so do the readings that a settlement was computed from."""

from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.store import upkeep
from scheduler.store import news, plans, readings

log = structlog.get_logger(__name__)

READINGS_KEPT = timedelta(days=14)
PLANS_KEPT = timedelta(days=7)
HINTS_KEPT = timedelta(days=7)
ROUTINE_KEPT = timedelta(days=14)


async def housekeep(engine: AsyncEngine, *, now: datetime) -> None:
    """Delete old site readings, plans, outbox rows and routine of stations; `now` is site time."""
    async with engine.begin() as conn:
        readings_gone = await readings.prune(conn, before=now - READINGS_KEPT)
    async with engine.begin() as conn:
        plans_gone = await plans.prune(conn, before=now - PLANS_KEPT)
    async with engine.begin() as conn:
        hints_gone = await news.prune(conn, before=now - HINTS_KEPT)
    async with engine.begin() as conn:
        routine_gone = await upkeep.prune(conn, before=now - ROUTINE_KEPT)
    log.info(
        "tidied up",
        readings=readings_gone,
        plans=plans_gone,
        outbox=hints_gone,
        routine=routine_gone,
    )
