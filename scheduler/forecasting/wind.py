"""Wind: it goes on as it is and fades to the usual."""

from collections.abc import Sequence

import numpy as np

from scheduler.domain.plan import Watts
from scheduler.domain.site import Site
from scheduler.forecasting.decay import Numbers, blend, known

USUAL_CAPACITY_RATIO = 0.3
MEMORY_S = 20 * 3600.0


def capacity_w(site: Site) -> float:
    """Of all farms together."""
    return sum(farm.capacity_w for farm in site.wind)


def forecast_w(
    *,
    capacity_w: float,
    recent_w: Sequence[float | None],
    ages_s: Numbers,
    usual_ratio: float = USUAL_CAPACITY_RATIO,
) -> Watts:
    """Generation per slot, within the farms' capacity."""
    usual_w = usual_ratio * capacity_w
    seen_w = known(recent_w)
    now_w = float(np.mean(seen_w)) if seen_w else usual_w
    return np.clip(blend(now_w, usual_w, ages_s, MEMORY_S), 0.0, capacity_w)
