"""The list of energy transfers in the answer to Authorize (OCPP 2.1, Q01): may this vehicle give
power back? Before 2.1 no codec speaks it."""

from dataclasses import dataclass, replace
from datetime import datetime

from csms.domain.authorization import AuthorizationStatus
from csms.domain.ids import ChargingStationId
from csms.domain.messages import Authorize, AuthorizeAnswer
from csms.handlers.ports import Authorizes
from csms.handlers.ports_v21 import EnergyTransfers


@dataclass(frozen=True, slots=True)
class AllowedEnergyTransfer:
    """Adds the list to what `handler` answers; none where nobody has said (Q01.FR.08)."""

    energy_transfers: EnergyTransfers
    handler: Authorizes

    async def handle(
        self, station_id: ChargingStationId, request: Authorize, now: datetime
    ) -> AuthorizeAnswer:
        answer = await self.handler.handle(station_id, request, now)
        if answer.info.status is not AuthorizationStatus.ACCEPTED:
            return answer
        modes = await self.energy_transfers.of_token(station_id, request.id_token)
        return replace(answer, allowed_energy_transfer=modes or ())
