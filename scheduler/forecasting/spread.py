"""How far off a forecast may be: a band around what a model says.

Before a site has a history, errors count as normal, growing over the first hours: of generation
60 % of it a day ahead, of load 2 %; never less than 0.5 %.
"""

from datetime import datetime

import numpy as np

from scheduler.domain.forecast import Band, Forecast
from scheduler.domain.plan import Watts
from scheduler.forecasting.decay import Numbers, ages_s
from scheduler.planning.chance import Z90

GENERATION_ERROR_RATIO = 0.6  # standard error of a day-ahead forecast of solar, or of wind
LOAD_ERROR_RATIO = 0.02
SMALLEST_ERROR_RATIO = 0.005
FULL_ERROR_S = 3 * 3600.0  # a forecast gets worse over its first hours


def band(model_w: Watts, ages_s: Numbers, error_ratio: float, max_w: Watts | float) -> Band:
    """The band of a site without history, within what is possible."""
    grown_ratio = error_ratio * np.clip(ages_s / FULL_ERROR_S, 0.0, 1.0)
    off_w = Z90 * np.maximum(grown_ratio, SMALLEST_ERROR_RATIO) * model_w
    return Band(
        model_w=model_w,
        p10_w=np.clip(model_w - off_w, 0.0, max_w),
        p50_w=model_w,
        p90_w=np.clip(model_w + off_w, 0.0, max_w),
    )


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
