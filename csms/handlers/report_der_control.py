"""ReportDERControl (OCPP 2.1, R04): the controls that a station says it holds."""

from dataclasses import dataclass
from datetime import datetime

from csms.domain.facts_v21 import DerControlHeld
from csms.domain.ids import ChargingStationId
from csms.domain.messages import Acknowledged
from csms.domain.messages_v21 import ReportDERControl
from csms.handlers.ports import Journal


@dataclass(frozen=True, slots=True)
class ReportDERControlHandler:
    journal: Journal

    async def handle(
        self, station_id: ChargingStationId, request: ReportDERControl, now: datetime
    ) -> Acknowledged:
        held = [
            DerControlHeld(station_id=station_id, control=one, at=now) for one in request.controls
        ]
        await self.journal.commit(held)
        return Acknowledged()
