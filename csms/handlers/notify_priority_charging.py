"""NotifyPriorityCharging (OCPP 2.1, K21, K22): a driver is, or is no longer, in a hurry."""

from dataclasses import dataclass
from datetime import datetime

from csms.domain.facts_v21 import PriorityChargingTold
from csms.domain.ids import ChargingStationId
from csms.domain.messages import Acknowledged
from csms.domain.messages_v21 import NotifyPriorityCharging
from csms.handlers.ports import Journal


@dataclass(frozen=True, slots=True)
class NotifyPriorityChargingHandler:
    journal: Journal

    async def handle(
        self, station_id: ChargingStationId, request: NotifyPriorityCharging, now: datetime
    ) -> Acknowledged:
        told = PriorityChargingTold(
            station_id=station_id,
            transaction_id=request.transaction_id,
            activated=request.activated,
            at=now,
        )
        await self.journal.commit([told])
        return Acknowledged()
