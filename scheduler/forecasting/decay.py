"""How fast what was just measured stops to tell what comes."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]


def ages_s(now: datetime, starts_at: datetime, slot_s: int, slots: int) -> Numbers:
    """How far the middle of each slot lies ahead of `now`; 0 for what has begun."""
    begin_s = (starts_at - now) / timedelta(seconds=1)
    middles = begin_s + slot_s * (np.arange(slots) + 0.5)
    ahead: Numbers = np.maximum(middles, 0.0)
    return ahead


def blend(recent: float, usual: Numbers | float, ages_s: Numbers, memory_s: float) -> Numbers:
    """From `recent` now to `usual` later; a memory of `memory_s` has faded to 37 %."""
    faded: Numbers = usual + (recent - usual) * np.exp(-ages_s / memory_s)
    return faded


def known(values: Sequence[float | None]) -> list[float]:
    """The values that there are."""
    return [value for value in values if value is not None]
