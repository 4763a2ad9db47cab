"""NotifyDERStartStop (OCPP 2.1, R04): a scheduled control took effect, or ended.

It may be the only message that tells which other controls that put out of force (R04.FR.21).
"""

from dataclasses import dataclass
from datetime import datetime

from csms.domain.facts import Fact
from csms.domain.facts_v21 import DerControlRan, DerControlsSuperseded
from csms.domain.ids import ChargingStationId
from csms.domain.messages import Acknowledged
from csms.domain.messages_v21 import NotifyDERStartStop
from csms.handlers.ports import Journal


@dataclass(frozen=True, slots=True)
class NotifyDERStartStopHandler:
    journal: Journal

    async def handle(
        self, station_id: ChargingStationId, request: NotifyDERStartStop, now: datetime
    ) -> Acknowledged:
        ran = DerControlRan(
            station_id=station_id,
            control_id=request.control_id,
            started=request.started,
            at=request.at,
        )
        facts: list[Fact] = [ran]
        if ids := request.superseded_ids:
            facts.append(DerControlsSuperseded(station_id=station_id, control_ids=ids, at=now))
        await self.journal.commit(facts)
        return Acknowledged()
