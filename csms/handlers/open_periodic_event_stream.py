"""OpenPeriodicEventStream (OCPP 2.1, N11): a monitor's values will come as SENDs."""

from dataclasses import dataclass
from datetime import datetime

from csms.domain.facts_v21 import EventStreamOpened
from csms.domain.ids import ChargingStationId
from csms.domain.messages import Acknowledged
from csms.domain.messages_v21 import OpenPeriodicEventStream
from csms.handlers.ports import Journal


@dataclass(frozen=True, slots=True)
class OpenPeriodicEventStreamHandler:
    journal: Journal

    async def handle(
        self, station_id: ChargingStationId, request: OpenPeriodicEventStream, now: datetime
    ) -> Acknowledged:
        opened = EventStreamOpened(
            station_id=station_id,
            stream_id=request.stream_id,
            variable_monitoring_id=request.variable_monitoring_id,
            interval_s=request.interval_s,
            max_values=request.max_values,
            at=now,
        )
        await self.journal.commit([opened])
        return Acknowledged()
