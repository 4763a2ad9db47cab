"""Learned: what a site's past has taught its forecasts."""

from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """What is known of a site at `until`, where the first slot begins that was not learned from.

    `load_ratio` (2, 48): load over the site file's, by kind of day (workday, free day) and local
    half-hour, and `load_slots` of how many slots it is the mean; `clearness_ratio` (24,): usual
    share of the clear sky by UTC hour; `wind_ratio`: usual share of the capacity;
    `foretold_ratio`: solar and wind over what foretold weather would give; `misses`: by quantity
    (load, solar, wind, and the latter two by foretold weather), as `forecasting.spread` counts.
    """

    until: datetime
    load_ratio: Numbers
    load_slots: Numbers
    clearness_ratio: Numbers
    wind_ratio: float
    misses: dict[str, Numbers]
    foretold_ratio: dict[str, float] = field(default_factory=lambda: {"solar": 1.0, "wind": 1.0})

    def later(self, until: datetime) -> "Learned":
        """The same, with nothing left to learn from before `until`."""
        return replace(self, until=max(self.until, until))
