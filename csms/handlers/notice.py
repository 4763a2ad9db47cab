"""How a notice is stored: as told, with a severity."""

from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Any

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
    fact = noticed(station_id, notice.kind, notice.payload, now, severity)
    await journal.commit([replace(fact, at=notice.at or now)])
    return Acknowledged()


def noticed(
    station_id: ChargingStationId,
    kind: str,
    payload: dict[str, Any],
    now: datetime,
    severity: Severity = Severity.INFO,
) -> Noticed:
    """A notice that is committed together with what else its message says."""
    return Noticed(
        station_id=station_id,
        kind=kind,
        at=now,
        received_at=now,
        severity=severity.value,
        payload=payload,
    )
