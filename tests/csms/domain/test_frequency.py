"""A curve of the frequency: what it adds, how far it may go, and which helps the grid."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csms.domain.frequency import (
    CurveRefusal,
    FrequencyPoint,
    curve_of,
    curve_refusal,
    response_w,
    swing_w,
)

DROOP = curve_of(
    {"frequency_hz": hz, "power_w": w}
    for hz, w in ((49.8, -5_000.0), (49.98, 0.0), (50.02, 0.0), (50.2, 5_000.0))
)


@pytest.mark.parametrize(
    ("frequency_hz", "added_w"),
    [
        (47.0, -5_000.0), (49.8, -5_000.0), (49.89, -2_500.0), (50.0, 0.0), (50.11, 2_500.0),
        (53.0, 5_000.0),
    ],
)  # fmt: skip
def test_q08_fr06_between_points_by_straight_lines(frequency_hz: float, added_w: float) -> None:
    assert response_w(DROOP, frequency_hz) == pytest.approx(added_w)


@given(st.floats(45.0, 55.0))
def test_it_never_adds_more_than_its_swing(frequency_hz: float) -> None:
    down_w, up_w = swing_w(DROOP)
    assert -down_w - 1e-6 <= response_w(DROOP, frequency_hz) <= up_w + 1e-6


@pytest.mark.parametrize(
    ("points", "why"),
    [
        ([(49.8, -1.0)], CurveRefusal.POINT_COUNT),
        ([(49.0 + n / 50, 0.0) for n in range(21)], CurveRefusal.POINT_COUNT),
        ([(50.0, 0.0), (50.0, 1.0)], CurveRefusal.FREQUENCY_NOT_RISING),
        ([(49.8, 5.0), (50.2, -5.0)], CurveRefusal.AGAINST_THE_GRID),
    ],
)
def test_a_curve_that_is_none_or_harms_is_refused_by_name(
    points: list[tuple[float, float]], why: CurveRefusal
) -> None:
    assert curve_refusal([FrequencyPoint(*point) for point in points]) is why
    assert curve_refusal(DROOP) is None


def test_no_curve_adds_nothing() -> None:
    assert curve_of(None) == ()
    assert swing_w(()) == (0.0, 0.0)
