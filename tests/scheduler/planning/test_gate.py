"""What passes the gate, what is held back and why; limits hold whatever the optimiser says."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from math import inf, nan

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from csms.domain.ids import ChargingStationId, EvseId
from scheduler.domain.reading import Sample
from scheduler.domain.site import Circuit
from scheduler.planning.guard import guard
from scheduler.planning.guard_types import (
    EvseSetpoint,
    EvseState,
    GateRules,
    GuardInput,
    GuardResult,
    Past,
    StoreState,
)
from scheduler.planning.profiles import material
from scheduler.services.turns import Turns
from scheduler.store.turns import Ordered
from tests.scheduler.makers import NOON

RULES = GateRules(ramp_w=20_000, changed_ratio=0.25, dwell_s=60, reversals_per_h=4)
YARD = Circuit(circuit_id="yard", limit_w=200_000)


def evse(number: int = 1, held_w: float = 0.0, **changes: object) -> EvseState:
    """A two-way 11 kW EVSE that holds `held_w` since long, with an hour to spare."""
    state = EvseState(
        station_id=ChargingStationId(f"cs-{number}"),
        evse_id=EvseId(1),
        circuit_id="yard",
        connected=True,
        plugged=True,
        max_charge_w=11_000.0,
        max_discharge_w=10_000.0,
        min_charge_w=1_380.0,
        floor_w=1_400.0,
        setpoint_w=held_w,
        setpoint_until=NOON + timedelta(hours=2),
        power=Sample(held_w, 1.0),
        planned_w=held_w,
        laxity_s=7200.0,
        room_wh=20_000.0,
        spare_wh=20_000.0,
    )
    return replace(state, **changes)  # type: ignore[arg-type]


def a_second(*evses: EvseState, gate: GateRules = RULES, **changes: object) -> GuardInput:
    """A site whose meter shows its fleet alone, far from every bound."""
    fleet_w = sum(state.power.power_w for state in evses if state.power)
    second = GuardInput(
        now=NOON,
        import_bound_w=300_000.0,
        export_bound_w=300_000.0,
        circuits=(YARD,),
        evses=evses,
        grid=Sample(fleet_w, 1.0),
        planned_grid_w=-300_000.0,
        gate=gate,
    )
    return replace(second, **changes)  # type: ignore[arg-type]


def powers(result: GuardResult) -> list[float]:
    return [setpoint.setpoint_w for setpoint in result.evses]


def held_back(result: GuardResult) -> dict[str, int]:
    return {acted.bound: acted.evses for acted in result.acted}


def test_a_small_change_passes_unchanged() -> None:
    result = guard(a_second(evse(planned_w=8_000.0)))
    assert powers(result) == [8_000]
    assert result.acted == ()


def test_the_fleet_rises_by_the_ramp_and_the_urgent_go_first() -> None:
    rules = replace(RULES, changed_ratio=1.0)
    cars = [evse(n, planned_w=11_000.0, laxity_s=3600.0 - n) for n in (1, 2, 3)]
    result = guard(a_second(*cars, gate=rules))
    assert powers(result) == [0, 9_000, 11_000]
    assert held_back(result) == {"ramp": 2}


def test_it_falls_by_the_ramp_too_and_never_into_what_a_charger_cannot() -> None:
    rules = replace(RULES, ramp_w=10_500)
    result = guard(a_second(evse(1, 11_000, planned_w=0.0), gate=rules))
    assert powers(result) == [1_380]


def test_a_fall_for_a_limit_passes_at_once() -> None:
    cars = [evse(n, 11_000, planned_w=11_000.0) for n in range(1, 9)]
    result = guard(a_second(*cars, import_bound_w=20_000.0))
    assert sum(powers(result)) <= 20_000
    assert all(setpoint.safety for setpoint in result.evses if setpoint.setpoint_w < 11_000)


def test_a_fall_that_the_plan_makes_room_by_is_no_safety_on_a_circuit_that_holds() -> None:
    """The plan overfills the circuit; those that charge are not cut for those that would."""
    full = Circuit(circuit_id="yard", limit_w=22_000)
    cars = [evse(n, 11_000 if n < 3 else 0.0, planned_w=11_000.0) for n in range(1, 5)]
    cars[0], cars[1] = replace(cars[0], laxity_s=9e4), replace(cars[1], laxity_s=9e4)
    result = guard(a_second(*cars, circuits=(full,), gate=replace(RULES, ramp_w=2_000)))
    assert powers(result) == [pytest.approx(11_000, abs=2_001)] * 2 + [0, 0]


def test_a_quarter_of_the_fleet_changes_in_ten_seconds() -> None:
    rules = replace(RULES, ramp_w=inf)
    cars = [evse(n, planned_w=5_000.0, laxity_s=3600.0 + n) for n in range(1, 9)]
    assert powers(guard(a_second(*cars, gate=rules))) == [5_000] * 2 + [0] * 6
    cars[0] = replace(cars[0], past=Past(changed_age_s=9.0), setpoint_w=5_000.0)
    result = guard(a_second(*cars, gate=rules))
    assert powers(result) == [5_000] * 2 + [0] * 6
    assert held_back(result) == {"fleet_share": 6}


def test_whom_a_limit_lowered_stays_there_for_as_long_as_a_turn_takes() -> None:
    lowered = evse(1, 2_000, planned_w=9_000.0, past=Past(direction=1, lowered_age_s=59.0))
    result = guard(a_second(lowered))
    assert powers(result) == [2_000]
    assert held_back(result) == {"dwell": 1}
    assert powers(guard(a_second(replace(lowered, past=Past(lowered_age_s=60.0))))) == [9_000]


def test_nor_does_it_go_back_up_while_its_fall_is_still_on_its_way() -> None:
    """11 kW confirmed, 2 kW ordered since: what the gate leaves as it is, is 2 kW."""
    flying = evse(1, 11_000, setpoint_low_w=2_000.0, ordered_w=2_000.0, setpoint_age_s=1.0)
    lowered = replace(flying, past=Past(lowered_age_s=1.0))
    assert powers(guard(a_second(lowered))) == [2_000]
    shared = replace(flying, planned_w=5_000.0)
    gate = replace(RULES, changed_ratio=0.01)
    others = [evse(n, past=Past(changed_age_s=1.0)) for n in (2, 3)]
    assert powers(guard(a_second(shared, *others, gate=gate)))[0] == 2_000


def test_a_limit_lowers_whoever_waits_further() -> None:
    lowered = evse(1, 9_000, planned_w=11_000.0, past=Past(lowered_age_s=1.0))
    assert powers(guard(a_second(lowered, import_bound_w=4_000.0))) == [1_500]


def test_an_instruction_may_change_all_of_them_within_the_ramp() -> None:
    cars = [evse(n, 5_000, planned_w=5_000.0) for n in range(1, 9)]
    result = guard(a_second(*cars, target_grid_w=0.0, gate=replace(RULES, ramp_w=40_000)))
    assert sum(powers(result)) == pytest.approx(0, abs=1)
    slower = guard(a_second(*cars, target_grid_w=0.0, gate=replace(RULES, ramp_w=15_000)))
    assert sum(powers(slower)) == pytest.approx(25_000, abs=1)


def test_a_plan_that_was_made_for_an_instruction_changes_all_of_them_as_well() -> None:
    rules = replace(RULES, ramp_w=inf, random_delay_s=600, edge_at=NOON)
    cars = [evse(n, planned_w=5_000.0) for n in range(1, 9)]
    result = guard(a_second(*cars, target_grid_w=40_000.0, gate=rules))
    assert powers(result) == [5_000] * 8
    assert held_back(result) == {}


def test_who_charges_gives_only_after_the_dwell_and_waits_at_nothing() -> None:
    car = evse(1, 5_000, planned_w=-5_000.0)
    soon = guard(a_second(replace(car, past=Past(direction=1, direction_age_s=59))))
    late = guard(a_second(replace(car, past=Past(direction=1, direction_age_s=60))))
    assert powers(soon) == [0]
    assert held_back(soon) == {"dwell": 1}
    assert powers(late) == [-5_000]


def test_who_turns_to_giving_can_always_turn_back_within_the_hour() -> None:
    car = evse(1, 0.0, planned_w=-5_000.0)
    gives = evse(1, -5_000, planned_w=5_000.0)
    three = Past(direction=1, direction_age_s=900, reversals=3)
    assert powers(guard(a_second(replace(car, past=replace(three, reversals=2))))) == [-5_000]
    assert powers(guard(a_second(replace(car, past=three)))) == [0]
    back = replace(gives, past=replace(three, direction=-1))
    assert powers(guard(a_second(back))) == [5_000]


def waiting(seconds: float, **changes: object) -> float:
    """What an EVSE that the plan starts at a change of price does so long after it."""
    now = NOON + timedelta(seconds=seconds)
    rules = replace(RULES, random_delay_s=600, edge_at=NOON)
    car = evse(7, planned_w=8_000.0, **changes)
    return powers(guard(a_second(car, gate=rules, now=now)))[0]


def test_each_evse_follows_a_change_of_price_after_a_delay_of_its_own() -> None:
    started = [s for s in range(0, 601, 5) if waiting(s) == 8_000]
    assert 0 < started[0] <= 600
    assert started == list(range(started[0], 601, 5)), "once, and from then on"


def test_nobody_waits_who_would_miss_the_departure_or_changed_since() -> None:
    assert waiting(1.0) == 0
    assert waiting(1.0, laxity_s=1800.0) == 8_000
    assert waiting(1.0, departure_known=False) == 8_000
    assert waiting(1.0, setpoint_w=None) == 8_000, "it came after the change"
    assert waiting(30.0, setpoint_age_s=20.0) == 8_000


def test_an_instruction_does_not_wait_at_a_change_of_price() -> None:
    rules = replace(RULES, random_delay_s=600, edge_at=NOON)
    result = guard(a_second(evse(7), target_grid_w=8_000.0, gate=rules))
    assert powers(result) == [8_000]


def test_delays_are_spread_over_the_fleet() -> None:
    rules = replace(RULES, ramp_w=inf, changed_ratio=1.0, random_delay_s=600)
    cars = [evse(n, planned_w=2_000.0) for n in range(100)]
    for minutes in (2, 5, 8):
        edge = replace(rules, edge_at=NOON - timedelta(minutes=minutes))
        started = sum(power_w > 0 for power_w in powers(guard(a_second(*cars, gate=edge))))
        assert started == pytest.approx(10 * minutes, abs=12)


def a_store(planned_w: float, now_w: float = 0.0) -> StoreState:
    return StoreState(
        max_charge_w=50_000, max_discharge_w=50_000, min_energy_wh=0, max_energy_wh=100_000,
        energy_wh=50_000, planned_w=planned_w, power=Sample(now_w, 1.0),
    )  # fmt: skip


def test_the_store_keeps_the_ramp_and_no_number_leaves_it_as_it_is() -> None:
    rising = guard(a_second(store=a_store(45_000), planned_grid_w=45_000.0))
    assert rising.store_setpoint_w == 20_000
    assert [(acted.bound, acted.actuator) for acted in rising.acted] == [("ramp", "store")]
    lost = guard(a_second(store=a_store(nan, now_w=7_000), grid=Sample(7_000, 1.0)))
    assert lost.store_setpoint_w == 7_000
    assert [(acted.bound, acted.actuator) for acted in lost.acted] == [("no_number", "store")]


def test_a_plan_that_is_no_number_is_no_plan() -> None:
    cars = evse(1, planned_w=nan), evse(2, 9_000.0, planned_w=inf)
    result = guard(a_second(*cars, gate=replace(RULES, changed_ratio=1.0)))
    assert powers(result) == [1_400, 11_000]
    assert held_back(result) == {"no_number": 2}


@dataclass
class Loop:
    """A fleet on one circuit that does at once what it is told, second after second. `ordered`:
    who was told something, by how much it changed; `power_w`: what all hold then."""

    rules: GateRules
    fleet: int = 8
    limit_w: float = 60_000.0
    now: datetime = NOON
    turns: Turns = field(default_factory=Turns)
    held_w: dict[str, float] = field(default_factory=dict)
    ordered: list[dict[str, tuple[float, EvseSetpoint]]] = field(default_factory=list)
    power_w: list[dict[str, float]] = field(default_factory=list)

    def second(self, planned: list[float], target_w: float | None) -> None:
        states = tuple(self._state(n, planned_w) for n, planned_w in enumerate(planned))
        yard = Circuit(circuit_id="yard", limit_w=self.limit_w)
        ordered: dict[str, tuple[float, EvseSetpoint]] = {}
        given_ = a_second(
            *states, now=self.now, target_grid_w=target_w, gate=self.rules,
            circuits=(yard,), import_bound_w=self.limit_w,
        )  # fmt: skip
        for one in guard(given_).evses:
            held_w = self.held_w.get(one.station_id, 0.0)
            if not (material(held_w, one.setpoint_w) or one.safety):
                continue  # not worth a command
            self.turns.add(
                Ordered(
                    station_id=one.station_id, evse_id=one.evse_id, at=self.now,
                    setpoint_w=one.setpoint_w, reason=one.reason,
                )
            )  # fmt: skip
            self.held_w[one.station_id] = one.setpoint_w
            ordered[one.station_id] = (one.setpoint_w - held_w, one)
        self.ordered.append(ordered)
        self.power_w.append(dict(self.held_w))
        self.now += timedelta(seconds=1)

    def _state(self, number: int, planned_w: float) -> EvseState:
        held_w = self.held_w.get(f"cs-{number}", 0.0)
        past = self.turns.past((ChargingStationId(f"cs-{number}"), EvseId(1)), self.now)
        return evse(number, held_w, planned_w=planned_w, past=past, laxity_s=60.0 * number)


ANY_W = st.one_of(
    st.sampled_from([0.0, 11_000.0, -10_000.0, 1e12, -1e12, inf, -inf, nan]),
    st.floats(-20_000, 20_000),
)
PLANS = st.lists(ANY_W, min_size=8, max_size=8)
NO_SHRINK = (Phase.explicit, Phase.reuse, Phase.generate)
TARGETS = st.one_of(st.none(), st.floats(-100_000, 100_000))
COURSES = st.lists(st.tuples(PLANS, TARGETS, st.integers(1, 12)), min_size=1, max_size=8)


@settings(max_examples=20, phases=NO_SHRINK)
@given(COURSES)
def test_whatever_the_optimiser_says_the_site_is_not_swung(
    course: list[tuple[list[float], float | None, int]],
) -> None:
    loop = Loop(replace(RULES, ramp_w=15_000, dwell_s=10))
    for planned, target_w, seconds in course:
        for _ in range(seconds):
            loop.second(planned, target_w)
    assert_held(loop)


@settings(max_examples=20, phases=NO_SHRINK)
@given(st.lists(st.tuples(PLANS, st.integers(1, 12)), min_size=1, max_size=8))
def test_whatever_the_optimiser_says_no_more_than_the_share_of_the_fleet_changes(
    course: list[tuple[list[float], int]],
) -> None:
    loop = Loop(replace(RULES, ramp_w=15_000, dwell_s=10))
    for planned, seconds in course:
        for _ in range(seconds):
            loop.second(planned, None)
    assert_share_held(loop)


def test_all_on_and_all_off_every_ten_seconds_swings_no_more_than_the_rules_allow() -> None:
    loop = Loop(replace(RULES, ramp_w=15_000))
    for turn in range(60):
        for _ in range(10):
            loop.second([(11_000.0 if turn % 2 else -10_000.0)] * 8, None)
    assert_held(loop)
    assert_share_held(loop)


def assert_held(loop: Loop) -> None:
    """Of every second: the ramp and the limits; of all: the reversals."""
    for told, power_w in zip(loop.ordered, loop.power_w, strict=True):
        wanted_w = [change_w for change_w, one in told.values() if not one.safety]
        assert sum(w for w in wanted_w if w > 0) <= loop.rules.ramp_w + 1
        assert sum(w for w in wanted_w if w < 0) >= -loop.rules.ramp_w - 1
        assert sum(max(0.0, w) for w in power_w.values()) <= loop.limit_w + 1
        assert all(-10_000 <= w <= 11_000 for w in power_w.values())
    for station in loop.held_w:
        signs = [s for power_w in loop.power_w if (s := _sign(power_w.get(station, 0.0)))]
        assert sum(a != b for a, b in pairwise(signs)) <= loop.rules.reversals_per_h


def assert_share_held(loop: Loop) -> None:
    """Of every ten seconds: two of eight vehicles, but for what a limit asks."""
    moved = [{s for s, (_, one) in told.items() if not one.safety} for told in loop.ordered]
    for second in range(len(moved)):
        assert len(set().union(*moved[second : second + 10])) <= 2


def _sign(power_w: float) -> int:
    return (power_w > 0) - (power_w < 0)
