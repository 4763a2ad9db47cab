"""What outbound calls need, and what becomes of a command."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from csms.domain.commands import CommandPriority, CommandStatus
from csms.domain.discharge import DischargeDialect
from csms.domain.ids import TransactionId
from csms.domain.station import OcppVersion, StationAbilities
from csms.domain.variables import Setting
from csms.handlers.ports import Journal
from csms.handlers.ports_charging import SmartCharging
from csms.handlers.ports_security import Security
from csms.handlers.ports_v21 import DynamicProfiles
from csms.outbound.ports_authorization import LocalLists
from csms.outbound.ports_device_model import DeviceModel


class StationCaller(Protocol):
    """One connected station. `request` and the answer are structs of its version's codec."""

    @property
    def version(self) -> OcppVersion: ...

    async def call(
        self, action: str, request: Any, *, priority: CommandPriority, deadline_at: datetime
    ) -> Any:
        """Send a CALL and wait. Raises CallRefused, CallTimeout or ConnectionLost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandContext:
    """What the store knows of the station when the command is carried out.

    `transaction_id` is the open transaction of the command's EVSE; `confirmed_setpoint_w` the last
    setpoint that the station confirmed there, or None if none is in force.
    """

    now: datetime
    abilities: StationAbilities
    accepted: bool = False
    """Whether the station is: all of its messages pass then."""
    journal: Journal
    device_model: DeviceModel
    charging: SmartCharging
    local_lists: LocalLists
    security: Security | None = None
    transaction_id: TransactionId | None = None
    confirmed_setpoint_w: float | None = None
    setpoint_at: datetime | None = None
    """When the EVSE was last sent a setpoint."""
    dynamic_profiles: DynamicProfiles | None = None
    payment_settings: Sequence[Setting] = ()
    """What lets the station show QR codes behind which a driver pays; none: it shall not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a command. `composite_w` is what the station says it will do now."""

    status: CommandStatus
    reason: str | None = None
    response: Mapping[str, Any] = field(default_factory=dict)
    composite_w: float | None = None
    setpoint_w: float | None = None
    """The setpoint that was really sent (after dialect and probe); only for `SetSetpoint`."""
    highest_w: float | None = None
    """The most that may flow under it, where the station adds to it by itself."""
    dialect: DischargeDialect | None = None
    """In which a discharge was said."""

    @classmethod
    def refused(cls, reason: str) -> "Outcome":
        """Not sent, or not taken."""
        return cls(status=CommandStatus.REFUSED, reason=reason)
