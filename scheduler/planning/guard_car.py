"""One EVSE in the guard's hands: what it can be told, and what may flow there."""

from dataclasses import dataclass
from math import ceil, floor, inf
from zlib import crc32

from scheduler.planning.guard_sight import (
    TINY_W,
    is_defiant,
    is_unheard,
    known_awaited_w,
    known_flow_w,
    known_followed_w,
    known_held_w,
    known_in_flight_w,
    known_most_w,
    known_planned_w,
    known_worst_w,
)
from scheduler.planning.guard_types import DEFIES, EvseState, GuardInput

ALIKE_S = 900.0  # of laxity: about so much is no reason to change who gives way
STEP_OFF_RATIO = 1e-6  # of a step: what floats are off by


@dataclass(slots=True)
class Car:
    """One EVSE of the fleet. `ours`: it does what it is told. `defies`: it is told, and its meter
    says that it does not; it counts at that. `held_w`: the setpoint in force; `most_w`: how far it
    may rise in this step; `least_now_w`, `most_now_w`: what may flow now; `followed_w`: what flows
    if it does as it is told; `in_flight_w`: the least that an order still on its way may bring, inf
    for none; `new_w`: what to hold from now on, and why. `ratios`: how much of its power counts at
    each limit above it, whose loads in and back (the fleet's, shared) move with it."""

    state: EvseState
    ours: bool
    held_w: float
    least_now_w: float
    most_now_w: float
    followed_w: float
    in_flight_w: float
    lowest_w: float
    highest_w: float
    new_w: float
    ratios: dict[str, float]
    loads_w: dict[str, float]
    backs_w: dict[str, float]
    reason: str = "plan"
    defies: bool = False
    most_w: float = inf

    @property
    def urgent(self) -> bool:
        """Whether it must charge now to be ready."""
        return self.state.laxity_s <= 0

    @property
    def patience(self) -> int:
        """How long it can wait, in steps. Each second of waiting makes a vehicle the more urgent
        one of two that are alike: within a step who has given way goes on doing so, lest they take
        turns; each changes its step at a time of its own, lest all change places at once."""
        state = self.state
        share_ratio = crc32(f"{state.station_id}:{state.evse_id}".encode()) / 2**32
        return floor(state.laxity_s / ALIKE_S + share_ratio)

    @property
    def ordered_w(self) -> float:
        """Its newest order, whatever became of it."""
        return self.held_w if self.state.ordered_w is None else self.state.ordered_w

    @property
    def told_w(self) -> float:
        """What it holds once it did as it was told: a lower order counts though not confirmed."""
        return min(self.held_w, self.ordered_w)

    @property
    def responds(self) -> bool:
        """Whether it may add to its setpoint by the frequency: as far as it would go."""
        state = self.state
        deepest_w, highest_w = self.new_w - state.falls_w, self.new_w + state.rises_w
        swings = state.falls_w > 0 or state.rises_w > 0
        return swings and deepest_w >= self.lowest_w and highest_w <= self.highest_w

    @property
    def in_w(self) -> float:
        """What it may take without another word: what it is told; one that gives falls to its
        floor when its lease ends."""
        return self.new_w if self.new_w >= 0 else self.state.unheard_w

    def load(self, sign: int = 1) -> None:
        """Put its power on its circuits, or take it off: charge and discharge apart, for whatever
        relieves a circuit may be unplugged at any second."""
        for limit_id, ratio in self.ratios.items():
            self.loads_w[limit_id] += sign * ratio * self.in_w
            self.backs_w[limit_id] += sign * ratio * min(self.new_w, 0.0)

    def ratio(self, limit_id: str | None) -> float:
        """How much of its power counts at a limit; None: at the connection, all."""
        return 1.0 if limit_id is None else self.ratios[limit_id]

    def steps_up_w(self, power_w: float) -> float:
        """The next setpoint that the charger takes, not below a charging power."""
        step_w = self.state.step_w
        return power_w if step_w <= 0 else ceil(power_w / step_w - STEP_OFF_RATIO) * step_w

    def deeper_w(self, power_w: float, least_w: float) -> float:
        """Of the discharges around `power_w` that the charger takes the deeper one, but none below
        `least_w`."""
        too_deep = power_w < 0 and self._whole_w(power_w) < least_w - TINY_W / 10
        return self.steps_up_w(power_w) if too_deep else power_w

    def _whole_w(self, power_w: float) -> float:
        """A setpoint that the charger takes: never more charge than asked for; of discharge rather
        more if it deepens, and rather less if it ends."""
        step_w = self.state.step_w
        if step_w <= 0:
            return power_w
        if power_w >= 0:
            return floor(power_w / step_w + STEP_OFF_RATIO) * step_w
        deepest_w = ceil(self.lowest_w / step_w - STEP_OFF_RATIO) * step_w
        if power_w > self.new_w:
            return min(ceil(power_w / step_w - STEP_OFF_RATIO) * step_w, 0.0)
        return max(floor(power_w / step_w + STEP_OFF_RATIO) * step_w, min(deepest_w, 0.0))

    def moved_w(self, power_w: float, reason: str) -> float:
        """Set a new power within the hardware's bounds and off the forbidden range; the change."""
        bounded_w = self._whole_w(min(max(power_w, self.lowest_w), self.highest_w))
        if TINY_W < bounded_w < self.state.min_charge_w:
            bounded_w = 0.0
        change_w = bounded_w - self.new_w
        if abs(change_w) > TINY_W:
            self.load(-1)
            self.new_w, self.reason = bounded_w, reason
            self.load()
            return change_w
        return 0.0


def car_of(
    given: GuardInput,
    state: EvseState,
    ratios: dict[str, float],
    loads_w: tuple[dict[str, float], dict[str, float]],
) -> Car:
    """An EVSE at its planned power, and that on the limits above it."""
    told, held_w = state.connected and state.plugged, known_held_w(given, state)
    unheard = told and is_unheard(given, state)
    defies = told and (unheard or is_defiant(given, state))
    ours = told and not defies
    worst_w = 0.0 if ours else known_worst_w(given, state, held_w)
    least_now_w, most_now_w = known_flow_w(given, state, held_w) if ours else (worst_w, worst_w)
    gives_w = state.max_discharge_w if state.spare_wh > 0 else 0.0
    car = Car(
        state=state,
        ours=ours,
        held_w=held_w,
        least_now_w=least_now_w,
        most_now_w=most_now_w,
        followed_w=known_followed_w(given, state) if ours else known_awaited_w(given, state),
        in_flight_w=known_in_flight_w(state, held_w),
        lowest_w=-gives_w if ours else worst_w,
        highest_w=state.max_charge_w if ours else worst_w,
        new_w=worst_w,
        ratios=ratios,
        loads_w=loads_w[0],
        backs_w=loads_w[1],
        reason="plan" if ours else DEFIES if defies and not unheard else "out_of_reach",
        defies=defies,
        most_w=known_most_w(given, state, held_w),
    )
    car.load()
    if ours:
        planned_w = known_planned_w(state)
        if planned_w > state.min_charge_w:  # the last bit of a battery that becomes full
            planned_w = car.steps_up_w(planned_w)
        car.moved_w(planned_w, "plan")
    return car
