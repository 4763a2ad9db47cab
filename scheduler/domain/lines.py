"""The lines of a three-phase supply, and how much of an EVSE's power each of them may carry.

Which lines an EVSE uses may not be known: then it counts on each line that it might use.
"""

from functools import cache
from typing import Literal

LINES = ("L1", "L2", "L3")
Lines = Literal["L1", "L2", "L3", "L1L2", "L1L3", "L2L3", "L1L2L3"]
LineRatios = tuple[float, float, float]
ANY_LINE: LineRatios = (1.0, 1.0, 1.0)


@cache
def line_ratios(phases: int, lines: str = "") -> LineRatios:
    """The share of an EVSE's power that L1, L2 and L3 may carry, charging or discharging.

    Phases are balanced: one of `phases` carries its part of the power. `lines` names them; empty:
    not known, so each of the three may be one of them.
    """
    count = lines.count("L") or phases
    first, second, third = (not lines or line in lines for line in LINES)
    return first / count, second / count, third / count
