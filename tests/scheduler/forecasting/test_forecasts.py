from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from msgspec.structs import replace

from scheduler.domain.site import SolarFarm
from scheduler.domain.slots import slot_starts
from scheduler.forecasting import decay, load, solar, wind
from tests.scheduler.world import yard

MIDNIGHT = datetime(2026, 6, 21, tzinfo=UTC)
SITE = replace(
    yard(),
    solar=(SolarFarm(farm_id="roof", capacity_w=1e6, tilt_deg=30, azimuth_deg=180),),
)
DAY = slot_starts(MIDNIGHT + timedelta(minutes=7.5), 900, 96)


def test_a_clear_june_day_in_the_north_is_dark_at_night_and_bright_at_noon() -> None:
    clear_w = solar.clear_sky_w(SITE, DAY)
    assert clear_w[:8].max() == 0
    assert 0.75e6 < clear_w.max() <= 1e6
    assert 44 <= int(clear_w.argmax()) <= 54
    assert clear_w.sum() / 4 / 1e6 == pytest.approx(8.5, abs=1.5)  # full-load hours


def test_two_farms_give_the_sum_and_no_farm_gives_nothing() -> None:
    twice = replace(SITE, solar=SITE.solar * 2)
    assert np.allclose(solar.clear_sky_w(twice, DAY), 2 * solar.clear_sky_w(SITE, DAY))
    assert solar.clear_sky_w(yard(), DAY).max() == 0


def test_a_cloudy_hour_dims_the_next_and_is_forgotten_by_the_next_day() -> None:
    clear_w = np.full(40, 1000.0)
    ages_s = decay.ages_s(MIDNIGHT, MIDNIGHT, 1800, 40)
    forecast_w = solar.forecast_w(
        clear_sky_w=clear_w,
        recent_w=[200.0, None, 200.0],
        recent_clear_sky_w=np.full(3, 1000.0),
        ages_s=ages_s,
    )
    assert forecast_w[0] == pytest.approx(200, abs=20)
    assert np.all(np.diff(forecast_w) > 0)
    assert forecast_w[-1] == pytest.approx(1000 * solar.USUAL_CLEARNESS_RATIO, abs=20)


def test_nights_and_silence_tell_nothing_of_the_sky() -> None:
    clear_w = np.full(4, 1000.0)
    ages_s = decay.ages_s(MIDNIGHT, MIDNIGHT, 900, 4)
    dark = solar.forecast_w(
        clear_sky_w=clear_w, recent_w=[5.0], recent_clear_sky_w=np.zeros(1), ages_s=ages_s
    )
    silent = solar.forecast_w(
        clear_sky_w=clear_w, recent_w=[], recent_clear_sky_w=np.zeros(0), ages_s=ages_s
    )
    assert np.allclose(dark, 1000 * solar.USUAL_CLEARNESS_RATIO)
    assert np.allclose(dark, silent)


def test_wind_goes_on_and_fades_to_the_usual_within_capacity() -> None:
    ages_s = decay.ages_s(MIDNIGHT, MIDNIGHT, 3600, 144)
    blowing = wind.forecast_w(capacity_w=1000, recent_w=[900.0, None, 1100.0], ages_s=ages_s)
    assert blowing[0] == pytest.approx(1000, abs=60)
    assert blowing.max() <= 1000
    assert blowing[-1] == pytest.approx(300, abs=5)
    unknown = wind.forecast_w(capacity_w=1000, recent_w=[], ages_s=ages_s)
    assert np.allclose(unknown, 300)


def test_a_busy_hour_lifts_the_load_of_the_next_but_never_above_its_largest() -> None:
    ages_s = decay.ages_s(MIDNIGHT, MIDNIGHT, 900, 40)
    forecast_w = load.forecast_w(
        profile_w=np.full(40, 1000.0),
        max_w=1100,
        recent_w=[1200.0],
        recent_profile_w=[1000.0],
        ages_s=ages_s,
    )
    assert forecast_w[0] == 1100
    assert forecast_w[-1] == pytest.approx(1000, abs=5)


def test_the_slot_that_has_begun_is_not_in_the_past() -> None:
    ages_s = decay.ages_s(MIDNIGHT + timedelta(minutes=10), MIDNIGHT, 900, 2)
    assert list(ages_s) == [0, 750]
