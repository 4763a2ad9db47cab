"""Units and the one sign rule: power into the vehicle is positive, power out of it is negative."""

from datetime import datetime
from typing import Final

NOMINAL_V: Final = 230.0
"""Phase to neutral, as sold in Europe (EN 50160)."""
PHASES: Final = 3
"""Of a supply that does not say how many it has (OCPP 2.0.1, K01.FR.49)."""


def per_phase_a(power_w: float, *, phases: int, voltage_v: float = NOMINAL_V) -> float:
    """Current per phase of a balanced load, as OCPP means a limit in A (K01, chargingRateUnit)."""
    return power_w / (phases * voltage_v)


def balanced_w(current_a: float, *, phases: int, voltage_v: float = NOMINAL_V) -> float:
    """Power of a balanced load from its current per phase."""
    return current_a * phases * voltage_v


def energy_wh(power_w: float, duration_s: float) -> float:
    """Energy of a constant power."""
    return power_w * duration_s / 3600


def wire_time(at: datetime) -> datetime:
    """`at` in whole seconds: all that stations can be trusted to parse."""
    return at.replace(microsecond=0)
