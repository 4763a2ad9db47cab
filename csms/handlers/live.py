"""Readings as live values: their newest time wins, so a station clock ahead of ours is cut off."""

from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace

from csms.domain.meter import MeterReading, ReadingFlag

TOLERANCE: Final = timedelta(minutes=2)


def live(readings: tuple[MeterReading, ...], now: datetime) -> tuple[MeterReading, ...]:
    """`readings`, those later than `now` by more than the tolerance moved to `now` and flagged."""
    latest = now + TOLERANCE
    if all([reading.at <= latest for reading in readings]):
        return readings
    return tuple(
        reading
        if reading.at <= latest
        else replace(reading, at=now, flags=(*reading.flags, ReadingFlag.CLOCK_AHEAD.value))
        for reading in readings
    )
