"""Weather: what somebody foretold of the sky and the wind over a site."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """Means over steps of `step_s` from `starts_at`, as weather services tell them.

    `ghi_w_per_m2`: sunlight on level ground; `wind_m_per_s` at `wind_height_m` above it. Both have
    the same length, or one is empty: not foretold.
    """

    issued_at: datetime
    starts_at: datetime
    step_s: int
    ghi_w_per_m2: Numbers
    wind_m_per_s: Numbers
    wind_height_m: float = 100.0

    @property
    def ends_at(self) -> datetime:
        """Where the last step ends."""
        steps = max(len(self.ghi_w_per_m2), len(self.wind_m_per_s))
        return self.starts_at + timedelta(seconds=self.step_s * steps)

    def covers(self, starts_at: datetime, ends_at: datetime) -> bool:
        """Whether it tells of all that lies between."""
        return self.starts_at <= starts_at and ends_at <= self.ends_at
