"""Sun and wind by foretold weather: what it says, where it is silent, how far to trust it."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from msgspec.structs import replace

from scheduler.domain.site import SolarFarm, WindFarm
from scheduler.domain.slots import slot_starts
from scheduler.domain.weather import Weather
from scheduler.forecasting import decay, solar, wind
from scheduler.forecasting.foretold import learned_ratio
from tests.scheduler.world import yard

MIDNIGHT = datetime(2026, 6, 21, tzinfo=UTC)
SITE = replace(
    yard(),
    solar=(SolarFarm(farm_id="roof", capacity_w=1e6, tilt_deg=30, azimuth_deg=180),),
    wind=(WindFarm(farm_id="ridge", capacity_w=5e6, turbine_type="V90/2000", hub_height_m=100),),
)
DAY = slot_starts(MIDNIGHT + timedelta(minutes=7.5), 900, 96)
CLEAR = np.array([
    solar._clear_sky(SITE, slot_starts(MIDNIGHT + timedelta(hours=hour, minutes=5), 600, 6))[1][
        "ghi"
    ].mean()
    for hour in range(24)
])  # fmt: skip


def foretold(
    ghi: object = (), wind_m_per_s: object = (), issued_at: datetime = MIDNIGHT
) -> Weather:
    return Weather(
        issued_at=issued_at,
        starts_at=MIDNIGHT,
        step_s=3600,
        ghi_w_per_m2=np.asarray(ghi, np.float64),
        wind_m_per_s=np.asarray(wind_m_per_s, np.float64),
    )


def test_a_clear_sky_foretold_gives_nearly_what_a_clear_sky_gives() -> None:
    given_w = solar.foretold_w(SITE, DAY, foretold(CLEAR))
    clear_w = solar.clear_sky_w(SITE, DAY)
    assert given_w.sum() == pytest.approx(clear_w.sum(), rel=0.05)
    assert np.abs(given_w - clear_w).max() < 0.12e6


def test_clouds_foretold_for_the_afternoon_dim_the_afternoon_alone() -> None:
    afternoon = np.where(np.arange(24) >= 12, 0.3, 1.0)
    given_w = solar.foretold_w(SITE, DAY, foretold(CLEAR * afternoon))
    bright_w = solar.foretold_w(SITE, DAY, foretold(CLEAR))
    assert given_w[:44] == pytest.approx(bright_w[:44])
    assert 0.1 < given_w[54:72].sum() / bright_w[54:72].sum() < 0.35


def test_what_is_not_foretold_is_not_known() -> None:
    half = solar.foretold_w(SITE, DAY, foretold(CLEAR[:12]))
    assert np.isfinite(half[:48]).all()
    assert np.isnan(half[48:]).all()
    assert np.isnan(wind.foretold_w(SITE, DAY, foretold(CLEAR))).all()
    assert np.isnan(solar.foretold_w(SITE, DAY, foretold((), [5.0] * 24))).all()


def test_no_wind_gives_nothing_and_a_stiff_one_all_that_there_is() -> None:
    speeds = [0.0] * 8 + [14.0] * 8 + [40.0] * 8
    given_w = wind.foretold_w(SITE, DAY, foretold((), speeds))
    assert given_w[:28].max() == 0
    assert given_w[36:60] == pytest.approx(np.full(24, 5e6), rel=0.01)
    assert given_w[70:].max() == 0  # a storm stops the turbines


def test_a_higher_hub_has_more_of_the_same_wind() -> None:
    tall = replace(SITE, wind=(replace(SITE.wind[0], hub_height_m=125),))
    said = foretold((), [7.0] * 24)
    assert wind.foretold_w(tall, DAY, said)[40] > wind.foretold_w(SITE, DAY, said)[40]


def test_the_forecast_begins_where_the_wind_is_and_goes_to_what_is_foretold() -> None:
    ages_s = decay.ages_s(MIDNIGHT, MIDNIGHT, 3600, 36)
    made_w = wind.corrected_w(
        capacity_w=1000,
        foretold_w=np.full(36, 600.0),
        recent_w=[400.0, None, 400.0],
        recent_foretold_w=np.array([500.0, np.nan, 500.0]),
        ages_s=ages_s,
    )
    assert made_w[0] == pytest.approx(510, abs=10)
    assert made_w[-1] == pytest.approx(600, abs=1)
    silent_w = wind.corrected_w(
        capacity_w=1000,
        foretold_w=np.full(36, 600.0),
        recent_w=[400.0],
        recent_foretold_w=np.array([np.nan]),
        ages_s=ages_s,
    )
    assert np.allclose(silent_w, 600)


def test_a_service_that_promises_too_much_is_believed_less_day_by_day() -> None:
    said = foretold(CLEAR, [9.0] * 24)
    gives_w = {
        "solar": solar.foretold_w(SITE, DAY, said),
        "wind": wind.foretold_w(SITE, DAY, said),
    }
    ratio = {"solar": 1.0, "wind": 1.0}
    for _ in range(14):
        came_w = {"solar": 0.7 * gives_w["solar"], "wind": 0.9 * gives_w["wind"]}
        ratio = learned_ratio(ratio, SITE, DAY, came_w, [said])
    assert ratio == {"solar": pytest.approx(0.7, abs=0.02), "wind": pytest.approx(0.9, abs=0.02)}


def test_each_hour_is_judged_by_what_was_known_then() -> None:
    early, late = foretold((), [9.0] * 24), foretold((), [3.0] * 24, DAY[48])
    came_w = {"solar": np.full(96, np.nan), "wind": wind.foretold_w(SITE, DAY, early)}
    came_w["wind"][48:] = wind.foretold_w(SITE, DAY, late)[48:]
    ratio = learned_ratio({"solar": 1.0, "wind": 1.0}, SITE, DAY, came_w, [early, late])
    assert ratio == {"solar": 1.0, "wind": pytest.approx(1.0)}
