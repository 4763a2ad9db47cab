"""NotifyCustomerInformation (OCPP 2.0.1, N09, N10): what a station knows of a customer."""

from dataclasses import dataclass
from datetime import datetime

from csms.domain.facts_people import CustomerPartTold
from csms.domain.ids import ChargingStationId
from csms.domain.messages import Acknowledged
from csms.domain.messages_people import NotifyCustomerInformation
from csms.handlers.ports import Journal


@dataclass(frozen=True, slots=True)
class NotifyCustomerInformationHandler:
    journal: Journal

    async def handle(
        self, station_id: ChargingStationId, request: NotifyCustomerInformation, now: datetime
    ) -> Acknowledged:
        part = CustomerPartTold(
            station_id=station_id,
            at=now,
            request_id=request.request_id,
            seq_no=request.seq_no,
            generated_at=request.generated_at,
            data=request.data,
            more_follows=request.more_follows,
        )
        await self.journal.commit([part])
        return Acknowledged()
