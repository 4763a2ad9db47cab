"""How a station's word about long work is stored: as a notice, and on the job that it names."""

from datetime import datetime

from csms.domain.facts import Fact, Noticed
from csms.domain.facts_jobs import JobKind, JobProgressed
from csms.domain.ids import ChargingStationId
from csms.domain.messages import Acknowledged, Notice
from csms.handlers.notice import Severity
from csms.handlers.ports import Journal


async def progress(
    journal: Journal,
    station_id: ChargingStationId,
    kind: JobKind,
    notice: Notice,
    now: datetime,
    failed: frozenset[str],
) -> Acknowledged:
    """Commit both and acknowledge; an Idle station (when asked) is at no job."""
    status, request_id = notice.payload["status"], notice.payload.get("requestId")
    severity = Severity.WARNING if status in failed else Severity.INFO
    facts: list[Fact] = [
        Noticed(
            station_id=station_id,
            kind=notice.kind,
            at=now,
            received_at=now,
            severity=severity.value,
            payload=notice.payload,
        )
    ]
    if status != "Idle":
        facts.append(
            JobProgressed(
                station_id=station_id,
                kind=kind,
                request_id=request_id,
                status=status,
                at=now,
                detail=notice.payload,
            )
        )
    await journal.commit(facts)
    return Acknowledged()
