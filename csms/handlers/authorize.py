"""Authorize (OCPP 2.0.1, C01): may this IdToken charge?"""

from dataclasses import dataclass
from datetime import datetime

from csms.domain.ids import ChargingStationId
from csms.domain.messages import Authorize, AuthorizeAnswer
from csms.handlers.ports import Tokens


@dataclass(frozen=True, slots=True)
class AuthorizeHandler:
    tokens: Tokens

    async def handle(
        self, station_id: ChargingStationId, request: Authorize, now: datetime
    ) -> AuthorizeAnswer:
        return AuthorizeAnswer(await self.tokens.status(request.id_token))
