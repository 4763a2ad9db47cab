"""NotifyChargingLimit (OCPP 2.0.1, K11, K12, K14): a limit from elsewhere now holds at the station.

It counts in every composite schedule that we make, until it is cleared.
"""

from dataclasses import dataclass
from datetime import datetime

from csms.domain.facts_charging import ChargingLimitTold
from csms.domain.ids import ChargingStationId
from csms.domain.messages import Acknowledged
from csms.domain.messages_charging import NotifyChargingLimit
from csms.handlers.notice import Severity, noticed
from csms.handlers.ports import Journal


@dataclass(frozen=True, slots=True)
class NotifyChargingLimitHandler:
    journal: Journal

    async def handle(
        self, station_id: ChargingStationId, request: NotifyChargingLimit, now: datetime
    ) -> Acknowledged:
        told = ChargingLimitTold(
            station_id=station_id,
            evse_id=request.evse_id,
            source=request.source,
            at=now,
            in_force=True,
            grid_critical=request.grid_critical,
            schedules=request.schedules,
        )
        severity = Severity.WARNING if request.grid_critical else Severity.INFO
        notice = noticed(station_id, "NotifyChargingLimit", request.payload, now, severity)
        await self.journal.commit([told, notice])
        return Acknowledged()
