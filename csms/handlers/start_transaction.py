"""StartTransaction (OCPP 1.6, 4.8): the Started event of a transaction whose id we give.

A station repeats it until it is answered: a start that is known gets the number it got before, so
that a lost answer makes no second transaction.
"""

from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import replace

from csms.domain.ids import ChargingStationId, TransactionId
from csms.domain.messages import StartTransaction, StartTransactionAnswer
from csms.handlers.ports import TransactionEvents
from csms.handlers.ports_transaction_ids import TransactionIds


@dataclass(frozen=True, slots=True)
class StartTransactionHandler:
    transaction_ids: TransactionIds
    events: TransactionEvents

    async def handle(
        self, station_id: ChargingStationId, request: StartTransaction, now: datetime
    ) -> StartTransactionAnswer:
        number = await self.transaction_ids.number(station_id, request.event.content_hash, now)
        event = replace(request.event, transaction_id=TransactionId(str(number)))
        return StartTransactionAnswer(number, await self.events.handle(station_id, event, now))
