"""NotifyChargingLimit (OCPP 2.0.1, K12): a limit from elsewhere now holds at the station."""

from dataclasses import dataclass
from datetime import datetime

from csms.domain.ids import ChargingStationId
from csms.domain.messages import Acknowledged, Notice
from csms.handlers.notice import Severity, note
from csms.handlers.ports import Journal


@dataclass(frozen=True, slots=True)
class NotifyChargingLimitHandler:
    journal: Journal

    async def handle(
        self, station_id: ChargingStationId, request: Notice, now: datetime
    ) -> Acknowledged:
        severity = (
            Severity.WARNING
            if request.payload["chargingLimit"].get("isGridCritical")
            else Severity.INFO
        )
        return await note(self.journal, station_id, request, now, severity)
