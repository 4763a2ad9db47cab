"""GetCertificateChainStatus (OCPP 2.1, M07): whether certificates of a vehicle were revoked.

OCSP responders are asked as for M06; lists (CRL) are fetched and kept while they hold. Where
neither is to be had the status is Failed (M07.FR.02, .05) and the station decides by its own.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from csms.domain.certificates import DerFault
from csms.domain.ids import ChargingStationId
from csms.domain.messages_v21 import (
    GetCertificateChainStatus,
    GetCertificateChainStatusAnswer,
    RevocationAsked,
    RevocationTold,
)
from csms.handlers.ports_security import AuthorityUnavailable, CertificateStatuses

LONGEST_KEPT: Final = timedelta(weeks=1)
"""So long an answer may be kept (ISO 15118-20, by M07.FR.09)."""
OCSP: Final = "OCSP"
FAILED: Final = "Failed"


@dataclass(frozen=True, slots=True)
class GetCertificateChainStatusHandler:
    statuses: CertificateStatuses

    async def handle(
        self, station_id: ChargingStationId, request: GetCertificateChainStatus, now: datetime
    ) -> GetCertificateChainStatusAnswer:
        told = await asyncio.gather(*(self._ask(one, now) for one in request.certificates))
        return GetCertificateChainStatusAnswer(tuple(told))

    async def _ask(self, asked: RevocationAsked, now: datetime) -> RevocationTold:
        """The first answer that counts (M07.FR.01 to .07); a failure is not to be kept."""
        source = self.statuses.ask if asked.source == OCSP else self.statuses.look_up
        for url in asked.urls:
            try:
                told = await source(asked.certificate, url)
            except (AuthorityUnavailable, DerFault):
                continue
            until = min(told.until, now + LONGEST_KEPT)
            return RevocationTold(asked=asked, status=told.state.capitalize(), until=until)
        return RevocationTold(asked=asked, status=FAILED, until=now)
