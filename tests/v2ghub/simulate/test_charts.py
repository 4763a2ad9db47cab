"""Charts: a scale that holds everything, and no word that could be markup."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from v2ghub.simulate.charts import TICKS, Line, line_chart, scale

NUMBERS = st.floats(-1e9, 1e9, allow_nan=False)


@given(NUMBERS, NUMBERS)
def test_the_scale_holds_all_values_and_zero_between_few_ticks(one: float, other: float) -> None:
    low, high, step = scale(min(one, other), max(one, other))
    assert low <= min(one, other, 0.0) + 1e-9 * step
    assert high >= max(one, other, 0.0) - 1e-9 * step
    assert (high - low) / step <= TICKS + 2
    assert low / step == pytest.approx(round(low / step))


def test_the_highest_value_is_drawn_highest_and_words_are_escaped() -> None:
    drawn = line_chart("A < B", "kW", [Line("x & y", "a", np.array([0.0, 5.0, 10.0]))], [(0, "0")])
    points = drawn.split('points="')[1].split('"')[0].split()
    heights = [float(point.split(",")[1]) for point in points]
    assert heights == sorted(heights, reverse=True)
    assert "A &lt; B" in drawn
    assert "x &amp; y" in drawn
