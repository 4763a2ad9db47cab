"""The device model of a station as asked for by the API: variables, monitors, events, alerts."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.store.tables import (
    monitor,
    station_alert,
    station_event,
    variable,
    variable_characteristics,
)
from web.store.paging import Rows, Slice, read_page

SAME_VARIABLE = and_(
    *(variable.c[column.name] == column for column in variable_characteristics.primary_key)
)
CHARACTERISTICS = [
    column
    for column in variable_characteristics.c
    if column.name not in variable.c and column.name != "reported_at"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class VariableFilter:
    """Which variables; names count without case, None lets all pass."""

    component: str | None = None
    variable: str | None = None
    evse_id: int | None = None
    attribute: str | None = None
    mutability: str | None = None
    supports_monitoring: bool | None = None


async def variables(
    conn: AsyncConnection, station_id: str, part: Slice, wanted: VariableFilter
) -> Rows:
    """Each attribute with what its variable is."""
    joined = variable.outerjoin(variable_characteristics, SAME_VARIABLE)
    query = select(variable, *CHARACTERISTICS).select_from(joined)
    query = query.where(variable.c.station_id == station_id, *_fits(wanted))
    keys = [column for column in variable.primary_key if column.name != "station_id"]
    return await read_page(conn, query, keys, part)


def _fits(wanted: VariableFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    for name in ("component", "variable", "attribute", "mutability"):
        value = getattr(wanted, name)
        if value is not None:
            found.append(func.lower(variable.c[name]) == value.lower())
    if wanted.evse_id is not None:
        found.append(variable.c.evse_id == wanted.evse_id)
    if wanted.supports_monitoring is not None:
        supports = func.coalesce(variable_characteristics.c.supports_monitoring, False)
        found.append(supports == wanted.supports_monitoring)
    return found


async def monitors(conn: AsyncConnection, station_id: str, part: Slice, *, cleared: bool) -> Rows:
    """Monitors by id; those that run no more only if `cleared`."""
    query = select(monitor).where(monitor.c.station_id == station_id)
    if not cleared:
        query = query.where(monitor.c.cleared_at.is_(None))
    return await read_page(conn, query, [monitor.c.monitor_id], part)


async def events(conn: AsyncConnection, station_id: str, part: Slice) -> Rows:
    """What monitors told, newest first."""
    query = select(station_event).where(station_event.c.station_id == station_id)
    keys = _keys(station_event, "at", "event_id", "content_hash")
    return await read_page(conn, query, keys, part, newest_first=True)


async def alerts(
    conn: AsyncConnection, station_id: str, part: Slice, *, is_open: bool | None
) -> Rows:
    """What is wrong, by variable; with `is_open` only what is not cleared, or only what is."""
    query = select(station_alert).where(station_alert.c.station_id == station_id)
    if is_open is not None:
        query = query.where(station_alert.c.cleared.is_(not is_open))
    keys = [column for column in station_alert.primary_key if column.name != "station_id"]
    return await read_page(conn, query, keys, part)


def _keys(table: Table, *names: str) -> list[Any]:
    return [table.c[name] for name in names]
