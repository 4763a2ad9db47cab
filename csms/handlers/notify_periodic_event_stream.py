"""NotifyPeriodicEventStream (OCPP 2.1, N15): values of a stream. It is a SEND: what is returned
here goes nowhere. Values of a stream that nobody opened are kept too."""

from dataclasses import dataclass
from datetime import datetime

from csms.domain.facts_v21 import EventStreamRead
from csms.domain.ids import ChargingStationId
from csms.domain.messages import Acknowledged
from csms.domain.messages_v21 import NotifyPeriodicEventStream
from csms.handlers.ports import Journal


@dataclass(frozen=True, slots=True)
class NotifyPeriodicEventStreamHandler:
    journal: Journal

    async def handle(
        self, station_id: ChargingStationId, request: NotifyPeriodicEventStream, now: datetime
    ) -> Acknowledged:
        read = EventStreamRead(
            station_id=station_id,
            stream_id=request.stream_id,
            pending=request.pending,
            values=request.values,
            received_at=now,
        )
        await self.journal.commit([read])
        return Acknowledged()
