"""The gate for what is ordered past the controller: by people, and by programs.

The rules are those of `planning/gate`, asked of the few EVSEs that a command may change. The
controller holds back a change until it may be; nobody waits inside a command, so one that would be
held back is refused, with the rule.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import inf

from csms.domain.ids import ChargingStationId, EvseId
from scheduler.planning.gate import gate_of
from scheduler.planning.guard_fleet import fleet_of
from scheduler.planning.guard_types import (
    NO_PAST,
    EvseState,
    GateRule,
    GateRules,
    GuardInput,
    Past,
)

SOON = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a command may do to one EVSE: from `held_w` down to `low_w` and up to `high_w`, W,
    + into the vehicle."""

    station_id: ChargingStationId
    evse_id: EvseId
    held_w: float
    low_w: float
    high_w: float
    past: Past = NO_PAST

    @property
    def rise_w(self) -> float:
        """How far it may rise."""
        return max(0.0, self.high_w - self.held_w)

    @property
    def fall_w(self) -> float:
        """How far it may fall, a magnitude."""
        return max(0.0, self.held_w - self.low_w)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What was ordered within the ramp's time already, by whomever, both magnitudes, W; `by_hand`:
    some of it was ordered by hand."""

    rise_w: float = 0.0
    fall_w: float = 0.0
    by_hand: bool = False


def held_back(
    changes: Sequence[Change], rules: GateRules, moved: Moved, now: datetime
) -> GateRule | None:
    """The rule by which the gate would hold a command back, None: it passes.

    `rules.ramp_w` is for the time that `moved` tells of. One command in that time may always stop
    what runs: a ramp narrower than one charger would never let its vehicle go.
    """
    stops = all(
        min(one.held_w, 0.0) <= one.low_w and one.high_w <= max(one.held_w, 0.0) for one in changes
    )
    if stops and not moved.by_hand:
        rules = replace(rules, ramp_w=inf)
    for rises in (False, True):
        states = tuple(_state(one, one.high_w if rises else one.low_w, now) for one in changes)
        given = GuardInput(
            now=now, import_bound_w=inf, export_bound_w=inf, circuits=(), evses=states,
            gate=replace(rules, edge_at=None, changed_ratio=1.0),
        )  # fmt: skip
        gate = gate_of(given, fleet_of(given))
        gate.rise_left_w = max(0.0, rules.ramp_w - moved.rise_w)
        gate.fall_left_w = max(0.0, rules.ramp_w - moved.fall_w)
        gate.pass_fleet()
        if gate.held_back:
            return next(rule for rule, _ in gate.held_back)
    return None


def _state(change: Change, wanted_w: float, now: datetime) -> EvseState:
    return EvseState(
        station_id=change.station_id,
        evse_id=change.evse_id,
        circuit_id="",
        connected=True,
        plugged=True,
        max_charge_w=max(change.held_w, change.high_w, 0.0),
        max_discharge_w=-min(change.held_w, change.low_w, 0.0),
        spare_wh=inf,
        laxity_s=inf,
        setpoint_w=change.held_w,
        setpoint_low_w=change.held_w,
        setpoint_until=now + SOON,
        planned_w=wanted_w,
        past=change.past,
    )
