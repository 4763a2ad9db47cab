"""DataTransfer (OCPP 2.0.1, P02): vendors' own messages, each vendor's by handlers of its own.

What nobody here understands is kept as a notice, so that a person can see what a station tries.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from csms.domain.ids import ChargingStationId
from csms.domain.messages import DataTransfer, DataTransferAnswer, Notice
from csms.handlers.notice import note
from csms.handlers.ports import Journal


class VendorHandler(Protocol):
    """One message of one vendor."""

    async def handle(
        self, station_id: ChargingStationId, request: DataTransfer, now: datetime
    ) -> DataTransferAnswer: ...


Vendors = Mapping[str, Mapping[str | None, VendorHandler]]
"""Vendor id → message id (None: without one) → its handler."""


@dataclass(frozen=True, slots=True)
class DataTransferHandler:
    journal: Journal
    vendors: Vendors = field(default_factory=dict)

    async def handle(
        self, station_id: ChargingStationId, request: DataTransfer, now: datetime
    ) -> DataTransferAnswer:
        messages = self.vendors.get(request.vendor_id)
        if messages is not None and request.message_id in messages:
            return await messages[request.message_id].handle(station_id, request, now)
        payload = {
            "vendorId": request.vendor_id,
            "messageId": request.message_id,
            "data": request.data,
        }
        await note(self.journal, station_id, Notice(kind="DataTransfer", payload=payload), now)
        return DataTransferAnswer("UnknownVendorId" if messages is None else "UnknownMessageId")
