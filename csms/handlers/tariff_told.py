"""A driver's tariff: in words (OCPP 2.0.1, I01) at stations that say that they show tariffs, and to
compute by (OCPP 2.1, I08) at those that do; what is earned by export they cannot compute.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from csms.domain.authorization import LONGEST_MESSAGE, AuthorizationStatus, PersonalMessage
from csms.domain.ids import ChargingStationId
from csms.domain.messages import Authorize, AuthorizeAnswer
from csms.handlers.ports import Authorizes, Tariffs


@dataclass(frozen=True, slots=True)
class TariffTold:
    """Adds it to what `handler` answers to Authorize; a token's own words go first."""

    tariffs: Tariffs
    handler: Authorizes

    async def handle(
        self, station_id: ChargingStationId, request: Authorize, now: datetime
    ) -> AuthorizeAnswer:
        answer = await self.handler.handle(station_id, request, now)
        if answer.info.status is not AuthorizationStatus.ACCEPTED:
            return answer
        in_force = await self.tariffs.for_driver(station_id, request.id_token)
        if in_force is None:
            return answer
        if in_force.computes and in_force.of_driver and not in_force.tariff.export:
            answer = replace(answer, tariff=in_force.tariff)
        words = in_force.tariff.description
        if answer.info.personal_message is not None or not in_force.shows_tariff or not words:
            return answer
        message = PersonalMessage(words[:LONGEST_MESSAGE])
        return replace(answer, info=replace(answer.info, personal_message=message))
