"""Site readings: what the controller measured, one row per cycle; append-only, read in windows.

`grid_w` + is import, `store_w` + is charging; generation and fleet figures are magnitudes.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Float, Select, cast, delete, exists, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from scheduler.domain.signal import SignalKind
from scheduler.store.tables import signal
from scheduler.store.tables import site_reading as table

AROUND_A_WINDOW = timedelta(minutes=2)  # the reading before its begin, and the one after its end


class Quality(StrEnum):
    """`MEASURED`: every meter answered; `ESTIMATED`: a part was worked out; `STALE`: no site
    power could be known."""

    MEASURED = "measured"
    ESTIMATED = "estimated"
    STALE = "stale"


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteReading:
    """The site at one instant; None where it is not known."""

    at: datetime
    quality: Quality
    grid_w: float | None = None
    load_w: float | None = None
    solar_w: float | None = None
    wind_w: float | None = None
    store_w: float | None = None
    store_soc_pct: float | None = None
    fleet_charge_w: float | None = None
    fleet_discharge_w: float | None = None


MEASURED = [
    table.c.grid_w, table.c.load_w, table.c.solar_w, table.c.wind_w, table.c.store_w,
    table.c.store_soc_pct, table.c.fleet_charge_w, table.c.fleet_discharge_w,
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingWindow:
    """Averages of the readings in one step, and how many there were."""

    at: datetime
    reading_count: int
    grid_w: float | None
    load_w: float | None
    solar_w: float | None
    wind_w: float | None
    store_w: float | None
    store_soc_pct: float | None
    fleet_charge_w: float | None
    fleet_discharge_w: float | None


async def append(conn: AsyncConnection, site_id: str, readings: Sequence[SiteReading]) -> None:
    """Store readings; one that is stored already stays as it is."""
    if not readings:
        return
    rows = [{"site_id": site_id, **asdict(reading)} for reading in readings]
    await conn.execute(insert(table).values(rows).on_conflict_do_nothing())


async def newest(conn: AsyncConnection, site_id: str) -> SiteReading | None:
    """The last reading of the site."""
    row = (
        (
            await conn.execute(
                select(table.c.at, table.c.quality, *MEASURED)
                .where(table.c.site_id == site_id)
                .order_by(table.c.at.desc())
                .limit(1)
            )
        )
        .mappings()
        .one_or_none()
    )
    return None if row is None else SiteReading(**{**row, "quality": Quality(row["quality"])})


async def between(
    conn: AsyncConnection, site_id: str, starts_at: datetime, ends_at: datetime
) -> tuple[SiteReading, ...]:
    """The readings in [starts_at, ends_at), oldest first."""
    rows = await conn.execute(
        select(table.c.at, table.c.quality, *MEASURED)
        .where(table.c.site_id == site_id, table.c.at >= starts_at, table.c.at < ends_at)
        .order_by(table.c.at)
    )
    return tuple(
        SiteReading(**{**row, "quality": Quality(row["quality"])}) for row in rows.mappings()
    )


async def windows(
    conn: AsyncConnection, site_id: str, starts_at: datetime, ends_at: datetime, step_s: int
) -> tuple[ReadingWindow, ...]:
    """Averages per step of [starts_at, ends_at), oldest first; empty steps are left out."""
    rows = await conn.execute(_windows_query(site_id, starts_at, ends_at, step_s))
    return tuple(ReadingWindow(**row) for row in rows.mappings())


async def highest_import_w(
    conn: AsyncConnection, site_id: str, starts_at: datetime, ends_at: datetime, step_s: int
) -> float:
    """The highest average import of a step of [starts_at, ends_at), 0 where there was none."""
    steps = _windows_query(site_id, starts_at, ends_at, step_s).subquery()
    return float(await conn.scalar(select(func.max(steps.c.grid_w))) or 0.0)


def _windows_query(
    site_id: str, starts_at: datetime, ends_at: datetime, step_s: int
) -> Select[tuple[datetime, int]]:
    step = func.make_interval(0, 0, 0, 0, 0, 0, cast(step_s, Float))
    bin_start = func.date_bin(step, table.c.at, starts_at).label("at")
    averages = [func.avg(column).label(column.name) for column in MEASURED]
    return (
        select(bin_start, func.count().label("reading_count"), *averages)
        .where(table.c.site_id == site_id, table.c.at >= starts_at, table.c.at < ends_at)
        .group_by(bin_start)
        .order_by(bin_start)
    )


async def prune(conn: AsyncConnection, *, before: datetime) -> int:
    """Delete readings older than `before`, but those by which an instruction was settled: it can
    be computed again as long as it is told. Returns how many."""
    proves = exists().where(
        signal.c.site_id == table.c.site_id,
        signal.c.kind == SignalKind.INSTRUCTION,
        table.c.at.between(
            signal.c.starts_at - AROUND_A_WINDOW, signal.c.ends_at + AROUND_A_WINDOW
        ),
    )
    result = await conn.execute(delete(table).where(table.c.at < before, ~proves))
    return result.rowcount
