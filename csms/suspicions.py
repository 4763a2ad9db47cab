"""What the figures of connected stations teach of how they tell them.

Each EVSE's readings are weighed as they are stored (`domain/meter_evidence`) until they prove a
quirk, or that all is well. What is certain is learned and mended from then on; what could have
another cause is proposed to an operator, whose word stands over both. Told once, with a notice.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Final

import structlog

from csms.clock import Clock
from csms.domain.errors import StoreUnavailable
from csms.domain.facts import (
    Fact,
    Noticed,
    ReadingsTaken,
    TransactionEventStored,
    VariableRow,
    VariablesReported,
)
from csms.domain.facts_quirks import QuirkLearned
from csms.domain.ids import ChargingStationId, EvseId
from csms.domain.mending import Mend, named_zero
from csms.domain.meter_evidence import SANE, Case, Verdict, verdict, weighed
from csms.domain.station import supply_phases
from csms.domain.units import PHASES
from csms.handlers.notice import Severity, noticed
from csms.handlers.ports import Journal
from csms.store.device_model import SUPPLY, SUPPLY_PHASES
from csms.store.direct import Direct
from csms.store.quirks import DEVICE_OF, KNOWN

log = structlog.get_logger(__name__)

RETRY_S: Final = 1.0
SINGLE_PHASE: Final = "single_phase_seen"
TOLD_ALREADY: Final = """SELECT FROM csms.station_notice
    WHERE station_id = $1 AND kind = $2 LIMIT 1"""


@dataclass(slots=True)
class Suspicions:
    """Hears of stored facts; acts on what they prove. An EVSE whose case is None is done with."""

    journal: Journal
    direct: Direct
    clock: Clock
    _cases: dict[ChargingStationId, dict[EvseId, Case | None]] = field(default_factory=dict)
    _verdicts: asyncio.Queue[Callable[[datetime], Awaitable[None]]] = field(
        default_factory=asyncio.Queue
    )

    def forget(self, station_id: ChargingStationId) -> None:
        """It booted, came or went: it may be another device."""
        self._cases.pop(station_id, None)

    def read(self, facts: Sequence[Fact]) -> None:
        """Weigh what is stored now."""
        for fact in facts:
            if isinstance(fact, ReadingsTaken):
                self._weigh(fact)
            elif isinstance(fact, TransactionEventStored) and fact.flags:
                self._look(fact)

    async def run(self) -> None:
        """Act on verdicts, for ever; while the store is away they wait."""
        while True:
            act = await self._verdicts.get()
            while True:
                with suppress(StoreUnavailable):
                    await act(self.clock.now())
                    break
                await asyncio.sleep(RETRY_S)

    def _weigh(self, fact: ReadingsTaken) -> None:
        cases = self._cases.setdefault(fact.station_id, {})
        for reading in fact.readings:
            known = cases.get(fact.evse_id)
            if known is None and fact.evse_id in cases:
                return
            case = weighed(known, reading)
            if case is known:
                continue
            if case is None:
                cases.pop(fact.evse_id, None)
                continue
            found = verdict(case)
            cases[fact.evse_id] = case if found is None else None
            if found is SANE and case.lines:
                act = partial(self._compare, fact.station_id, fact.evse_id, case)
                self._verdicts.put_nowait(act)
            elif found is not None and found is not SANE:
                self._verdicts.put_nowait(partial(self._learn, fact.station_id, found))

    def _look(self, fact: TransactionEventStored) -> None:
        """An EVSE 0 has no transactions: its station may count from 0, or not know which it was."""
        is_mended = Mend.EVSES_FROM_ZERO in fact.flags
        if fact.event_type == "Started" and named_zero(fact.flags) and not is_mended:
            reason = f"transaction {fact.transaction_id} began at EVSE 0"
            found = Verdict("evses_from_zero", True, certain=False, reason=reason)
            self._verdicts.put_nowait(partial(self._learn, fact.station_id, found))

    async def _compare(
        self, station_id: ChargingStationId, evse_id: EvseId, case: Case, now: datetime
    ) -> None:
        """The lines that carried current, with the phases that amperes are reckoned by. More than
        that is certain; one alone may be the vehicle's, so a person is told once."""
        told = await self.direct.row(SUPPLY, station_id, evse_id)
        seen = {"evse_id": evse_id, "lines": case.lines, "told_by": told and told["told_by"]}
        if case.lines > supply_phases(told and told["value"]):
            row = VariableRow(
                component="EVSE", variable=SUPPLY_PHASES, evse_id=evse_id, value=str(PHASES)
            )
            supplied = VariablesReported(
                station_id=station_id, at=now, rows=(row,), told_by="MeterValues"
            )
            more = noticed(station_id, "more_phases_than_told", seen, now, Severity.WARNING)
            await self.journal.commit([supplied, more])
            return
        single = case.lines == 1 and case.witnessed and told is None
        if single and await self.direct.row(TOLD_ALREADY, station_id, SINGLE_PHASE) is None:
            await self.journal.commit([noticed(station_id, SINGLE_PHASE, seen, now)])

    async def _learn(self, station_id: ChargingStationId, found: Verdict, now: datetime) -> None:
        assert found.name is not None
        if await self.direct.row(KNOWN, station_id, found.name, found.certain) is not None:
            return
        device = await self.direct.row(DEVICE_OF, station_id)
        if device is None:
            return
        learned = QuirkLearned(
            station_id=station_id,
            name=found.name,
            value=found.value,
            at=now,
            reason=found.reason,
            device=device["device"],
            proposed=not found.certain,
        )
        await self.journal.commit([learned, _notice(learned, now)])
        log.warning(
            "quirk learned" if found.certain else "quirk proposed",
            station_id=station_id,
            name=found.name,
            value=found.value,
        )


def _notice(learned: QuirkLearned, now: datetime) -> Noticed:
    kind = "quirk_proposed" if learned.proposed else "quirk_learned"
    payload = {"name": learned.name, "value": learned.value, "reason": learned.reason}
    return noticed(learned.station_id, kind, payload, now, Severity.WARNING)
