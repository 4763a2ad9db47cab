"""ClearedChargingLimit (OCPP 2.0.1, K13): … and is gone again."""

from dataclasses import dataclass
from datetime import datetime

from csms.domain.ids import ChargingStationId
from csms.domain.messages import Acknowledged, Notice
from csms.handlers.notice import note
from csms.handlers.ports import Journal


@dataclass(frozen=True, slots=True)
class ClearedChargingLimitHandler:
    journal: Journal

    async def handle(
        self, station_id: ChargingStationId, request: Notice, now: datetime
    ) -> Acknowledged:
        return await note(self.journal, station_id, request, now)
