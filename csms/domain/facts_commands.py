"""Facts of commands: what became of them, and of the setpoints that they carried."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from csms.domain.commands import CommandStatus, Setpoint
from csms.domain.facts import Fact
from csms.domain.ids import ChargingStationId, EvseId


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandEnded(Fact):
    """How a command that was sent ended."""

    command_id: UUID
    status: CommandStatus
    at: datetime
    reason: str | None = None
    response: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetpointEnded(Fact):
    """What became of a setpoint, and what is in force now (None: what was before).

    `composite_w` is what the station says it will do. A renewal is not read back: then the value
    read before stays. `version` is the newest that was sent to the EVSE when this one was: told
    after a newer one was sent, it changes nothing. None: there was none yet.
    """

    station_id: ChargingStationId
    evse_id: EvseId
    status: CommandStatus
    at: datetime
    in_force: Setpoint | None = None
    composite_w: float | None = None
    version: int | None = None
