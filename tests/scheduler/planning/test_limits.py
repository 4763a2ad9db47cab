"""Which bounds and which instruction hold when."""

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
    import_w, export_w, target_w = limits_per_slot(CONNECTION, signals, NOON, 900, 4)
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
