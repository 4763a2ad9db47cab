"""Foretold weather: which of it counts when, and what sun and wind give by it at this site."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import numpy as np

from scheduler.domain.site import Site
from scheduler.domain.weather import Weather
from scheduler.forecasting import solar, wind
from scheduler.forecasting.decay import Numbers

PACE = 0.05  # of a quarter of an hour at full power
MOST_RATIO = 2.0
Gives = Callable[[Site, Sequence[datetime], Weather], Numbers]
GIVES_W: dict[str, Gives] = {"solar": solar.foretold_w, "wind": wind.foretold_w}


def learned_ratio(
    ratio: Mapping[str, float],
    site: Site,
    at: Sequence[datetime],
    came_w: Mapping[str, Numbers],
    told: Sequence[Weather],
) -> dict[str, float]:
    """What came (NaN: no meter told) over what the newest weather `told` (oldest first) before
    each instant gives: least mean squares, so the hours of much power teach most."""
    most_w = {
        "solar": sum(farm.capacity_w for farm in site.solar),
        "wind": sum(farm.capacity_w for farm in site.wind),
    }
    found = dict(ratio)
    for name, gives_w in GIVES_W.items():
        if most_w[name] <= 0:
            continue
        shares = _newest_w(gives_w, site, at, told) / most_w[name]
        for share, came_ratio in zip(shares, came_w[name] / most_w[name], strict=True):
            if np.isfinite(share) and np.isfinite(came_ratio):
                step = PACE * share * (came_ratio - found[name] * share)
                found[name] = min(max(found[name] + float(step), 0.0), MOST_RATIO)
    return found


def _newest_w(
    gives_w: Gives, site: Site, at: Sequence[datetime], told: Sequence[Weather]
) -> Numbers:
    """What the weather known at each instant gives then; NaN where none was."""
    given_w = np.full(len(at), np.nan)
    for weather in told:
        later = [k for k, one in enumerate(at) if one >= weather.issued_at]
        if later:
            told_w = gives_w(site, [at[k] for k in later], weather)
            given_w[later] = np.where(np.isnan(told_w), given_w[later], told_w)
    return given_w
