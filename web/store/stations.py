"""Charging stations and what each told: readings, messages, notices."""

from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.store.tables import (
    charging_station,
    meter_reading,
    ocpp_message,
    station_notice,
)
from scheduler.store.tables import site_evse
from web.store.paging import Rows, Slice, read_page

MOST_READINGS = 5000


def _at_site(column: str) -> Any:
    return (
        select(func.min(site_evse.c[column]))
        .where(site_evse.c.station_id == charging_station.c.station_id)
        .scalar_subquery()
        .label(column)
    )


STATIONS: Select[Any] = select(
    *[
        charging_station.c[name]
        for name in (
            "station_id", "vendor", "model", "firmware_version", "serial_number", "ocpp_version",
            "registration_status", "boot_policy", "provisioned", "connected", "connected_at",
            "last_seen_at", "booted_at", "discharge_dialect", "discharge_proven_at",
            "discharge_fault", "floor_w",
        )
    ],
    _at_site("site_id"),
    _at_site("circuit_id"),
)  # fmt: skip


async def version(conn: AsyncConnection, station_id: str) -> str | None:
    """The version of OCPP that the station spoke last."""
    mine = charging_station.c.station_id == station_id
    spoken: str | None = await conn.scalar(select(charging_station.c.ocpp_version).where(mine))
    return spoken


async def page(
    conn: AsyncConnection,
    part: Slice,
    *,
    site_id: str | None = None,
    text: str | None = None,
    connected: bool | None = None,
) -> Rows:
    """Stations by id; `text` is looked for in id, vendor and model."""
    query = STATIONS
    if site_id is not None:
        here = select(site_evse.c.station_id).where(site_evse.c.site_id == site_id)
        query = query.where(charging_station.c.station_id.in_(here))
    if text:
        named = (charging_station.c.station_id, charging_station.c.vendor, charging_station.c.model)
        query = query.where(or_(*(column.icontains(text, autoescape=True) for column in named)))
    if connected is not None:
        query = query.where(charging_station.c.connected == connected)
    return await read_page(conn, query, [charging_station.c.station_id], part)


async def get(conn: AsyncConnection, station_id: str) -> RowMapping | None:
    """One station, or None."""
    query = STATIONS.where(charging_station.c.station_id == station_id)
    row: RowMapping | None = (await conn.execute(query)).mappings().first()
    return row


async def exists(conn: AsyncConnection, station_id: str) -> bool:
    """Whether there is such a station."""
    query = select(charging_station.c.station_id).where(charging_station.c.station_id == station_id)
    return await conn.scalar(query) is not None


async def readings(
    conn: AsyncConnection, station_id: str, evse_id: int, starts_at: datetime, ends_at: datetime
) -> list[RowMapping]:
    """Meter values of one EVSE in [starts_at, ends_at), oldest first; the newest 5000 of them.

    Samples of one instant (a clock-aligned and a periodic one) become one row.
    """
    values = [
        func.max(meter_reading.c[name]).label(name)
        for name in ("power_w", "import_wh", "export_wh", "soc_pct")
    ]
    query = (
        select(meter_reading.c.at, *values)
        .where(
            meter_reading.c.station_id == station_id,
            meter_reading.c.evse_id == evse_id,
            meter_reading.c.at >= starts_at,
            meter_reading.c.at < ends_at,
        )
        .group_by(meter_reading.c.at)
        .order_by(meter_reading.c.at.desc())
        .limit(MOST_READINGS)
    )
    return list((await conn.execute(query)).mappings())[::-1]


async def messages(
    conn: AsyncConnection, station_id: str, part: Slice, *, before: int | None = None
) -> Rows:
    """OCPP messages in both directions, newest first."""
    query = select(ocpp_message).where(ocpp_message.c.station_id == station_id)
    if before is not None:
        query = query.where(ocpp_message.c.message_row_id < before)
    return await read_page(conn, query, [ocpp_message.c.message_row_id], part, newest_first=True)


async def notices(conn: AsyncConnection, station_id: str, part: Slice) -> Rows:
    """Alarms, security events, firmware and log states, outside limits; newest first."""
    query = select(station_notice).where(station_notice.c.station_id == station_id)
    return await read_page(conn, query, [station_notice.c.notice_id], part, newest_first=True)
