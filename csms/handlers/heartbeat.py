"""Heartbeat (OCPP 2.0.1, G02): the time."""

from dataclasses import dataclass
from datetime import datetime

from csms.domain.ids import ChargingStationId
from csms.domain.messages import Heartbeat, HeartbeatAnswer


@dataclass(frozen=True, slots=True)
class HeartbeatHandler:
    async def handle(
        self, station_id: ChargingStationId, request: Heartbeat, now: datetime
    ) -> HeartbeatAnswer:
        return HeartbeatAnswer(now)
