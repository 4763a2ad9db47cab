"""A station whose clock is off is noticed, and asked for a Heartbeat: its answer tells the time
(OCPP 2.0.1, G02)."""

from collections.abc import MutableMapping
from dataclasses import dataclass
from datetime import datetime

from csms.domain.facts import CommandAsked, Fact
from csms.domain.facts_clock import ClockMeasured
from csms.domain.ids import ChargingStationId
from csms.domain.questions import heartbeat
from csms.domain.station_clock import TOLERANCE_S, UNHEARD, StationClock, told_live
from csms.handlers.notice import Severity, noticed
from csms.handlers.ports import Handler, Journal

KIND = "StationClockOff"


@dataclass(frozen=True, slots=True)
class Clocked:
    """Measures a station's clock by its messages, one connection at a time."""

    journal: Journal
    clocks: MutableMapping[ChargingStationId, StationClock]
    handler: Handler
    tolerance_s: float = TOLERANCE_S

    async def handle(self, station_id: ChargingStationId, request: object, now: datetime) -> object:
        if (told := told_live(request)) is not None:
            before = self.clocks.get(station_id, UNHEARD)
            clock = before.heard(told, now, self.tolerance_s)
            if clock.off_s != before.off_s:
                await self.journal.commit(_facts(station_id, clock.off_s, now))
            if clock is not before:
                self.clocks[station_id] = clock
        return await self.handler.handle(station_id, request, now)


def _facts(station_id: ChargingStationId, off_s: float | None, now: datetime) -> list[Fact]:
    measured = ClockMeasured(station_id=station_id, off_s=off_s)
    if off_s is None:
        return [measured]
    notice = noticed(station_id, KIND, {"off_s": off_s}, now, Severity.WARNING)
    return [measured, notice, CommandAsked(command=heartbeat(station_id, now))]
