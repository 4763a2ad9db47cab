"""Bands hold what they say once there is a history, and are sane before."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.forecasting import spread

HOUR_S = 3600.0


def told(errors: list[float], *, model_w: float = 500.0, age_s: float = HOUR_S) -> np.ndarray:
    """Counts after a forecast of `model_w` of 1 kW missed by each of these."""
    counts = np.zeros(spread.COUNTS_SHAPE)
    for off_w in errors:
        counts = spread.counted(
            counts,
            model_w=np.array([model_w]),
            seen_w=np.array([model_w + off_w]),
            most_w=np.array([1000.0]),
            ages_s=np.array([age_s]),
        )
    return counts


def a_band(counts: np.ndarray | None, age_s: float = HOUR_S) -> list[float]:
    made = spread.band(np.array([500.0]), np.array([age_s]), 0.6, 1000.0, counts)
    return [float(row[0]) for row in (made.p10_w, made.p50_w, made.p90_w)]


def test_without_a_history_a_band_grows_over_the_first_hours() -> None:
    near, far = a_band(None, 600.0), a_band(None, 4 * HOUR_S)
    assert near[0] > far[0] > 0
    assert near[2] < far[2] < 1000
    assert far == pytest.approx([500 - 1.28155 * 300, 500, 500 + 1.28155 * 300], abs=0.1)


def test_with_a_history_it_is_what_past_forecasts_missed_and_corrects_them() -> None:
    random = np.random.default_rng(1)
    counts = told(random.normal(80.0, 20.0, 4000).tolist())
    p10_w, p50_w, p90_w = a_band(counts)
    assert p50_w == pytest.approx(580, abs=8)
    assert p10_w == pytest.approx(580 - 1.28 * 20, abs=12)
    assert p90_w == pytest.approx(580 + 1.28 * 20, abs=12)


def test_a_few_slots_change_little() -> None:
    assert a_band(told([400.0] * 2))[1] == pytest.approx(500, abs=15)


def test_a_forecast_of_far_ahead_tells_nothing_of_the_next_hour() -> None:
    counts = told([300.0] * 500, age_s=20 * HOUR_S)
    assert a_band(counts) == a_band(None)
    assert a_band(counts, 20 * HOUR_S)[1] > 700


def test_forecasts_of_one_slot_share_its_weight() -> None:
    five = spread.counted(
        np.zeros(spread.COUNTS_SHAPE),
        model_w=np.full(5, 500.0),
        seen_w=np.full(5, 600.0),
        most_w=np.full(5, 1000.0),
        ages_s=np.array([5000.0, 5100.0, 5200.0, 20_000.0, 21_000.0]),
    )
    assert five.sum() == pytest.approx(2.0)


@given(st.floats(0, 1000), st.floats(0, 2e5), st.lists(st.floats(-1500, 1500), max_size=20))
def test_quantiles_are_in_order_and_possible(
    model_w: float, age_s: float, errors: list[float]
) -> None:
    made = spread.band(np.array([model_w]), np.array([age_s]), 0.6, 1000.0, told(errors))
    assert 0 <= made.p10_w[0] <= made.p50_w[0] <= made.p90_w[0] <= 1000
