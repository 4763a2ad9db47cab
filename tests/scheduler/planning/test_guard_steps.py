"""The guard orders whole steps only, and bounds hold with them."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.domain.site import Circuit
from scheduler.planning.guard import guard
from scheduler.planning.guard_types import GuardInput
from tests.scheduler.planning.test_guard import a_second, evse, powers
from tests.scheduler.planning.test_guard_lines import seconds

STEP_W = 690.0


def stepping(number: int, planned_w: float, **changes: Any) -> Any:
    fields = {"min_charge_w": 4_140.0, "max_charge_w": 11_040.0, "step_w": STEP_W}
    return evse(number, planned_w, **(fields | changes))


def test_what_a_circuit_takes_away_is_rounded_further_down() -> None:
    yard = (Circuit(circuit_id="yard", limit_w=20_000),)
    result = guard(a_second(20_000, stepping(1, 11_040), stepping(2, 11_040), circuits=yard))
    assert sum(powers(result)) == pytest.approx(16 * STEP_W + 12 * STEP_W)
    assert sum(powers(result)) <= 20_000


def test_the_last_bit_of_a_battery_is_a_step_the_vehicle_ends_itself() -> None:
    assert powers(guard(a_second(20_000, stepping(1, 4_300)))) == pytest.approx([7 * STEP_W])


def test_a_discharge_for_the_import_bound_goes_deeper_rather_than_less() -> None:
    giver = stepping(1, 0.0, max_discharge_w=10_000.0, spare_wh=20_000.0, laxity_s=3_600.0)
    result = guard(a_second(103_000, giver))
    assert powers(result) == pytest.approx([-5 * STEP_W])
    assert result.import_excess_w == 0


def test_for_the_export_bound_a_step_too_much_is_charged_rather_than_one_too_little() -> None:
    result = guard(a_second(-55_000, stepping(1, 0.0), planned_grid_w=-55_000))
    assert powers(result) == pytest.approx([8 * STEP_W])


@st.composite
def in_steps(draw: st.DrawFn) -> GuardInput:
    given_ = draw(seconds())
    steps = st.sampled_from([0.0, 230.0, 690.0])
    return replace(given_, evses=tuple(replace(s, step_w=draw(steps)) for s in given_.evses))


@settings(max_examples=150)
@given(in_steps())
def test_every_setpoint_is_of_whole_steps_and_every_limit_holds(given_: GuardInput) -> None:
    states = {state.station_id: state for state in given_.evses}
    told = {s.station_id: s.setpoint_w for s in guard(given_).evses}
    for station_id, power_w in told.items():
        state = states[station_id]
        assert -state.max_discharge_w - 0.01 <= power_w <= state.max_charge_w + 0.01
        assert not 1 < power_w < state.min_charge_w - 0.01
        if state.step_w:
            assert power_w / state.step_w == pytest.approx(round(power_w / state.step_w), abs=2e-3)
    for circuit in given_.circuits:
        below = [s for s in given_.evses if circuit.circuit_id in ("yard", s.circuit_id)]
        mine = {s.station_id: told[s.station_id] for s in below if s.station_id in told}
        assert sum(max(p, 0.0) for p in mine.values()) <= circuit.limit_w + 1
        assert sum(max(-p, 0.0) for p in mine.values()) <= circuit.limit_w + 1
        for line in range(3):
            counted = [(told[i] * states[i].line_ratios[line]) for i in mine]
            most_w = 230.0 * (circuit.limit_a_per_phase or 0.0)
            assert sum(max(w, 0.0) for w in counted) <= most_w + 1
            assert sum(max(-w, 0.0) for w in counted) <= most_w + 1
