"""What the gate remembers of each EVSE: which way it was ordered, how often that turned, when plan
or surplus last changed its power, and when a limit last lowered it.

A controller that takes over reads it from the stored commands (`store/turns`), so that a failover
opens no gate.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from math import inf

from csms.domain.commands import Command
from csms.domain.ids import ChargingStationId, EvseId
from scheduler.planning.guard_types import NO_PAST, Past
from scheduler.planning.profiles import material
from scheduler.store.turns import Ordered

Place = tuple[ChargingStationId, EvseId]
HOUR = timedelta(hours=1)
# Reasons for which a change is not counted against the fleet's share: a limit, or an instruction.
# What a circuit lowers is not, either; what it leaves of a rise is, or of a discharge that ends.
NOT_COUNTED = frozenset({"import_bound", "export_bound", "stale", "worst_case", "instruction"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trail:
    """`reversed_at`: the changes of direction of the last hour; `turned_at`: the last of them, or
    when it first took or gave."""

    setpoint_w: float
    direction: int = 0
    turned_at: datetime | None = None
    reversed_at: tuple[datetime, ...] = ()
    changed_at: datetime | None = None
    lowered_at: datetime | None = None


@dataclass(slots=True)
class Turns:
    """The memory of one controller; orders are told in the order in which they were given."""

    trails: dict[Place, _Trail] = field(default_factory=dict)

    def remember(self, commands: Iterable[Command]) -> None:
        """These setpoint commands are stored now."""
        for command in commands:
            if command.evse_id is not None:
                self.add(
                    Ordered(
                        station_id=command.station_id,
                        evse_id=command.evse_id,
                        at=command.created_at,
                        setpoint_w=command.payload["setpoint_w"],
                        reason=command.payload["reason"],
                    )
                )

    def add(self, ordered: Ordered) -> None:
        """One order more."""
        place, at = (ordered.station_id, ordered.evse_id), ordered.at
        before = self.trails.get(place)
        trail = before or _Trail(setpoint_w=ordered.setpoint_w)
        changed = before is None or material(before.setpoint_w, ordered.setpoint_w)
        lowered, of_circuit = ordered.setpoint_w < trail.setpoint_w, _of_circuit(ordered.reason)
        if lowered and (of_circuit or ordered.reason == "import_bound"):
            trail = replace(trail, lowered_at=at)
        by_circuit = lowered and of_circuit and ordered.setpoint_w >= 0
        if changed and not by_circuit and ordered.reason not in NOT_COUNTED:
            trail = replace(trail, changed_at=at)
        direction = (ordered.setpoint_w > 0) - (ordered.setpoint_w < 0)
        if direction and direction != trail.direction:
            recent = tuple(one for one in trail.reversed_at if at - one < HOUR)
            turned = (*recent, at) if trail.direction else recent
            trail = replace(trail, direction=direction, turned_at=at, reversed_at=turned)
        self.trails[place] = replace(trail, setpoint_w=ordered.setpoint_w)

    def past(self, place: Place, now: datetime) -> Past:
        """What the gate is to know of an EVSE at `now`."""
        trail = self.trails.get(place)
        if trail is None:
            return NO_PAST
        return Past(
            direction=trail.direction,
            direction_age_s=_age_s(trail.turned_at, now),
            reversals=sum(now - one < HOUR for one in trail.reversed_at),
            changed_age_s=_age_s(trail.changed_at, now),
            lowered_age_s=_age_s(trail.lowered_at, now),
        )


def _of_circuit(reason: str) -> bool:
    return reason.startswith("circuit:")


def _age_s(at: datetime | None, now: datetime) -> float:
    return inf if at is None else (now - at).total_seconds()
