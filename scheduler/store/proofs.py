"""Rows ⇄ ProofRow, and how far each site is judged. Judging anew replaces what was there."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import RowMapping, and_, delete, insert, or_, select, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from scheduler.domain.proof import DISOBEYED, LIMITED, Deviation, ProofRow
from scheduler.store.evidence import DueProof
from scheduler.store.tables import proof as table
from scheduler.store.tables import proof_progress as progress_table

COLUMNS = [column for column in table.c if column.name != "site_id"]
ROWS_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Progress:
    """Every interval before `until` was judged by what was known at `at`."""

    until: datetime
    at: datetime


async def progress(conn: AsyncConnection, site_id: str) -> Progress | None:
    """How far the site is judged; None: never yet."""
    found = await conn.execute(
        select(progress_table.c.until, progress_table.c.at).where(
            progress_table.c.site_id == site_id
        )
    )
    row = found.one_or_none()
    return None if row is None else Progress(row.until, row.at)


async def begin(conn: AsyncConnection, site_id: str, first: Progress) -> Progress:
    """How far the site is judged, `first` where it never was; whoever else asks waits until our
    transaction ends."""
    row = upsert(progress_table).values(site_id=site_id, until=first.until, at=first.at)
    await conn.execute(row.on_conflict_do_nothing())
    own = progress_table.c.site_id == site_id
    query = select(progress_table.c.until, progress_table.c.at).where(own).with_for_update()
    found = (await conn.execute(query)).one()
    return Progress(found.until, found.at)


async def end(conn: AsyncConnection, site_id: str, reached: Progress) -> None:
    """So far it is judged now."""
    await conn.execute(
        update(progress_table)
        .where(progress_table.c.site_id == site_id)
        .values(until=reached.until, at=reached.at)
    )


async def replace(
    conn: AsyncConnection, site_id: str, judged: Sequence[DueProof], rows: Sequence[ProofRow]
) -> None:
    """These rows in place of all that the judged transactions had from their `since` on."""
    for first in range(0, len(judged), ROWS_AT_ONCE):
        stale = or_(
            *(
                and_(
                    table.c.station_id == one.station_id,
                    table.c.evse_id == one.evse_id,
                    table.c.transaction_id == one.transaction_id,
                    table.c.starts_at >= one.since,
                )
                for one in judged[first : first + ROWS_AT_ONCE]
            )
        )
        await conn.execute(delete(table).where(stale))
    if rows:
        await conn.execute(insert(table), [{"site_id": site_id, **asdict(row)} for row in rows])


async def newest_deviations(
    conn: AsyncConnection, site_id: str, *, since: datetime
) -> dict[tuple[str, int, str], ProofRow]:
    """Of each transaction the newest interval since then that deviates and was metered."""
    query = (
        select(*COLUMNS)
        .ext(distinct_on(table.c.station_id, table.c.evse_id, table.c.transaction_id))
        .where(
            table.c.site_id == site_id,
            table.c.starts_at >= since,
            table.c.deviation.in_((*LIMITED, *DISOBEYED)),
        )
        .order_by(
            table.c.station_id, table.c.evse_id, table.c.transaction_id, table.c.starts_at.desc()
        )
    )
    rows = [_row(row) for row in (await conn.execute(query)).mappings()]
    return {(row.station_id, row.evse_id, row.transaction_id): row for row in rows}


async def prune(conn: AsyncConnection, *, before: datetime) -> int:
    """Delete intervals that start before then; returns how many."""
    return (await conn.execute(delete(table).where(table.c.starts_at < before))).rowcount


def _row(row: RowMapping) -> ProofRow:
    return ProofRow(**{**row, "deviation": Deviation(row["deviation"])})
