"""Solar: what the foretold sky gives, else a clear one, times how the last half-hour differed from
it, fading to how it usually differs.

The clear sky is the Ineichen-Perez model on the farm's plane (pvlib) with a fixed turbidity, so
that nothing is looked up; 1000 W/m² on the plane give the farm's AC capacity. Foretold sunlight on
level ground is split into beam and diffuse by Erbs' model.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
from pvlib import atmosphere, clearsky, irradiance, solarposition

from scheduler.domain.plan import Watts
from scheduler.domain.site import Site, SolarFarm
from scheduler.domain.weather import Weather
from scheduler.forecasting.decay import Numbers, blend

USUAL_CLEARNESS_RATIO = 0.5
MEMORY_S = 6 * 3600.0
FORETOLD_MEMORY_S = 2 * 3600.0
TURBIDITY = 3.0
STANDARD_W_PER_M2 = 1000.0
BRIGHT_RATIO = 0.02
CLEAREST_RATIO = 1.2
DARK_W_PER_M2 = 5.0  # of a step's clear sky: below it, no share of it can be told
MOMENTS = 6  # of a step, by which its mean clear sky is told


def clear_sky_w(site: Site, at: Sequence[datetime]) -> Watts:
    """Output of all farms of the site under a clear sky at these instants."""
    if not site.solar or not at:
        return np.zeros(len(at))
    sun, sky = _clear_sky(site, at)
    return _site_w(site, sun, sky)


def foretold_w(site: Site, at: Sequence[datetime], weather: Weather) -> Watts:
    """The same under the foretold sky; NaN where nothing is foretold."""
    if not site.solar or not at:
        return np.zeros(len(at))
    sun, sky = _clear_sky(site, at)
    ghi = sky["ghi"].to_numpy() * _clearness_ratio(site, at, weather)
    day = pd.DatetimeIndex(at).day_of_year.to_numpy()
    parts = irradiance.erbs(np.nan_to_num(ghi), sun["zenith"].to_numpy(), day)
    foretold = pd.DataFrame({"ghi": ghi, "dni": parts["dni"], "dhi": parts["dhi"]}, sun.index)
    return np.where(np.isnan(ghi), np.nan, _site_w(site, sun, foretold))


def most_w(site: Site, clear_sky_w: Watts) -> Watts:
    """What is possible: between clouds more than a clear sky gives, within the farms' capacity."""
    return np.minimum(CLEAREST_RATIO * clear_sky_w, sum(farm.capacity_w for farm in site.solar))


def _clear_sky(site: Site, at: Sequence[datetime]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Where the sun stands at these instants, and what it gives through a clear sky."""
    times = pd.DatetimeIndex(at)
    sun = solarposition.get_solarposition(times, site.latitude_deg, site.longitude_deg)
    zenith = sun["apparent_zenith"]
    sky = clearsky.ineichen(
        zenith,
        atmosphere.get_absolute_airmass(atmosphere.get_relative_airmass(zenith)),
        TURBIDITY,
        dni_extra=irradiance.get_extra_radiation(times.day_of_year.to_numpy()),
    )
    return sun, sky


def _clearness_ratio(site: Site, at: Sequence[datetime], weather: Weather) -> Numbers:
    """Share of the clear sky's light that is foretold at these instants: that of the steps, joined
    from middle to middle; a dark step has that of the light ones next to it."""
    ghi = weather.ghi_w_per_m2
    if not len(ghi):
        return np.full(len(at), np.nan)
    moment = timedelta(seconds=weather.step_s / MOMENTS)
    moments = [weather.starts_at + moment * (k + 0.5) for k in range(len(ghi) * MOMENTS)]
    clear = np.nan_to_num(_clear_sky(site, moments)[1]["ghi"].to_numpy())
    mean = clear.reshape(len(ghi), MOMENTS).mean(axis=1)
    light = mean > DARK_W_PER_M2
    middle_s = weather.step_s * (np.arange(len(ghi)) + 0.5)
    at_s = np.array([(one - weather.starts_at).total_seconds() for one in at])
    if not light.any():
        return np.where((at_s >= 0) & (at_s <= weather.step_s * len(ghi)), 0.0, np.nan)
    ratio = np.clip(ghi[light] / mean[light], 0.0, CLEAREST_RATIO)
    joined: Numbers = np.interp(at_s, middle_s[light], ratio)
    return np.where((at_s >= 0) & (at_s <= weather.step_s * len(ghi)), joined, np.nan)


def _site_w(site: Site, sun: pd.DataFrame, sky: pd.DataFrame) -> Watts:
    total_w: Watts = np.sum([_farm_w(farm, sun, sky) for farm in site.solar], axis=0)
    return total_w


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
    memory_s: float = MEMORY_S,
) -> Watts:
    """Generation per slot; `clear_sky_w` may be the foretold sky's. In the dark, or without
    readings, the sky counts as usual."""
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
    return clear_sky_w * blend(clearness_ratio, usual_ratio, ages_s, memory_s)
