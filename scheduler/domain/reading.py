"""What the site's own meters said at one instant. Power: + into site, store or vehicle."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class GridReading:
    """The site meter at one instant, as stored; what settlement is computed from."""

    at: datetime
    grid_w: float


@dataclass(frozen=True, slots=True)
class Sample:
    """A measured power and how long ago it was true. `good` is the meter's own word for it.

    `still_s`: for how long it has been exactly the same; `frozen`: it answers, but the other
    meters deny it since `age_s`.
    """

    power_w: float
    age_s: float
    good: bool = True
    still_s: float = 0.0
    frozen: bool = False

    def fresh(self, within_s: float) -> bool:
        """Whether it may still be believed."""
        return self.good and self.age_s <= within_s
