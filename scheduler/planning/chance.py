"""What a kWh bought in a slot to come is expected to cost, when it may turn out to be surplus.

A forecast is a guess. Where the generation may well exceed the load, energy bought there may cost
only the export that it replaces; a planner that looked at the expected power alone would fill
store and vehicles at night and have no room when the sun comes out.
"""

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from scheduler.domain.plan import GbpPerKwh, Watts

GENERATION_ERROR_RATIO = 0.6  # standard error of a day-ahead forecast of solar, or of wind
LOAD_ERROR_RATIO = 0.02
FULL_ERROR_H = 3.0  # a forecast gets worse over its first hours
SMALLEST_ERROR_RATIO = 0.005
LEAST_SURPLUS_W = 10.0
Numbers = npt.NDArray[np.float64]


def forecast_error_w(load_w: Watts, solar_w: Watts, wind_w: Watts, ahead_h: Numbers) -> Watts:
    """Standard error of load less generation in each slot, `ahead_h` hours from now."""
    error_w = np.sqrt(
        (GENERATION_ERROR_RATIO * solar_w) ** 2
        + (GENERATION_ERROR_RATIO * wind_w) ** 2
        + (LOAD_ERROR_RATIO * load_w) ** 2
    )
    error_w = error_w * np.clip(ahead_h / FULL_ERROR_H, 0.0, 1.0)
    at_least_w: Watts = np.maximum(error_w, SMALLEST_ERROR_RATIO * load_w + 1.0)
    return at_least_w


def surplus_chance(load_w: Watts, solar_w: Watts, wind_w: Watts, error_w: Watts) -> Numbers:
    """Chance that generation exceeds load in each slot, 0 to 1."""
    chance: Numbers = ndtr((solar_w + wind_w - load_w - LEAST_SURPLUS_W) / error_w)
    return chance


def expected_price(
    import_gbp_per_kwh: GbpPerKwh, surplus_gbp_per_kwh: GbpPerKwh, chance: Numbers
) -> GbpPerKwh:
    """Import price, or what surplus is worth where that is less, by the chance of each."""
    saved = np.maximum(import_gbp_per_kwh - surplus_gbp_per_kwh, 0.0)
    price: GbpPerKwh = import_gbp_per_kwh - chance * saved
    return price
