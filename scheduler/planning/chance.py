"""What the spread of a forecast means for a plan: limits by its cautious side, money by chance.

A forecast is a guess. Where the generation may well exceed the load, energy taken there may cost
only the export that it replaces; a planner that looked at the expected power alone would fill
store and vehicles at night and have no room when the sun comes out. But only the first of it is
likely to be surplus: who takes more of what may not come buys the rest. And where the load may
well exceed the median, what the connection could carry is not all ours.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from scheduler.domain.forecast import Band, Forecast
from scheduler.domain.plan import GbpPerKwh, Watts

Z90 = 1.2815515655446004  # of a normal value nine tenths lie below this many standard errors
SMALLEST_ERROR_W = 1.0
LEAST_SURPLUS_W = 10.0
EDGES = np.array([0.0, 0.3, 0.7, 1.2, 1.8])  # standard errors: where the price of energy steps
SIDE = len(EDGES)  # steps of import, and as many of export
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


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergySteps:
    """What a kWh more costs at the connection, by how much of it is meant: (slots, SIDE) each.

    From nothing on, import costs more from step to step, and export earns less.
    """

    import_w: Watts
    import_gbp_per_kwh: GbpPerKwh
    export_w: Watts
    export_gbp_per_kwh: GbpPerKwh


def energy_steps(
    buy_gbp_per_kwh: GbpPerKwh,
    sell_gbp_per_kwh: GbpPerKwh,
    import_max_w: Watts,
    export_max_w: Watts,
    rise_w: Watts,
    fall_w: Watts,
) -> EnergySteps:
    """The expected cost of a meant site power, of which load less generation may rise or fall off,
    as steps: a convex curve, for the chance that a kWh more is import grows with what is meant (the
    newsvendor's problem). Arrays (slots,); selling is never dearer than buying. Surplus is worth
    nothing where export costs: it is given up, and none is meant.
    """
    sold = sell_gbp_per_kwh >= 0
    spread_gbp = buy_gbp_per_kwh - np.where(sold, sell_gbp_per_kwh, np.minimum(buy_gbp_per_kwh, 0))
    import_w, falls = _chances(import_max_w, fall_w)
    export_w, rises = _chances(export_max_w, rise_w)
    return EnergySteps(
        import_w=import_w,
        import_gbp_per_kwh=buy_gbp_per_kwh[:, None] - spread_gbp[:, None] * falls,
        export_w=export_w,
        export_gbp_per_kwh=sell_gbp_per_kwh[:, None] + (spread_gbp * sold)[:, None] * rises,
    )


def _chances(most_w: Watts, off_w: Watts) -> tuple[Watts, Numbers]:
    """Widths of the steps up to `most_w`, and the mean chance in each that an error, of which one
    side's p90 is `off_w`, passes what is meant; none is assumed beyond the last edge."""
    edges_w = np.minimum(EDGES * (off_w / Z90)[:, None], most_w[:, None])
    widths_w = np.diff(edges_w, axis=1, append=most_w[:, None])
    begins, ends = EDGES[:-1], EDGES[1:]
    mean = (_passed(ends) - _passed(begins)) / (ends - begins)
    return widths_w, np.broadcast_to(np.append(mean, 0.0), widths_w.shape)


def _passed(errors: Numbers) -> Numbers:
    """The integral of the normal tail from 0 to so many standard errors."""
    density = np.exp(-0.5 * errors**2) / np.sqrt(2 * np.pi)
    passed: Numbers = errors * ndtr(-errors) - density + 1 / np.sqrt(2 * np.pi)
    return passed
