"""The device model as stored, ready to be asked: values, characteristics, reports, monitors."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from csms.domain.device_model import ACTUAL, ReportPart, ReportProgress, VariableKey, progress
from csms.domain.ids import ChargingStationId
from csms.store.engine import outage_named
from csms.store.tables import (
    device_report,
    device_report_part,
    monitor,
    network_profile,
    variable,
    variable_characteristics,
)


class PostgresDeviceModel:
    """Implements `outbound.ports_device_model.DeviceModel` and `handlers.ports_monitoring`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def value(
        self, station_id: ChargingStationId, key: VariableKey, attribute: str = ACTUAL
    ) -> str | None:
        """What the station told last; names are compared without case (part 2, 2.1.14)."""
        with outage_named():
            async with self._engine.connect() as conn:
                return await value(conn, station_id, key, attribute)

    async def values_list(self, station_id: ChargingStationId, key: VariableKey) -> str | None:
        """The values that the variable may have, as reported."""
        table = variable_characteristics
        with outage_named():
            async with self._engine.connect() as conn:
                query = select(table.c.values_list).where(_is(table.c, station_id, key))
                found: str | None = await conn.scalar(query)
        return found

    async def severities(
        self, station_id: ChargingStationId, monitor_ids: Collection[int]
    ) -> Mapping[int, int]:
        """Monitor id → severity, of those that are known. Raises StoreUnavailable."""
        query = select(monitor.c.monitor_id, monitor.c.severity).where(
            monitor.c.station_id == station_id, monitor.c.monitor_id.in_(monitor_ids)
        )
        with outage_named():
            async with self._engine.connect() as conn:
                rows = await conn.execute(query)
                return {row.monitor_id: row.severity for row in rows}


async def value(
    conn: AsyncConnection, station_id: str, key: VariableKey, attribute: str = ACTUAL
) -> str | None:
    """The stored value of one attribute, None if it was never told."""
    query = select(variable.c.value).where(
        _is(variable.c, station_id, key), variable.c.attribute == attribute
    )
    found: str | None = await conn.scalar(query)
    return found


def _is(columns: Any, station_id: str, key: VariableKey) -> Any:
    named = ("component", "component_instance", "variable", "variable_instance")
    return and_(
        columns.station_id == station_id,
        columns.evse_id == key.evse_id,
        columns.connector_id == key.connector_id,
        *(func.lower(columns[name]) == getattr(key, name).lower() for name in named),
    )


async def network_slots(conn: AsyncConnection, station_id: str) -> dict[int, dict[str, Any]]:
    """Configuration slot → what we have set there (B09)."""
    query = select(network_profile).where(network_profile.c.station_id == station_id)
    rows = await conn.execute(query.order_by(network_profile.c.slot))
    return {row.slot: row.connection_data for row in rows}


async def report_progress(
    conn: AsyncConnection, station_id: str, request_id: int
) -> ReportProgress | None:
    """How much of a report that we asked for has come; None if we asked for no such report."""
    asked_at: datetime | None = await conn.scalar(
        select(device_report.c.asked_at).where(
            device_report.c.station_id == station_id, device_report.c.request_id == request_id
        )
    )
    if asked_at is None:
        return None
    table = device_report_part
    rows = await conn.execute(
        select(table.c.seq_no, table.c.received_at, table.c.more_follows).where(
            table.c.station_id == station_id, table.c.request_id == request_id
        )
    )
    parts = [
        ReportPart(seq_no=seq_no, received_at=received_at, more_follows=more_follows)
        for seq_no, received_at, more_follows in rows
    ]
    return progress(parts, asked_at)
