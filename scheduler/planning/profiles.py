"""From setpoints to commands: who needs to be told something new, and how urgently."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from csms.domain.commands import Command
from csms.domain.ids import ChargingStationId, EvseId
from scheduler.planning.guard_types import EvseSetpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldSetpoint:
    """The lease an EVSE was last given, whether confirmed or on its way."""

    station_id: ChargingStationId
    evse_id: EvseId
    setpoint_w: float
    until: datetime


def dispatch(
    previous: Iterable[HeldSetpoint],
    wanted: Iterable[EvseSetpoint],
    now: datetime,
    lease_s: float,
    first_version: int,
    deadline_s: float = 30.0,
) -> tuple[Command, ...]:
    """`SetSetpoint` commands for what changed materially or whose lease is half over.

    Versions count up from `first_version`, one per command.
    """
    raise NotImplementedError
