"""Watts and amps of a balanced load, energy, and the times that go over the wire."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csms.domain.units import balanced_w, energy_wh, per_phase_a, wire_time


@given(st.floats(-1e6, 1e6), st.integers(1, 3), st.floats(100, 500))
def test_there_and_back(power_w: float, phases: int, voltage_v: float) -> None:
    current_a = per_phase_a(power_w, phases=phases, voltage_v=voltage_v)
    assert balanced_w(current_a, phases=phases, voltage_v=voltage_v) == pytest.approx(power_w)


def test_sixteen_amps_on_three_phases() -> None:
    assert per_phase_a(11_040, phases=3) == 16
    assert balanced_w(16, phases=1) == 3_680


def test_an_hour_of_a_kilowatt() -> None:
    assert energy_wh(1000, 3600) == 1000
    assert energy_wh(-1000, 900) == -250


def test_the_wire_knows_whole_seconds() -> None:
    at = datetime(2026, 3, 1, 8, 0, 0, 999_999, tzinfo=UTC)
    assert wire_time(at) == datetime(2026, 3, 1, 8, tzinfo=UTC)
