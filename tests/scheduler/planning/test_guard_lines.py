"""The guard keeps the lines of a circuit, each second, as it keeps the circuit."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.domain.lines import line_ratios
from scheduler.domain.reading import Sample
from scheduler.domain.site import Circuit
from scheduler.planning.guard import guard
from scheduler.planning.guard_types import EvseState, GuardInput
from tests.scheduler.planning.test_guard import a_second, bounds, evse, powers

VOLTS = 230.0
YARD = (Circuit(circuit_id="yard", limit_w=60_000, limit_a_per_phase=40),)


def on(lines: str, number: int, planned_w: float | None = 7_360.0, **changes: Any) -> EvseState:
    """An EVSE of one phase, planned at 32 A."""
    ratios = line_ratios(1, lines)
    return evse(number, planned_w, line_ratios=ratios, max_charge_w=7_360.0, **changes)


def test_a_plan_that_fits_each_line_is_held() -> None:
    result = guard(a_second(20_000, *(on(f"L{n}", n) for n in (1, 2, 3)), circuits=YARD))
    assert powers(result) == [7_360] * 3
    assert bounds(result) == set()


def test_a_full_line_is_brought_down_and_the_others_are_left_alone() -> None:
    lax, urgent = on("L1", 1, laxity_s=7200.0), on("L1", 2, laxity_s=60.0)
    result = guard(a_second(30_000, lax, urgent, on("L2", 3), circuits=YARD))
    assert powers(result) == pytest.approx([40 * VOLTS - 7_360, 7_360, 7_360])
    assert "circuit:yard L1" in bounds(result)
    assert [s.safety for s in result.evses] == [True, False, False]


def test_an_evse_of_three_phases_gives_way_with_all_of_them() -> None:
    three = evse(1, 22_080.0, line_ratios=line_ratios(3), max_charge_w=22_080.0, laxity_s=7200.0)
    result = guard(a_second(40_000, three, on("L2", 2, laxity_s=0.0), circuits=YARD))
    assert powers(result) == pytest.approx([3 * 8 * VOLTS, 7_360])


def test_a_phase_that_is_not_known_may_be_on_the_full_line() -> None:
    result = guard(a_second(20_000, on("", 1), on("L3", 2), circuits=YARD))
    assert sum(powers(result)) == pytest.approx(40 * VOLTS)


def test_surplus_is_given_where_the_line_has_room() -> None:
    full, free = on("L1", 1), on("L1", 2, 0.0)
    elsewhere = on("L2", 3, 0.0, laxity_s=9_000.0)
    given_ = a_second(-7_000, full, free, elsewhere, circuits=YARD, planned_grid_w=None)
    first, second, third = powers(guard(given_))
    assert first + second == pytest.approx(40 * VOLTS)
    assert third > 5_000


def test_a_line_keeps_room_for_the_floor_of_an_evse_without_a_vehicle() -> None:
    free = on("L1", 2, None, plugged=False, power=None, setpoint_w=None)
    narrow = (Circuit(circuit_id="yard", limit_w=60_000, limit_a_per_phase=35),)
    result = guard(a_second(20_000, on("L1", 1), free, on("L2", 3), circuits=narrow))
    assert powers(result) == pytest.approx([35 * VOLTS - 1_400, 7_360])


kinds = st.sampled_from([(1, "L1"), (1, "L2"), (2, "L2L3"), (3, "L1L2L3"), (1, "")])


@st.composite
def states(draw: st.DrawFn, number: int) -> EvseState:
    phases, lines = draw(kinds)
    most_w = phases * 32 * VOLTS
    planned_w = draw(st.one_of(st.none(), st.floats(-most_w, most_w)))
    return evse(
        number,
        planned_w,
        circuit_id=draw(st.sampled_from(["yard", "bay"])),
        line_ratios=line_ratios(phases, lines),
        max_charge_w=most_w,
        max_discharge_w=draw(st.sampled_from([0.0, most_w])),
        min_charge_w=6 * phases * VOLTS,
        setpoint_w=draw(st.floats(-most_w, most_w)),
        power=draw(st.one_of(st.none(), st.builds(Sample, st.floats(-most_w, most_w), st.just(1)))),
        plugged=draw(st.sampled_from([True, True, False])),
        laxity_s=draw(st.floats(-3_600, 7_200)),
        spare_wh=draw(st.sampled_from([0.0, 10_000.0])),
    )


@st.composite
def seconds(draw: st.DrawFn) -> GuardInput:
    """Floors always fit: 7 of 1.4 kW are 42.6 A, should all be on one line."""
    circuits = (
        Circuit(circuit_id="yard", limit_w=90_000, limit_a_per_phase=draw(st.floats(43, 150))),
        Circuit(circuit_id="bay", limit_w=40_000, limit_a_per_phase=draw(st.floats(43, 60)),
                parent_id="yard"),
    )  # fmt: skip
    evses = tuple(draw(states(n)) for n in range(draw(st.integers(1, 7))))
    target_w = draw(st.one_of(st.none(), st.floats(-60_000, 120_000)))
    return a_second(
        draw(st.floats(-60_000, 120_000)), *evses, circuits=circuits, target_grid_w=target_w
    )


@settings(max_examples=150)
@given(seconds())
def test_whatever_happens_no_line_is_told_more_than_it_carries(given_: GuardInput) -> None:
    told = {s.station_id: s.setpoint_w for s in guard(given_).evses}
    for circuit in given_.circuits:
        assert circuit.limit_a_per_phase is not None
        for line in range(3):
            charge_a = give_a = 0.0
            for state in given_.evses:
                if circuit.circuit_id in ("yard", state.circuit_id):
                    power_w = told.get(state.station_id, state.floor_w)
                    charge_a += state.line_ratios[line] * max(power_w, 0.0) / VOLTS
                    give_a -= state.line_ratios[line] * min(power_w, 0.0) / VOLTS
            assert charge_a <= circuit.limit_a_per_phase + 0.01
            assert give_a <= circuit.limit_a_per_phase + 0.01
