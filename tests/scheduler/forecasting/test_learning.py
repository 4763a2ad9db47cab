"""What a site's load teaches: how its file is off, and only then how far forecasts miss."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

import numpy as np
import pytest

from scheduler.domain.forecast import Band, Forecast
from scheduler.domain.learned import Learned
from scheduler.domain.plan import Watts
from scheduler.domain.site_rules import load_site
from scheduler.domain.slots import load_profile
from scheduler.forecasting.learning import Seen, learn, nothing_learned
from scheduler.services.forecast import forecast_of
from v2ghub.settings import PACKAGED_SITES

SITE = load_site((PACKAGED_SITES / "ev36zero.toml").read_text())
MONDAY = datetime(2026, 5, 4, tzinfo=UTC)
FRIDAY = MONDAY + timedelta(days=4)
SLOT_S = SITE.control.slot_s
PERIOD = 24  # slots of six hours
WORKDAY = slice(0, 92)  # until Saturday in London
OFF_RATIO = 0.9


def load_w(at: datetime, slots: int) -> Watts:
    """A load that is always a tenth below the file."""
    return OFF_RATIO * load_profile(SITE, at, SLOT_S, slots)


@lru_cache
def until_friday() -> Learned:
    """What four days teach, with a forecast each six hours."""
    learned, now, slot = nothing_learned(MONDAY), MONDAY, timedelta(seconds=SLOT_S)
    made: list[Forecast] = []
    while now < FRIDAY:
        made.append(forecast_of(SITE, [], now, now, learned))
        seen = [
            Seen(starts_at=now + k * slot, load_w=came_w, solar_w=None, wind_w=None)
            for k, came_w in enumerate(load_w(now, PERIOD).tolist())
        ]
        learned, now = learn(learned, SITE, seen, made), now + PERIOD * slot
    return learned


def on_friday(learned: Learned) -> Band:
    return forecast_of(SITE, [], FRIDAY, FRIDAY, learned).load


def test_what_the_file_was_off_by_at_first_is_no_doubt_about_it_later() -> None:
    load, came_w = on_friday(until_friday()), load_w(FRIDAY, WORKDAY.stop)
    assert load.p50_w[WORKDAY] == pytest.approx(came_w, rel=0.01)
    assert np.all(load.p10_w[WORKDAY] > 0.96 * came_w), "the file's tenth is no miss of today's"
    assert np.all(load.p90_w[WORKDAY] < 1.04 * came_w)


def test_a_load_that_comes_as_it_was_leaves_less_doubt_than_the_first_guess() -> None:
    width_w = [
        (load.p90_w - load.p10_w)[WORKDAY].sum()
        for load in map(on_friday, (until_friday(), nothing_learned(FRIDAY)))
    ]
    assert width_w[0] < 0.8 * width_w[1]
