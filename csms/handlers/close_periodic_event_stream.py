"""ClosePeriodicEventStream (OCPP 2.1, N13)."""

from dataclasses import dataclass
from datetime import datetime

from csms.domain.facts_v21 import EventStreamClosed
from csms.domain.ids import ChargingStationId
from csms.domain.messages import Acknowledged
from csms.domain.messages_v21 import ClosePeriodicEventStream
from csms.handlers.ports import Journal


@dataclass(frozen=True, slots=True)
class ClosePeriodicEventStreamHandler:
    journal: Journal

    async def handle(
        self, station_id: ChargingStationId, request: ClosePeriodicEventStream, now: datetime
    ) -> Acknowledged:
        closed = EventStreamClosed(station_id=station_id, stream_id=request.stream_id, at=now)
        await self.journal.commit([closed])
        return Acknowledged()
