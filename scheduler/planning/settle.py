"""Delivery of an instruction from stored readings alone, so that anyone can compute it again.

Power runs straight from a reading to the next one: a step between two of them counts half to each
side. Readings further apart than `LONGEST_STEP_S` leave a gap. An interval is complete when
readings cover nearly all of it; one with gaps counts its mean over what was covered.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from scheduler.domain.reading import GridReading
from scheduler.domain.settlement import HALF_HOUR_S, MINUTE_S, SettlementRow
from scheduler.domain.signal import GridSignal
from scheduler.planning.limits import baseline_w, target_w

LONGEST_STEP_S = 30.0
COMPLETE_RATIO = 0.95
SMALLEST_WH = 1e-6


def settle(
    signal: GridSignal, readings: Sequence[GridReading]
) -> tuple[tuple[SettlementRow, ...], tuple[SettlementRow, ...]]:
    """Minute rows and half-hour rows of the signal's window, from readings in any order.

    Intervals start at full minutes and half-hours; the first and last may be shorter.
    Raises ValueError if the signal was acknowledged without a baseline that covers its window.
    """
    ordered = sorted(readings, key=lambda r: r.at)
    times = [r.at for r in ordered]
    minutes, half_hours = (
        tuple(
            _row(signal, ordered, times, begins_at, ends_at, interval_s)
            for begins_at, ends_at in _intervals(signal.starts_at, signal.ends_at, interval_s)
        )
        for interval_s in (MINUTE_S, HALF_HOUR_S)
    )
    return minutes, half_hours


def _intervals(
    starts_at: datetime, ends_at: datetime, length_s: int
) -> Iterator[tuple[datetime, datetime]]:
    begins_at = starts_at
    while begins_at < ends_at:
        next_s = (begins_at.timestamp() // length_s + 1) * length_s
        until = min(begins_at + timedelta(seconds=next_s - begins_at.timestamp()), ends_at)
        yield begins_at, until
        begins_at = until


def _row(
    signal: GridSignal,
    readings: Sequence[GridReading],
    times: Sequence[datetime],
    begins_at: datetime,
    ends_at: datetime,
    interval_s: int,
) -> SettlementRow:
    baseline_wh, asked_wh = _asked_wh(signal, begins_at, ends_at)
    duration_s = (ends_at - begins_at).total_seconds()
    energy_ws, covered_s = _metered(readings, times, begins_at, ends_at)
    mean_w = energy_ws / covered_s if covered_s > 0 else 0.0
    metered_wh = mean_w * duration_s / 3600.0
    requested_wh = asked_wh - baseline_wh
    delivered_wh = metered_wh - baseline_wh if covered_s > 0 else 0.0
    asked = abs(requested_wh) > SMALLEST_WH and covered_s > 0
    return SettlementRow(
        interval_s=interval_s,
        starts_at=begins_at,
        duration_s=round(duration_s),
        baseline_wh=baseline_wh,
        metered_wh=metered_wh,
        requested_wh=requested_wh,
        delivered_wh=delivered_wh,
        delivered_ratio=delivered_wh / requested_wh if asked else None,
        reading_count=bisect_left(times, ends_at) - bisect_left(times, begins_at),
        complete=covered_s >= COMPLETE_RATIO * duration_s,
    )


def _asked_wh(signal: GridSignal, begins_at: datetime, ends_at: datetime) -> tuple[float, float]:
    """Energy of the baseline and of what was asked for, minute by minute."""
    baseline_wh = asked_wh = 0.0
    for minute_at, until in _intervals(begins_at, ends_at, MINUTE_S):
        base_w, wanted_w = baseline_w(signal.baseline, minute_at), target_w(signal, minute_at)
        if base_w is None or wanted_w is None:
            raise ValueError(f"signal {signal.signal_id}: no baseline at {minute_at.isoformat()}")
        hours = (until - minute_at).total_seconds() / 3600.0
        baseline_wh += base_w * hours
        asked_wh += wanted_w * hours
    return baseline_wh, asked_wh


def _metered(
    readings: Sequence[GridReading],
    times: Sequence[datetime],
    begins_at: datetime,
    ends_at: datetime,
) -> tuple[float, float]:
    """Watt-seconds and the seconds that readings cover."""
    energy_ws = covered_s = 0.0
    first = max(bisect_right(times, begins_at) - 1, 0)
    last = bisect_left(times, ends_at)
    for before, after in pairwise(readings[first : last + 1]):
        step_s = (after.at - before.at).total_seconds()
        since, until = max(before.at, begins_at), min(after.at, ends_at)
        seconds = (until - since).total_seconds()
        if seconds > 0 and step_s <= LONGEST_STEP_S:
            middle_s = ((since - before.at) + (until - before.at)).total_seconds() / 2
            slope_w = after.grid_w - before.grid_w
            energy_ws += (before.grid_w + slope_w * middle_s / step_s) * seconds
            covered_s += seconds
    return energy_ws, covered_s
