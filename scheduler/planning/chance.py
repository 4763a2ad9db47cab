"""What the spread of a forecast means for a plan: limits by its cautious side, money by chance.

A forecast is a guess. Where the generation may well exceed the load, energy bought there may cost
only the export that it replaces; a planner that looked at the expected power alone would fill
store and vehicles at night and have no room when the sun comes out. And where the load may well
exceed the median, what the connection could carry is not all ours.
"""

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from scheduler.domain.forecast import Band, Forecast
from scheduler.domain.plan import GbpPerKwh, Watts

Z90 = 1.2815515655446004  # of a normal value nine tenths lie below this many standard errors
SMALLEST_ERROR_W = 1.0
LEAST_SURPLUS_W = 10.0
Numbers = npt.NDArray[np.float64]


def rise_w(forecast: Forecast) -> Watts:
    """How far load less generation may lie above its median: its p90, errors being independent."""
    return _joined(_above(forecast.load), _below(forecast.solar), _below(forecast.wind))


def fall_w(forecast: Forecast) -> Watts:
    """How far load less generation may lie below its median: its p10."""
    return _joined(_below(forecast.load), _above(forecast.solar), _above(forecast.wind))


def _joined(*parts_w: Watts) -> Watts:
    joined_w: Watts = np.sqrt(sum(part_w**2 for part_w in parts_w))
    return joined_w


def _above(band: Band) -> Watts:
    return np.maximum(np.nan_to_num(band.p90_w - band.p50_w), 0.0)


def _below(band: Band) -> Watts:
    return np.maximum(np.nan_to_num(band.p50_w - band.p10_w), 0.0)


def surplus_chance(load_w: Watts, generation_w: Watts, rise_w: Watts, fall_w: Watts) -> Numbers:
    """Chance that generation exceeds load in each slot, 0 to 1; of a normal error on each side."""
    surplus_w = generation_w - load_w - LEAST_SURPLUS_W
    error_w = np.maximum(np.where(surplus_w > 0, rise_w, fall_w) / Z90, SMALLEST_ERROR_W)
    chance: Numbers = ndtr(surplus_w / error_w)
    return chance


def expected_price(
    import_gbp_per_kwh: GbpPerKwh, surplus_gbp_per_kwh: GbpPerKwh, chance: Numbers
) -> GbpPerKwh:
    """Import price, or what surplus is worth where that is less, by the chance of each."""
    saved = np.maximum(import_gbp_per_kwh - surplus_gbp_per_kwh, 0.0)
    price: GbpPerKwh = import_gbp_per_kwh - chance * saved
    return price
