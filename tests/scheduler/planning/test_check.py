"""The check finds what is wrong with a plan: every rule by a plan broken in just that way.

A plan is broken on purpose and then told anew: its energies, sums and notes follow from its
setpoints again, so that nothing but the one rule can give it away.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from scheduler.domain.dispatch import Dispatch
from scheduler.domain.plan import EvsePlan, Plan, PlanStatus
from scheduler.domain.site import Circuit, Control
from scheduler.planning.check import violations
from scheduler.planning.make import make_plan
from scheduler.planning.problem import PlanningInput, Reserve
from tests.scheduler.makers import NOON, a_demand, a_site, a_store, an_input
from tests.scheduler.planning.test_random_sites import inputs

V2G = {"max_discharge_w": 10_000.0, "min_charge_w": 1_400.0}
NARROW = a_site(circuits=(Circuit(circuit_id="yard", limit_w=8_000),))
TREE = a_site(
    circuits=(
        Circuit(circuit_id="yard", limit_w=15_000),
        Circuit(circuit_id="bay", limit_w=11_000, parent_id="yard"),
    )
)
STORED = {"site": a_site(store=a_store(min_soc_pct=10)), "store_energy_wh": 50_000.0}


def rules(given_: PlanningInput, plan: Plan) -> set[str]:
    return {violation.rule for violation in violations(given_, plan)}


def hours_here(given_: PlanningInput, departure_s: float) -> list[float]:
    """Of each slot; `departure_s` from the plan's start."""
    now_s = (given_.now - given_.starts_at).total_seconds()
    if departure_s <= now_s:
        departure_s = now_s + given_.slot_s
    return [
        max(0.0, min((k + 1) * given_.slot_s, departure_s) - max(k * given_.slot_s, now_s)) / 3600
        for k in range(given_.slots)
    ]


def retold(given_: PlanningInput, plan: Plan) -> Plan:
    """The plan with all that follows from its powers, one number after the other."""
    evses: list[EvsePlan] = []
    for demand, evse in zip(given_.demands, plan.evses, strict=True):
        energy_wh = np.nan_to_num(demand.energy_wh)
        path = []
        stay_s = (demand.departure_at - given_.starts_at).total_seconds()
        for power_w, hours in zip(evse.setpoint_w, hours_here(given_, stay_s), strict=True):
            into, out_of = demand.charge_efficiency_ratio, demand.discharge_efficiency_ratio
            energy_wh += power_w * hours * (into if power_w > 0 else 1 / out_of)
            path.append(energy_wh)
        short_wh = max(0.0, min(demand.target_wh, demand.capacity_wh) - path[-1])
        evses.append(replace(evse, energy_wh=np.array(path), shortfall_wh=short_wh))
    fleet_w = np.sum([e.setpoint_w for e in evses], axis=0) + np.zeros(given_.slots)
    rest_w = plan.load_w - plan.solar_w - plan.wind_w + plan.curtailed_w + plan.store_w
    hours_ahead = np.array(hours_here(given_, given_.slot_s * given_.slots))
    store_wh = plan.store_energy_wh
    if given_.store_energy_wh is not None:
        store_wh = given_.store_energy_wh + np.cumsum(plan.store_w * hours_ahead)
    plan = replace(plan, evses=tuple(evses), fleet_w=fleet_w, grid_w=rest_w + fleet_w)
    return replace(plan, store_energy_wh=store_wh, notes=noted(given_, plan, hours_ahead))


def noted(given_: PlanningInput, plan: Plan, hours: Any) -> tuple[dict[str, Any], ...]:
    """What a plan of this grid power has to admit."""
    gap_w = np.nan_to_num(np.abs(plan.grid_w - given_.grid_target_w))
    beyond = {
        "import_exceeded": (plan.grid_w - given_.import_max_w, "excess_w"),
        "export_exceeded": (-plan.grid_w - given_.export_max_w, "excess_w"),
        "instruction_shortfall": (gap_w, "shortfall_wh"),
        "rebound": (rebound_w(given_, plan.grid_w), "rebound_wh"),
    }
    notes: list[dict[str, Any]] = []
    for code, (over_w, size) in beyond.items():
        slots = np.nonzero(over_w > 5)[0].tolist()
        amount = float(over_w.max()) if size == "excess_w" else float((over_w * hours).sum())
        if slots:
            span = {"first_slot": slots[0], "last_slot": slots[-1]}
            notes.append({"code": code, **span, size: amount})
    notes += [n for n in plan.notes if n["code"] == "reserve_shortfall"]
    for evse in plan.evses:
        if evse.shortfall_wh > 10:
            ids = {"station_id": evse.station_id, "evse_id": evse.evse_id}
            notes.append({"code": "shortfall", **ids, "shortfall_wh": evse.shortfall_wh})
    return tuple(notes)


def rebound_w(given_: PlanningInput, grid_w: Any) -> Any:
    """How far beyond the edges that no rebound leaves, where there are some."""
    back_w = np.zeros(given_.slots)
    if given_.rebound_max_w is not None:
        back_w = np.maximum(back_w, grid_w - given_.rebound_max_w)
    if given_.rebound_min_w is not None:
        back_w = np.maximum(back_w, given_.rebound_min_w - grid_w)
    return back_w


@dataclass(frozen=True)
class Scene:
    """An input, its good plan, and what is done to it."""

    given: PlanningInput
    spoil: Callable[[Plan], Plan]

    def spoiled(self) -> Plan:
        good = make_plan(self.given)
        assert good.status is PlanStatus.OPTIMAL
        assert rules(self.given, good) == set()
        assert rules(self.given, retold(self.given, good)) == set()
        return self.spoil(good)


def powers(vehicle: int, changes: dict[int, float], *demands: Any, **changed: Any) -> Scene:
    """Setpoints of one vehicle, by slot; the rest of the plan follows."""
    given_ = an_input(*demands, **changed)

    def spoil(plan: Plan) -> Plan:
        evses = list(plan.evses)
        setpoint_w = evses[vehicle].setpoint_w.copy()
        for slot, power_w in changes.items():
            setpoint_w[slot] = power_w
        evses[vehicle] = replace(evses[vehicle], setpoint_w=setpoint_w)
        return retold(given_, replace(plan, evses=tuple(evses)))

    return Scene(given_, spoil)


def series(name: str, changes: dict[int, float], *demands: Any, **changed: Any) -> Scene:
    """A series of the site changed; the rest of the plan follows."""
    given_ = an_input(*demands, **changed)

    def spoil(plan: Plan) -> Plan:
        values = getattr(plan, name).copy()
        for slot, value in changes.items():
            values[slot] = value
        return retold(given_, replace(plan, **{name: values}))

    return Scene(given_, spoil)


def untold(spoil: Callable[[Plan], Plan], *demands: Any, **changed: Any) -> Scene:
    """Only what is told is changed."""
    return Scene(an_input(*demands, **changed), spoil)


def first_evse(**changes: Any) -> Callable[[Plan], Plan]:
    return lambda plan: replace(plan, evses=(replace(plan.evses[0], **changes), *plan.evses[1:]))


def note(code: str, **changes: Any) -> Callable[[Plan], Plan]:
    """The notes of `code` changed, or gone if nothing is said to change."""
    return lambda plan: replace(
        plan,
        notes=tuple(
            {**n, **changes} if n["code"] == code else n
            for n in plan.notes
            if changes or n["code"] != code
        ),
    )


def false_note(plan: Plan) -> Plan:
    told = {"code": "import_exceeded", "first_slot": 0, "last_slot": 1, "excess_w": 0.0}
    return replace(plan, notes=(*plan.notes, told))


ONE = a_demand(1, min_charge_w=1_400.0)
OTHER = a_demand(2)
GIVER = a_demand(1, **V2G, energy_wh=20_000.0)
HOT = {"load_w": [30_000.0] * 4 + [0.0] * 12, "import_max_w": 20_000.0}
ASKED = {"grid_target_w": [-15_000.0] * 2 + [np.nan] * 14}
SLOW = a_site(dispatch=Dispatch(dwell_s=2_000.0))
ON_CALL = {"reserve_down": Reserve(power_w=np.full(16, 12e3), energy_wh=np.full(16, 6e3))}
HELD = {"reserve_down": Reserve(power_w=np.full(16, 20e3), energy_wh=np.full(16, 5e3))}
SHORT = a_demand(1, hours=0.5)
CAPPED = {"rebound_max_w": np.array([5_000.0] * 2 + [np.inf] * 14)}
LIFTED = {"rebound_min_w": np.array([-np.inf] * 3 + [12_000.0] * 2 + [-np.inf] * 11)}
TAPERED = a_demand(1, taper_soc_ratio=0.8, energy_wh=45_000.0, target_wh=48_000.0)
IN_BAY = a_demand(2, circuit_id="bay", min_charge_w=9_000.0)

SCENES: dict[str, Scene] = {
    "slots": untold(lambda plan: replace(plan, starts_at=NOON + timedelta(hours=1)), ONE),
    "slots: length of one": untold(lambda plan: replace(plan, slot_s=1_800), ONE),
    "length": untold(lambda plan: replace(plan, grid_w=plan.grid_w[:-1]), ONE),
    "length: of a vehicle": untold(first_evse(setpoint_w=np.zeros(17)), ONE),
    "finite": untold(lambda plan: replace(plan, store_w=plan.store_w * np.nan), ONE),
    "finite: of a vehicle": untold(first_evse(energy_wh=np.full(16, np.inf)), ONE),
    "demands": untold(lambda plan: replace(plan, evses=plan.evses[::-1]), ONE, OTHER),
    "demands: another vehicle": untold(first_evse(vehicle_id="v9"), ONE),
    "demands: another departure": untold(first_evse(departure_at=NOON), ONE),
    "absent": powers(0, {12: 5_000}, a_demand(1, hours=2)),
    "unknown_battery": powers(0, {0: 5_000}, a_demand(1, energy_wh=np.nan)),
    "direction": powers(0, {8: -100}, ONE),
    "overdue": powers(0, {0: -5_000}, a_demand(1, hours=-1, **V2G)),
    "charge_power": powers(0, {8: 11_200}, ONE),
    "charge_power: not a number": powers(0, {8: 3_000}, a_demand(1, max_charge_w=np.nan)),
    "discharge_power": powers(0, {8: -10_100}, GIVER),
    "minimum_power": powers(0, {8: 700}, ONE),
    "dwell": powers(0, {8: -3_000, 11: 3_000, 12: -3_000}, GIVER, site=SLOW),
    "dwell: back": powers(0, {8: -3_000, 10: 3_000}, GIVER, site=SLOW),
    "energy_path": untold(first_evse(energy_wh=np.full(16, 30_100.0)), ONE),
    "shortfall": untold(first_evse(shortfall_wh=15.0), ONE),
    "capacity": powers(0, dict.fromkeys(range(16), 11_000), ONE),
    "v2g_floor": powers(0, dict.fromkeys(range(6, 16), -10_000), GIVER),
    "taper": powers(0, {0: 11_000}, TAPERED),
    "floor": powers(0, {3: 0.0}, a_demand(1, floor_w=1_400.0)),
    "circuit": powers(0, {0: 11_000}, ONE, site=NARROW),
    "circuit: giving": powers(0, {9: -10_000}, GIVER, site=NARROW),
    "circuit: a parent": powers(
        0, dict.fromkeys(range(4), 9_000), ONE, IN_BAY, site=TREE
    ),
    "circuit: floors of who may come": powers(
        0, {0: 11_000}, ONE, site=a_site(
            circuits=(Circuit(circuit_id="yard", limit_w=15_000),), control=Control(floor_w=1_400.0)
        ),
    ),
    "store": series("store_w", {0: 100}, ONE),
    "store: out of reach": series("store_w", {0: 100}, ONE, **(STORED | {"store_energy_wh": None})),
    "store_power": series("store_w", {0: -51_000}, ONE, **STORED, load_w=60_000.0),
    "store_energy": series("store_w", dict.fromkeys(range(4), -45e3), ONE, **STORED, load_w=60e3),
    "store_path": untold(
        lambda plan: replace(plan, store_energy_wh=plan.store_energy_wh + 100), ONE, **STORED
    ),
    "sum": untold(lambda plan: replace(plan, grid_w=plan.grid_w + 100), ONE),
    "sum: of the fleet": untold(lambda plan: replace(plan, fleet_w=plan.fleet_w + 100), ONE),
    "given": series("load_w", {0: 5_000}, ONE),
    "given: sun": series("solar_w", {0: 5_000}, ONE),
    "given: a price": series("export_gbp_per_kwh", {0: 9.0}, ONE),
    "import_limit": powers(0, {0: 11_000}, ONE, import_max_w=15_000.0),
    "import_limit: by the store": series("store_w", {0: 20_000}, **STORED, import_max_w=15_000.0),
    "export_limit": series("store_w", {0: -30_000}, **STORED, export_max_w=5_000.0),
    "export_limit: by the sun": series(
        "curtailed_w", {0: 0}, load_w=0.0, solar_w=[20_000.0] + [0.0] * 15, export_max_w=5_000.0
    ),
    "curtailment": series("curtailed_w", {0: 200}, ONE),
    "curtailment: of nothing": series("curtailed_w", {0: -200}, ONE),
    "import_exceeded_note": untold(note("import_exceeded"), ONE, **HOT),
    "import_exceeded_note: too little": untold(note("import_exceeded", excess_w=9e3), ONE, **HOT),
    "import_exceeded_note: too short": untold(note("import_exceeded", last_slot=2), ONE, **HOT),
    "import_exceeded_note: not so": untold(false_note, ONE),
    "instruction_shortfall_note": untold(note("instruction_shortfall"), GIVER, **ASKED),
    "instruction_shortfall_note: too little": untold(
        note("instruction_shortfall", shortfall_wh=1_000.0), GIVER, **ASKED
    ),
    "rebound_note": untold(note("rebound"), SHORT, **CAPPED),
    "rebound_note: too little": untold(note("rebound", rebound_wh=900.0), SHORT, **CAPPED),
    "rebound_note: too short": untold(note("rebound", last_slot=0), SHORT, **CAPPED),
    "rebound_note: below": untold(note("rebound"), SHORT, **LIFTED),
    "reserve_note": untold(note("reserve_shortfall"), ONE, **ON_CALL),
    "reserve_note: too little": untold(note("reserve_shortfall", shortfall_w=5e3), ONE, **ON_CALL),
    "reserve_note: of the store": series("store_w", {0: -40_000}, **STORED, **HELD, load_w=6e4),
    "shortfall_note": untold(note("shortfall"), SHORT),
    "shortfall_note: too little": untold(note("shortfall", shortfall_wh=100.0), SHORT),
}  # fmt: skip


@pytest.mark.parametrize("name", SCENES)
def test_finds_what_is_broken_and_nothing_else(name: str) -> None:
    scene = SCENES[name]
    assert rules(scene.given, scene.spoiled()) == {name.split(":")[0]}


def test_says_where_it_is_broken_first_and_in_how_many_slots_more() -> None:
    scene = powers(0, {3: -100, 8: -200}, ONE)
    (found,) = violations(scene.given, scene.spoiled())
    assert (found.where, found.slot, found.text) == ("cs-01/1", 3, "-100 W and in 1 slots more")


def test_the_circuit_that_breaks_is_named() -> None:
    scene = SCENES["circuit: a parent"]
    assert {found.where for found in violations(scene.given, scene.spoiled())} == {"yard"}


def test_an_unknown_limit_is_no_limit_to_draw_from() -> None:
    """A limit that is not a number must not let everything pass."""
    scene = powers(0, {0: 11_000}, ONE)
    unknown = replace(scene.given, import_max_w=np.full(16, np.nan))
    assert "import_limit" in rules(unknown, scene.spoiled())


@settings(max_examples=60)
@given(inputs(), st.data())
def test_no_setpoint_can_be_changed_unseen(given_: PlanningInput, data: st.DataObject) -> None:
    """Whatever the site: one setpoint changed and nothing else told, or more than the hardware
    can do and everything told."""
    assume(given_.demands)
    plan = make_plan(given_)
    vehicle = data.draw(st.integers(0, len(given_.demands) - 1))
    slot = data.draw(st.integers(0, given_.slots - 1))
    change_w = data.draw(st.sampled_from([-1_000.0, 100.0, 5_000.0]))
    setpoint_w = plan.evses[vehicle].setpoint_w.copy()
    setpoint_w[slot] += change_w
    evses = list(plan.evses)
    evses[vehicle] = replace(evses[vehicle], setpoint_w=setpoint_w)
    assert "sum" in rules(given_, replace(plan, evses=tuple(evses)))
    demand = given_.demands[vehicle]
    setpoint_w[slot] = data.draw(
        st.sampled_from([demand.max_charge_w + 50, -demand.max_discharge_w - 50])
    )
    told = rules(given_, retold(given_, replace(plan, evses=tuple(evses))))
    assert told & {"charge_power", "discharge_power", "direction"}
