"""Authorize (OCPP 2.0.1, C01, C07): may this IdToken charge, and do its certificates hold?"""

from dataclasses import dataclass
from datetime import datetime

from csms.domain.authorization import Presented
from csms.domain.contract import with_certificate
from csms.domain.ids import ChargingStationId
from csms.domain.messages import Authorize, AuthorizeAnswer
from csms.handlers.ports import Contracts, Tokens


@dataclass(frozen=True, slots=True)
class AuthorizeHandler:
    tokens: Tokens
    contracts: Contracts

    async def handle(
        self, station_id: ChargingStationId, request: Authorize, now: datetime
    ) -> AuthorizeAnswer:
        presented = Presented(id_token=request.id_token, type=request.type, station_id=station_id)
        info = await self.tokens.info(presented, now)
        if not request.certificate_hashes and request.certificate_pem is None:
            return AuthorizeAnswer(info)
        found = await self.contracts.status(
            request.certificate_hashes, request.certificate_pem, now
        )
        return AuthorizeAnswer(*with_certificate(info, found))
