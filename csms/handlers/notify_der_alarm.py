"""NotifyDERAlarm (OCPP 2.1, R05): a control holds the station back, or no longer does."""

from dataclasses import dataclass
from datetime import datetime

from csms.domain.ids import ChargingStationId
from csms.domain.messages import Acknowledged, Notice
from csms.handlers.notice import Severity, note
from csms.handlers.ports import Journal


@dataclass(frozen=True, slots=True)
class NotifyDERAlarmHandler:
    journal: Journal

    async def handle(
        self, station_id: ChargingStationId, request: Notice, now: datetime
    ) -> Acknowledged:
        ended = request.payload.get("alarmEnded", False)
        severity = Severity.INFO if ended else Severity.WARNING
        return await note(self.journal, station_id, request, now, severity)
