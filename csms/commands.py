"""Takes commands of connected stations and carries them out, the urgent ones first.

A setpoint passes the fence or is refused: its version must lie above the last one sent to its EVSE,
and that is durable before the first byte leaves. Both for many stations at once: a site that turns
tells a thousand in a second. A process that dies in between leaves `sent`,
which its next life turns into `unknown`; a claim whose answer was lost is given back.
"""

import asyncio
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import Final, Protocol
from uuid import UUID

import structlog

from csms.bus import COMMANDS, Bus
from csms.clock import Clock, monotonic_s
from csms.domain.commands import Command, CommandKind, CommandPriority, CommandStatus
from csms.domain.errors import StoreUnavailable
from csms.domain.events import SetpointRefused
from csms.domain.facts import Fact, Told
from csms.domain.facts_commands import CommandEnded, SetpointEnded
from csms.domain.ids import ChargingStationId, EvseId
from csms.domain.messages import RegistrationStatus
from csms.domain.variables import Setting
from csms.handlers.ports import Journal
from csms.handlers.ports_charging import SmartCharging
from csms.handlers.ports_security import Security
from csms.handlers.ports_v21 import DynamicProfiles
from csms.outbound.ports import CommandContext, Outcome
from csms.outbound.ports_authorization import LocalLists
from csms.outbound.ports_device_model import DeviceModel
from csms.outbound.smart_charging import DISCHARGE_MISREAD
from csms.outbound.table import execute
from csms.registry import Registry, StationConnection
from csms.store import setpoints
from csms.store.claims import Asking, Claimed, Versions
from csms.store.setpoints import CommandTarget

log = structlog.get_logger(__name__)

SWEEP_S: Final = 1.0
GATHER_S: Final = 0.05
AT_ONCE: Final = 100  # stations; the first are told while the others are asked for
UNHEARD_S: Final = 30.0  # longer than a statement may run
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
STORE_AWAY: Final = "store_unavailable"
INTERNAL_ERROR: Final = "internal_error"
NEVER_SENT: Final = (
    VERSION_OUTDATED,
    VERSION_MISSING,
    EVSE_MISSING,
    PAYLOAD_INVALID,
    STATION_REJECTED,
)
Lane = tuple[CommandPriority, ...]
Place = tuple[ChargingStationId, Lane]
EvsePlace = tuple[ChargingStationId, EvseId]
Taken = tuple[Command, CommandTarget]
Confirmed = Callable[[Command, Outcome, datetime], None]


class CommandBook(Protocol):
    """The commands of this process's stations as stored. All of it raises StoreUnavailable."""

    @property
    def owner(self) -> str:
        """This process."""

    @property
    def device_model(self) -> DeviceModel: ...

    @property
    def charging(self) -> SmartCharging: ...

    @property
    def local_lists(self) -> LocalLists: ...

    @property
    def dynamic_profiles(self) -> DynamicProfiles: ...

    async def claim(self, asked: Sequence[Asking], now: datetime) -> list[Claimed]:
        """The most urgent pending command of each station, marked sent by us."""

    async def release(self, lost: Collection[tuple[ChargingStationId, datetime]]) -> None:
        """Let commands be claimed again whose claims were made, though we never heard so."""

    async def sweep(self, now: datetime) -> list[ChargingStationId]:
        """End what ran out; the stations of ours that have commands waiting."""

    async def record_versions(self, versions: Versions, now: datetime) -> set[EvsePlace]:
        """Setpoints are about to be sent, at those EVSEs where no newer one was sent meanwhile."""

    async def record_fault(
        self, station_id: ChargingStationId, evse_id: EvseId, reason: str, now: datetime
    ) -> None:
        """It charged when told to discharge: never again, until a person clears it."""


@dataclass(slots=True)
class CommandDesk:
    """One taker while somebody waits, and one worker per station and lane while there is something
    to do; `confirmed` hears of each setpoint that a station confirmed.

    The taker asks for many stations at once, of each for all lanes that are free: most commands
    come alone, and then one statement is all that finding them costs. A lane that was busy, or
    whose command was not the only one, is looked at again when it is free.
    """

    book: CommandBook
    registry: Registry
    journal: Journal
    clock: Clock
    confirmed: Confirmed = lambda command, outcome, now: None
    security: Security | None = None
    payment_settings: Callable[[ChargingStationId], Sequence[Setting]] = lambda station_id: ()
    _draining: bool = False
    _somebody_came: asyncio.Event = field(default_factory=asyncio.Event)
    _taker: asyncio.Task[None] | None = None
    _woken: dict[ChargingStationId, None] = field(default_factory=dict)  # in their order
    _workers: dict[Place, asyncio.Task[None]] = field(default_factory=dict)
    _again: set[Place] = field(default_factory=set)
    _unheard: list[tuple[float, ChargingStationId, datetime]] = field(default_factory=list)

    def wake(self, station_id: ChargingStationId) -> None:
        """There may be commands for a station; if it is not ours, this does nothing."""
        if self._draining or self.registry.get(station_id) is None:
            return
        self._woken[station_id] = None
        if self._taker is None:
            self._taker = asyncio.create_task(self._take())

    async def listen(self, bus: Bus) -> None:
        """Wake on each hint, for ever."""
        async for _, station_id in bus.listen(COMMANDS, f"{COMMANDS}:{self.book.owner}"):
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
            with suppress(StoreUnavailable):
                await self._release()
                for station_id in await self.book.sweep(self.clock.now()):
                    self.wake(station_id)

    async def _release(self) -> None:
        """Give back what claims took whose answers were lost, for as long as one may still be
        committed. Raises StoreUnavailable."""
        if self._unheard:
            lost = list(self._unheard)
            await self.book.release([(one, at) for _, one, at in lost])
            over = {one for one in lost if one[0] + UNHEARD_S < monotonic_s()}
            self._unheard = [one for one in self._unheard if one not in over]

    async def drain(self, limit_s: float) -> None:
        """Take no more commands, and let those that were sent hear their answers."""
        self._draining = True
        with suppress(TimeoutError):
            async with asyncio.timeout(limit_s):
                while tasks := self._tasks():
                    await asyncio.wait(tasks)

    async def close(self) -> None:
        """Stop the workers; what they had sent becomes unknown in the next life."""
        self._draining = True
        tasks = self._tasks()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _tasks(self) -> list[asyncio.Task[None]]:
        return [*([self._taker] if self._taker else []), *self._workers.values()]

    async def _take(self) -> None:
        try:
            while self._woken and not self._draining:
                stations = list(islice(self._woken, AT_ONCE))
                for station_id in stations:
                    del self._woken[station_id]
                await self._take_of(stations)
        except StoreUnavailable:
            pass  # the sweep comes again
        except Exception:  # the edge of this task
            log.exception("no commands taken")
        finally:
            self._taker = None

    async def _take_of(self, stations: Sequence[ChargingStationId]) -> None:
        """Hand the most urgent command of the lanes that are free to a worker, for each station
        that has a connection to send it on."""
        asked: list[tuple[Asking, StationConnection]] = []
        for station_id in stations:
            busy = [lane for lane in LANES if (station_id, lane) in self._workers]
            self._again |= {(station_id, lane) for lane in busy}
            connection = self.registry.get(station_id)
            free = [priority for lane in LANES if lane not in busy for priority in lane]
            if free and connection is not None:
                asked.append((Asking(station_id, free, connection.epoch), connection))
        if not asked:
            return
        now = self.clock.now()
        try:
            taken = await self.book.claim([one for one, _ in asked], now)
        except StoreUnavailable:
            self._unheard += [(monotonic_s(), one.station_id, now) for one, _ in asked]
            raise
        connections = {one.station_id: connection for one, connection in asked}
        known = [(one.command, one.target) for one in taken if one.target is not None]
        refusals = await self._refusals(known, now)
        for command, target in known:
            lane = next(lane for lane in LANES if command.priority in lane)
            connection, refusal = connections[command.station_id], refusals.get(command.command_id)
            work = self._work((command.station_id, lane), command, target, connection, now, refusal)
            self._workers[command.station_id, lane] = asyncio.create_task(work)
        for one in taken:
            if one.more:
                self._woken[one.command.station_id] = None

    async def _refusals(self, taken: Sequence[Taken], now: datetime) -> dict[UUID, Outcome]:
        """How those end that must not be sent; of setpoints that may be, the versions are durable
        then."""
        refusals: dict[UUID, Outcome] = {}
        setpoints_of: dict[EvsePlace, Command] = {}
        for command, target in taken:
            if (refusal := _fence(command, target)) is not None:
                refusals[command.command_id] = Outcome.refused(refusal)
            elif command.kind is CommandKind.SET_SETPOINT and command.evse_id:
                setpoints_of[command.station_id, command.evse_id] = command
        versions = {place: command.version for place, command in setpoints_of.items()}
        sent, otherwise = set[EvsePlace](), Outcome.refused(VERSION_OUTDATED)
        try:
            if versions:
                sent = await self.book.record_versions(versions, now)
        except StoreUnavailable:
            otherwise = Outcome(status=CommandStatus.UNKNOWN, reason=STORE_AWAY)
        except Exception:  # the edge of this batch: its commands must end
            log.exception("versions not recorded", setpoints=len(versions))
            otherwise = Outcome(status=CommandStatus.UNKNOWN, reason=INTERNAL_ERROR)
        return refusals | {
            command.command_id: otherwise
            for place, command in setpoints_of.items()
            if place not in sent
        }

    async def _work(
        self,
        place: Place,
        command: Command,
        target: CommandTarget,
        connection: StationConnection,
        now: datetime,
        refusal: Outcome | None,
    ) -> None:
        try:
            outcome = refusal or await self._execute(command, target, connection, now)
            await self._record(command, target, outcome)
        except Exception:  # the edge of this task
            log.exception("command failed", command_id=str(command.command_id))
        finally:
            del self._workers[place]
            if place in self._again:
                self._again.discard(place)
                self.wake(command.station_id)

    async def _execute(
        self,
        command: Command,
        target: CommandTarget,
        connection: StationConnection,
        now: datetime,
    ) -> Outcome:
        context = CommandContext(
            now=now,
            abilities=target.abilities,
            accepted=target.status == RegistrationStatus.ACCEPTED,
            journal=self.journal,
            device_model=self.book.device_model,
            charging=self.book.charging,
            security=self.security,
            local_lists=self.book.local_lists,
            transaction_id=target.transaction_id,
            confirmed_setpoint_w=target.confirmed_setpoint_w,
            setpoint_at=target.setpoint_at,
            dynamic_profiles=self.book.dynamic_profiles,
            payment_settings=self.payment_settings(command.station_id),
        )
        try:
            return await execute(command, connection, context)
        except StoreUnavailable:
            return Outcome(status=CommandStatus.UNKNOWN, reason=STORE_AWAY)
        except Exception:  # the edge of this task: the command must end
            log.exception("command failed", command_id=str(command.command_id))
            return Outcome(status=CommandStatus.UNKNOWN, reason=INTERNAL_ERROR)

    async def _record(self, command: Command, target: CommandTarget, outcome: Outcome) -> None:
        """Store the outcome, however long the store is away."""
        while True:
            now = self.clock.now()
            try:
                if outcome.reason == DISCHARGE_MISREAD and command.evse_id is not None:
                    place = (command.station_id, command.evse_id)
                    await self.book.record_fault(*place, DISCHARGE_MISREAD, now)
                await self.journal.commit(_facts_of(command, outcome, now, target.last_version))
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
    if target.status == RegistrationStatus.REJECTED:
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
    if outcome.setpoint_w is not None:
        response |= {"setpoint_w": outcome.setpoint_w, "composite_w": outcome.composite_w}
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
