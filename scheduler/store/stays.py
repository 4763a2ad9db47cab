"""Past visits at a site's EVSEs, read from the transactions that stations told."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.domain.ids import IdToken
from csms.store.tables import transaction
from scheduler.domain.stay import PastStay
from scheduler.store.tables import site_evse

MOST_STAYS = 20_000
TAKEN_WH = transaction.c.imported_wh - transaction.c.exported_wh


async def known_since(conn: AsyncConnection, site_id: str) -> datetime | None:
    """When the oldest transaction of the site that we keep began."""
    own = _own(select(transaction.c.started_at), site_id)
    began_at: datetime | None = await conn.scalar(own.order_by(transaction.c.started_at).limit(1))
    return began_at


async def begun_within(
    conn: AsyncConnection,
    site_id: str,
    windows: Iterable[tuple[datetime, datetime]],
    most: int = MOST_STAYS,
) -> Sequence[PastStay]:
    """Visits that are over and began in one of the windows, oldest first; the newest of them if
    there are too many."""
    begun = or_(
        *(
            and_(transaction.c.started_at >= begins_at, transaction.c.started_at < ends_at)
            for begins_at, ends_at in windows
        )
    )
    return await _stays(conn, site_id, begun, most)


async def of_tokens(
    conn: AsyncConnection, site_id: str, tokens: Iterable[IdToken], since: datetime
) -> Sequence[PastStay]:
    """Visits of these vehicles that are over, oldest first."""
    theirs = func.lower(transaction.c.id_token).in_(sorted({token.lower() for token in tokens}))
    return await _stays(conn, site_id, and_(theirs, transaction.c.started_at >= since), MOST_STAYS)


async def _stays(
    conn: AsyncConnection, site_id: str, which: ColumnElement[bool], most: int
) -> Sequence[PastStay]:
    query = select(
        site_evse.c.circuit_id,
        transaction.c.id_token,
        transaction.c.started_at.label("began_at"),
        transaction.c.ended_at,
        TAKEN_WH.label("energy_wh"),
        site_evse.c.max_charge_w,
    )
    query = _own(query, site_id).where(
        which, transaction.c.ended_at > transaction.c.started_at, TAKEN_WH >= 0
    )
    newest = query.order_by(
        transaction.c.started_at.desc(), transaction.c.station_id, transaction.c.transaction_id
    ).limit(most)
    rows = (await conn.execute(newest)).mappings().all()
    return [PastStay(**row) for row in reversed(rows)]


def _own(query: Select[Any], site_id: str) -> Select[Any]:
    same = and_(
        site_evse.c.station_id == transaction.c.station_id,
        site_evse.c.evse_id == transaction.c.evse_id,
    )
    joined = transaction.join(site_evse, same)
    return query.select_from(joined).where(site_evse.c.site_id == site_id)
