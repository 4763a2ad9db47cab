"""How far off a forecast may be: a band around what a model says, by what past forecasts missed.

Misses are counted as shares of what is possible (`most_w`: the clear sky, the farms' capacity, the
largest load), apart by how far ahead they were forecast and how high, for a forecast of nearly
nothing can only be too low. Old ones fade. Until there are enough, errors count as normal, growing
over the first hours: of generation 60 % of it a day ahead, of load 2 %; never less than 0.5 %.
"""

from datetime import datetime

import numpy as np
import numpy.typing as npt

from scheduler.domain.forecast import Band, Forecast
from scheduler.domain.plan import Watts
from scheduler.forecasting.decay import Numbers, ages_s
from scheduler.planning.chance import Z90

GENERATION_ERROR_RATIO = 0.6  # standard error of a day-ahead forecast of solar, or of wind
LOAD_ERROR_RATIO = 0.02
SMALLEST_ERROR_RATIO = 0.005
FULL_ERROR_S = 3 * 3600.0  # a forecast gets worse over its first hours

LEADS_S = np.array([900.0, 1800.0, 3600.0, 7200.0, 14_400.0, 28_800.0, 57_600.0])
LEVELS = np.array([0.1, 0.3, 0.6])
EDGES = np.linspace(-1.0, 1.0, 81) * np.abs(np.linspace(-1.0, 1.0, 81))  # finer around nothing
COUNTS_SHAPE = (len(LEADS_S) + 1, len(LEVELS) + 1, len(EDGES) - 1)
QUANTILES = (0.1, 0.5, 0.9)
ENOUGH_SLOTS = 96.0  # as much weight as the first guess has
Indices = npt.NDArray[np.intp]


def counted(
    counts: Numbers, *, model_w: Numbers, seen_w: Numbers, most_w: Numbers, ages_s: Numbers
) -> Numbers:
    """The counts with one slot's misses; arrays with an entry per forecast of it. Forecasts of the
    same slot from about as far ahead share its weight of one."""
    lead, level = _place(model_w, most_w, ages_s)
    missed = np.clip((seen_w - model_w) / np.maximum(most_w, 1.0), -1.0, 1.0)
    bins = np.clip(np.searchsorted(EDGES, missed, side="right") - 1, 0, len(EDGES) - 2)
    more = np.zeros(COUNTS_SHAPE)
    np.add.at(more, (lead, level, bins), 1.0 / np.bincount(lead)[lead])
    return counts + more


def band(
    model_w: Watts,
    ages_s: Numbers,
    error_ratio: float,
    most_w: Watts | float,
    counts: Numbers | None = None,
) -> Band:
    """The band around what the model says, within what is possible. `error_ratio` is of a site
    without history; `counts` are its past misses."""
    grown_ratio = error_ratio * np.clip(ages_s / FULL_ERROR_S, 0.0, 1.0)
    off_w = Z90 * np.maximum(grown_ratio, SMALLEST_ERROR_RATIO) * model_w
    misses_w = np.stack([-off_w, np.zeros_like(off_w), off_w])
    if counts is not None:
        top_w = np.broadcast_to(np.asarray(most_w, dtype=float), model_w.shape)
        place = _place(model_w, top_w, ages_s)
        slots = counts.sum(axis=2)[place]
        known_ratio = slots / (slots + ENOUGH_SLOTS)
        misses_w += known_ratio * (_quantiles(counts)[(slice(None), *place)] * top_w - misses_w)
    p10_w, p50_w, p90_w = np.clip(model_w + misses_w, 0.0, most_w)
    return Band(model_w=model_w, p10_w=p10_w, p50_w=p50_w, p90_w=p90_w)


def _place(model_w: Numbers, most_w: Numbers, ages_s: Numbers) -> tuple[Indices, Indices]:
    """Where misses of such a forecast are counted."""
    level = np.searchsorted(LEVELS, model_w / np.maximum(most_w, 1.0))
    return np.searchsorted(LEADS_S, ages_s), level


def _quantiles(counts: Numbers) -> Numbers:
    """(quantile, lead, level): the missed share of what is possible."""
    total = counts.sum(axis=2)
    below = np.concatenate([np.zeros((*total.shape, 1)), np.cumsum(counts, axis=2)], axis=2)
    found = np.zeros((len(QUANTILES), *total.shape))
    for place in zip(*np.nonzero(total), strict=True):
        found[(slice(None), *place)] = np.interp(
            np.array(QUANTILES) * total[place], below[place], EDGES
        )
    return found


def without_history(
    issued_at: datetime,
    starts_at: datetime,
    slot_s: int,
    *,
    load_w: Watts,
    solar_w: Watts,
    wind_w: Watts,
) -> Forecast:
    """A forecast from what a model says, for a site that has no history."""
    ahead_s = ages_s(issued_at, starts_at, slot_s, len(load_w))
    return Forecast(
        issued_at=issued_at,
        starts_at=starts_at,
        slot_s=slot_s,
        load=band(load_w, ahead_s, LOAD_ERROR_RATIO, np.inf),
        solar=band(solar_w, ahead_s, GENERATION_ERROR_RATIO, np.inf),
        wind=band(wind_w, ahead_s, GENERATION_ERROR_RATIO, np.inf),
    )
