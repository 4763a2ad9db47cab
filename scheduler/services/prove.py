"""Proof: what each EVSE did in each interval, judged once by the books, and anew for readings that
come up to a day late."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from scheduler.domain.proof import INTERVAL_S, Evidence, ProofRow
from scheduler.domain.site import Site
from scheduler.planning.prove import prove
from scheduler.store import evidence, proofs, sites
from scheduler.store.evidence import DueProof
from scheduler.store.proofs import Progress

log = structlog.get_logger(__name__)

INTERVAL = timedelta(seconds=INTERVAL_S)
READINGS_COME_WITHIN = timedelta(minutes=2)
HEARD_AGAIN = timedelta(minutes=1)  # a reading is stored a little after it came
JUDGED_ANEW_WITHIN = timedelta(days=1)
PART = timedelta(hours=1)
AT_ONCE = 200
LONGEST_RATIO = 2.0  # of the site's lease: one below the floor is twice as long
LEASES_LAST = timedelta(hours=1)  # at least: the site's may have been longer before


def judged_by(now: datetime) -> datetime:
    """The end of the last interval that can be judged."""
    settled_s = (now - READINGS_COME_WITHIN).timestamp()
    return datetime.fromtimestamp(settled_s // INTERVAL_S * INTERVAL_S, UTC)


async def is_due(conn: AsyncConnection, site_id: str, now: datetime) -> bool:
    """Whether an interval is over that was not judged."""
    reached = await proofs.progress(conn, site_id)
    return reached is None or reached.until < judged_by(now)


async def prove_site(engine: AsyncEngine, site_id: str, *, now: datetime) -> int:
    """Judge every interval that is over, and those again of which readings came since; how many
    rows were written. Each part of `PART` is stored by itself, so that whatever was missed is
    caught up with. Who comes second waits for the first, and finds nothing to do."""
    written = 0
    while True:
        async with engine.begin() as conn:
            rows = await _judge_next(conn, site_id, now)
        if rows is None:
            return written
        written += rows


async def _judge_next(conn: AsyncConnection, site_id: str, now: datetime) -> int | None:
    """Judge the next part; how many rows were written, None if all is judged."""
    last = judged_by(now)
    site = await sites.load(conn, site_id)
    if site is None:
        return None
    reached = await proofs.begin(conn, site_id, Progress(last - INTERVAL, now))
    if reached.until >= last:
        return None
    oldest = last - JUDGED_ANEW_WITHIN
    until = min(max(reached.until, oldest) + PART, last)
    due = await evidence.due(
        conn,
        site_id,
        judged_until=reached.until,
        heard_at=reached.at - HEARD_AGAIN,
        oldest=oldest,
        until=until,
    )
    rows = 0
    for first in range(0, len(due), AT_ONCE):
        rows += await _judged(conn, site, due[first : first + AT_ONCE], until)
    await proofs.end(conn, site_id, Progress(until, now))
    log.info("intervals judged", site_id=site_id, until=until.isoformat(), rows=rows)
    return rows


async def _judged(
    conn: AsyncConnection, site: Site, due: tuple[DueProof, ...], until: datetime
) -> int:
    from_intervals = tuple(_from_interval(one) for one in due)
    longest = max(timedelta(seconds=LONGEST_RATIO * site.control.lease_s), LEASES_LAST)
    told = await evidence.of(conn, site.site_id, from_intervals, until=until, leases_last=longest)
    rows = await asyncio.to_thread(_all, told, [one.since for one in from_intervals], until)
    await proofs.replace(conn, site.site_id, from_intervals, rows)
    return len(rows)


def _from_interval(one: DueProof) -> DueProof:
    since_s = max(one.since, one.started_at).timestamp() // INTERVAL_S * INTERVAL_S
    return replace(one, since=datetime.fromtimestamp(since_s, UTC))


def _all(told: list[Evidence], sinces: list[datetime], until: datetime) -> list[ProofRow]:
    return [
        row for one, since in zip(told, sinces, strict=True) for row in prove(one, since, until)
    ]
