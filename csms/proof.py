"""The proof of discharge: what the meters say of stations that were told to give power back.

A station whose export register moves under a confirmed negative setpoint is proven. One that takes
power in goes to limit 0 at once, loses its dialect, and is marked until a person has looked at it.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Protocol
from uuid import uuid4

import structlog

from csms.clock import Clock
from csms.domain.commands import Command, CommandKind, CommandPriority
from csms.domain.discharge import DischargeDialect, Verdict, judge
from csms.domain.errors import StoreUnavailable
from csms.domain.facts import Fact, ReadingsTaken
from csms.domain.ids import ChargingStationId, EvseId
from csms.domain.meter import MeterReading
from csms.outbound.ports import Outcome
from csms.store import setpoints

log = structlog.get_logger(__name__)

SETTLING: Final = timedelta(seconds=10)  # a station may take that long to follow
ZERO_LEASE: Final = timedelta(minutes=15)
LIED: Final = "took power in when told to discharge"

Key = tuple[ChargingStationId, EvseId]


class Evidence(Protocol):
    """Where proofs and faults are kept. Both raise StoreUnavailable."""

    async def record_proof(
        self, station_id: ChargingStationId, dialect: DischargeDialect | None, now: datetime
    ) -> None:
        """Its export register moved: the station really discharges when told in `dialect`."""

    async def condemn(self, stop: Command, reason: str, now: datetime) -> None:
        """It took power in: never again, until a person clears it; and it is to hear `stop`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """A discharge in force at one EVSE: since when, until when, in which dialect, its register at
    the start, and whether that has risen enough to prove it."""

    setpoint_w: float
    since: datetime
    until: datetime
    dialect: DischargeDialect | None = None
    export_start_wh: float | None = None
    proven: bool = False

    def reads(self, reading: MeterReading) -> tuple["Watch", Verdict]:
        """The watch after `reading`, and what it tells; readings from before do not count."""
        if not self.since + SETTLING <= reading.at <= self.until:
            return self, Verdict.NOTHING_YET
        export_wh = reading.export_wh
        start_wh = export_wh if self.export_start_wh is None else self.export_start_wh
        rise_wh = 0.0 if export_wh is None or start_wh is None else export_wh - start_wh
        verdict = judge(self.setpoint_w, reading.power_w, rise_wh)
        if verdict is Verdict.PROVEN and self.proven:
            return self, Verdict.NOTHING_YET  # it was told already
        proven = self.proven or verdict is Verdict.PROVEN
        return replace(self, export_start_wh=start_wh, proven=proven), verdict


class DischargeProof:
    """Hears of confirmed setpoints and of stored readings; acts on what they say together."""

    def __init__(
        self, evidence: Evidence, clock: Clock, wake: Callable[[ChargingStationId], None]
    ) -> None:
        self._evidence = evidence
        self._clock = clock
        self._wake = wake
        self._watches: dict[Key, Watch] = {}
        self._verdicts: asyncio.Queue[tuple[Key, Watch, Verdict]] = asyncio.Queue()

    def confirmed(self, command: Command, outcome: Outcome, now: datetime) -> None:
        """A station confirmed a setpoint: watch it if it discharges, and no longer if not."""
        if command.evse_id is None:
            return
        key = (command.station_id, command.evse_id)
        setpoint = setpoints.parse(command.payload)
        told_w = outcome.setpoint_w
        highest_w = told_w if outcome.highest_w is None else outcome.highest_w
        if setpoint is None or (setpoint.setpoint_w if highest_w is None else highest_w) >= 0:
            self._watches.pop(key, None)
            return
        setpoint_w, until = setpoint.setpoint_w if told_w is None else told_w, setpoint.until
        watch = Watch(setpoint_w=setpoint_w, since=now, until=until, dialect=outcome.dialect)
        before = self._watches.get(key)
        same = before is not None and before.dialect is outcome.dialect
        if before is not None and same and now <= before.until:
            watch = replace(before, setpoint_w=setpoint_w, until=until)  # a lease renewed
        self._watches[key] = watch

    def read(self, facts: Sequence[Fact]) -> None:
        """Judge the readings among facts that are stored now."""
        for fact in facts:
            if not isinstance(fact, ReadingsTaken):
                continue
            key = (fact.station_id, fact.evse_id)
            for reading in sorted(fact.readings, key=lambda one: one.at):
                if (watch := self._watches.get(key)) is None:
                    break
                self._watches[key], verdict = watch.reads(reading)
                if verdict is not Verdict.NOTHING_YET:
                    self._verdicts.put_nowait((key, watch, verdict))
                if verdict is Verdict.LIAR:
                    del self._watches[key]

    async def run(self) -> None:
        """Act on verdicts, for ever; while the store is away they wait."""
        while True:
            key, watch, verdict = await self._verdicts.get()
            await self._stored(key, watch, verdict)

    async def _stored(self, key: Key, watch: Watch, verdict: Verdict) -> None:
        while True:
            with suppress(StoreUnavailable):
                await self._act(key, watch, verdict)
                break
            await asyncio.sleep(1.0)
        self._wake(key[0])

    async def _act(self, key: Key, watch: Watch, verdict: Verdict) -> None:
        (station_id, evse_id), now = key, self._clock.now()
        if verdict is Verdict.PROVEN:
            log.info("discharge proven", station_id=station_id, evse_id=evse_id)
            await self._evidence.record_proof(station_id, watch.dialect, now)
        else:
            log.error("discharge fault", station_id=station_id, evse_id=evse_id, reason=LIED)
            await self._evidence.condemn(_stop(station_id, evse_id, now), LIED, now)


def _stop(station_id: ChargingStationId, evse_id: EvseId, now: datetime) -> Command:
    until = now + ZERO_LEASE
    return Command(
        command_id=uuid4(),
        station_id=station_id,
        evse_id=evse_id,
        kind=CommandKind.SET_SETPOINT,
        payload={"setpoint_w": 0.0, "until": until.isoformat(), "reason": LIED},
        priority=CommandPriority.SAFETY,
        created_at=now,
        deadline_at=until,
        requested_by="csms",
    )
