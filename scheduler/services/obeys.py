"""A store that answers and does not do what it is told: tripped, in another's hands, at its end.

Nobody may count on what it was told. It is asked for it all the same, and as soon as it does it,
it is trusted again.
"""

from dataclasses import dataclass

from scheduler.domain.site import Site
from scheduler.planning.guard_types import StoreState

TOLERANCE_RATIO = 0.1  # of its largest power: what it loses, and what it takes to follow
DISTRUSTED_AFTER_CYCLES = 2


@dataclass(slots=True)
class StoreWatch:
    """Compares what the store gives with what it was last told, cycle by cycle."""

    told_w: float | None = None
    cycles: int = 0

    def judge(self, site: Site, state: StoreState | None) -> bool:
        """Whether the store may be counted on, by this cycle's reading."""
        if site.store is None or state is None or state.power is None or self.told_w is None:
            return True
        most_w = max(site.store.max_charge_w, site.store.max_discharge_w)
        off_w = abs(state.power.power_w - self.told_w)
        self.cycles = self.cycles + 1 if off_w > TOLERANCE_RATIO * most_w else 0
        return self.cycles < DISTRUSTED_AFTER_CYCLES

    def tell(self, setpoint_w: float) -> float:
        """What to tell it: the new setpoint, or the old one until it does that."""
        if self.told_w is None or self.cycles < DISTRUSTED_AFTER_CYCLES:
            self.told_w = setpoint_w
        return self.told_w
