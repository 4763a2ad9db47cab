"""MeterValues (OCPP 2.0.1, J01): readings outside a transaction; EVSE 0 is the main meter."""

from dataclasses import dataclass
from datetime import datetime

from csms.domain.facts import Fact, ReadingsTaken
from csms.domain.facts_evidence import SignedValuesTaken
from csms.domain.ids import ChargingStationId
from csms.domain.messages import Acknowledged, MeterValues
from csms.handlers.live import live
from csms.handlers.ports import Journal


@dataclass(frozen=True, slots=True)
class MeterValuesHandler:
    journal: Journal

    async def handle(
        self, station_id: ChargingStationId, request: MeterValues, now: datetime
    ) -> Acknowledged:
        facts: list[Fact] = []
        if request.readings:
            facts.append(
                ReadingsTaken(
                    station_id=station_id,
                    evse_id=request.evse_id,
                    received_at=now,
                    readings=live(request.readings, now),
                )
            )
        if request.signed:  # J01.FR.21: inside a transaction the ledger keeps them
            facts.append(
                SignedValuesTaken(
                    station_id=station_id,
                    evse_id=request.evse_id,
                    received_at=now,
                    values=request.signed,
                )
            )
        await self.journal.commit(facts)
        return Acknowledged()
