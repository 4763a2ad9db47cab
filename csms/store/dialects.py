"""How a station is told to discharge, and an operator's word on it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.domain.discharge import DischargeDialect
from csms.domain.ids import ChargingStationId
from csms.store.statements.v21 import BY_DEVICE_MODEL, V2X_ANNOUNCED

_GET: Final = text(
    f"""SELECT vendor, model, ocpp_version, discharge_dialect, discharge_dialect_set,
        discharge_proven_at, discharge_fault, {V2X_ANNOUNCED} AS announced
    FROM csms.charging_station kept WHERE station_id = :station FOR UPDATE"""
)
_SET: Final = text(
    """UPDATE csms.charging_station SET discharge_dialect_set = :dialect,
        discharge_dialect = :dialect, discharge_fault = CASE WHEN :reviewed THEN NULL
            ELSE discharge_fault END,
        discharge_proven_at = CASE WHEN discharge_dialect = :dialect
            AND discharge_fault IS NULL THEN discharge_proven_at END
    WHERE station_id = :station"""
)
_FORGET: Final = text(
    f"""UPDATE csms.charging_station kept SET discharge_dialect_set = NULL,
        discharge_dialect = CASE WHEN discharge_fault IS NULL
            THEN COALESCE(discharge_dialect_listed, {BY_DEVICE_MODEL}) ELSE 'none' END,
        discharge_proven_at = CASE WHEN discharge_dialect
            = COALESCE(discharge_dialect_listed, {BY_DEVICE_MODEL}) THEN discharge_proven_at END
    WHERE station_id = :station"""
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StationDialect:
    """`set_by_operator` None: nobody chose; `announced`: its device model tells of V2X."""

    vendor: str | None
    model: str | None
    ocpp_version: str | None
    dialect: DischargeDialect
    set_by_operator: DischargeDialect | None
    proven_at: datetime | None
    fault: str | None
    announced: bool


async def get(conn: AsyncConnection, station_id: ChargingStationId) -> StationDialect | None:
    """The station as it is, until the transaction ends; None if there is no such station."""
    row = (await conn.execute(_GET, {"station": station_id})).mappings().first()
    if row is None:
        return None
    chosen = row["discharge_dialect_set"]
    return StationDialect(
        vendor=row["vendor"],
        model=row["model"],
        ocpp_version=row["ocpp_version"],
        dialect=DischargeDialect(row["discharge_dialect"]),
        set_by_operator=None if chosen is None else DischargeDialect(chosen),
        proven_at=row["discharge_proven_at"],
        fault=row["discharge_fault"],
        announced=row["announced"],
    )


async def choose(
    conn: AsyncConnection,
    station_id: ChargingStationId,
    dialect: DischargeDialect,
    *,
    reviewed: bool,
) -> None:
    """An operator's choice; another dialect must prove itself anew. `reviewed`: he has looked at
    the station's fault, which is forgotten."""
    asked = {"station": station_id, "dialect": dialect.value, "reviewed": reviewed}
    await conn.execute(_SET, asked)


async def forget(conn: AsyncConnection, station_id: ChargingStationId) -> None:
    """The operator's choice: the allow-list decides again, else the device model."""
    await conn.execute(_FORGET, {"station": station_id})
