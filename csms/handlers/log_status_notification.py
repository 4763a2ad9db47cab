"""LogStatusNotification (OCPP 2.0.1, N01): how a log upload goes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from csms.domain.facts_jobs import JobKind
from csms.domain.ids import ChargingStationId
from csms.domain.messages import Acknowledged, Notice
from csms.handlers.job_progress import progress
from csms.handlers.ports import Journal

FAILED: Final = frozenset(
    {"BadMessage", "NotSupportedOperation", "PermissionDenied", "UploadFailure"}
)


@dataclass(frozen=True, slots=True)
class LogStatusNotificationHandler:
    journal: Journal

    async def handle(
        self, station_id: ChargingStationId, request: Notice, now: datetime
    ) -> Acknowledged:
        return await progress(self.journal, station_id, JobKind.GET_LOG, request, now, FAILED)
