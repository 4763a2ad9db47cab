"""NotifyReport (OCPP 2.0.1, B07): the device model, part by part."""

from dataclasses import dataclass
from datetime import datetime

from csms.domain.events import StationChanged
from csms.domain.facts import Fact, Told, VariablesReported
from csms.domain.facts_device_model import ReportPartReceived
from csms.domain.ids import ChargingStationId
from csms.domain.messages import Acknowledged, NotifyReport
from csms.handlers.ports import Journal


@dataclass(frozen=True, slots=True)
class NotifyReportHandler:
    journal: Journal

    async def handle(
        self, station_id: ChargingStationId, request: NotifyReport, now: datetime
    ) -> Acknowledged:
        part = ReportPartReceived(
            station_id=station_id,
            request_id=request.request_id,
            seq_no=request.seq_no,
            received_at=now,
            generated_at=request.at,
            more_follows=request.more_follows,
            content=request.content,
        )
        facts: list[Fact] = [part]
        if request.rows:
            reported = VariablesReported(
                station_id=station_id,
                at=now,
                rows=request.rows,
                characteristics=request.characteristics,
            )
            facts.append(reported)
        if not request.more_follows:
            changed = StationChanged(station_id=station_id, connected=True)
            facts.append(Told(event=changed, at=now))
        await self.journal.commit(facts)
        return Acknowledged()
