"""Reservations that run out: not every station tells of it (H04), and one that is away cannot."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.domain.events import ReservationEnded
from csms.domain.facts_authorization import ReservationStatus
from csms.domain.ids import ChargingStationId
from csms.store import outbox
from csms.store.tables import reservation

OPEN = reservation.c.status.in_((ReservationStatus.ASKED.value, ReservationStatus.ACCEPTED.value))


async def expire(conn: AsyncConnection, now: datetime) -> int:
    """End the reservations past their expiry, of all stations, and tell of each; how many.

    One that was asked and never answered may have been made, so it ends, too. Do it last: it
    writes to the outbox.
    """
    status = ReservationStatus.EXPIRED.value
    ended = await conn.execute(
        update(reservation)
        .where(OPEN, reservation.c.expires_at <= now)
        .values(status=status, updated_at=now)
        .returning(reservation.c.station_id, reservation.c.reservation_id)
    )
    events = [
        ReservationEnded(
            station_id=ChargingStationId(row.station_id),
            reservation_id=row.reservation_id,
            status=status,
        )
        for row in ended
    ]
    await outbox.tell_all(conn, events, now)
    return len(events)
