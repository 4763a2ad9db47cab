"""NotifyEvent (OCPP 2.0.1, N07): monitors of the device model speak up."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from csms.domain.ids import ChargingStationId
from csms.domain.messages import Acknowledged, Notice
from csms.handlers.notice import Severity, note
from csms.handlers.ports import Journal


@dataclass(frozen=True, slots=True)
class NotifyEventHandler:
    journal: Journal

    async def handle(
        self, station_id: ChargingStationId, request: Notice, now: datetime
    ) -> Acknowledged:
        severity = (
            Severity.WARNING if any(map(_alerts, request.payload["eventData"])) else Severity.INFO
        )
        return await note(self.journal, station_id, request, now, severity)


def _alerts(event: dict[str, Any]) -> bool:
    return event["trigger"] == "Alerting" and not event.get("cleared")
