"""How strongly prices follow the load, slot by slot and circuit by circuit.

A price that goes on the same way from one sweep to the next has far to go and may go faster; one
that turns back swings about its level and is calmed (the sign rule of Riedmiller and Braun, A
direct adaptive method for faster backpropagation learning, 1993). One pace for all would calm those
that have far to go as well: where tariffs swing between neighbouring slots, or a demand charge
asks for more than any energy, prices would not get there.
"""

import numpy as np

from scheduler.planning.decomposition.sweep import Multipliers

LEAST_GBP_PER_KWH, MOST_GBP_PER_KWH = 0.003, 100.0
ONWARD_RATIO, BACK_RATIO, STILL_RATIO = 1.1, 0.4, 0.8  # from one sweep to the next
HARDER_RATIO = 2.0  # where it stays too full
PATIENT = 2  # sweeps in which prices find their level before any grows harder
MUCH_RATIO, STAYS_RATIO = 0.03, 0.7  # beyond a limit; of what it was before
TINY_GBP = 1e-9


class Stiffness:
    """`gbp_per_kwh`: by how much a price rises for a load of twice the limit; shapes as prices."""

    def __init__(self, like: Multipliers, gbp_per_kwh: float) -> None:
        self.gbp_per_kwh = Multipliers(*(np.full_like(a, gbp_per_kwh) for a in like))
        self._over = Multipliers(*(np.zeros_like(a) for a in like))
        self._moved = Multipliers(*(np.zeros_like(a) for a in like))
        self._sweeps = 0

    def follow(self, before: Multipliers, now: Multipliers, over: Multipliers) -> None:
        """Learn from a sweep: prices before and after it, and how far loads lie beyond limits, of
        the limits."""
        self._sweeps += 1
        for stiff, had_over, has_over, had_moved, then_gbp, now_gbp in zip(
            self.gbp_per_kwh, self._over, over, self._moved, before, now, strict=True
        ):
            moved = now_gbp - then_gbp
            moved[np.abs(moved) < TINY_GBP] = 0.0
            turn = np.sign(moved * had_moved)
            stays = (has_over > STAYS_RATIO * had_over) & (has_over > MUCH_RATIO)
            ratio = np.choose(turn.astype(np.int64) + 1, (BACK_RATIO, STILL_RATIO, ONWARD_RATIO))
            stiff *= np.where(stays & (self._sweeps > PATIENT), HARDER_RATIO, ratio)
            np.clip(stiff, LEAST_GBP_PER_KWH, MOST_GBP_PER_KWH, out=stiff)
            had_over[:], had_moved[:] = has_over, moved
