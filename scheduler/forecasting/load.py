"""Load: the site file's profile, times how far the site was off it just now, fading to none."""

from collections.abc import Sequence

import numpy as np

from scheduler.domain.plan import Watts
from scheduler.forecasting.decay import Numbers, blend

MEMORY_S = 3600.0


def forecast_w(
    *,
    profile_w: Watts,
    max_w: float,
    recent_w: Sequence[float | None],
    recent_profile_w: Sequence[float],
    ages_s: Numbers,
) -> Watts:
    """Load per slot, at most the site's largest."""
    pairs = [
        (seen_w, usual_w)
        for seen_w, usual_w in zip(recent_w, recent_profile_w, strict=True)
        if seen_w is not None and usual_w > 0
    ]
    off_ratio = 1.0
    if pairs:
        seen_w, usual_w = (sum(column) for column in zip(*pairs, strict=True))
        off_ratio = max(seen_w / usual_w, 0.0)
    return np.minimum(profile_w * blend(off_ratio, 1.0, ages_s, MEMORY_S), max_w)
