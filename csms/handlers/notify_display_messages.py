"""NotifyDisplayMessages (OCPP 2.0.1, O03, O04): what a station shows, part by part."""

from dataclasses import dataclass
from datetime import datetime

from csms.domain.facts import Fact
from csms.domain.facts_people import DisplayMessagesTold, DisplayReportEnded
from csms.domain.ids import ChargingStationId
from csms.domain.messages import Acknowledged
from csms.domain.messages_people import NotifyDisplayMessages
from csms.handlers.ports import Journal


@dataclass(frozen=True, slots=True)
class NotifyDisplayMessagesHandler:
    journal: Journal

    async def handle(
        self, station_id: ChargingStationId, request: NotifyDisplayMessages, now: datetime
    ) -> Acknowledged:
        facts: list[Fact] = []
        if request.messages:
            facts.append(
                DisplayMessagesTold(station_id=station_id, at=now, messages=request.messages)
            )
        if not request.more_follows:
            ended = DisplayReportEnded(station_id=station_id, at=now, request_id=request.request_id)
            facts.append(ended)
        await self.journal.commit(facts)
        return Acknowledged()
