"""A transaction has an id of its own (OCPP 2.0.1, E01.FR.08): events without one would merge.

The event is refused, so that a station which knows better may tell it again, and kept as a notice:
it may tell of energy that has already flowed.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec

from csms.domain.ids import ChargingStationId
from csms.domain.messages import Refused, TransactionEventAnswer
from csms.domain.transaction import TransactionEvent
from csms.handlers.notice import Severity, noticed
from csms.handlers.ports import Journal, TransactionEvents

NAMELESS: Final = Refused("PropertyConstraintViolation", "transactionId is empty")


@dataclass(frozen=True, slots=True)
class Named:
    """Lets `handler` record the events of transactions that have an id."""

    journal: Journal
    handler: TransactionEvents

    async def handle(
        self, station_id: ChargingStationId, request: TransactionEvent, now: datetime
    ) -> TransactionEventAnswer | Refused:
        if request.transaction_id.strip():
            return await self.handler.handle(station_id, request, now)
        told = msgspec.json.decode(request.payload)
        fact = noticed(station_id, "TransactionEvent", told, now, Severity.WARNING)
        await self.journal.commit([fact])
        return NAMELESS
