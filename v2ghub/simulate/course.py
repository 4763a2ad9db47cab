"""Course: what a plan of any kind wants of the site, slot by slot, as the guard is told."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from csms.domain.ids import TransactionId
from scheduler.domain.plan import Plan, Watts


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the guard is to follow now: W per transaction, for the store, and of the site.

    `grid_w` is the site power that was meant: surplus beyond it goes to vehicles by the guard.
    """

    evse_w: Mapping[TransactionId, float]
    store_w: float
    grid_w: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """W per slot of `slot_s` from `starts_at`."""

    starts_at: datetime
    slot_s: int
    evse_w: Mapping[TransactionId, Watts]
    store_w: Watts
    grid_w: Watts

    def at(self, now: datetime) -> Wanted:
        """What is wanted in the slot of `now`. Raises IndexError after the last one."""
        slot = (now - self.starts_at) // timedelta(seconds=self.slot_s)
        return Wanted(
            evse_w={name: float(power_w[slot]) for name, power_w in self.evse_w.items()},
            store_w=float(self.store_w[slot]),
            grid_w=float(self.grid_w[slot]),
        )


def course_of(plan: Plan) -> Course:
    """The course of the product's own plan."""
    return Course(
        starts_at=plan.starts_at,
        slot_s=plan.slot_s,
        evse_w={evse.transaction_id: evse.setpoint_w for evse in plan.evses},
        store_w=plan.store_w,
        grid_w=plan.grid_w,
    )
