"""The device model as stored, ready to be asked: values, characteristics, reports, monitors."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, and_, delete, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from csms.domain.device_model import ACTUAL, ReportPart, ReportProgress, VariableKey, progress
from csms.domain.ids import ChargingStationId
from csms.domain.units import PHASES
from csms.store.engine import outage_named
from csms.store.tables import (
    device_report,
    device_report_part,
    monitor,
    network_profile,
    variable,
    variable_characteristics,
)

SITE_FILE: Final = "SiteFile"
"""`told_by` of what no station told: its operator did."""
SUPPLY_PHASES: Final = "SupplyPhases"
SUPPLY: Final = """SELECT value, told_by FROM csms.variable
    WHERE station_id = $1 AND component IN ('ChargingStation', 'EVSE') AND evse_id IN (0, $2)
        AND variable = 'SupplyPhases' AND attribute = 'Actual' AND value IS NOT NULL
    ORDER BY told_by = 'SiteFile', evse_id DESC, component DESC LIMIT 1"""
BEFORE_ALL: Final = datetime(1970, 1, 1, tzinfo=UTC)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredReport:
    """A report that we asked for: `content` holds what came, in the order of the parts."""

    request_id: int
    base: str
    asked_at: datetime
    command_id: UUID
    status: str
    progress: ReportProgress
    content: list[dict[str, Any]]


async def report(conn: AsyncConnection, station_id: str, request_id: int) -> StoredReport | None:
    """One report, None if we asked for no such report."""
    found = await reports(conn, station_id, device_report.c.request_id == request_id)
    return found[0] if found else None


async def reports(
    conn: AsyncConnection, station_id: str, *which: ColumnElement[bool]
) -> list[StoredReport]:
    """The reports of a station that are kept, the newest first."""
    asked = await conn.execute(
        select(device_report)
        .where(device_report.c.station_id == station_id, *which)
        .order_by(device_report.c.asked_at.desc(), device_report.c.request_id)
    )
    heads = list(asked.mappings())
    parts = device_report_part.c
    told = await conn.execute(
        select(device_report_part)
        .where(
            parts.station_id == station_id,
            parts.request_id.in_([head["request_id"] for head in heads]),
        )
        .order_by(parts.seq_no)
    )
    rows = list(told.mappings())
    return [_report(head, rows) for head in heads]


def _report(head: RowMapping, rows: list[RowMapping]) -> StoredReport:
    asked_at = head["asked_at"]
    own = [row for row in rows if row["request_id"] == head["request_id"]]
    parts = [
        ReportPart(
            seq_no=row["seq_no"], received_at=row["received_at"], more_follows=row["more_follows"]
        )
        for row in own
    ]
    return StoredReport(
        request_id=head["request_id"],
        base=head["base"],
        asked_at=asked_at,
        command_id=head["command_id"],
        status=head["status"],
        progress=progress(parts, asked_at),
        content=[one for row in own if row["received_at"] >= asked_at for one in row["content"]],
    )


async def say_supply_phases(conn: AsyncConnection, phases: Mapping[tuple[str, int], int]) -> None:
    """How many phases supply each (station, EVSE), as its site's file says: an older word than any
    of the station's own. Three is what counts unless fewer are known, so it leaves no row."""
    ours = (
        variable.c.told_by == SITE_FILE,
        tuple_(variable.c.station_id, variable.c.evse_id).in_(list(phases)),
    )
    await conn.execute(delete(variable).where(*ours))
    rows = [
        {
            "station_id": station_id,
            "component": "EVSE",
            "component_instance": "",
            "evse_id": evse_id,
            "connector_id": 0,
            "variable": SUPPLY_PHASES,
            "variable_instance": "",
            "attribute": ACTUAL,
            "value": str(count),
            "told_by": SITE_FILE,
            "reported_at": BEFORE_ALL,
        }
        for (station_id, evse_id), count in phases.items()
        if count < PHASES
    ]
    if rows:
        await conn.execute(insert(variable).values(rows).on_conflict_do_nothing())
