"""Which stations add to their setpoints by the frequency, and by which curve."""

from collections.abc import Collection, Sequence
from typing import Any, Final

from sqlalchemy import bindparam, select, text, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.domain.frequency import Curve
from csms.store.tables import charging_station

_ABLE: Final = text(
    """SELECT DISTINCT modes.station_id FROM csms.variable modes
        JOIN csms.variable enabled USING (station_id, component, evse_id, attribute)
    WHERE modes.station_id = ANY(:stations) AND modes.component = 'V2XChargingCtrlr'
        AND modes.attribute = 'Actual' AND modes.variable = 'SupportedOperationModes'
        AND enabled.variable = 'Enabled' AND lower(enabled.value) = 'true'
        AND 'LocalFrequency' = ANY (string_to_array(replace(modes.value, ' ', ''), ','))"""
)


async def able(conn: AsyncConnection, stations: Collection[str]) -> set[str]:
    """Those of the stations whose device model tells of LocalFrequency."""
    return set(await conn.scalars(_ABLE, {"stations": list(stations)}))


async def choose(conn: AsyncConnection, stations: Collection[str], curve: Curve) -> None:
    """From their next lease on they respond by this curve; the empty one: not at all."""
    rows = [point._asdict() for point in curve] or None
    kept = bindparam("rows", rows, type_=JSONB(none_as_null=True))
    mine = charging_station.c.station_id.in_(stations)
    await conn.execute(update(charging_station).where(mine).values(frequency_response=kept))


async def chosen(conn: AsyncConnection, stations: Collection[str]) -> Sequence[Any]:
    """(station_id, frequency_response) of those that shall respond, by id."""
    own = charging_station.c
    query = select(own.station_id, own.frequency_response).where(
        own.station_id.in_(stations), own.frequency_response.is_not(None)
    )
    return (await conn.execute(query.order_by(own.station_id))).all()
