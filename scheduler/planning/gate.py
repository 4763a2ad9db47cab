"""The gate: every change of power that is no matter of safety passes here, whoever wants it.

What would go too fast, change too many at once, go to and fro, or happen everywhere in the second
in which a price changes is held back for this step, with the rule that did it. It holds back by
leaving things as they are; the guard keeps every limit after it, so that what lowers power for a
limit passes at once, and holding back can break none.
"""

from dataclasses import dataclass, field
from hashlib import sha256
from math import isfinite

from scheduler.planning.guard_car import Car
from scheduler.planning.guard_fleet import Fleet
from scheduler.planning.guard_sight import TINY_W
from scheduler.planning.guard_types import Acted, GateRule, GuardInput
from scheduler.planning.profiles import material

SHARE_WINDOW_S = 10.0
SPARE_S = 1800.0  # of laxity: what a taper and others on its circuit may still cost a vehicle


@dataclass(slots=True)
class Gate:
    """What a step has left. `rise_left_w`, `fall_left_w`: how far orders may still go;
    `changes_left`: how many EVSEs may still be changed; `held_back`: by which rule, how far all
    told from what was wanted, and how many EVSEs."""

    given: GuardInput
    fleet: Fleet
    rise_left_w: float
    fall_left_w: float
    changes_left: int
    held_back: dict[tuple[GateRule, str], tuple[float, int]] = field(default_factory=dict)

    def pass_fleet(self) -> None:
        """Let vehicles change as far as the rules allow: first those that make room, the lax before
        the urgent, then those that have it, the urgent first. Who waits for room takes no turn."""
        self.fleet.hold_changeover()
        self._hold_lowered()
        eager = sorted(self.fleet.ours(), key=lambda car: car.state.laxity_s)
        for car in reversed([c for c in eager if c.new_w < c.held_w]):
            self._pass(car)
        for car in [c for c in eager if c.new_w > c.held_w]:
            self._pass(car)

    def _hold_lowered(self) -> None:
        """Leave those where they are whom a limit lowered of late: what it left them moves with
        load and sun, and so would they, to and fro."""
        for car in self.fleet.ours():
            if car.new_w > car.told_w and car.state.past.lowered_age_s < self.given.gate.dwell_s:
                self._hold(car, car.told_w, GateRule.DWELL)

    def passed_store_w(self, wanted_w: float, ordered_w: float) -> float:
        """The power that the store may be asked for, after `ordered_w`."""
        if not isfinite(wanted_w):
            self._note(GateRule.NO_NUMBER, "store", 0.0)
            return ordered_w
        passed_w = min(max(wanted_w, ordered_w - self.fall_left_w), ordered_w + self.rise_left_w)
        if abs(passed_w - wanted_w) > TINY_W:
            self._note(GateRule.RAMP, "store", passed_w - wanted_w)
        return passed_w

    def acted(self) -> tuple[Acted, ...]:
        """What was held back."""
        return tuple(
            Acted(bound=rule.value, actuator=actuator, by_w=by_w, evses=evses)
            for (rule, actuator), (by_w, evses) in self.held_back.items()
        )

    def _pass(self, car: Car) -> None:
        instructed = self.given.target_grid_w is not None  # then the plan is one that follows it
        if _waits(self.given, car):
            self._hold(car, car.told_w, GateRule.RANDOM_DELAY)
        elif (rule := _turns_too_soon(self.given, car)) is not None:
            self._hold(car, 0.0, rule)
        counts = not instructed and material(car.held_w, car.new_w) and not _changed(car)
        if counts and self.changes_left <= 0:
            self._hold(car, car.told_w, GateRule.FLEET_SHARE)
        elif counts:
            self.changes_left -= 1
        self._ramp(car, car.new_w)

    def _ramp(self, car: Car, wanted_w: float) -> None:
        """As far towards `wanted_w` as the step has left; orders on their way count as done."""
        low_w = min(car.held_w, car.in_flight_w)
        if wanted_w > car.held_w:
            if wanted_w - car.held_w > self.rise_left_w + TINY_W:
                self._hold(car, car.held_w + self.rise_left_w, GateRule.RAMP)
            self.rise_left_w = max(0.0, self.rise_left_w - max(0.0, car.new_w - car.held_w))
        elif wanted_w < low_w:
            if low_w - wanted_w > self.fall_left_w + TINY_W:
                self._hold(car, _not_below_w(car, low_w - self.fall_left_w, low_w), GateRule.RAMP)
            self.fall_left_w = max(0.0, self.fall_left_w - max(0.0, low_w - car.new_w))

    def _hold(self, car: Car, power_w: float, rule: GateRule) -> None:
        """What the ramp lets pass of a change is still the change that was wanted."""
        by_w = car.moved_w(power_w, car.reason if rule is GateRule.RAMP else rule.value)
        if abs(by_w) > TINY_W:
            self._note(rule, "fleet", by_w)

    def _note(self, rule: GateRule, actuator: str, by_w: float) -> None:
        before_w, evses = self.held_back.get((rule, actuator), (0.0, 0))
        self.held_back[rule, actuator] = (before_w + by_w, evses + (actuator == "fleet"))


def gate_of(given: GuardInput, fleet: Fleet) -> Gate:
    """The gate of this step, with what the last ten seconds have left of the fleet's share."""
    rules, ours = given.gate, list(fleet.ours())
    share = rules.changed_ratio * max(1.0, given.interval_s / SHARE_WINDOW_S)
    allowed = max(1, int(min(1.0, share) * len(ours)))
    used = sum(_changed(car) for car in ours)
    gate = Gate(given, fleet, rules.ramp_w, rules.ramp_w, max(0, allowed - used))
    unheard = sum(not isfinite(car.state.planned_w or 0.0) for car in ours)
    if unheard:
        gate.held_back[GateRule.NO_NUMBER, "fleet"] = (0.0, unheard)
    return gate


def delay_s(given: GuardInput, car: Car) -> float:
    """How late the EVSE follows the plan over this change of price: always the same for the same
    EVSE and change, and spread evenly over all EVSEs (SI 2021/1467, reg. 11)."""
    state, edge_at = car.state, given.gate.edge_at
    if edge_at is None:
        return 0.0
    seed = f"{state.station_id}/{state.evse_id}/{edge_at.timestamp():.0f}"
    drawn = int.from_bytes(sha256(seed.encode()).digest()[:8])
    return given.gate.random_delay_s * drawn / 2**64


def _waits(given: GuardInput, car: Car) -> bool:
    """Whether the plan's change waits for its turn after a change of price. One that began after
    it does not wait, nor a vehicle that might then not be ready."""
    state, edge_at = car.state, given.gate.edge_at
    told = state.setpoint_w is not None and state.departure_known
    if edge_at is None or given.target_grid_w is not None or car.reason == "surplus" or not told:
        return False
    since_s = (given.now - edge_at).total_seconds()
    if state.setpoint_age_s is not None and state.setpoint_age_s < since_s:
        return False
    left_s = delay_s(given, car) - since_s
    if left_s < given.interval_s:
        return False
    given_back_s = left_s * max(0.0, -car.held_w) / max(state.max_charge_w, TINY_W)
    return state.laxity_s > SPARE_S + left_s + given_back_s


def _turns_too_soon(given: GuardInput, car: Car) -> GateRule | None:
    """The rule that a change of direction breaks; until it may turn it neither takes nor gives.

    Who turns to giving must be free to turn back within the hour: charging never waits for that.
    """
    rules, past = given.gate, car.state.past
    if past.direction * car.new_w >= 0:
        return None
    if past.direction_age_s < rules.dwell_s:
        return GateRule.DWELL
    needs = 2 if car.new_w < 0 else 1
    return GateRule.REVERSALS if past.reversals + needs > rules.reversals_per_h else None


def _changed(car: Car) -> bool:
    return car.state.past.changed_age_s < SHARE_WINDOW_S


def _not_below_w(car: Car, power_w: float, held_w: float) -> float:
    """A setpoint that the charger takes on its way down, not below `power_w`."""
    if power_w <= 0:
        return power_w
    return min(max(car.steps_up_w(power_w), car.state.min_charge_w), held_w)
