"""The gate before acceptance (OCPP 2.0.1, B02 and B03): SecurityError, never a closed socket."""

from dataclasses import dataclass
from datetime import datetime

from csms.domain.ids import ChargingStationId
from csms.domain.messages import Refused, RegistrationStatus
from csms.handlers.ports import Handler, Stations


@dataclass(frozen=True, slots=True)
class AcceptedOnly:
    """Lets a message pass to `handler` only from an accepted station."""

    stations: Stations
    handler: Handler

    async def handle(self, station_id: ChargingStationId, request: object, now: datetime) -> object:
        state = await self.stations.state(station_id)
        if state.registration_status != RegistrationStatus.ACCEPTED:
            return Refused("SecurityError", "not accepted yet: send BootNotification first")
        return await self.handler.handle(station_id, request, now)
