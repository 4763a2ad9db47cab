"""SecurityEventNotification (OCPP 2.0.1, A04): the station's security log.

The standard sends only its critical events here (part 2, appendix 1), so each is worth a look.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from csms.domain.ids import ChargingStationId
from csms.domain.messages import Acknowledged, Notice
from csms.handlers.notice import Severity, note
from csms.handlers.ports import Journal

ROUTINE: Final = frozenset({"FirmwareUpdated", "SettingSystemTime", "StartupOfTheDevice"})


@dataclass(frozen=True, slots=True)
class SecurityEventNotificationHandler:
    journal: Journal

    async def handle(
        self, station_id: ChargingStationId, request: Notice, now: datetime
    ) -> Acknowledged:
        severity = Severity.INFO if request.payload["type"] in ROUTINE else Severity.WARNING
        return await note(self.journal, station_id, request, now, severity)
