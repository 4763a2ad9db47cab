"""A driver's tariff in words (OCPP 2.0.1, I01), at stations that say that they show tariffs."""

from dataclasses import dataclass, replace
from datetime import datetime

from csms.domain.authorization import LONGEST_MESSAGE, AuthorizationStatus, PersonalMessage
from csms.domain.ids import ChargingStationId
from csms.domain.messages import Authorize, AuthorizeAnswer
from csms.handlers.ports import Authorizes, Tariffs


@dataclass(frozen=True, slots=True)
class TariffTold:
    """Adds the words to what `handler` answers to Authorize; a token's own words go first."""

    tariffs: Tariffs
    handler: Authorizes

    async def handle(
        self, station_id: ChargingStationId, request: Authorize, now: datetime
    ) -> AuthorizeAnswer:
        answer = await self.handler.handle(station_id, request, now)
        if answer.info.personal_message is not None:
            return answer
        if answer.info.status is not AuthorizationStatus.ACCEPTED:
            return answer
        in_force = await self.tariffs.for_driver(station_id, request.id_token)
        if in_force is None or not in_force.shows_tariff or not in_force.tariff.description:
            return answer
        words = PersonalMessage(in_force.tariff.description[:LONGEST_MESSAGE])
        return replace(answer, info=replace(answer.info, personal_message=words))
