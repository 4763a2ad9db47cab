"""Forecast: generation and load to come per slot, as quantiles, made at `issued_at`.

Generation is positive. A tenth of what turns out lies below p10, half below p50, a tenth above p90.
"""

from dataclasses import dataclass
from datetime import datetime

from scheduler.domain.plan import Watts


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """Quantiles of average W per slot. `model_w`: what the model said before its past errors were
    taken into account; by it the errors to come are measured."""

    model_w: Watts
    p10_w: Watts
    p50_w: Watts
    p90_w: Watts


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """Bands of equal length on one grid of slots. `foretold`: solar and wind follow foretold
    weather."""

    issued_at: datetime
    starts_at: datetime
    slot_s: int
    load: Band
    solar: Band
    wind: Band
    foretold: bool = False
