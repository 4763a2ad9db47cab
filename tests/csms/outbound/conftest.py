"""A charging station in memory: it keeps profiles and variables, and has quirks of real ones."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from csms.domain.charging_state import ChargingState, OpenTransaction
from csms.domain.commands import Command, CommandKind, CommandPriority
from csms.domain.discharge import DischargeDialect
from csms.domain.errors import CallRefused
from csms.domain.ids import ChargingStationId, EvseId, TransactionId
from csms.domain.station import OcppVersion, StationAbilities
from csms.ocppj import types_v21
from csms.ocppj import types_v201 as wire
from csms.outbound.ports import CommandContext, Outcome
from csms.outbound.table import execute
from csms.store.memory import MemoryStore
from csms.store.memory_device_model import MemoryDeviceModel
from csms.store.memory_local_lists import MemoryLocalLists

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
STATION = ChargingStationId("cs1")
TRANSACTION = TransactionId("tx1")
HARDWARE_W = 11_000.0
PROVEN = StationAbilities(
    discharge_dialect=DischargeDialect.NEGATIVE_LIMIT, discharge_proven_at=NOW
)
PLUGGED_IN = ChargingState(
    transactions={EvseId(1): OpenTransaction(TRANSACTION, NOW - timedelta(hours=1))},
    evse_ids=(EvseId(1),),
)


@dataclass(slots=True)
class MemoryStation:
    """Answers calls; every call is kept in `heard` after a trip over the wire."""

    version: OcppVersion = OcppVersion.V201
    heard: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    priorities: list[CommandPriority] = field(default_factory=list)
    profiles: dict[int, wire.SetChargingProfileRequest] = field(default_factory=dict)
    answers: dict[str, Any] = field(default_factory=dict)
    """Action → what to answer instead, or an exception to raise."""
    rejects_words: tuple[str, ...] = ()
    knows_units: tuple[str, ...] = ("W", "A")
    reads_negative_as: Callable[[float], float] = float

    async def call(
        self, action: str, request: Any, *, priority: CommandPriority, deadline_at: datetime
    ) -> Any:
        encoded = msgspec.json.encode(request)
        beyond = self.version is OcppVersion.V21 or isinstance(request, types_v21.Wire)
        words = types_v21 if beyond else wire
        request = msgspec.json.decode(encoded, type=words.REQUESTS[action])
        self.heard.append((action, msgspec.json.decode(encoded)))
        self.priorities.append(priority)
        answer = self.answers.get(action) or getattr(self, f"_{action}", _accepted)(request)
        if isinstance(answer, Exception):
            raise answer
        if callable(answer):
            answer = answer(request)
        return msgspec.convert(msgspec.to_builtins(answer), words.RESPONSES[action])

    def requests(self, action: str) -> list[dict[str, Any]]:
        """The requests of one action."""
        return [request for heard, request in self.heard if heard == action]

    def _SetVariables(self, request: wire.SetVariablesRequest) -> Any:  # noqa: N802
        return {
            "setVariableResult": [
                {
                    "attributeStatus": self._verdict(each.attribute_value),
                    "component": {"name": each.component.name},
                    "variable": {"name": each.variable.name},
                }
                for each in request.set_variable_data
            ]
        }

    def _verdict(self, value: str) -> str:
        return "Rejected" if set(self.rejects_words) & set(value.split(",")) else "Accepted"

    def _SetChargingProfile(self, request: wire.SetChargingProfileRequest) -> Any:  # noqa: N802
        (schedule,) = request.charging_profile.charging_schedule
        if schedule.charging_rate_unit not in self.knows_units:
            info = {"reasonCode": "UnsupportedRateUnit"}
            return {"status": "Rejected", "statusInfo": info}
        self.profiles[request.charging_profile.id] = request
        return {"status": "Accepted"}

    def _GetCompositeSchedule(self, request: wire.GetCompositeScheduleRequest) -> Any:  # noqa: N802
        newest = list(self.profiles.values())[-1]
        (schedule,) = newest.charging_profile.charging_schedule
        told = msgspec.to_builtins(schedule.charging_schedule_period[0])
        period = {name: self._read(name, value) for name, value in told.items()}
        composite = {
            "chargingSchedulePeriod": [period],
            "evseId": request.evse_id,
            "duration": request.duration,
            "scheduleStart": NOW,
            "chargingRateUnit": schedule.charging_rate_unit,
        }
        return {"status": "Accepted", "schedule": composite}

    def _read(self, name: str, value: Any) -> Any:
        lies = name in ("limit", "setpoint") and value < 0
        return self.reads_negative_as(value) if lies else value


def _accepted(_: Any) -> Any:
    return {"status": "Accepted"}


@dataclass(slots=True)
class Bench:
    """One station, one store, and the way a command is carried out."""

    station: MemoryStation = field(default_factory=MemoryStation)
    store: MemoryStore = field(default_factory=lambda: MemoryStore(charging=PLUGGED_IN))
    model: MemoryDeviceModel = field(default_factory=MemoryDeviceModel)
    lists: MemoryLocalLists = field(init=False)
    abilities: StationAbilities = PROVEN
    transaction_id: TransactionId | None = TRANSACTION
    confirmed_setpoint_w: float | None = None
    setpoint_at: datetime | None = None
    now: datetime = NOW
    accepted: bool = True

    def __post_init__(self) -> None:
        self.lists = MemoryLocalLists(self.store)

    async def run(self, kind: CommandKind, **payload: Any) -> Outcome:
        """Carry out a command at EVSE 1."""
        command = Command(
            command_id=UUID(int=7),
            station_id=STATION,
            kind=kind,
            payload=payload,
            priority=CommandPriority.DISPATCH,
            created_at=NOW,
            deadline_at=NOW + timedelta(minutes=1),
            evse_id=EvseId(1),
        )
        context = CommandContext(
            now=self.now,
            abilities=self.abilities,
            accepted=self.accepted,
            journal=self.store,
            security=self.store.security.security(),
            charging=self.store,
            device_model=self.model,
            local_lists=self.lists,
            transaction_id=self.transaction_id,
            confirmed_setpoint_w=self.confirmed_setpoint_w,
            setpoint_at=self.setpoint_at,
        )
        return await execute(command, self.station, context)

    async def setpoint(self, setpoint_w: float, **more: Any) -> Outcome:
        """Lease it for ten minutes."""
        until = (NOW + timedelta(minutes=10)).isoformat()
        return await self.run(CommandKind.SET_SETPOINT, setpoint_w=setpoint_w, until=until, **more)

    def can(self, **abilities: Any) -> None:
        """Change what the store knows of the station."""
        self.abilities = replace(self.abilities, **abilities)


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def refused() -> CallRefused:
    return CallRefused("NotSupported", "never heard of it")
