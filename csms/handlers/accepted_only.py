"""The gate before acceptance (OCPP 2.0.1, B02 and B03): SecurityError, never a closed socket."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from csms.domain.ids import ChargingStationId
from csms.domain.messages import Refused, RegistrationStatus
from csms.handlers.ports import Handler, Stations

ASKED_WITHIN: Final = timedelta(minutes=5)
NOT_ACCEPTED: Final = Refused("SecurityError", "not accepted yet: send BootNotification first")


@dataclass(frozen=True, slots=True)
class NotRejected:
    """Lets a message pass that answers a call of ours, which we make of Pending stations, too."""

    stations: Stations
    handler: Handler

    async def handle(self, station_id: ChargingStationId, request: object, now: datetime) -> object:
        state = await self.stations.state(station_id)
        if state.registration_status == RegistrationStatus.REJECTED:
            return NOT_ACCEPTED
        return await self.handler.handle(station_id, request, now)


@dataclass(frozen=True, slots=True)
class AcceptedOnly:
    """Lets a message pass to `handler` only from an accepted station, or from a Pending one that
    we have asked for it by TriggerMessage (B02.FR.09)."""

    stations: Stations
    handler: Handler
    action: str = ""

    async def handle(self, station_id: ChargingStationId, request: object, now: datetime) -> object:
        if not await self.stations.is_accepted(station_id):
            since = now - ASKED_WITHIN
            if not await self.stations.asked_for(station_id, self.action, since):
                return NOT_ACCEPTED
        return await self.handler.handle(station_id, request, now)
