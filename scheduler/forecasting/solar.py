"""Solar: what a clear sky gives, times how clear the sky was just now, fading to a usual sky.

The clear sky is the Ineichen-Perez model on the farm's plane (pvlib) with a fixed turbidity, so
that nothing is looked up; 1000 W/m² on the plane give the farm's AC capacity.
"""

from collections.abc import Sequence
from datetime import datetime

import numpy as np
import pandas as pd
from pvlib import atmosphere, clearsky, irradiance, solarposition

from scheduler.domain.plan import Watts
from scheduler.domain.site import Site, SolarFarm
from scheduler.forecasting.decay import Numbers, blend

USUAL_CLEARNESS_RATIO = 0.5
MEMORY_S = 6 * 3600.0
TURBIDITY = 3.0
STANDARD_W_PER_M2 = 1000.0
BRIGHT_RATIO = 0.02
CLEAREST_RATIO = 1.2


def clear_sky_w(site: Site, at: Sequence[datetime]) -> Watts:
    """Output of all farms of the site under a clear sky at these instants."""
    if not site.solar or not at:
        return np.zeros(len(at))
    times = pd.DatetimeIndex(at)
    sun = solarposition.get_solarposition(times, site.latitude_deg, site.longitude_deg)
    zenith = sun["apparent_zenith"]
    sky = clearsky.ineichen(
        zenith,
        atmosphere.get_absolute_airmass(atmosphere.get_relative_airmass(zenith)),
        TURBIDITY,
        dni_extra=irradiance.get_extra_radiation(times.day_of_year.to_numpy()),
    )
    total_w: Watts = np.sum([_farm_w(farm, sun, sky) for farm in site.solar], axis=0)
    return total_w


def most_w(site: Site, clear_sky_w: Watts) -> Watts:
    """What is possible: between clouds more than a clear sky gives, within the farms' capacity."""
    return np.minimum(CLEAREST_RATIO * clear_sky_w, sum(farm.capacity_w for farm in site.solar))


def _farm_w(farm: SolarFarm, sun: pd.DataFrame, sky: pd.DataFrame) -> Watts:
    plane = irradiance.get_total_irradiance(
        farm.tilt_deg,
        farm.azimuth_deg,
        sun["apparent_zenith"],
        sun["azimuth"],
        sky["dni"],
        sky["ghi"],
        sky["dhi"],
    )
    of_standard = np.nan_to_num(plane["poa_global"].to_numpy()) / STANDARD_W_PER_M2
    output_w: Watts = farm.capacity_w * np.clip(of_standard, 0.0, 1.0)
    return output_w


def forecast_w(
    *,
    clear_sky_w: Watts,
    recent_w: Sequence[float | None],
    recent_clear_sky_w: Watts,
    ages_s: Numbers,
    usual_ratio: Numbers | float = USUAL_CLEARNESS_RATIO,
) -> Watts:
    """Generation per slot. In the dark, or without readings, the sky counts as usual."""
    bright_w = BRIGHT_RATIO * max(clear_sky_w.max(initial=0.0), recent_clear_sky_w.max(initial=0.0))
    pairs = [
        (seen_w, clear_w)
        for seen_w, clear_w in zip(recent_w, recent_clear_sky_w, strict=True)
        if seen_w is not None and clear_w > bright_w
    ]
    if not pairs:
        return clear_sky_w * usual_ratio
    seen_w, clear_w = (sum(column) for column in zip(*pairs, strict=True))
    clearness_ratio = min(max(seen_w / clear_w, 0.0), CLEAREST_RATIO)
    return clear_sky_w * blend(clearness_ratio, usual_ratio, ages_s, MEMORY_S)
