"""StatusNotification (OCPP 2.0.1, G01): what a connector is doing."""

from dataclasses import dataclass
from datetime import datetime

from csms.domain.facts import ConnectorStatusChanged, Fact, Noticed
from csms.domain.ids import ChargingStationId
from csms.domain.messages import Acknowledged, StatusNotification
from csms.handlers.notice import Severity
from csms.handlers.ports import Journal


@dataclass(frozen=True, slots=True)
class StatusNotificationHandler:
    journal: Journal

    async def handle(
        self, station_id: ChargingStationId, request: StatusNotification, now: datetime
    ) -> Acknowledged:
        changed = ConnectorStatusChanged(
            station_id=station_id,
            evse_id=request.evse_id,
            connector_id=request.connector_id,
            status=request.status,
            at=min(request.at or now, now),  # a clock that runs ahead must not freeze the status
        )
        facts: list[Fact] = [changed]
        if request.fault is not None:
            facts.append(
                Noticed(
                    station_id=station_id,
                    kind="StatusNotification",
                    at=changed.at,
                    received_at=now,
                    severity=Severity.WARNING.value,
                    payload=request.fault,
                )
            )
        await self.journal.commit(facts)
        return Acknowledged()
