"""How a notice is stored: as told, with a severity."""

from datetime import datetime
from enum import StrEnum

from csms.domain.facts import Noticed
from csms.domain.ids import ChargingStationId
from csms.domain.messages import Acknowledged, Notice
from csms.handlers.ports import Journal


class Severity(StrEnum):
    """How much a person should care."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


async def note(
    journal: Journal,
    station_id: ChargingStationId,
    notice: Notice,
    now: datetime,
    severity: Severity = Severity.INFO,
) -> Acknowledged:
    """Commit the notice and acknowledge it."""
    noticed = Noticed(
        station_id=station_id,
        kind=notice.kind,
        at=notice.at or now,
        received_at=now,
        severity=severity.value,
        payload=notice.payload,
    )
    await journal.commit([noticed])
    return Acknowledged()
