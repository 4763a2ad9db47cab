"""What a meter proves of a discharge, reading by reading."""

from datetime import UTC, datetime, timedelta

import pytest

from csms.domain.discharge import Verdict
from csms.domain.meter import MeterReading
from csms.proof import Watch

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
WATCH = Watch(setpoint_w=-1_000.0, since=NOON, until=NOON + timedelta(minutes=5))


def verdicts(*readings: tuple[int, float | None, float | None]) -> list[Verdict]:
    """Of (seconds after noon, power_w, export_wh)."""
    watch, told = WATCH, []
    for seconds, power_w, export_wh in readings:
        at = NOON + timedelta(seconds=seconds)
        reading = MeterReading(at=at, power_w=power_w, export_wh=export_wh)
        watch, verdict = watch.reads(reading)
        told.append(verdict)
    return told


NOTHING, PROVEN, LIAR = Verdict.NOTHING_YET, Verdict.PROVEN, Verdict.LIAR


@pytest.mark.parametrize(
    ("readings", "expected"),
    [
        ([(20, -1_000, 100.0), (80, -1_000, 116.0)], [NOTHING, PROVEN]),
        ([(20, -1_000, 100.0), (80, -1_000, 102.0)], [NOTHING, NOTHING]),
        ([(20, 9_000, 100.0)], [LIAR]),
        ([(20, 0, 100.0), (80, 0, 100.0)], [NOTHING, NOTHING]),
        ([(-60, 9_000, 0.0), (5, 9_000, 0.0)], [NOTHING, NOTHING]),
        ([(-60, 0, 0.0), (20, -1_000, 50.0)], [NOTHING, NOTHING]),
        ([(301, 9_000, 0.0)], [NOTHING]),
        ([(20, None, 100.0), (80, None, 120.0)], [NOTHING, PROVEN]),
        ([(20, -1_000, None), (80, -1_000, None)], [NOTHING, NOTHING]),
    ],
    ids=[
        "the register moves",
        "the register hardly moves",
        "power goes in",
        "a vehicle with nothing to give",
        "readings from before, and while it settles",
        "a rise that began before does not count",
        "after the lease",
        "no power told, but the register moves",
        "no register told",
    ],
)  # fmt: skip
def test_verdicts(
    readings: list[tuple[int, float | None, float | None]], expected: list[Verdict]
) -> None:
    assert verdicts(*readings) == expected
