"""Quirks of single stations as stored, and the layers that they are one of."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import and_, delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.domain.ids import ChargingStationId
from csms.domain.quirks import QuirkSource
from csms.store.tables import charging_station, station_quirk

quirk, station = station_quirk.c, charging_station.c
DEVICE = func.concat_ws(" ", station.vendor, station.model, station.firmware_version)
"""Which hardware and firmware a station is; a new one has taught us nothing yet."""
HOLDS = or_(quirk.source == QuirkSource.OPERATOR.value, quirk.device == DEVICE)
_DEVICE: Final = "concat_ws(' ', station.vendor, station.model, station.firmware_version)"
DEVICE_OF: Final = f"""SELECT {_DEVICE} AS device FROM csms.charging_station station
    WHERE station_id = $1"""
KNOWN: Final = f"""SELECT FROM csms.station_quirk JOIN csms.charging_station station
        USING (station_id)
    WHERE station_id = $1 AND name = $2 AND (source = 'operator' OR device = {_DEVICE}
        AND (source = 'learned' OR source = 'proposed' AND NOT $3::boolean))"""
"""Is there a word on a quirk that is as good as one that is certain ($3), or proposed, would be?"""
MENDS: Final = f"""SELECT station_id, jsonb_object_agg(name, value ORDER BY source) AS told
    FROM csms.station_quirk JOIN csms.charging_station station USING (station_id)
    WHERE name = ANY($1::text[])
        AND (source = 'operator' OR source = 'learned' AND device = {_DEVICE})
    GROUP BY station_id"""
"""What was learned and set of these quirks; the operator's word comes last and stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredQuirk:
    """One value, and how we came by it."""

    name: str
    value: Any
    source: QuirkSource
    at: datetime
    reason: str


async def stored(conn: AsyncConnection, station_id: ChargingStationId) -> list[StoredQuirk]:
    """All values that hold for a station, learned ones first, and what is proposed, last."""
    query = select(quirk.name, quirk.value, quirk.source, quirk.at, quirk.reason)
    here = and_(station.station_id == quirk.station_id, HOLDS)
    query = query.join(charging_station, here).where(quirk.station_id == station_id)
    query = query.order_by(quirk.source, quirk.name)
    return [
        StoredQuirk(
            name=row.name,
            value=row.value,
            source=QuirkSource(row.source),
            at=row.at,
            reason=row.reason,
        )
        for row in await conn.execute(query)
    ]


async def override(
    conn: AsyncConnection,
    station_id: ChargingStationId,
    name: str,
    value: Any,
    now: datetime,
    by: str,
) -> None:
    """An operator's word; it stands over what was learned."""
    row = {
        "station_id": station_id,
        "name": name,
        "source": QuirkSource.OPERATOR.value,
        "value": value,
        "at": now,
        "reason": by,
    }
    statement = insert(station_quirk).values(row)
    changes = {key: row[key] for key in ("value", "at", "reason")}
    await conn.execute(
        statement.on_conflict_do_update(
            index_elements=["station_id", "name", "source"], set_=changes
        )
    )


async def forget(conn: AsyncConnection, station_id: ChargingStationId, name: str) -> bool:
    """Drop what was set, learned and proposed under a name; False if there was nothing."""
    dropped = await conn.execute(
        delete(station_quirk).where(quirk.station_id == station_id, quirk.name == name)
    )
    return bool(dropped.rowcount)
