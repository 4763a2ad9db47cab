"""Rows ⇄ GridSignal, with the fate of each: acknowledged, active, delivered, settled, replaced."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import RowMapping, Select, and_, case, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from scheduler.domain.signal import Baseline, GridSignal, SignalKind, SignalStatus
from scheduler.store.readings import Quality
from scheduler.store.tables import settlement, site_reading
from scheduler.store.tables import signal as table

LIVE = (SignalStatus.ACCEPTED, SignalStatus.ACTIVE)
ENDED_EARLY = (SignalStatus.CANCELLED, SignalStatus.SUPERSEDED)

SIGNAL = [
    column
    for column in table.c
    if column.name
    not in {"status", "created_at", "acknowledged_at", "acknowledgement", "settled_at"}
]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSignal:
    """A signal and its fate; `acknowledgement` is the answer its sender got. A signal that was
    cancelled or replaced ended at `settled_at`."""

    signal: GridSignal
    status: SignalStatus
    created_at: datetime
    acknowledged_at: datetime | None
    acknowledgement: dict[str, Any] | None
    settled_at: datetime | None

    @property
    def ended_at(self) -> datetime:
        """When it stopped or will stop to hold: the end of its window, or sooner."""
        if self.status in ENDED_EARLY and self.settled_at is not None:
            return min(self.signal.ends_at, self.settled_at)
        return self.signal.ends_at


async def insert_signal(
    conn: AsyncConnection, signal: GridSignal, acknowledgement: dict[str, Any], *, now: datetime
) -> StoredSignal:
    """Store a signal that we accept, with its frozen baseline and the answer we give."""
    row = {column.name: getattr(signal, column.name) for column in SIGNAL}
    row |= {
        "baseline": None if signal.baseline is None else msgspec.to_builtins(signal.baseline),
        "status": SignalStatus.ACCEPTED,
        "created_at": now,
        "acknowledged_at": now,
        "acknowledgement": acknowledgement,
    }
    await conn.execute(insert(table).values(row))
    return StoredSignal(
        signal=signal,
        status=SignalStatus.ACCEPTED,
        created_at=now,
        acknowledged_at=now,
        acknowledgement=acknowledgement,
        settled_at=None,
    )


async def get(conn: AsyncConnection, signal_id: UUID, *, lock: bool = False) -> StoredSignal | None:
    """The signal; with `lock` its row stays ours until the transaction ends."""
    query = select(table).where(table.c.signal_id == signal_id)
    return await _one(conn, query.with_for_update() if lock else query)


async def take_turns(conn: AsyncConnection, site_id: str, operator: str) -> None:
    """Whoever else calls this for the operator's signals waits until our transaction ends."""
    key = func.hashtextextended(f"{site_id}/{operator}", 0)
    await conn.execute(select(func.pg_advisory_xact_lock(key)))


async def newest_revision(
    conn: AsyncConnection, site_id: str, operator: str, external_id: str
) -> StoredSignal | None:
    """The highest revision of the operator's signal, whatever became of it."""
    query = select(table).where(
        table.c.site_id == site_id,
        table.c.operator == operator,
        table.c.external_id == external_id,
    )
    return await _one(conn, query.order_by(table.c.revision.desc()).limit(1))


async def at_revision(
    conn: AsyncConnection, site_id: str, operator: str, external_id: str, revision: int
) -> StoredSignal | None:
    """That very revision of the operator's signal."""
    return await _one(
        conn,
        select(table).where(
            table.c.site_id == site_id,
            table.c.operator == operator,
            table.c.external_id == external_id,
            table.c.revision == revision,
        ),
    )


async def live(conn: AsyncConnection, site_id: str, now: datetime) -> tuple[GridSignal, ...]:
    """The signals that ask something of the site now or later, by priority and start; also one
    whose window is over that allows no rebound yet."""
    after = func.make_interval(0, 0, 0, 0, 0, 0, table.c.no_rebound_after_s)
    rows = await conn.execute(
        select(table)
        .where(
            table.c.site_id == site_id,
            table.c.status.not_in(ENDED_EARLY),
            table.c.ends_at + after > now,
        )
        .order_by(table.c.priority, table.c.starts_at, table.c.created_at)
    )
    return tuple(_stored(row).signal for row in rows.mappings())


async def to_settle(conn: AsyncConnection, site_id: str, now: datetime) -> tuple[StoredSignal, ...]:
    """Signals of the site whose window is over and that are not settled yet."""
    open_states = (*LIVE, SignalStatus.DELIVERED)
    rows = await conn.execute(
        select(table)
        .where(table.c.site_id == site_id, table.c.ends_at <= now, table.c.status.in_(open_states))
        .order_by(table.c.starts_at, table.c.signal_id)
    )
    return tuple(_stored(row) for row in rows.mappings())


async def to_settle_anew(
    conn: AsyncConnection, site_id: str, *, ended_after: datetime, interval_s: int
) -> tuple[StoredSignal, ...]:
    """Instructions that ended after an instant and whose rows (of `interval_s`) do not count the
    readings that are stored by now: some came late."""
    early = table.c.status.in_(ENDED_EARLY)
    ended_at = case((early, func.least(table.c.ends_at, table.c.settled_at)), else_=table.c.ends_at)
    stored = select(func.count()).where(
        site_reading.c.site_id == table.c.site_id,
        site_reading.c.at >= table.c.starts_at,
        site_reading.c.at < ended_at,
        site_reading.c.grid_w.is_not(None),
        site_reading.c.quality != Quality.STALE,
    )
    counted = select(func.coalesce(func.sum(settlement.c.reading_count), 0)).where(
        settlement.c.signal_id == table.c.signal_id, settlement.c.interval_s == interval_s
    )
    rows = await conn.execute(
        select(table)
        .where(
            table.c.site_id == site_id,
            table.c.kind == SignalKind.INSTRUCTION,
            table.c.status.in_((SignalStatus.SETTLED, *ENDED_EARLY)),
            ended_at > ended_after,
            stored.scalar_subquery() != counted.scalar_subquery(),
        )
        .order_by(table.c.starts_at, table.c.signal_id)
    )
    return tuple(_stored(row) for row in rows.mappings())


async def advance(conn: AsyncConnection, site_id: str, now: datetime) -> None:
    """Move live signals along their window: accepted → active → delivered."""
    over = table.c.ends_at <= now
    begun = and_(table.c.status == SignalStatus.ACCEPTED, table.c.starts_at <= now)
    await conn.execute(
        update(table)
        .where(table.c.site_id == site_id, table.c.status.in_(LIVE), or_(over, begun))
        .values(status=case((over, SignalStatus.DELIVERED), else_=SignalStatus.ACTIVE))
    )


async def set_status(
    conn: AsyncConnection,
    signal_id: UUID,
    status: SignalStatus,
    *,
    settled_at: datetime | None = None,
) -> None:
    """Set what became of the signal."""
    await conn.execute(
        update(table)
        .where(table.c.signal_id == signal_id)
        .values(status=status, settled_at=settled_at)
    )


async def _one(conn: AsyncConnection, query: Select[Any]) -> StoredSignal | None:
    row = (await conn.execute(query)).mappings().one_or_none()
    return None if row is None else _stored(row)


def _stored(row: RowMapping) -> StoredSignal:
    signal = {column.name: row[column.name] for column in SIGNAL}
    baseline = row["baseline"]
    signal["kind"] = SignalKind(row["kind"])
    signal["baseline"] = None if baseline is None else msgspec.convert(baseline, Baseline)
    return StoredSignal(
        signal=GridSignal(**signal),
        status=SignalStatus(row["status"]),
        created_at=row["created_at"],
        acknowledged_at=row["acknowledged_at"],
        acknowledgement=row["acknowledgement"],
        settled_at=row["settled_at"],
    )
