"""The guard, second by second: what is measured, what is planned, what is held."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csms.domain.ids import ChargingStationId, EvseId
from scheduler.domain.bounds import Bounds
from scheduler.domain.reading import Sample
from scheduler.domain.site import Circuit
from scheduler.planning.guard import guard
from scheduler.planning.guard_types import (
    EvseState,
    GuardInput,
    GuardMode,
    GuardResult,
    StoreState,
)
from tests.scheduler.makers import NOON

HOUR_S = 3600.0
HALF_MORE_W = 2_500.0  # than 5 kW: some may not answer


def evse(number: int = 1, planned_w: float | None = 0.0, **changes: Any) -> EvseState:
    """A plugged-in 11 kW EVSE that does what it was told, with an hour to spare."""
    fields: dict[str, Any] = {
        "station_id": ChargingStationId(f"cs-{number}"),
        "evse_id": EvseId(1),
        "circuit_id": "yard",
        "connected": True,
        "plugged": True,
        "max_charge_w": 11_000.0,
        "min_charge_w": 1_380.0,
        "floor_w": 1_400.0,
        "planned_w": planned_w,
        "setpoint_w": planned_w or 0.0,
        "setpoint_until": NOON + timedelta(minutes=5),
        "power": Sample(planned_w or 0.0, 1.0),
        "laxity_s": HOUR_S,
        "room_wh": 20_000.0,
    }
    return EvseState(**(fields | changes))


def store(planned_w: float = 0.0, **changes: Any) -> StoreState:
    """50 kW, half full, doing what is planned."""
    fields: dict[str, Any] = {
        "max_charge_w": 50_000.0,
        "max_discharge_w": 50_000.0,
        "min_energy_wh": 10_000.0,
        "max_energy_wh": 90_000.0,
        "energy_wh": 50_000.0,
        "power": Sample(planned_w, 1.0),
        "planned_w": planned_w,
    }
    return StoreState(**(fields | changes))


def a_second(grid_w: float | None, *evses: EvseState, **changes: Any) -> GuardInput:
    """A site behind 100 kW in and 50 kW out, a 60 kW yard, planned to import what it imports."""
    fields: dict[str, Any] = {
        "now": NOON,
        "import_bound_w": 100_000.0,
        "export_bound_w": 50_000.0,
        "circuits": (Circuit(circuit_id="yard", limit_w=60_000),),
        "evses": evses,
        "grid": None if grid_w is None else Sample(grid_w, 1.0),
        "planned_grid_w": grid_w,
    }
    return GuardInput(**(fields | changes))


def powers(result: GuardResult) -> list[float]:
    return [setpoint.setpoint_w for setpoint in result.evses]


def bounds(result: GuardResult) -> set[str]:
    return {acted.bound for acted in result.acted}


def test_all_well_the_plan_is_held() -> None:
    result = guard(a_second(60_000, evse(1, 11_000), evse(2, 0), store=store(-5_000)))
    assert powers(result) == [11_000, 0]
    assert result.store_setpoint_w == -5_000
    assert result.mode is GuardMode.NORMAL
    assert result.predicted_grid_w == pytest.approx(60_000)
    assert result.acted == ()


def test_over_the_import_bound_the_store_goes_first() -> None:
    result = guard(a_second(120_000, evse(1, 11_000), store=store()))
    assert result.store_setpoint_w == pytest.approx(-20_000)
    assert powers(result) == [11_000]
    assert result.mode is GuardMode.LIMIT
    assert result.predicted_grid_w == pytest.approx(100_000)


def test_then_the_vehicle_that_can_wait_longest_is_lowered() -> None:
    lax, urgent = evse(1, 11_000, laxity_s=HOUR_S), evse(2, 11_000, laxity_s=60.0)
    result = guard(a_second(105_000, urgent, lax))
    assert powers(result) == [11_000, pytest.approx(6_000 - HALF_MORE_W)]
    assert [s.safety for s in result.evses] == [False, True]
    assert bounds(result) == {"import_bound"}


def test_only_while_the_limit_is_broken_more_than_is_missing_is_taken() -> None:
    """A store that stops giving what the connection needs: 5 kW missing, seen or foreseen."""
    lax = evse(1, 11_000)
    broken = a_second(105_000, lax)
    foreseen = a_second(100_000, lax, store=store(-5_000, energy_wh=10_000.0))
    assert powers(guard(broken)) == [pytest.approx(6_000 - HALF_MORE_W)]
    assert powers(guard(foreseen)) == [pytest.approx(6_000)]


def test_on_suspicion_the_lax_go_to_their_floor_at_most_and_the_urgent_stay() -> None:
    lax, urgent = evse(1, 11_000), evse(2, 11_000, laxity_s=-1.0)
    assert powers(guard(a_second(109_000, lax, urgent))) == [pytest.approx(1_400), 11_000]
    assert powers(guard(a_second(115_000, lax, urgent))) == [0.0, pytest.approx(7_000)]


def test_the_urgent_are_lowered_only_when_the_others_are_at_nothing() -> None:
    lax, urgent = evse(1, 11_000), evse(2, 11_000, laxity_s=-1.0)
    assert powers(guard(a_second(110_000, lax, urgent))) == [0.0, 11_000]
    assert powers(guard(a_second(115_000, lax, urgent))) == [0.0, pytest.approx(7_000)]


def test_lax_vehicles_discharge_before_the_urgent_wait() -> None:
    giver = evse(1, 0, max_discharge_w=10_000.0, spare_wh=5_000.0)
    urgent = evse(2, 11_000, laxity_s=-1.0)
    assert powers(guard(a_second(108_000, giver, urgent))) == [pytest.approx(-8_000), 11_000]


def test_nobody_discharges_below_the_floor_or_without_the_hardware() -> None:
    empty = evse(1, -5_000, max_discharge_w=10_000.0, spare_wh=0.0)
    one_way = evse(2, -5_000, max_discharge_w=0.0, spare_wh=9_000.0)
    assert min(powers(guard(a_second(150_000, empty, one_way)))) == 0


def test_who_must_charge_now_to_be_ready_gives_nothing_for_the_plan() -> None:
    """It came to the end of its stay emptier than the plan thought, with minutes left."""
    giver = evse(1, -6_000, max_discharge_w=10_000.0, spare_wh=5_000.0)
    assert powers(guard(a_second(20_000, giver))) == [-6_000]
    assert powers(guard(a_second(20_000, replace(giver, laxity_s=0.0)))) == [0]


def test_what_cannot_be_held_is_told() -> None:
    result = guard(a_second(130_000, evse(1, 11_000)))
    assert powers(result) == [0]
    assert result.import_excess_w == pytest.approx(19_000)


def test_an_empty_store_gives_nothing() -> None:
    result = guard(a_second(120_000, store=store(energy_wh=10_000.0)))
    assert result.store_setpoint_w == 0
    assert result.import_excess_w == pytest.approx(20_000)


def test_while_vehicles_change_over_the_store_answers_for_them() -> None:
    told_to_stop = evse(1, 0, power=Sample(11_000.0, 1.0))
    result = guard(a_second(105_000, told_to_stop, store=store()))
    assert result.store_setpoint_w == pytest.approx(-5_000)


def test_a_rise_waits_until_there_is_room_for_it() -> None:
    rising = evse(1, 11_000, setpoint_w=0.0, power=Sample(0.0, 1.0))
    assert powers(guard(a_second(95_000, rising))) == [pytest.approx(5_000 - 250)]
    assert powers(guard(a_second(99_900, rising))) == [0]


def test_over_the_export_bound_the_store_charges_then_vehicles_stop_giving_then_take() -> None:
    giver = evse(1, -10_000, max_discharge_w=10_000.0, spare_wh=9_000.0)
    within = guard(a_second(-70_000, giver, store=store()))
    assert within.store_setpoint_w == pytest.approx(20_000)
    alone = guard(a_second(-58_000, giver))
    assert powers(alone) == [pytest.approx(-2_000)]
    beyond = guard(a_second(-65_000, giver))
    assert powers(beyond) == [pytest.approx(5_000)]
    assert beyond.export_excess_w == 0


def test_a_circuit_holds_with_the_sum_of_setpoints() -> None:
    states = [evse(n, 11_000, laxity_s=n * HOUR_S) for n in range(1, 7)]
    result = guard(a_second(50_000, *states))
    assert sum(powers(result)) <= 60_000
    assert powers(result)[:5] == [11_000] * 5
    assert bounds(result) == {"circuit:yard"}


def test_on_a_circuit_nothing_rises_before_the_other_has_fallen() -> None:
    yard = (Circuit(circuit_id="yard", limit_w=15_000),)
    falls, rises = evse(1, 0.0), evse(2, 11_000.0, setpoint_w=1_400.0, power=Sample(1_400.0, 1.0))
    still_on = replace(falls, setpoint_w=11_000.0, power=Sample(11_000.0, 1.0))

    assert powers(guard(a_second(30_000.0, still_on, rises, circuits=yard))) == [0.0, 4_000.0]
    assert powers(guard(a_second(30_000.0, falls, rises, circuits=yard))) == [0.0, 11_000.0]


def test_a_station_out_of_reach_counts_at_its_worst() -> None:
    circuits = (Circuit(circuit_id="yard", limit_w=20_000),)
    unheard = evse(1, 0, connected=False, power=None, setpoint_w=11_000.0)
    assert powers(guard(a_second(50_000, unheard, evse(2, 11_000), circuits=circuits))) == [9_000]
    expired = replace(unheard, setpoint_until=NOON)
    assert powers(guard(a_second(50_000, expired, evse(2, 11_000), circuits=circuits))) == [11_000]
    crowd = [replace(expired, station_id=ChargingStationId(f"x{n}")) for n in range(8)]
    assert powers(guard(a_second(50_000, *crowd, evse(2, 11_000), circuits=circuits))) == [
        pytest.approx(20_000 - 8 * 1_400)
    ]


def test_a_circuit_carries_charge_and_discharge_apart_for_either_may_be_unplugged() -> None:
    circuits = (Circuit(circuit_id="yard", limit_w=10_000),)
    giver = evse(1, -12_000, max_discharge_w=12_000.0, spare_wh=9_000.0, floor_w=0.0)
    taker = evse(2, 11_000)
    assert powers(guard(a_second(0, giver, taker, circuits=circuits))) == [-10_000, 10_000]


def test_a_circuit_keeps_room_for_the_floor_of_one_that_gives_for_its_lease_may_end() -> None:
    circuits = (Circuit(circuit_id="yard", limit_w=10_000),)
    giver = evse(1, -5_000, max_discharge_w=12_000.0, spare_wh=9_000.0)
    told = guard(a_second(6_000, giver, evse(2, 11_000), circuits=circuits, planned_grid_w=None))
    assert powers(told) == [-5_000, 8_600]


def test_only_who_is_held_below_the_floor_waits_for_others() -> None:
    gives = evse(1, -5_000, max_discharge_w=12_000.0, spare_wh=9_000.0)
    told = guard(a_second(6_000, gives, evse(2, 0), evse(3, 1_400), evse(4, 11_000)))
    assert [setpoint.waits for setpoint in told.evses] == [False, True, False, False]


def test_discharge_changes_over_without_overlap() -> None:
    circuits = (Circuit(circuit_id="yard", limit_w=10_000),)
    gives = {"max_discharge_w": 10_000.0, "spare_wh": 9_000.0}
    stops = evse(1, 0, setpoint_w=-10_000.0, power=Sample(-10_000.0, 1.0), **gives)
    starts = evse(2, -10_000, setpoint_w=0.0, power=Sample(0.0, 1.0), **gives)
    assert powers(guard(a_second(50_000, stops, starts, circuits=circuits))) == [0, 0]
    stopped = replace(stops, setpoint_w=0.0, power=Sample(0.0, 1.0))
    assert powers(guard(a_second(50_000, stopped, starts, circuits=circuits))) == [0, -10_000]


def test_a_circuit_keeps_room_for_the_next_vehicle_to_be_plugged_in() -> None:
    circuits = (Circuit(circuit_id="yard", limit_w=11_000),)
    free = evse(2, None, plugged=False)
    assert powers(guard(a_second(0, evse(1, 11_000), free, circuits=circuits))) == [9_600]


def test_a_vehicle_the_plan_does_not_know_runs_on_its_floor() -> None:
    assert powers(guard(a_second(20_000, evse(1, None)))) == [1_400]


def test_an_instruction_is_met_by_the_store_first() -> None:
    result = guard(a_second(60_000, evse(1, 11_000), store=store(), target_grid_w=30_000.0))
    assert result.store_setpoint_w == pytest.approx(-30_000)
    assert powers(result) == [11_000]
    assert result.mode is GuardMode.INSTRUCTION
    assert result.instruction_gap_w == pytest.approx(0)


def test_then_by_the_fleet() -> None:
    states = [evse(1, 11_000), evse(2, 11_000, max_discharge_w=10_000.0, spare_wh=9_000.0)]
    down = guard(a_second(60_000, *states, store=store(), target_grid_w=-15_000.0))
    assert down.store_setpoint_w == pytest.approx(-50_000)
    kept_w = 1_500  # of the store's power, to hold the target while vehicles change over
    assert sum(powers(down)) == pytest.approx(22_000 - 25_000 - kept_w)
    up = guard(a_second(0, evse(1, 0), target_grid_w=8_000.0))
    assert powers(up) == [pytest.approx(8_000)]


def test_an_instruction_never_leads_beyond_a_bound() -> None:
    result = guard(a_second(90_000, evse(1, 0), store=store(), target_grid_w=500_000.0))
    assert result.predicted_grid_w == pytest.approx(100_000)


def test_surplus_beyond_the_plan_goes_to_vehicles_then_to_the_store() -> None:
    full = evse(2, 0, room_wh=0.0)
    result = guard(a_second(-30_000, evse(1, 0), full, store=store(), planned_grid_w=0.0))
    assert powers(result) == [11_000, 0]
    assert result.store_setpoint_w == pytest.approx(19_000)
    assert "surplus" in bounds(result)


def test_export_that_was_planned_is_no_surplus() -> None:
    result = guard(a_second(-30_000, evse(1, 0), store=store(), planned_grid_w=-30_000.0))
    assert powers(result) == [0]
    assert result.store_setpoint_w == 0


def test_a_rise_on_surplus_stays_through_noise_and_goes_with_the_surplus() -> None:
    raised = evse(1, 0, setpoint_w=11_000.0, power=Sample(11_000.0, 1.0))
    assert powers(guard(a_second(-50, raised, planned_grid_w=0.0))) == [11_000]
    assert powers(guard(a_second(4_000, raised, planned_grid_w=0.0))) == [pytest.approx(7_000)]
    assert powers(guard(a_second(10_500, raised, planned_grid_w=0.0))) == [0]
    unraised = evse(1, 0)
    assert powers(guard(a_second(-200, unraised, planned_grid_w=0.0))) == [0]


def test_a_store_planned_on_surplus_does_not_buy() -> None:
    result = guard(a_second(15_000, store=store(40_000), planned_grid_w=-5_000.0))
    assert result.store_setpoint_w == pytest.approx(25_000)


NARROW = (
    Circuit(circuit_id="yard", limit_w=60_000),
    Circuit(circuit_id="bay", limit_w=5_000, parent_id="yard"),
)


def test_what_a_circuit_takes_back_the_others_do_without() -> None:
    """One gives 5.8 kW unasked over a feeder of 5 kW: its neighbour may give nothing, so who
    charges elsewhere gives up the 2 kW that the connection cannot carry."""
    stray = evse(1, 0, circuit_id="bay", power=Sample(-5_800.0, 1.0))
    giver = evse(2, 0, circuit_id="bay", max_discharge_w=10_000.0, spare_wh=9_000.0)
    charging = evse(3, 11_000, laxity_s=-1.0, min_charge_w=0.0)
    result = guard(a_second(97_000 - 800, stray, giver, charging, circuits=NARROW))
    assert powers(result) == [0, 0, pytest.approx(9_000)]
    assert result.import_excess_w == 0


def test_what_a_circuit_takes_back_the_store_answers_for_first() -> None:
    stray = evse(1, 0, circuit_id="bay", power=Sample(-5_800.0, 1.0))
    giver = evse(2, 0, circuit_id="bay", max_discharge_w=10_000.0, spare_wh=9_000.0)
    charging = evse(3, 11_000, laxity_s=-1.0)
    result = guard(a_second(96_200, stray, giver, charging, circuits=NARROW, store=store()))
    assert powers(result) == [0, 0, 11_000]
    assert result.store_setpoint_w == pytest.approx(-2_000)


def test_no_circuit_counts_on_discharge_to_relieve_it() -> None:
    """A giver may be unplugged at any second: its neighbour keeps within the feeder alone, and
    the giver's floor has its room."""
    giver = evse(1, -4_000, circuit_id="bay", max_discharge_w=10_000.0, spare_wh=9_000.0)
    charging = evse(2, 6_000, circuit_id="bay", laxity_s=-1.0)
    result = guard(a_second(20_000, giver, charging, circuits=NARROW))
    assert powers(result) == [-4_000, pytest.approx(3_600)]


def test_late_measurements_stop_every_rise_and_silence_brings_the_floors() -> None:
    states = [evse(1, 11_000, setpoint_w=5_000.0), evse(2, 4_000, setpoint_w=11_000.0)]
    late = a_second(0, *states, store=store(-8_000), grid=Sample(0.0, 15.0))
    result = guard(late)
    assert (result.mode, powers(result)) == (GuardMode.STALE, [5_000, 4_000])
    assert result.store_setpoint_w == -8_000
    silent = replace(late, grid=Sample(0.0, 31.0))
    result = guard(silent)
    assert (result.mode, powers(result)) == (GuardMode.WORST_CASE, [1_400, 1_400])
    assert result.store_setpoint_w == 0
    assert guard(replace(late, grid=None)).mode is GuardMode.WORST_CASE
    assert guard(replace(late, grid=Sample(0.0, 1.0, good=False))).mode is GuardMode.STALE


def test_in_silence_nobody_discharges() -> None:
    giver = evse(1, -10_000, max_discharge_w=10_000.0, spare_wh=9_000.0)
    assert powers(guard(a_second(None, giver))) == [0]


def test_a_discharge_still_on_its_way_counts_for_export_and_on_its_circuit() -> None:
    """One was told to give 10 kW, then nothing, and has answered to neither: 5 kW are left."""
    doubtful = evse(1, 0, setpoint_low_w=-10_000.0)
    giver = evse(
        2, -10_000, setpoint_w=0.0, power=Sample(0.0, 1.0), max_discharge_w=10_000.0, spare_wh=9e3
    )
    narrow = (Circuit(circuit_id="yard", limit_w=15_000),)
    assert powers(guard(a_second(20_000, doubtful, giver, circuits=narrow))) == [0, -5_000]
    sure = replace(doubtful, setpoint_low_w=0.0)
    assert powers(guard(a_second(20_000, sure, giver, circuits=narrow))) == [0, -10_000]
    result = guard(a_second(-45_000, doubtful, store=store()))
    assert result.store_setpoint_w == pytest.approx(5_000)


def test_without_a_meter_the_rest_counts_at_its_largest() -> None:
    states = [evse(n, 11_000) for n in range(1, 4)]
    result = guard(a_second(None, *states, metered=False, load_max_w=75_000.0))
    assert sum(powers(result)) == pytest.approx(25_000)


def test_without_a_meter_sun_and_wind_count_at_their_largest_for_export() -> None:
    """30 kW of sun nobody measures leave 20 kW of the 50 kW for vehicles to give back."""
    givers = [evse(n, -10_000, max_discharge_w=10_000.0, spare_wh=9_000.0) for n in range(1, 4)]
    fields: dict[str, Any] = {"metered": False, "load_max_w": 20_000.0}
    assert sum(powers(guard(a_second(None, *givers, **fields)))) == pytest.approx(-30_000)
    sunny = guard(a_second(None, *givers, **fields, generation_max_w=30_000.0))
    assert sum(powers(sunny)) == pytest.approx(-20_000)
    assert sunny.export_excess_w == 0


def test_without_a_meter_nobody_breaks_the_import_bound_against_export_that_may_not_be() -> None:
    states = [evse(n, 0) for n in range(1, 4)]
    fields: dict[str, Any] = {"metered": False, "load_max_w": 90_000.0}
    result = guard(a_second(None, *states, **fields, generation_max_w=200_000.0))
    assert sum(powers(result)) <= 10_000


def test_a_reading_older_than_the_setpoint_is_not_believed() -> None:
    """The meter says 11 kW from before the order to stop: it must not count as headroom."""
    stopped = evse(1, 0, setpoint_w=0.0, setpoint_age_s=20.0, power=Sample(11_000.0, 50.0))
    rising = evse(2, 11_000, setpoint_w=0.0, power=Sample(0.0, 1.0))
    assert powers(guard(a_second(100_000, stopped, rising))) == [0, 0]


fleet_power = st.floats(-10_000, 11_000)


@st.composite
def seconds(draw: st.DrawFn) -> GuardInput:
    states = [
        evse(
            n,
            draw(st.one_of(st.none(), fleet_power)),
            circuit_id=draw(st.sampled_from(["yard", "bay"])),
            connected=draw(st.sampled_from([True, True, True, False])),
            plugged=draw(st.sampled_from([True, True, False])),
            max_discharge_w=draw(st.sampled_from([0.0, 10_000.0])),
            min_charge_w=draw(st.sampled_from([0.0, 1_380.0, 4_140.0])),
            power=Sample(draw(fleet_power), draw(st.floats(0, 200))),
            setpoint_w=draw(st.one_of(st.none(), fleet_power)),
            setpoint_age_s=draw(st.one_of(st.none(), st.floats(0, 100))),
            laxity_s=draw(st.floats(-100, 10_000)),
            room_wh=draw(st.sampled_from([0.0, 10_000.0])),
            spare_wh=draw(st.sampled_from([0.0, 10_000.0])),
        )
        for n in range(draw(st.integers(0, 6)))
    ]
    maybe_store = store(
        draw(st.floats(-60_000, 60_000)),
        energy_wh=draw(st.floats(9_000, 91_000)),
        power=Sample(draw(st.floats(-50_000, 50_000)), 1.0),
    )
    return a_second(
        draw(st.floats(-120_000, 160_000)),
        *states,
        store=draw(st.sampled_from([None, maybe_store])),
        target_grid_w=draw(st.one_of(st.none(), st.floats(-150_000, 150_000))),
        planned_grid_w=draw(st.one_of(st.none(), st.floats(-100_000, 100_000))),
        circuits=(
            Circuit(circuit_id="yard", limit_w=draw(st.floats(10_000, 60_000))),
            Circuit(circuit_id="bay", limit_w=draw(st.floats(5_000, 30_000)), parent_id="yard"),
        ),
    )


@settings(max_examples=300)
@given(seconds())
def test_the_predicted_site_power_keeps_its_bounds_wherever_that_can_be(given_: GuardInput) -> None:
    result = guard(given_)
    states = {state.station_id: state for state in given_.evses}
    told = {setpoint.station_id: setpoint.setpoint_w for setpoint in result.evses}
    assert set(told) == {s.station_id for s in given_.evses if s.connected and s.plugged}
    for station_id, power_w in told.items():
        state = states[station_id]
        assert power_w <= state.max_charge_w
        assert power_w >= (-state.max_discharge_w if state.spare_wh > 0 else 0)
        assert not 1 < power_w < state.min_charge_w
    if result.import_excess_w > 1:
        assert max(told.values(), default=0) <= 1
        gives_w = sum(s.max_discharge_w for s in given_.evses if s.spare_wh > 0)
        gives_w += sum(-s.power.power_w for s in given_.evses if s.power and s.power.power_w < 0)
        gives_w += sum(
            max(0.0, -(s.setpoint_w or 0.0)) for s in given_.evses
        )  # till it is followed
        if gives_w <= min(circuit.limit_w for circuit in given_.circuits):
            lowest_w = sum(-states[i].max_discharge_w for i in told if states[i].spare_wh > 0)
            assert sum(told.values()) <= lowest_w + 10
        if given_.store and given_.store.energy_wh and given_.store.energy_wh > 10_100:
            assert result.store_setpoint_w == pytest.approx(-50_000)
    if result.export_excess_w > 1 and given_.store and result.import_excess_w == 0:
        assert result.store_setpoint_w is not None
        assert (
            result.store_setpoint_w
            >= min(50_000, (90_000 - (given_.store.energy_wh or 0)) * 3600) - 1
        )


@settings(max_examples=300)
@given(seconds())
def test_circuits_hold_with_the_sum_of_setpoints(given_: GuardInput) -> None:
    told = {s.station_id: s.setpoint_w for s in guard(given_).evses}
    for circuit in given_.circuits:
        below = [s for s in given_.evses if circuit.circuit_id in ("yard", s.circuit_id)]
        charged_w = sum(max(told[s.station_id], 0) for s in below if s.station_id in told)
        given_w = sum(max(-told[s.station_id], 0) for s in below if s.station_id in told)
        assert charged_w <= circuit.limit_w + 1
        assert given_w <= circuit.limit_w + 1


@settings(max_examples=100)
@given(seconds())
def test_the_same_second_gives_the_same_answer(given_: GuardInput) -> None:
    assert guard(given_) == guard(given_)


@given(
    st.lists(st.floats(2_000.0, 9_000.0), min_size=3, max_size=3),
    st.floats(90_000.0, 140_000.0),
    st.floats(-20_000.0, 20_000.0),
    st.floats(90_000.0, 120_000.0),
)
def test_what_is_held_at_the_bound_is_not_said_to_be_beyond_it(
    planned_w: list[float], grid_w: float, store_w: float, bound_w: float
) -> None:
    """An alarm hangs on it: rounding must not raise one."""
    cars = [evse(number, planned) for number, planned in enumerate(planned_w)]
    now = store(power=Sample(store_w, 1.0))
    result = guard(a_second(grid_w, *cars, store=now, import_bound_w=bound_w))
    assert result.import_excess_w == 0 or result.import_excess_w > 1.0
    assert result.export_excess_w == 0 or result.export_excess_w > 1.0


def test_what_the_site_may_rise_by_itself_is_kept_free_below_the_bound() -> None:
    result = guard(a_second(98_000, evse(planned_w=11_000), store=store(), rise_w=5_000))
    assert result.store_setpoint_w == pytest.approx(-3_000)
    assert powers(result) == [11_000]
    assert result.import_excess_w == 0


def test_a_bound_that_holds_is_not_called_broken_because_the_site_may_rise() -> None:
    result = guard(a_second(98_000, rise_w=5_000))
    assert result.predicted_grid_w == 98_000
    assert result.import_excess_w == 0


def test_what_the_site_may_fall_by_itself_is_kept_free_of_export() -> None:
    result = guard(a_second(-48_000, store=store(), planned_grid_w=-48_000, fall_w=5_000))
    assert result.store_setpoint_w == pytest.approx(3_000)
    full = store(energy_wh=90_000.0)
    emptier = guard(a_second(-48_000, evse(), store=full, planned_grid_w=-48_000, fall_w=5_000))
    assert powers(emptier)[0] >= 3_000


def test_a_feeder_keeps_room_for_the_floor_of_each_evse_without_a_vehicle() -> None:
    free = [evse(n, None, plugged=False, power=None, setpoint_w=None) for n in range(7, 12)]
    result = guard(a_second(20_000, *(evse(n, planned_w=11_000) for n in range(1, 6)), *free))
    charging = [s for s in result.evses if s.setpoint_w > 0]
    assert sum(s.setpoint_w for s in charging) <= 60_000 - 5 * 1_400
    assert sum(s.setpoint_w for s in charging) > 60_000 - 5 * 1_400 - 1_380


@pytest.mark.parametrize(("edge_w", "store_w"), [(40_000.0, -10_000.0), (60_000.0, 0.0)])
def test_beside_an_instruction_the_store_keeps_the_site_at_its_baseline(
    edge_w: float, store_w: float
) -> None:
    """And follows the plan again as soon as that lies on the right side of it."""
    second = a_second(50_000.0, store=store(), rebound=Bounds(upper_w=edge_w))
    found = guard(second)
    assert found.store_setpoint_w == pytest.approx(store_w)
    assert found.predicted_grid_w == pytest.approx(50_000 + store_w)
    assert found.instruction_gap_w == 0


def test_beside_an_instruction_vehicles_wait_where_no_store_helps() -> None:
    evses = [evse(1, 11_000.0), evse(2, 11_000.0)]
    found = guard(a_second(40_000.0, *evses, rebound=Bounds(upper_w=29_000.0)))
    assert sum(one.setpoint_w for one in found.evses) == pytest.approx(11_000, abs=10)
