"""Takes commands of connected stations and carries them out, the urgent ones first.

A setpoint passes the fence or is refused: its version must lie above the last one sent to its EVSE,
and that is durable before the first byte leaves. A process that dies in between leaves `sent`,
which its next life turns into `unknown`.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.bus import COMMANDS, Bus
from csms.clock import Clock
from csms.domain.commands import Command, CommandKind, CommandPriority, CommandStatus
from csms.domain.errors import StoreUnavailable
from csms.domain.events import SetpointRefused
from csms.domain.facts import Fact, Told
from csms.domain.facts_commands import CommandEnded, SetpointEnded
from csms.domain.ids import ChargingStationId, EvseId
from csms.domain.quirks import NO_MODELS, QuirkTable
from csms.domain.variables import Setting
from csms.handlers.ports import Journal
from csms.handlers.ports_security import Security
from csms.outbound.ports import CommandContext, Outcome
from csms.outbound.smart_charging import DISCHARGE_MISREAD
from csms.outbound.table import execute
from csms.registry import Registry, StationConnection
from csms.store import claims, commands, reservations, setpoints
from csms.store.charging import PostgresSmartCharging
from csms.store.device_model import PostgresDeviceModel
from csms.store.direct import Direct
from csms.store.engine import outage_named
from csms.store.local_lists import PostgresLocalLists
from csms.store.setpoints import CommandTarget
from csms.store.v21 import PostgresV21

log = structlog.get_logger(__name__)

SWEEP_S: Final = 1.0
GATHER_S: Final = 0.05
# Commands of one lane run one after another; a slow report never holds up a limit.
LANES: Final = (
    (CommandPriority.SAFETY, CommandPriority.DISPATCH),
    (CommandPriority.OPERATOR, CommandPriority.PROVISIONING, CommandPriority.REPORT),
)
VERSION_OUTDATED: Final = "version_outdated"
VERSION_MISSING: Final = "version_missing"
EVSE_MISSING: Final = "evse_missing"
PAYLOAD_INVALID: Final = "payload_invalid"
STATION_REJECTED: Final = "station_rejected"
NEVER_SENT: Final = (
    VERSION_OUTDATED,
    VERSION_MISSING,
    EVSE_MISSING,
    PAYLOAD_INVALID,
    STATION_REJECTED,
)
Lane = tuple[CommandPriority, ...]
Confirmed = Callable[[Command, Outcome, datetime], None]


@dataclass(frozen=True, slots=True)
class _Claimed:
    command: Command
    target: CommandTarget
    refusal: str | None


@dataclass(slots=True)
class CommandDesk:
    """One worker per station and lane while there is something to do; `confirmed` hears of each
    setpoint that a station confirmed."""

    engine: AsyncEngine
    direct: Direct
    registry: Registry
    journal: Journal
    clock: Clock
    confirmed: Confirmed = lambda command, outcome, now: None
    owner: str = "csms"
    security: Security | None = None
    models: QuirkTable = NO_MODELS
    payment_settings: Callable[[ChargingStationId], Sequence[Setting]] = lambda station_id: ()
    _draining: bool = False
    _somebody_came: asyncio.Event = field(default_factory=asyncio.Event)
    _workers: dict[tuple[ChargingStationId, Lane], asyncio.Task[None]] = field(default_factory=dict)
    _woken: set[tuple[ChargingStationId, Lane]] = field(default_factory=set)

    def wake(self, station_id: ChargingStationId) -> None:
        """There may be commands for a station; if it is not ours, this does nothing."""
        if self.registry.get(station_id) is None:
            return
        for lane in LANES:
            key = (station_id, lane)
            self._woken.add(key)
            if key not in self._workers:
                self._workers[key] = asyncio.create_task(self._work(station_id, lane))

    async def listen(self, bus: Bus) -> None:
        """Wake on each hint, for ever."""
        async for _, station_id in bus.listen(COMMANDS, f"{COMMANDS}:{self.owner}"):
            self.wake(ChargingStationId(station_id))

    def came(self, station_id: ChargingStationId) -> None:
        """A station came (or went): commands may have waited for it. Look soon, for all at once."""
        self._somebody_came.set()

    async def sweep(self) -> None:
        """Find what no hint told of and end what ran out, each second and when stations come, for
        ever."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(SWEEP_S):
                    await self._somebody_came.wait()
            await asyncio.sleep(GATHER_S)
            self._somebody_came.clear()
            with suppress(StoreUnavailable), outage_named():
                async with self.engine.begin() as conn:
                    now = self.clock.now()
                    await commands.expire(conn, now)
                    waiting = await commands.waiting_stations(conn, self.owner)
                    await reservations.expire(conn, now)
                for station_id in waiting:
                    self.wake(station_id)

    async def drain(self, limit_s: float) -> None:
        """Take no more commands, and let those that were sent hear their answers."""
        self._draining = True
        if workers := list(self._workers.values()):
            await asyncio.wait(workers, timeout=limit_s)

    async def close(self) -> None:
        """Stop the workers; what they had sent becomes unknown in the next life."""
        workers = list(self._workers.values())
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)

    async def _work(self, station_id: ChargingStationId, lane: Lane) -> None:
        key = (station_id, lane)
        try:
            while key in self._woken:
                self._woken.discard(key)
                while await self._do_next(station_id, lane):
                    pass
        except StoreUnavailable:
            pass  # the sweep comes again
        except Exception:  # the edge of this task
            log.exception("command failed", station_id=station_id)
        finally:
            del self._workers[key]

    async def _do_next(self, station_id: ChargingStationId, lane: Lane) -> bool:
        """Carry out one command; False if there is none, or no connection to send it on."""
        connection = self.registry.get(station_id)
        if connection is None or self._draining:
            return False
        now = self.clock.now()
        claimed = await self._claim(connection, lane, now)
        if claimed is None:
            return False
        outcome = await self._execute(claimed, connection, now)
        await self._record(claimed, outcome)
        return True

    async def _claim(
        self, connection: StationConnection, lane: Lane, now: datetime
    ) -> _Claimed | None:
        taken = await claims.claim_next(
            self.direct,
            connection.station_id,
            now,
            lane,
            owner=self.owner,
            epoch=connection.epoch,
            models=self.models,
        )
        if taken is None or taken.target is None:
            return None
        command, target = taken.command, taken.target
        refusal = _fence(command, target)
        if command.kind is CommandKind.SET_SETPOINT and refusal is None and command.evse_id:
            key = (command.station_id, command.evse_id)
            if not await claims.record_version(self.direct, *key, command.version, now):
                refusal = VERSION_OUTDATED
        return _Claimed(command, target, refusal)

    async def _execute(
        self, claimed: _Claimed, connection: StationConnection, now: datetime
    ) -> Outcome:
        if claimed.refusal is not None:
            return Outcome(status=CommandStatus.REFUSED, reason=claimed.refusal)
        target = claimed.target
        context = CommandContext(
            now=now,
            abilities=target.abilities,
            journal=self.journal,
            device_model=PostgresDeviceModel(self.engine),
            charging=PostgresSmartCharging(self.engine),
            security=self.security,
            local_lists=PostgresLocalLists(self.engine),
            transaction_id=target.transaction_id,
            confirmed_setpoint_w=target.confirmed_setpoint_w,
            setpoint_at=target.setpoint_at,
            dynamic_profiles=PostgresV21(self.engine),
            payment_settings=self.payment_settings(claimed.command.station_id),
        )
        try:
            return await execute(claimed.command, connection, context)
        except StoreUnavailable:
            return Outcome(status=CommandStatus.UNKNOWN, reason="store_unavailable")
        except Exception:  # the edge of this task: the command must end
            log.exception("command failed", command_id=str(claimed.command.command_id))
            return Outcome(status=CommandStatus.UNKNOWN, reason="internal_error")

    async def _record_fault(
        self, station_id: ChargingStationId, evse_id: EvseId, now: datetime
    ) -> None:
        with outage_named():
            async with self.engine.begin() as conn:
                await setpoints.record_fault(conn, station_id, evse_id, DISCHARGE_MISREAD, now)

    async def _record(self, claimed: _Claimed, outcome: Outcome) -> None:
        """Store the outcome, however long the store is away."""
        command, before = claimed.command, claimed.target.last_version
        while True:
            now = self.clock.now()
            try:
                if outcome.reason == DISCHARGE_MISREAD and command.evse_id is not None:
                    await self._record_fault(command.station_id, command.evse_id, now)
                await self.journal.commit(_facts_of(command, outcome, now, before))
                break
            except StoreUnavailable:
                await asyncio.sleep(SWEEP_S)
        log.info(
            "command done",
            station_id=command.station_id,
            evse_id=command.evse_id,
            kind=command.kind.value,
            status=outcome.status.value,
            reason=outcome.reason,
        )
        is_setpoint = command.kind is CommandKind.SET_SETPOINT
        if is_setpoint and outcome.status is CommandStatus.CONFIRMED:
            self.confirmed(command, outcome, now)


def _fence(command: Command, target: CommandTarget) -> str | None:
    """Why nothing is sent to a rejected station (B03.FR.03), and when a setpoint is not: only our
    own safety commands come without a version."""
    if target.rejected:
        return STATION_REJECTED
    if command.kind is not CommandKind.SET_SETPOINT:
        return None
    if not command.evse_id:
        return EVSE_MISSING
    if setpoints.parse(command.payload) is None:
        return PAYLOAD_INVALID
    if command.version is None:
        return None if command.priority is CommandPriority.SAFETY else VERSION_MISSING
    if target.last_version is not None and command.version <= target.last_version:
        return VERSION_OUTDATED
    return None


def _facts_of(
    command: Command, outcome: Outcome, now: datetime, version_before: int | None
) -> list[Fact]:
    """What is known of the command now; a refusal of a setpoint is told to who plans."""
    status, reason = outcome.status, outcome.reason
    response = dict(outcome.response)
    facts: list[Fact] = [
        CommandEnded(
            command_id=command.command_id, status=status, at=now, reason=reason, response=response
        )
    ]
    asked = setpoints.parse(command.payload)
    is_setpoint = command.kind is CommandKind.SET_SETPOINT and reason not in NEVER_SENT
    if not is_setpoint or asked is None or command.evse_id is None:
        return facts
    if outcome.setpoint_w is not None:
        asked = replace(asked, setpoint_w=outcome.setpoint_w)
    refused = status is CommandStatus.REFUSED
    not_taken = refused or status is CommandStatus.EXPIRED
    ended = SetpointEnded(
        station_id=command.station_id,
        evse_id=command.evse_id,
        status=status,
        at=now,
        in_force=None if not_taken and outcome.setpoint_w is None else asked,
        composite_w=outcome.composite_w,
        version=version_before if command.version is None else command.version,
    )
    facts.append(ended)
    if refused and reason != DISCHARGE_MISREAD:
        event = SetpointRefused(
            station_id=command.station_id, evse_id=command.evse_id, reason=reason or "refused"
        )
        facts.append(Told(event=event, at=now))
    return facts
