"""What EVSEs did with their orders, interval by interval."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from scheduler.domain.proof import Deviation
from scheduler.store.tables import proof
from web.store.paging import Rows, Slice, read_page

KEYS = [proof.c.starts_at, proof.c.station_id, proof.c.evse_id, proof.c.transaction_id]


async def page(
    conn: AsyncConnection,
    site_id: str,
    part: Slice,
    span: tuple[datetime, datetime],
    *,
    station_id: str | None = None,
    evse_id: int | None = None,
    deviations: Sequence[Deviation] = (),
) -> Rows:
    """Intervals that start in the span, newest first; of these deviations only, if any is named."""
    query = select(proof).where(
        proof.c.site_id == site_id, proof.c.starts_at >= span[0], proof.c.starts_at < span[1]
    )
    if station_id is not None:
        query = query.where(proof.c.station_id == station_id)
    if evse_id is not None:
        query = query.where(proof.c.evse_id == evse_id)
    if deviations:
        query = query.where(proof.c.deviation.in_(deviations))
    return await read_page(conn, query, KEYS, part, newest_first=True)
