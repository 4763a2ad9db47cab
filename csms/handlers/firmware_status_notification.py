"""FirmwareStatusNotification (OCPP 2.0.1, L01): how an update goes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from csms.domain.facts_jobs import JobKind
from csms.domain.ids import ChargingStationId
from csms.domain.messages import Acknowledged, Notice
from csms.handlers.job_progress import progress
from csms.handlers.ports import Journal

FAILED: Final = frozenset(
    {
        "DownloadFailed",
        "InstallationFailed",
        "InstallVerificationFailed",
        "InvalidSignature",
    }
)


@dataclass(frozen=True, slots=True)
class FirmwareStatusNotificationHandler:
    journal: Journal

    async def handle(
        self, station_id: ChargingStationId, request: Notice, now: datetime
    ) -> Acknowledged:
        kind = JobKind.UPDATE_FIRMWARE
        return await progress(self.journal, station_id, kind, request, now, FAILED)
