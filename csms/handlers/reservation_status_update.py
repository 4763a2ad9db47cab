"""ReservationStatusUpdate (OCPP 2.0.1, H04, H01.FR.16): a reservation ended without being used."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from csms.domain.events import ReservationEnded
from csms.domain.facts import Told
from csms.domain.facts_authorization import ReservationChanged, ReservationStatus
from csms.domain.ids import ChargingStationId
from csms.domain.messages import Acknowledged
from csms.domain.messages_people import ReservationStatusUpdate
from csms.handlers.ports import Journal

ENDS: Final[Mapping[str, ReservationStatus]] = {
    "Expired": ReservationStatus.EXPIRED,
    "Removed": ReservationStatus.REMOVED,
    "NoTransaction": ReservationStatus.EXPIRED,
}


@dataclass(frozen=True, slots=True)
class ReservationStatusUpdateHandler:
    journal: Journal

    async def handle(
        self, station_id: ChargingStationId, request: ReservationStatusUpdate, now: datetime
    ) -> Acknowledged:
        status = ENDS[request.status]
        changed = ReservationChanged(
            station_id=station_id, reservation_id=request.reservation_id, at=now, status=status
        )
        ended = ReservationEnded(
            station_id=station_id, reservation_id=request.reservation_id, status=status.value
        )
        await self.journal.commit([changed, Told(event=ended, at=now)])
        return Acknowledged()
