"""DataTransfer (OCPP 2.0.1, P02): vendors' own messages. We speak none of them yet."""

from dataclasses import dataclass
from datetime import datetime

from csms.domain.ids import ChargingStationId
from csms.domain.messages import DataTransfer, DataTransferAnswer


@dataclass(frozen=True, slots=True)
class DataTransferHandler:
    async def handle(
        self, station_id: ChargingStationId, request: DataTransfer, now: datetime
    ) -> DataTransferAnswer:
        return DataTransferAnswer("UnknownVendorId")
