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

LEASES_OVER: Final = f"""SELECT place.station_id, place.setpoint_w, place.setpoint_until,
        place.power_w, place.power_at, station.floor_w, {_DEVICE} AS device,
        before.power_w AS before_w,
        (SELECT value = 'true'::jsonb FROM csms.station_quirk known
            WHERE known.station_id = place.station_id AND known.name = 'lease_ends'
                AND known.source = 'learned' AND known.device = {_DEVICE}) AS known
    FROM csms.evse place JOIN csms.charging_station station USING (station_id)
    JOIN csms.transaction running USING (station_id, transaction_id)
    LEFT JOIN LATERAL (
        SELECT one.power_w FROM csms.meter_reading one
        WHERE one.station_id = place.station_id AND one.evse_id = place.evse_id
            AND one.at > place.setpoint_at AND one.at <= place.setpoint_until
            AND one.power_w IS NOT NULL
        ORDER BY abs(one.power_w - station.floor_w) DESC LIMIT 1
    ) before ON true
    WHERE station.connection_owner = $1 AND station.connected
        AND place.setpoint_status = 'confirmed' AND place.power_w IS NOT NULL
        AND running.ended_at IS NULL AND LEAST(running.started_at, (
            SELECT min(first.received_at) FROM csms.transaction_event first
            WHERE first.station_id = place.station_id
                AND first.transaction_id = place.transaction_id)) < place.setpoint_at
        AND place.power_at > place.setpoint_until + make_interval(secs => $2)
        AND NOT EXISTS (SELECT FROM csms.station_quirk said WHERE said.name = 'lease_ends'
            AND said.station_id = place.station_id AND said.source = 'operator')
        AND NOT EXISTS (SELECT FROM csms.charging_profile other
            WHERE other.station_id = place.station_id AND other.side = 'set'
                AND other.evse_id IN (0, place.evse_id)
                AND other.purpose IN ('TxProfile', 'TxDefaultProfile')
            OFFSET 2)
    ORDER BY place.station_id, place.evse_id"""
"""Leases that were confirmed and ran out while their transaction went on, with the newest power
since; their beginning by the clock that is behind. Beside floor and lease there is no profile that
could allow more. $1: who holds them,
$2: how long a station may take, s."""


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
