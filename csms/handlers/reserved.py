"""A reservation is used once a transaction names it (OCPP 2.0.1, H01.FR.15, H03.FR.09)."""

from dataclasses import dataclass
from datetime import datetime

from csms.domain.facts_authorization import ReservationChanged, ReservationStatus
from csms.domain.ids import ChargingStationId
from csms.domain.messages import TransactionEventAnswer
from csms.domain.transaction import TransactionEvent
from csms.handlers.ports import Journal, TransactionEvents


@dataclass(frozen=True, slots=True)
class Reserved:
    """Ends the reservation that a TransactionEvent names, then lets `handler` record the event."""

    journal: Journal
    handler: TransactionEvents

    async def handle(
        self, station_id: ChargingStationId, request: TransactionEvent, now: datetime
    ) -> TransactionEventAnswer:
        if request.reservation_id is not None:
            used = ReservationChanged(
                station_id=station_id,
                reservation_id=request.reservation_id,
                at=now,
                status=ReservationStatus.USED,
                transaction_id=request.transaction_id,
            )
            await self.journal.commit([used])
        return await self.handler.handle(station_id, request, now)
