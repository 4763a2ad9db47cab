"""Readings as live values: their newest time wins, so a station clock ahead of ours is cut off."""

from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace

from csms.domain.meter import MeterReading, ReadingFlag

TOLERANCE: Final = timedelta(minutes=2)


def live(readings: tuple[MeterReading, ...], now: datetime) -> tuple[MeterReading, ...]:
    """`readings`, those later than `now` by more than the tolerance moved to `now` and flagged."""
    return tuple(
        reading
        if reading.at <= now + TOLERANCE
        else replace(reading, at=now, flags=(*reading.flags, ReadingFlag.CLOCK_AHEAD.value))
        for reading in readings
    )
