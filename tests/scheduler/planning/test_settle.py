"""Delivery of an instruction, from readings and the frozen baseline alone."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.domain.reading import GridReading
from scheduler.domain.signal import Baseline, GridSignal, SignalKind
from scheduler.planning.settle import settle
from tests.scheduler.makers import NOON

ASKED = GridSignal(
    signal_id=UUID(int=1),
    site_id="test",
    operator="dno",
    external_id="1",
    revision=1,
    kind=SignalKind.INSTRUCTION,
    priority=1,
    starts_at=NOON,
    ends_at=NOON + timedelta(minutes=30),
    delta_w=-60_000.0,
    baseline=Baseline(starts_at=NOON, slot_s=900, grid_w=(100_000.0, 160_000.0), plan_version=1),
)


def reading(second: float, grid_w: float) -> GridReading:
    return GridReading(at=NOON + timedelta(seconds=second), grid_w=grid_w)


def delivered(share: float) -> list[GridReading]:
    """A reading each second that gives `share` of what was asked."""
    return [reading(s, (100_000 if s < 900 else 160_000) - share * 60_000) for s in range(-5, 1805)]


def test_full_delivery() -> None:
    minutes, (half_hour,) = settle(ASKED, delivered(1.0))
    assert len(minutes) == 30
    assert half_hour.baseline_wh == pytest.approx(65_000, rel=1e-3)
    assert half_hour.metered_wh == pytest.approx(35_000, rel=1e-3)
    assert half_hour.requested_wh == pytest.approx(-30_000, rel=1e-3)
    assert half_hour.delivered_wh == pytest.approx(-30_000, rel=1e-3)
    assert half_hour.delivered_ratio == pytest.approx(1, rel=1e-3)
    assert half_hour.complete
    assert half_hour.reading_count == 1_800


def test_half_of_it_and_the_wrong_way() -> None:
    assert settle(ASKED, delivered(0.5))[1][0].delivered_ratio == pytest.approx(0.5, rel=1e-3)
    assert settle(ASKED, delivered(-1.0))[1][0].delivered_ratio == pytest.approx(-1, rel=1e-3)


def test_minutes_add_up_to_the_half_hour() -> None:
    minutes, (half_hour,) = settle(ASKED, delivered(0.9))
    for name in ("baseline_wh", "metered_wh", "requested_wh", "delivered_wh", "reading_count"):
        assert sum(getattr(m, name) for m in minutes) == pytest.approx(getattr(half_hour, name))


def test_a_gap_makes_its_interval_incomplete_and_counts_the_mean_of_the_rest() -> None:
    readings = [r for r in delivered(1.0) if not 60 <= (r.at - NOON).total_seconds() < 100]
    minutes, (half_hour,) = settle(ASKED, readings)
    assert [m.complete for m in minutes[:3]] == [True, False, True]
    assert minutes[1].delivered_wh == pytest.approx(-1_000)
    assert half_hour.complete


def test_without_readings_nothing_was_delivered_and_nothing_is_complete() -> None:
    minutes, (half_hour,) = settle(ASKED, [])
    assert half_hour.delivered_wh == 0
    assert half_hour.delivered_ratio is None
    assert not any(row.complete for row in minutes)


def test_a_window_off_the_grid_has_shorter_intervals_at_its_ends() -> None:
    odd = replace(
        ASKED,
        starts_at=NOON + timedelta(seconds=90),
        ends_at=NOON + timedelta(minutes=29, seconds=20),
    )
    minutes, (half_hour,) = settle(odd, delivered(1.0))
    assert minutes[0].duration_s == 30
    assert minutes[-1].duration_s == 20
    assert half_hour.duration_s == sum(m.duration_s for m in minutes) == 1_670
    assert {m.interval_s for m in minutes} == {60}
    assert half_hour.interval_s == 1_800


def test_a_signal_without_a_baseline_cannot_be_settled() -> None:
    with pytest.raises(ValueError, match="no baseline"):
        settle(replace(ASKED, baseline=None), delivered(1.0))


def test_a_step_between_two_readings_counts_half_to_each_side() -> None:
    start, end = (NOON + timedelta(seconds=s) for s in (0, 60))
    asked = replace(ASKED, starts_at=start, ends_at=end)
    readings = [reading(s, 100_000 if s < 20 else 40_000) for s in range(-15, 75, 15)]
    ((minute,), _) = settle(asked, readings)
    assert minute.metered_wh == pytest.approx((22.5 * 100_000 + 37.5 * 40_000) / 3600)


@given(st.permutations(delivered(0.8)[::60]))
def test_the_order_of_readings_does_not_matter(shuffled: list[GridReading]) -> None:
    def at(r: GridReading) -> datetime:
        return r.at

    assert settle(ASKED, shuffled) == settle(ASKED, sorted(shuffled, key=at))
