"""Live values: a station clock ahead of ours is cut off, one behind is not."""

from datetime import UTC, datetime, timedelta

from csms.domain.meter import MeterReading
from csms.handlers.live import TOLERANCE, live

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)


def test_readings_of_the_past_and_of_a_slightly_fast_clock_are_left_alone():
    readings = (MeterReading(at=NOW - timedelta(days=9)), MeterReading(at=NOW + TOLERANCE))
    assert live(readings, NOW) == readings


def test_a_reading_from_the_future_is_of_now_and_says_so():
    (reading,) = live((MeterReading(at=NOW + timedelta(days=1), power_w=5.0, flags=("x",)),), NOW)
    assert (reading.at, reading.power_w, reading.flags) == (NOW, 5.0, ("x", "clock_ahead"))
