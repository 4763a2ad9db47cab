"""NotifyMonitoringReport (OCPP 2.0.1, N02): the monitors that run, part by part."""

from dataclasses import dataclass
from datetime import datetime

from csms.domain.facts import Fact
from csms.domain.facts_device_model import ReportPartReceived
from csms.domain.facts_monitoring import MonitorsKnown
from csms.domain.ids import ChargingStationId
from csms.domain.messages import Acknowledged
from csms.domain.messages_monitoring import NotifyMonitoringReport
from csms.handlers.ports import Journal


@dataclass(frozen=True, slots=True)
class NotifyMonitoringReportHandler:
    journal: Journal

    async def handle(
        self, station_id: ChargingStationId, request: NotifyMonitoringReport, now: datetime
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
        if request.monitors:
            known = MonitorsKnown(
                station_id=station_id, at=now, monitors=request.monitors, ours=False
            )
            facts.append(known)
        await self.journal.commit(facts)
        return Acknowledged()
