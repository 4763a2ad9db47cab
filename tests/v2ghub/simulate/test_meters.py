"""What the hub's forecasts see of a simulated site, and what they learn from it."""

from datetime import UTC, datetime, timedelta

import pytest

from scheduler.domain.site_rules import load_site
from scheduler.forecasting.learning import nothing_learned
from simulator.plant import PlantSample
from v2ghub.settings import PACKAGED_SITES
from v2ghub.simulate.meters import Meters

SITE = load_site((PACKAGED_SITES / "ev36zero.toml").read_text())
MIDNIGHT = datetime(2026, 3, 24, tzinfo=UTC)
LOAD_W, WIND_W = 14e6, 3e6


def read(meters: Meters, hours: float, step_s: int) -> datetime:
    now = MIDNIGHT
    while now < MIDNIGHT + timedelta(hours=hours):
        meters.read(
            PlantSample(at=now, grid_w=LOAD_W - WIND_W, load_w=LOAD_W, solar_w=0.0, wind_w=WIND_W,
                        store_w=0.0, fleet_w=0.0),
            step_s,
        )  # fmt: skip
        now += timedelta(seconds=step_s)
        if now.timestamp() % 7200 == 0:
            meters.forecast(now)
    return now


@pytest.mark.parametrize("step_s", [60, 300, 900])
def test_the_forecast_knows_the_last_half_hour_and_learns_from_each_slot(step_s: int) -> None:
    meters = Meters(SITE, nothing_learned(MIDNIGHT))
    now = read(meters, 4, step_s)
    forecast = meters.forecast(now)
    assert forecast.wind.p50_w[0] == pytest.approx(WIND_W, rel=0.1)
    assert meters.learned.until == now
    assert meters.learned.load_ratio[0, 2] == pytest.approx(LOAD_W / 11.4e6, rel=0.02)
    assert meters.learned.misses["wind"].sum() > 0


def test_only_what_is_recent_or_not_yet_learned_is_kept() -> None:
    meters = Meters(SITE, nothing_learned(MIDNIGHT))
    now = read(meters, 6, 900)
    assert len(meters.made) == 3
    assert len(meters.windows) <= 2
    meters.forecast(now + timedelta(hours=35))
    assert len(meters.made) == 2, "the horizon is 36 h"
