"""Whatever a second looks like: what the guard tells is possible, and no limit is left broken that
somebody could still relieve."""

from dataclasses import replace
from datetime import timedelta
from math import inf, isfinite

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.domain.bounds import Bounds
from scheduler.domain.circuits import limits_of_circuits, paths_of
from scheduler.domain.reading import Sample
from scheduler.domain.site import Circuit
from scheduler.planning.guard import guard
from scheduler.planning.guard_types import (
    DEFIES,
    EvseState,
    GateRules,
    GuardInput,
    GuardResult,
    Past,
    StoreState,
)
from tests.scheduler.makers import NOON
from tests.scheduler.planning.test_guard import a_second, evse, store

OTHERS = ("out_of_reach", DEFIES)


def power_w(low_w: float, high_w: float) -> st.SearchStrategy[float]:
    """Any power, and more often one of those where rules change."""
    edges = (0.0, low_w, high_w, 1.0, 1_400.0, -1_400.0, 5_000.0, -5_000.0)
    return st.sampled_from([w for w in edges if low_w <= w <= high_w]) | st.floats(low_w, high_w)


def sample(low_w: float, high_w: float) -> st.SearchStrategy[Sample]:
    ages_s = st.sampled_from([0.0, 1.0, 15.0, 40.0, 200.0])
    return st.builds(
        Sample, power_w(low_w, high_w), ages_s, good=st.sampled_from([True] * 9 + [False])
    )


@st.composite
def states(draw: st.DrawFn, number: int) -> EvseState:
    pick, fleet_w = st.sampled_from, power_w(-10_000.0, 11_000.0)
    least_w = draw(pick([0.0, 1_380.0, 4_140.0]))
    held_w = draw(st.none() | fleet_w)
    return evse(
        number,
        draw(st.none() | fleet_w),
        circuit_id=draw(pick(["yard", "bay"])),
        connected=draw(pick([True, True, True, False])),
        plugged=draw(pick([True, True, False])),
        max_charge_w=draw(pick([11_000.0, 3_680.0, 0.0])),
        max_discharge_w=draw(pick([0.0, 10_000.0, 3_000.0])),
        min_charge_w=least_w,
        floor_w=draw(pick([0.0, max(least_w, 1_400.0)])),
        step_w=draw(pick([0.0, 100.0, 690.0])),
        line_ratios=draw(pick([(1.0, 1.0, 1.0), (1 / 3, 1 / 3, 1 / 3), (0.0, 1.0, 0.0)])),
        power=draw(st.none() | sample(-10_000.0, 11_000.0)),
        setpoint_w=held_w,
        setpoint_low_w=None if held_w is None else min(held_w, draw(fleet_w)),
        setpoint_until=NOON + timedelta(seconds=draw(pick([-20, 300]))),
        setpoint_age_s=draw(pick([None, 0.0, 5.0, 100.0])),
        ordered_w=draw(st.none() | fleet_w),
        followed_w=draw(st.none() | fleet_w),
        defied=draw(pick([False, False, True])),
        lease_ends=draw(pick([True, True, False])),
        falls_w=draw(pick([0.0, 1_000.0])),
        rises_w=draw(pick([0.0, 800.0])),
        laxity_s=draw(st.floats(-100, 10_000)),
        departure_known=draw(st.booleans()),
        room_wh=draw(pick([0.0, 10_000.0])),
        spare_wh=draw(pick([0.0, 10_000.0])),
        past=Past(
            direction=draw(pick([-1, 0, 1])),
            direction_age_s=draw(pick([0.0, 30.0, inf])),
            reversals=draw(pick([0, 5])),
            changed_age_s=draw(pick([0.0, 30.0, inf])),
            lowered_age_s=draw(pick([0.0, 30.0, inf])),
        ),
    )


@st.composite
def stores(draw: st.DrawFn) -> StoreState:
    pick = st.sampled_from
    return store(
        draw(power_w(-60_000.0, 60_000.0)),
        energy_wh=draw(st.none() | st.floats(9_000, 91_000)),
        power=draw(st.none() | sample(-50_000.0, 50_000.0)),
        ordered_w=draw(st.none() | power_w(-50_000.0, 50_000.0)),
        available=draw(pick([True, True, False])),
        answered=draw(pick([True, True, False])),
    )


@st.composite
def any_seconds(draw: st.DrawFn) -> GuardInput:
    pick = st.sampled_from
    line_a = draw(pick([None, 20.0, 40.0]))
    bay_w = draw(power_w(5_000.0, 30_000.0))
    found = a_second(
        None,
        *(draw(states(number)) for number in range(draw(st.integers(0, 6)))),
        store=draw(st.none() | stores()),
        load_max_w=draw(st.floats(0, 120_000)),
        generation_max_w=draw(st.floats(0, 60_000)),
        target_grid_w=draw(st.none() | st.floats(-150_000, 150_000)),
        planned_grid_w=draw(st.none() | st.floats(-100_000, 100_000)),
        rest_w=draw(st.none() | st.floats(-150_000, 150_000)),
        came_w=draw(pick([0.0, 0.0, 4_000.0, -4_000.0])),
        rebound=draw(pick([Bounds(), Bounds(upper_w=30_000.0), Bounds(lower_w=10_000.0)])),
        rise_w=draw(pick([0.0, 2_000.0])),
        fall_w=draw(pick([0.0, 2_000.0])),
        hysteresis_w=draw(pick([0.0, 250.0])),
        gate=GateRules(
            ramp_w=draw(pick([inf, 1_000.0])),
            changed_ratio=draw(pick([1.0, 0.2])),
            dwell_s=draw(pick([0.0, 60.0])),
            reversals_per_h=draw(pick([3_600, 2])),
            random_delay_s=draw(pick([0.0, 600.0])),
            edge_at=draw(pick([None, NOON - timedelta(seconds=30)])),
        ),
        circuits=(
            Circuit(circuit_id="yard", limit_w=draw(power_w(10_000.0, 60_000.0))),
            Circuit(circuit_id="bay", limit_w=bay_w, limit_a_per_phase=line_a, parent_id="yard"),
        ),
    )
    if draw(pick([True] * 5 + [False])):
        return replace(found, grid=draw(sample(-120_000.0, 160_000.0)))
    return replace(found, metered=False)


@settings(max_examples=150)
@given(any_seconds())
def test_whatever_a_second_looks_like(given_: GuardInput) -> None:
    result = guard(given_)
    assert_each_evse_can(given_, result)
    assert_every_circuit_and_line_bears_both_ways(given_, result)
    assert_nobody_adds_to_what_is_beyond_a_bound(given_, result)


def assert_each_evse_can(given_: GuardInput, result: GuardResult) -> None:
    told = {setpoint.station_id: setpoint for setpoint in result.evses}
    states = {state.station_id: state for state in given_.evses}
    assert set(told) == {s.station_id for s in given_.evses if s.connected and s.plugged}
    for station_id, setpoint in told.items():
        state, setpoint_w = states[station_id], setpoint.setpoint_w
        assert isfinite(setpoint_w)
        if setpoint.reason in OTHERS:
            continue
        assert setpoint_w <= state.max_charge_w
        assert setpoint_w >= (-state.max_discharge_w if state.spare_wh > 0 else 0)
        assert not 1 < setpoint_w < state.min_charge_w
        if state.step_w:
            steps = setpoint_w / state.step_w
            assert steps == pytest.approx(round(steps), abs=1e-5)


def assert_every_circuit_and_line_bears_both_ways(given_: GuardInput, result: GuardResult) -> None:
    told = {s.station_id: s.setpoint_w for s in result.evses if s.reason not in OTHERS}
    paths = paths_of(given_.circuits)
    for limit in limits_of_circuits(given_.circuits):
        charged_w = given_w = 0.0
        for state in given_.evses:
            ratio = limit.carried_ratio(paths[state.circuit_id], state.line_ratios)
            setpoint_w = told.get(state.station_id, 0.0)
            charged_w += ratio * max(setpoint_w, 0.0)
            given_w += ratio * max(-setpoint_w, 0.0)
        assert charged_w <= limit.limit_w + 1
        assert given_w <= limit.limit_w + 1


def assert_nobody_adds_to_what_is_beyond_a_bound(given_: GuardInput, result: GuardResult) -> None:
    its = given_.store
    told_w = [s.setpoint_w for s in result.evses if s.reason not in OTHERS]
    if not given_.metered:
        return
    obeys = its is not None and its.available and its.answered and its.energy_wh is not None
    if result.import_excess_w > 1:
        assert max(told_w, default=0) <= 1
        if its is not None and obeys and (its.energy_wh or 0) > 10_100:
            assert result.store_setpoint_w == pytest.approx(-50_000)
    elif result.export_excess_w > 1 and its is not None and obeys:
        assert min(told_w, default=0) >= -1
        room_w = max(0.0, 90_000 - (its.energy_wh or 0)) * 3600
        assert (result.store_setpoint_w or 0) >= min(50_000, room_w) - 1
