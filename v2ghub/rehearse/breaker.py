"""What a circuit breaker stands: an overload is a breach only if it lasts longer than that.

The points are the ones at which a miniature breaker must not trip (IEC 60898-1:2015, table 7, tests
a and c): 1.13 of its rated current for an hour (rated up to 63 A), 2.55 for a second. Between them
the time falls as a power of the current, as a bimetal's does; the overloads of changing size add
up, each by its share of the time that it alone would be stood, and what has gathered cools away.
"""

from dataclasses import dataclass
from math import log
from typing import Final

HELD_RATIO, HELD_S = 1.13, 3_600.0
SHORT_RATIO, SHORT_S = 2.55, 1.0
STEEPNESS: Final = log(HELD_S / SHORT_S) / log(SHORT_RATIO / HELD_RATIO)
COOLS_S: Final = 600.0


def stands_s(ratio: float) -> float:
    """How long `ratio` of the limit is stood for certain; for ever up to the limit itself."""
    if ratio <= 1.0:
        return float("inf")
    stood_s: float = HELD_S * (HELD_RATIO / ratio) ** STEEPNESS
    return stood_s


@dataclass(slots=True)
class Breaker:
    """`heat_ratio` 1: it may trip; `hottest_ratio`: how near it came to that. `over_s`,
    `worst_ratio`: what the limit was exceeded by."""

    limit_w: float
    heat_ratio: float = 0.0
    over_s: float = 0.0
    worst_ratio: float = 0.0
    hottest_ratio: float = 0.0

    def carry(self, power_w: float, step_s: float) -> bool:
        """A step under this load; whether the breaker still holds for certain."""
        ratio = power_w / self.limit_w
        self.worst_ratio = max(self.worst_ratio, ratio)
        if ratio > 1.0 + 1e-6:
            self.over_s += step_s
            self.heat_ratio += step_s / stands_s(ratio)
            self.hottest_ratio = max(self.hottest_ratio, self.heat_ratio)
        else:
            self.heat_ratio = max(0.0, self.heat_ratio - step_s / COOLS_S)
        return self.heat_ratio < 1.0
