"""Frequency response: what a station adds to its setpoint by itself, by the frequency it measures.

A curve of OCPP 2.1 (V2XFreqWattPointType, Q08): power rises with frequency, for who takes more
when there is too much, and less or gives when there is too little, helps the grid.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from itertools import pairwise
from typing import Any, Final, NamedTuple

MIN_POINTS: Final = 2
MAX_POINTS: Final = 20


class FrequencyPoint(NamedTuple):
    """What is added at a frequency; between points by straight lines, beyond them the last."""

    frequency_hz: float
    power_w: float


Curve = tuple[FrequencyPoint, ...]


class CurveRefusal(StrEnum):
    """Why a curve is not sent."""

    POINT_COUNT = "frequency_curve_point_count"
    FREQUENCY_NOT_RISING = "frequency_curve_not_rising"
    AGAINST_THE_GRID = "frequency_curve_against_the_grid"


def curve_refusal(curve: Sequence[FrequencyPoint]) -> CurveRefusal | None:
    """The first rule that it breaks, or None."""
    if not MIN_POINTS <= len(curve) <= MAX_POINTS:  # Q08.FR.02
        return CurveRefusal.POINT_COUNT
    if any(later.frequency_hz <= one.frequency_hz for one, later in pairwise(curve)):
        return CurveRefusal.FREQUENCY_NOT_RISING
    if any(later.power_w < one.power_w for one, later in pairwise(curve)):
        return CurveRefusal.AGAINST_THE_GRID
    return None


def response_w(curve: Sequence[FrequencyPoint], frequency_hz: float) -> float:
    """What is added at `frequency_hz` (Q08.FR.06)."""
    if frequency_hz <= curve[0].frequency_hz:
        return curve[0].power_w
    for one, later in pairwise(curve):
        if frequency_hz <= later.frequency_hz:
            width_hz, rise_w = later.frequency_hz - one.frequency_hz, later.power_w - one.power_w
            return one.power_w + rise_w * (frequency_hz - one.frequency_hz) / width_hz
    return curve[-1].power_w


def swing_w(curve: Sequence[FrequencyPoint]) -> tuple[float, float]:
    """How far it may go down and up from the setpoint, both magnitudes."""
    powers_w = [0.0, *(point.power_w for point in curve)]
    return -min(powers_w), max(powers_w)


def curve_of(rows: Iterable[Mapping[str, Any]] | None) -> Curve:
    """From JSON values; none: the empty curve, which adds nothing."""
    return tuple(FrequencyPoint(row["frequency_hz"], row["power_w"]) for row in rows or ())
