import numpy as np
import pytest

from simulator.noise import normal_series


def test_the_same_instant_has_the_same_value_however_it_is_read() -> None:
    whole = normal_series(1, "wind", np.arange(0.0, 7200.0, 60.0), 600)
    part = normal_series(1, "wind", np.arange(3600.0, 7200.0, 60.0), 600)
    assert whole[60:] == pytest.approx(part)
    assert not np.allclose(whole, normal_series(2, "wind", np.arange(0.0, 7200.0, 60.0), 600))


def test_it_is_standard_normal_and_correlated() -> None:
    values = normal_series(1, "wind", np.arange(0.0, 600.0 * 5000, 60.0), 600)
    assert values.mean() == pytest.approx(0, abs=0.05)
    assert values.std() == pytest.approx(1, abs=0.05)
    assert np.corrcoef(values[:-1], values[1:])[0, 1] > 0.9
    assert abs(np.corrcoef(values[:-30], values[30:])[0, 1]) < 0.1
