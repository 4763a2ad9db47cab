"""BatterySwap (OCPP 2.1, block S): which battery went in or out, and in what state."""

from dataclasses import dataclass
from datetime import datetime

from csms.domain.facts_v21 import BatterySwapped
from csms.domain.ids import ChargingStationId
from csms.domain.messages import Acknowledged
from csms.domain.messages_v21 import BatterySwap
from csms.handlers.ports import Journal


@dataclass(frozen=True, slots=True)
class BatterySwapHandler:
    journal: Journal

    async def handle(
        self, station_id: ChargingStationId, request: BatterySwap, now: datetime
    ) -> Acknowledged:
        swapped = BatterySwapped(
            station_id=station_id,
            request_id=request.request_id,
            event=request.event.value,
            id_token=request.id_token,
            batteries=request.batteries,
            at=now,
        )
        await self.journal.commit([swapped])
        return Acknowledged()
