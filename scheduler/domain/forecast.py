"""Forecast: expected generation and load per slot, made at `issued_at`. Generation is positive."""

from dataclasses import dataclass
from datetime import datetime

from scheduler.domain.plan import Watts


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """Average W per slot; arrays of equal length."""

    issued_at: datetime
    starts_at: datetime
    slot_s: int
    load_w: Watts
    solar_w: Watts
    wind_w: Watts
