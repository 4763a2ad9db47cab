"""DataTransfer (OCPP 2.0.1, P02): vendors' own messages, of which we understand none.

They are kept as notices, so that a person can see what a station tries.
"""

from dataclasses import dataclass
from datetime import datetime

from csms.domain.ids import ChargingStationId
from csms.domain.messages import DataTransfer, DataTransferAnswer, Notice
from csms.handlers.notice import note
from csms.handlers.ports import Journal


@dataclass(frozen=True, slots=True)
class DataTransferHandler:
    journal: Journal

    async def handle(
        self, station_id: ChargingStationId, request: DataTransfer, now: datetime
    ) -> DataTransferAnswer:
        payload = {
            "vendorId": request.vendor_id,
            "messageId": request.message_id,
            "data": request.data,
        }
        await note(self.journal, station_id, Notice(kind="DataTransfer", payload=payload), now)
        return DataTransferAnswer("UnknownVendorId")
