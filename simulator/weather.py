"""Weather: solar and wind power of a site, the same for the same seed. No clock, no network.

Sun: pvlib's clear sky at the site, through a cloud process with a regime per day (clear, broken,
overcast) and noise over minutes. Wind: a correlated normal process mapped to a Weibull speed at hub
height, through the turbine's power curve from windpowerlib.
"""

import warnings
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum
from functools import lru_cache
from statistics import NormalDist

import numpy as np
import pandas as pd
import pvlib
from windpowerlib import WindTurbine
from windpowerlib.power_output import power_curve

from simulator.noise import Series, generator, normal_series
from simulator.site import SolarFarmSpec, WindFarmSpec

DAY_S = 86_400
MINUTE_S = 60
LINKE_TURBIDITY = 3.0
HORIZON_DEG = 89.5
DC_TO_AC_RATIO = 1.2
SYSTEM_RATIO = 0.86
WEIBULL_SCALE_MS = 8.2
WEIBULL_SHAPE = 2.1


class SkyRegime(StrEnum):
    """What kind of day it is."""

    CLEAR = "clear"
    BROKEN = "broken"
    OVERCAST = "overcast"


SUMMER_SHARES = {SkyRegime.CLEAR: 0.25, SkyRegime.BROKEN: 0.50, SkyRegime.OVERCAST: 0.25}
WINTER_SHARES = {SkyRegime.CLEAR: 0.15, SkyRegime.BROKEN: 0.35, SkyRegime.OVERCAST: 0.50}


@dataclass(frozen=True, slots=True)
class Weather:
    """The weather at one place. Series are per UTC day, one value per minute and one more at its
    end (1,441 values)."""

    latitude_deg: float
    longitude_deg: float
    seed: int

    def regime(self, day: date) -> SkyRegime:
        """The sky of `day`; overcast more often in winter."""
        shares = SUMMER_SHARES if 4 <= day.month <= 9 else WINTER_SHARES
        draw = generator(self.seed, "sky", day.toordinal()).random()
        for regime, share in shares.items():
            if draw < share:
                return regime
            draw -= share
        return SkyRegime.OVERCAST

    def clearness_ratio(self, day: date, farm_id: str) -> Series:
        """Share of the clear sky's irradiance that reaches `farm_id`, per minute."""
        at_s = minutes_of(day)
        hours = normal_series(self.seed, "cloud", at_s, 5400)
        minutes = normal_series(self.seed, f"cloud {farm_id}", at_s, 420)
        match self.regime(day):
            case SkyRegime.CLEAR:
                ratio = 0.98 + 0.01 * hours + 0.004 * minutes
            case SkyRegime.BROKEN:
                cover = 1 / (1 + np.exp(-2.5 * (0.7 * hours + 0.7 * minutes)))
                ratio = 1.02 - 0.65 * cover
            case SkyRegime.OVERCAST:
                ratio = 0.28 + 0.07 * hours + 0.03 * minutes
        clipped: Series = np.clip(ratio, 0.08, 1.05)
        return clipped

    def ghi_w_per_m2(self, day: date, farm_id: str) -> Series:
        """Sunlight on level ground at `farm_id`, per minute."""
        sky = _clear_sky(self.latitude_deg, self.longitude_deg, day)
        ghi: Series = sky.ghi * self.clearness_ratio(day, farm_id)
        return ghi

    def solar_w(self, farm: SolarFarmSpec, day: date) -> Series:
        """AC power of `farm`, W >= 0, per minute."""
        sky = _clear_sky(self.latitude_deg, self.longitude_deg, day)
        ghi = self.ghi_w_per_m2(day, farm.farm_id)
        parts = pvlib.irradiance.erbs(ghi, sky.zenith_deg, day.timetuple().tm_yday)
        plane = pvlib.irradiance.get_total_irradiance(
            farm.tilt_deg,
            farm.azimuth_deg,
            sky.zenith_deg,
            sky.azimuth_deg,
            parts["dni"],
            ghi,
            parts["dhi"],
        )
        irradiance = np.nan_to_num(np.asarray(plane["poa_global"], dtype=np.float64))
        dc_w = farm.capacity_w * DC_TO_AC_RATIO * SYSTEM_RATIO * irradiance / 1000.0
        clipped: Series = np.clip(dc_w, 0.0, farm.capacity_w)
        return clipped

    def wind_speed_ms(self, day: date, hub_height_m: float) -> Series:
        """Wind speed at hub height, m/s, per minute."""
        at_s = minutes_of(day)
        slow = normal_series(self.seed, "wind", at_s, 30 * 3600)
        hours = normal_series(self.seed, "wind hours", at_s, 4 * 3600)
        gusts = normal_series(self.seed, "wind gusts", at_s, 600)
        level = np.sqrt(0.80) * slow + np.sqrt(0.19) * hours + np.sqrt(0.01) * gusts
        share = np.clip(_normal_cdf(level), 1e-6, 1 - 1e-6)
        speed_ms = WEIBULL_SCALE_MS * (-np.log1p(-share)) ** (1 / WEIBULL_SHAPE)
        sheared: Series = speed_ms * (hub_height_m / 64.0) ** 0.14
        return sheared

    def wind_w(self, farm: WindFarmSpec, day: date) -> Series:
        """Power of `farm`, W >= 0, per minute."""
        curve = _power_curve(farm.turbine_type, farm.hub_height_m)
        speed_ms = self.wind_speed_ms(day, farm.hub_height_m)
        power_w = power_curve(speed_ms, curve.speed_ms, curve.power_w)
        turbines = farm.capacity_w / curve.power_w.max()
        filled: Series = np.nan_to_num(np.asarray(power_w, dtype=np.float64)) * turbines
        return filled


def midnight_s(day: date) -> int:
    """UNIX seconds at which the UTC day begins."""
    return int(datetime.combine(day, time(), UTC).timestamp())


def minutes_of(day: date) -> Series:
    """UNIX seconds of the 1,441 minutes from one midnight to the next."""
    return midnight_s(day) + np.arange(0, DAY_S + MINUTE_S, MINUTE_S, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class _Sky:
    ghi: Series
    zenith_deg: Series
    azimuth_deg: Series


@dataclass(frozen=True, slots=True)
class _Curve:
    speed_ms: Series
    power_w: Series


@lru_cache(maxsize=4)
def _clear_sky(latitude_deg: float, longitude_deg: float, day: date) -> _Sky:
    """Sun and clear-sky irradiance per minute. Numbers, not time stamps, go to pvlib where it
    takes both: its day-of-year look-up trips over newer pandas."""
    times = pd.to_datetime(minutes_of(day), unit="s", utc=True)
    position = pvlib.solarposition.get_solarposition(times, latitude_deg, longitude_deg)
    zenith_deg = position["apparent_zenith"].to_numpy()
    up = zenith_deg < HORIZON_DEG
    ghi = np.zeros_like(zenith_deg)
    airmass = pvlib.atmosphere.get_relative_airmass(zenith_deg[up])
    extra = pvlib.irradiance.get_extra_radiation(day.timetuple().tm_yday)
    ghi[up] = pvlib.clearsky.ineichen(zenith_deg[up], airmass, LINKE_TURBIDITY, dni_extra=extra)[
        "ghi"
    ]
    return _Sky(ghi, zenith_deg, position["azimuth"].to_numpy())


@lru_cache(maxsize=8)
def _power_curve(turbine_type: str, hub_height_m: float) -> _Curve:
    with warnings.catch_warnings():  # windpowerlib reads its table in a way pandas deprecates
        warnings.simplefilter("ignore", DeprecationWarning)
        curve = WindTurbine(turbine_type=turbine_type, hub_height=hub_height_m).power_curve
    return _Curve(curve["wind_speed"].to_numpy(), curve["value"].to_numpy())


def _normal_cdf(values: Series) -> Series:
    grid = np.linspace(-5, 5, 2001)
    shares = np.array([NormalDist().cdf(float(value)) for value in grid])
    interpolated: Series = np.interp(values, grid, shares)
    return interpolated
