"""Wind: what the foretold wind gives by the turbines' power curves, else what is usual; and it goes
on as far off that as it is now, fading.

Power curves are windpowerlib's, speed at hub height follows from the foretold one by a power law
(Hellmann exponent 1/7).
"""

import warnings
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

import numpy as np
from windpowerlib import WindTurbine
from windpowerlib.power_output import power_curve

from scheduler.domain.plan import Watts
from scheduler.domain.site import Site, WindFarm
from scheduler.domain.weather import Weather
from scheduler.forecasting.decay import Numbers, blend, known

USUAL_CAPACITY_RATIO = 0.3
MEMORY_S = 20 * 3600.0
FORETOLD_MEMORY_S = 4 * 3600.0
HELLMANN = 1 / 7


def capacity_w(site: Site) -> float:
    """Of all farms together."""
    return sum(farm.capacity_w for farm in site.wind)


def foretold_w(site: Site, at: Sequence[datetime], weather: Weather) -> Watts:
    """Output of all farms in the foretold wind at these instants; NaN where nothing is foretold."""
    if not site.wind or not at:
        return np.zeros(len(at))
    if not len(weather.wind_m_per_s):
        return np.full(len(at), np.nan)
    at_s = np.array([(one - weather.starts_at).total_seconds() for one in at])
    middle_s = weather.step_s * (np.arange(len(weather.wind_m_per_s)) + 0.5)
    speed = np.interp(at_s, middle_s, weather.wind_m_per_s)
    total_w = np.sum([_farm_w(farm, speed, weather.wind_height_m) for farm in site.wind], axis=0)
    told = (at_s >= 0) & (at_s <= weather.step_s * len(weather.wind_m_per_s))
    return np.where(told, total_w, np.nan)


def forecast_w(
    *,
    capacity_w: float,
    recent_w: Sequence[float | None],
    ages_s: Numbers,
    usual_ratio: float = USUAL_CAPACITY_RATIO,
) -> Watts:
    """Generation per slot without foretold weather, within the farms' capacity."""
    usual_w = usual_ratio * capacity_w
    seen_w = known(recent_w)
    now_w = float(np.mean(seen_w)) if seen_w else usual_w
    return np.clip(blend(now_w, usual_w, ages_s, MEMORY_S), 0.0, capacity_w)


def corrected_w(
    *,
    capacity_w: float,
    foretold_w: Watts,
    recent_w: Sequence[float | None],
    recent_foretold_w: Watts,
    ages_s: Numbers,
) -> Watts:
    """Generation per slot by foretold weather, as far off it as the last readings were."""
    off_w = [
        seen_w - told_w
        for seen_w, told_w in zip(recent_w, recent_foretold_w.tolist(), strict=True)
        if seen_w is not None and told_w == told_w
    ]
    now_off_w = float(np.mean(off_w)) if off_w else 0.0
    later_w = foretold_w + blend(now_off_w, 0.0, ages_s, FORETOLD_MEMORY_S)
    return np.clip(later_w, 0.0, capacity_w)


def _farm_w(farm: WindFarm, speed: Numbers, height_m: float) -> Watts:
    curve_speed, curve_w = _power_curve(farm.turbine_type, farm.hub_height_m)
    at_hub = speed * (farm.hub_height_m / height_m) ** HELLMANN
    share: Numbers = np.nan_to_num(power_curve(at_hub, curve_speed, curve_w)) / curve_w.max()
    return farm.capacity_w * share


@lru_cache(maxsize=8)
def _power_curve(turbine_type: str, hub_height_m: float) -> tuple[Numbers, Numbers]:
    """Wind speeds in m/s and the turbine's W at them."""
    with warnings.catch_warnings():  # windpowerlib reads its table in a way pandas deprecates
        warnings.simplefilter("ignore", DeprecationWarning)
        curve = WindTurbine(turbine_type=turbine_type, hub_height=hub_height_m).power_curve
    return curve["wind_speed"].to_numpy(), curve["value"].to_numpy()
