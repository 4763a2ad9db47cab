"""Settlement: what an instruction asked for, against its frozen baseline, and what was delivered.

Energies are of the site meter, + import. `requested_wh` and `delivered_wh` are changes against
the baseline: negative is less import (or more export) than it.
"""

from dataclasses import dataclass
from datetime import datetime

MINUTE_S = 60
HALF_HOUR_S = 1800


@dataclass(frozen=True, slots=True, kw_only=True)
class SettlementRow:
    """One interval of an instruction's window: a minute or a half-hour by `interval_s`, or what of
    it lies in the window by `duration_s`.

    `delivered_ratio` is None where nothing was asked for. `complete`: readings cover the interval.
    """

    interval_s: int
    starts_at: datetime
    duration_s: int
    baseline_wh: float
    metered_wh: float
    requested_wh: float
    delivered_wh: float
    delivered_ratio: float | None
    reading_count: int
    complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """What the fleet and the store can give over a signal's window, as powers at the site meter.

    `available_down_w` ≥ 0: how far site power can fall below the plan for the whole window;
    `available_up_w` ≥ 0: how far it can rise. `requested_w`, `deliverable_w`: signed changes.
    """

    available_down_w: float
    available_up_w: float
    requested_w: float
    deliverable_w: float
    feasible: bool
    text: str
