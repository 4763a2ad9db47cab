from datetime import date, timedelta

import numpy as np
import pytest

from simulator.weather import SkyRegime, Weather
from tests.simulator.makers import ev36zero

SITE = ev36zero()
WEATHER = Weather(SITE.latitude_deg, SITE.longitude_deg, seed=1)
DEMO_DAY = date(2026, 3, 24)
YEAR = [date(2026, 1, 1) + timedelta(days=day) for day in range(365)]


def test_the_sun_shines_by_day_only_and_not_above_the_inverter() -> None:
    solar_w = WEATHER.solar_w(SITE.solar[0], date(2026, 6, 21))
    assert solar_w[60] == 0  # 01:00 UTC
    assert solar_w.max() <= SITE.solar[0].capacity_w
    assert solar_w[12 * 60] > 0
    assert solar_w[20 * 60 + 30] < 0.05 * SITE.solar[0].capacity_w


def test_a_year_has_every_sky_and_more_clouds_in_winter() -> None:
    regimes = {day: WEATHER.regime(day) for day in YEAR}
    assert set(regimes.values()) == set(SkyRegime)
    dull = [sum(regimes[d] is SkyRegime.OVERCAST for d in YEAR if d.month in months)
            for months in ((11, 12, 1), (5, 6, 7))]  # fmt: skip
    assert dull[0] > dull[1]


def test_solar_yield_over_a_year_is_that_of_the_north_of_england() -> None:
    farm = SITE.solar[0]
    days = YEAR[::7]
    full_load_h = sum(WEATHER.solar_w(farm, d)[:-1].mean() * 24 for d in days) / farm.capacity_w
    assert 700 < full_load_h * 365 / len(days) < 1300


def test_wind_over_a_year_is_plausible() -> None:
    farm = SITE.wind[0]
    shares = np.concatenate([WEATHER.wind_w(farm, day)[::10] for day in YEAR]) / farm.capacity_w
    assert 0.2 < shares.mean() < 0.45
    assert shares.min() == 0
    assert shares.max() == pytest.approx(1, abs=0.02)


def test_weather_goes_on_over_midnight() -> None:
    farm = SITE.wind[0]
    today, tomorrow = (WEATHER.wind_w(farm, DEMO_DAY + timedelta(days=day)) for day in (0, 1))
    assert today[-1] == pytest.approx(tomorrow[0])


def test_broken_skies_swing_and_clear_ones_do_not() -> None:
    roughness = {}
    for regime in SkyRegime:
        day = next(day for day in YEAR if WEATHER.regime(day) is regime)
        ratio = WEATHER.clearness_ratio(day, "farm")
        roughness[regime] = np.abs(np.diff(ratio)).mean()
    assert roughness[SkyRegime.BROKEN] > 5 * roughness[SkyRegime.CLEAR]


def test_the_demo_evening_is_calm() -> None:
    wind_w = WEATHER.wind_w(SITE.wind[0], DEMO_DAY)
    assert np.ptp(wind_w[16 * 60 : 20 * 60]) < 100_000
    assert WEATHER.regime(DEMO_DAY) is SkyRegime.CLEAR
