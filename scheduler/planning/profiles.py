"""From setpoints to commands: who needs to be told something new, and how urgently."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from math import trunc
from typing import Final
from uuid import NAMESPACE_URL, UUID, uuid5
from zlib import crc32

import msgspec

from csms.domain.commands import Command, CommandKind, CommandPriority, Setpoint
from csms.domain.ids import ChargingStationId, EvseId
from scheduler.planning.guard_types import EvseSetpoint

MATERIAL_W = 250.0
MATERIAL_RATIO = 0.03
SETTLED_W = 1.0
SPREAD_RATIO = 0.1
"""Of a lease: so much before its half an EVSE may be due, each at a point of its own. What began in
one second is then renewed over many, and further apart each time."""
NO_DEAD_MEN: Final[Mapping[tuple[ChargingStationId, EvseId], float]] = {}


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
    holds_s: Mapping[tuple[ChargingStationId, EvseId], float] = NO_DEAD_MEN,
) -> tuple[Command, ...]:
    """`SetSetpoint` commands for what changed materially or was said almost `lease_s` / 2 ago.

    A lease is `lease_s`; one below the floor is twice that, so that without the hub nobody rises to
    the floor before those that have the room have fallen to theirs. Where `holds_s` says that an
    EVSE follows for less time without another word, its leases are no longer than that.
    Versions count up from `first_version`, one per command; what lowers power for a bound comes
    first, at `CommandPriority.SAFETY`.
    """
    held = {(h.station_id, h.evse_id): h for h in previous}

    def own_s(wanted: EvseSetpoint) -> float:
        return min(lease_s, holds_s.get((wanted.station_id, wanted.evse_id), lease_s))

    due = [w for w in wanted if _due(held.get((w.station_id, w.evse_id)), w, now, own_s(w))]
    ordered = sorted(due, key=lambda w: not w.safety)
    deadline_at = now + timedelta(seconds=deadline_s)
    return tuple(
        _command(setpoint, version, now, now + _length(setpoint, own_s(setpoint)), deadline_at)
        for version, setpoint in zip(count(first_version), ordered, strict=False)
    )


def _length(wanted: EvseSetpoint, lease_s: float) -> timedelta:
    return timedelta(seconds=2 * lease_s if wanted.waits else lease_s)


def _due(held: HeldSetpoint | None, wanted: EvseSetpoint, now: datetime, lease_s: float) -> bool:
    if held is None or _told_ago_s(held, wanted, now, lease_s) >= renewed_after_s(wanted, lease_s):
        return True
    if wanted.safety:
        return abs(wanted.setpoint_w - held.setpoint_w) > SETTLED_W
    return material(held.setpoint_w, wanted.setpoint_w)


def material(held_w: float, wanted_w: float) -> bool:
    """Whether a change is worth a command: every stop and turn is."""
    change_w = abs(wanted_w - held_w)
    if wanted_w == 0 or (wanted_w < 0) != (held_w < 0):
        return change_w > SETTLED_W
    return change_w >= max(MATERIAL_W, MATERIAL_RATIO * abs(held_w))


def _told_ago_s(held: HeldSetpoint, wanted: EvseSetpoint, now: datetime, lease_s: float) -> float:
    """For how long a lease of its present kind has run."""
    return (now + _length(wanted, lease_s) - held.until).total_seconds()


def renewed_after_s(wanted: EvseSetpoint, lease_s: float) -> float:
    """How old a lease is when it is renewed: the EVSE's own point shortly before its half."""
    share_ratio = crc32(f"{wanted.station_id}:{wanted.evse_id}".encode()) / 2**32
    return lease_s * (0.5 - SPREAD_RATIO * share_ratio)


def _command(
    wanted: EvseSetpoint, version: int, now: datetime, until: datetime, deadline_at: datetime
) -> Command:
    told_w = trunc(wanted.setpoint_w * 10) / 10  # towards zero: a sum of limits stays a limit
    setpoint = Setpoint(
        setpoint_w=told_w,
        until=until,
        reason=wanted.reason,
        responds=wanted.responds,
        transaction_id=wanted.transaction_id,
    )
    return Command(
        command_id=command_id(wanted.station_id, version),
        station_id=wanted.station_id,
        evse_id=wanted.evse_id,
        kind=CommandKind.SET_SETPOINT,
        payload=msgspec.to_builtins(setpoint),
        priority=CommandPriority.SAFETY if wanted.safety else CommandPriority.DISPATCH,
        created_at=now,
        deadline_at=deadline_at,
        version=version,
        requested_by="controller",
    )


def command_id(station_id: ChargingStationId, version: int) -> UUID:
    """The same id for the same station and fence, so that a repeated write is seen as one."""
    return uuid5(NAMESPACE_URL, f"v2ghub:setpoint:{station_id}:{version}")
