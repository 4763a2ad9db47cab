"""A store that answers and does not do what it is told: tripped, in another's hands, at its end.

Nobody may count on what it was told. It is asked for it all the same, and as soon as it does it,
it is trusted again.
"""

from dataclasses import dataclass, replace

from scheduler.planning.guard_types import StoreState

TOLERANCE_RATIO = 0.1  # of its largest power: what it loses, and what it takes to follow
DISTRUSTED_AFTER_CYCLES = 2
FOLLOWS_WITHIN_CYCLES = 3


@dataclass(slots=True)
class StoreWatch:
    """Compares what the store gives with what it was told of late, `told_w` (the newest last):
    it may be anywhere between while it follows."""

    told_w: tuple[float, ...] = ()
    cycles: int = 0

    def judged(self, state: StoreState | None) -> StoreState | None:
        """The store as the guard may count on it, by this cycle's reading."""
        if state is None or state.power is None or not self.told_w:
            return state
        if len(self.told_w) < FOLLOWS_WITHIN_CYCLES:
            return replace(state, ordered_w=self.told_w[-1])
        most_w = max(state.max_charge_w, state.max_discharge_w)
        power_w = state.power.power_w
        off_w = max(power_w - max(self.told_w), min(self.told_w) - power_w)
        self.cycles = self.cycles + 1 if off_w > TOLERANCE_RATIO * most_w else 0
        answers = state.answered and self.cycles < DISTRUSTED_AFTER_CYCLES
        return replace(state, answered=answers, ordered_w=self.told_w[-1])

    def tell(self, setpoint_w: float) -> float:
        """What to tell it: the new setpoint, or the old one until it does that."""
        if self.told_w and self.cycles >= DISTRUSTED_AFTER_CYCLES:
            setpoint_w = self.told_w[-1]
        self.told_w = (*self.told_w, setpoint_w)[-FOLLOWS_WITHIN_CYCLES:]
        return setpoint_w
