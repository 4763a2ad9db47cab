"""Which bounds and which instruction hold when."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from scheduler.domain.signal import Baseline, GridSignal, SignalKind
from scheduler.domain.site import GridConnection
from scheduler.planning.limits import limits_during, limits_per_slot
from tests.scheduler.makers import NOON

CONNECTION = GridConnection(import_limit_w=100_000, export_limit_w=50_000, margin_w=1_000)


def signal(number: int = 1, *, from_min: int = 0, to_min: int = 30, **fields: Any) -> GridSignal:
    kind = SignalKind.ENVELOPE
    if "site_power_w" in fields or "delta_w" in fields:
        kind = SignalKind.INSTRUCTION
    return GridSignal(
        signal_id=UUID(int=number),
        site_id="test",
        operator="dno",
        external_id=str(number),
        revision=1,
        kind=kind,
        priority=fields.pop("priority", 1),
        starts_at=NOON + timedelta(minutes=from_min),
        ends_at=NOON + timedelta(minutes=to_min),
        **fields,
    )


def test_without_signals_the_connection_less_its_margin() -> None:
    limits = limits_during(CONNECTION, [], NOON, 1.0)
    assert (limits.import_max_w, limits.export_max_w) == (99_000, 49_000)
    assert limits.target_grid_w is None


def test_of_several_envelopes_the_narrowest_holds_each_way() -> None:
    signals = [signal(import_max_w=60_000), signal(2, import_max_w=80_000, export_max_w=0)]
    limits = limits_during(CONNECTION, signals, NOON, 1.0)
    assert (limits.import_max_w, limits.export_max_w) == (59_000, 0)


def test_a_window_begins_with_its_first_instant_and_ends_before_its_last() -> None:
    envelope = signal(import_max_w=10_000)
    assert limits_during(CONNECTION, [envelope], envelope.starts_at, 1.0).import_max_w == 9_000
    assert limits_during(CONNECTION, [envelope], envelope.ends_at, 1.0).import_max_w == 99_000


def test_the_instruction_with_the_lowest_priority_number_acts() -> None:
    signals = [signal(1, priority=2, site_power_w=1.0), signal(2, priority=0, site_power_w=2.0)]
    limits = limits_during(CONNECTION, signals, NOON, 1.0)
    assert limits.target_grid_w == 2
    assert limits.instruction == signals[1]


def test_a_delta_counts_from_its_frozen_baseline() -> None:
    baseline = Baseline(starts_at=NOON, slot_s=900, grid_w=(10_000.0, 20_000.0), plan_version=7)
    asked = signal(delta_w=-5_000.0, baseline=baseline)
    later = NOON + timedelta(minutes=20)
    assert limits_during(CONNECTION, [asked], NOON, 1.0).target_grid_w == 5_000
    assert limits_during(CONNECTION, [asked], later, 1.0).target_grid_w == 15_000


def test_a_delta_without_baseline_asks_nothing() -> None:
    assert limits_during(CONNECTION, [signal(delta_w=-5_000.0)], NOON, 1.0).target_grid_w is None


def test_an_envelope_holds_in_slots_it_touches_an_instruction_where_it_covers_the_middle() -> None:
    signals = [
        signal(1, from_min=14, to_min=31, import_max_w=50_000),
        signal(2, from_min=10, to_min=40, site_power_w=3_000.0),
    ]
    import_w, export_w, target_w, *_ = limits_per_slot(CONNECTION, signals, NOON, 900, 4)
    assert import_w.tolist() == [49_000, 49_000, 49_000, 99_000]
    assert export_w.tolist() == [49_000] * 4
    assert target_w[1:3] == pytest.approx([3_000, 3_000])
    assert np.isnan(target_w[[0, 3]]).all()


def test_an_envelope_holds_wherever_it_touches_and_an_instruction_from_the_middle_on() -> None:
    envelope = signal(import_max_w=9_000.0)
    asked = signal(site_power_w=5_000.0)
    for early_s, target_w in ((14.0, None), (8.0, None), (7.0, 5_000.0), (0.0, 5_000.0)):
        begins_at = NOON - timedelta(seconds=early_s)
        limits = limits_during(CONNECTION, [envelope, asked], begins_at, 15.0)
        assert (limits.import_max_w, limits.target_grid_w) == (8_000, target_w)


def beside(number: int = 1, **fields: Any) -> GridSignal:
    """From 12:15 to 12:30, from a baseline that rises by 1 kW a slot, no rebound a slot long."""
    baseline = Baseline(starts_at=NOON, slot_s=900, grid_w=(1e3, 2e3, 3e3, 4e3), plan_version=None)
    spans = {"no_rebound_before_s": 900, "no_rebound_after_s": 900}
    return signal(number, from_min=15, to_min=30, baseline=baseline, **(spans | fields))


@pytest.mark.parametrize(
    ("asked", "side"),
    [
        ({"delta_w": -500.0}, (1.0, 0.0)),
        ({"delta_w": 500.0}, (0.0, 1.0)),
        ({"site_power_w": 0.0}, (1.0, 0.0)),
        ({"site_power_w": 9_000.0}, (0.0, 1.0)),
        ({"site_power_w": 2_000.0}, (0.0, 0.0)),
        ({"delta_w": 0.0}, (0.0, 0.0)),
    ],
)
def test_beside_its_window_an_instruction_holds_the_site_on_its_side_of_the_baseline(
    asked: dict[str, float], side: tuple[float, float]
) -> None:
    limits = limits_per_slot(CONNECTION, [beside(**asked)], NOON, 900, 4)
    base_w = np.array([1e3, np.nan, 3e3, np.nan])
    free = np.isnan(base_w) | (side == (0.0, 0.0))
    assert limits.rebound_max_w == pytest.approx(np.where(free | (side[0] == 0), np.inf, base_w))
    assert limits.rebound_min_w == pytest.approx(np.where(free | (side[1] == 0), -np.inf, base_w))


def test_no_rebound_lasts_as_long_as_it_was_asked_for_and_yields_to_the_next_instruction() -> None:
    first = beside(delta_w=-500.0, no_rebound_before_s=0, no_rebound_after_s=1_800)
    second = signal(2, from_min=45, to_min=60, priority=5, site_power_w=8_000.0)
    limits = limits_per_slot(CONNECTION, [first, second], NOON, 900, 5)
    assert np.isfinite(limits.rebound_max_w).tolist() == [False, False, True, False, False]
    assert limits.grid_target_w[3] == 8_000


def test_of_two_that_cannot_both_hold_the_foremost_does() -> None:
    low = Baseline(starts_at=NOON, slot_s=900, grid_w=(0.0,) * 4, plan_version=None)
    above, below = beside(1, delta_w=500.0, priority=0), beside(2, delta_w=-500.0, priority=1)
    rebound = limits_during(CONNECTION, [replace(below, baseline=low), above], NOON, 1.0).rebound
    assert (rebound.lower_w, rebound.upper_w) == (1_000, 1_000)


def test_each_slot_names_the_signals_behind_it() -> None:
    signals = [
        beside(1, delta_w=-500.0),
        signal(2, from_min=0, to_min=15, import_max_w=90_000.0),
        signal(3, from_min=0, to_min=15, import_max_w=60_000.0),
    ]
    limits = limits_per_slot(CONNECTION, signals, NOON, 900, 4)
    assert limits.asked_by == ("1", "1", "1", "")
    assert limits.import_by == ("3", "", "", "")


def test_reserves_add_up_where_they_touch_and_are_called_by_instructions() -> None:
    held = {"kind": SignalKind.RESERVE, "delta_w": None}
    first = replace(signal(1, delta_w=0.0), **held, reserve_down_w=5_000.0, reserve_s=1_800)
    second = replace(
        signal(2, from_min=20, to_min=60, delta_w=0.0), **held,
        reserve_down_w=1_000.0, reserve_up_w=2_000.0, reserve_s=900,
    )  # fmt: skip
    call = signal(3, from_min=45, to_min=60, site_power_w=0.0)
    limits = limits_per_slot(CONNECTION, [first, second, call], NOON, 900, 5)
    assert limits.reserve_down is not None
    assert limits.reserve_up is not None
    assert limits.reserve_down.power_w.tolist() == [5_000, 6_000, 1_000, 0, 0]
    assert limits.reserve_down.energy_wh.tolist() == [2_500, 2_750, 250, 0, 0]
    assert limits.reserve_up.power_w.tolist() == [0, 2_000, 2_000, 0, 0]
    assert limits_per_slot(CONNECTION, [call], NOON, 900, 5).reserve_down is None
