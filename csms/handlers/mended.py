"""What a station is known to tell wrong is put right before any handler hears of it."""

from dataclasses import dataclass
from datetime import datetime

from csms.domain.ids import ChargingStationId
from csms.domain.mending import mended
from csms.handlers.ports import Handler, InboundMends


@dataclass(frozen=True, slots=True)
class Mended:
    """Lets `handler` hear a message as it was meant."""

    mends: InboundMends
    handler: Handler

    async def handle(self, station_id: ChargingStationId, request: object, now: datetime) -> object:
        meant = mended(request, await self.mends.of(station_id))
        return await self.handler.handle(station_id, meant, now)
