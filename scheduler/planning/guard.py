"""The controller's pure step: measured power, plan and bounds → what to hold for the next second.

Stateless per cycle: all it knows is its input. The store is the fast actuator, vehicles the slow:
the store answers for what flows this second, also while vehicles change over; vehicles answer for
what the store cannot do. Nothing rises above the plan but on surplus or instruction.
"""

from dataclasses import dataclass

from scheduler.domain.bounds import Bounds, Merged, Priority, Proposal, merge
from scheduler.planning.gate import Gate, gate_of
from scheduler.planning.guard_car import Car
from scheduler.planning.guard_fleet import CHARGE_LEVELS, LAX_TO_FLOOR, Fleet, fleet_of
from scheduler.planning.guard_sight import TINY_W, known_followed_w, known_planned_w
from scheduler.planning.guard_types import (
    DEFIES,
    Acted,
    EvseSetpoint,
    GuardInput,
    GuardMode,
    GuardResult,
    StoreState,
)

SURPLUS_NOISE_RATIO = 0.002  # of the import bound: a surplus below it raises no vehicle
KEPT_RATIO = 0.03  # of the store's power: what it does not count on for an instruction
NEAR_RATIO = 0.02  # of the target: so near to it the fleet stays as it is
DEAF_RATIO = (
    0.5  # of what a broken limit needs: it is back in time if no third of the fleet is deaf
)
BOUNDS = ("import_bound", "export_bound")


@dataclass(slots=True)
class _Scene:
    """What the second looks like. `rest_high_w`, `rest_low_w`: the most and the least that all
    but fleet and store may take, beside the least and the most that the fleet may take now;
    `rest_w`: what it takes over the last steps if the fleet does as it is told."""

    given: GuardInput
    fleet: Fleet
    reach: Bounds
    store_now_w: float
    rest_high_w: float
    rest_low_w: float
    rest_w: float

    @property
    def planned_store_w(self) -> float:
        """The plan's power for the store, as far as it can."""
        store = self.given.store
        return self.reach.clamp_w(store.planned_w) if store else 0.0

    def grid_w(self, store_w: float) -> float:
        """Site power (the high side) once the fleet holds what it is told."""
        return self.rest_high_w - self.given.came_w + self.fleet.total_w() + store_w


def guard(given: GuardInput) -> GuardResult:
    """Setpoints that keep every bound where physics allows, nearest to plan and instruction."""
    mode, fleet = _sight(given), fleet_of(given)
    if mode is GuardMode.WORST_CASE:
        for car in fleet.ours():
            car.moved_w(min(max(car.new_w, 0.0), car.state.floor_w), "worst_case")
    elif mode is GuardMode.STALE:
        for car in fleet.ours():
            low_w, high_w = min(car.held_w, 0.0), max(car.held_w, 0.0)
            car.moved_w(min(max(car.new_w, low_w), high_w), "stale")
    fleet.hold_circuits()
    scene = _scene(given, fleet)
    if mode is not GuardMode.NORMAL:
        blind_w = scene.store_now_w if mode is GuardMode.STALE else 0.0
        return _result(scene, mode, Merged(power_w=scene.reach.clamp_w(blind_w), bounds=Bounds()))
    gate = gate_of(given, fleet)
    wish = _wish(scene, gate)
    fleet.hold_changeover()
    fleet.hold_circuits()
    _hold_bounds(scene, wish)
    fleet.hold_circuits()
    fleet.hold_changeover()
    store = _answer_for_circuits(scene, wish)
    return _result(scene, mode, store, gate.acted())


def _wish(scene: _Scene, gate: Gate) -> Proposal:
    """What instruction, or plan and surplus, ask of the store, and of the fleet as far as the gate
    lets it pass: the store answers for what the fleet then does."""
    given, asked_w = scene.given, _target_w(scene)
    if asked_w is not None and given.metered:
        target_w = Bounds(-given.export_aim_w, given.import_aim_w).clamp_w(asked_w)
        _move_fleet(scene, target_w)
        scene.fleet.hold_lowered()
        gate.pass_fleet()
        wish_w = _followed_w(scene, target_w)
        priority, source = Priority.INSTRUCTION, "instruction"
    else:
        _share_surplus(scene)
        scene.fleet.hold_lowered()
        gate.pass_fleet()
        wish_w = _stored_w(scene)
        priority, source = Priority.PLAN, "surplus"
    passed_w = 0.0 if given.store is None else gate.passed_store_w(wish_w, _ordered_w(scene))
    return Proposal(priority=priority, source=source, preferred_w=passed_w)


def _ordered_w(scene: _Scene) -> float:
    """From where the store's orders go on: what it gives lags behind them."""
    store = scene.given.store
    counted_on = store is not None and store.available and store.answered
    if store is None or store.ordered_w is None or not counted_on:
        return scene.store_now_w
    return store.ordered_w


def _sight(given: GuardInput) -> GuardMode:
    """How well the site is seen."""
    grid = given.grid
    if not given.metered or (grid is not None and grid.fresh(given.stale_after_s)):
        return GuardMode.NORMAL
    if grid is not None and grid.age_s <= given.worst_case_after_s:
        return GuardMode.STALE
    return GuardMode.WORST_CASE


def _scene(given: GuardInput, fleet: Fleet) -> _Scene:
    store = given.store
    now_w = 0.0
    if store is not None and store.power is not None and store.power.good:
        now_w = store.power.power_w
    reach = _reach(store, now_w, given.interval_s)
    if given.metered and given.grid is not None:
        beside_w = given.grid.power_w - now_w
        high_w = beside_w - sum(car.least_now_w for car in fleet.cars)
        low_w = beside_w - sum(car.most_now_w for car in fleet.cars)
        rest_w = given.rest_w
        if rest_w is None:
            rest_w = beside_w - sum(known_followed_w(given, car.state) for car in fleet.cars)
        return _Scene(given, fleet, reach, now_w, high_w, low_w, rest_w)
    high_w, low_w = given.load_max_w, -given.generation_max_w
    return _Scene(given, fleet, reach, now_w, high_w, low_w, high_w)


def _reach(store: StoreState | None, now_w: float, interval_s: float) -> Bounds:
    """What the store can do until the next step; one that does not answer stays as it is."""
    if store is None:
        return Bounds(0.0, 0.0)
    if not (store.available and store.answered):
        return Bounds(now_w, now_w)
    if store.energy_wh is None:
        return Bounds(0.0, 0.0)
    per_h = 3600.0 / interval_s
    spare_w = max(0.0, store.energy_wh - store.min_energy_wh) * per_h
    room_w = max(0.0, store.max_energy_wh - store.energy_wh) * per_h
    return Bounds(-min(store.max_discharge_w, spare_w), min(store.max_charge_w, room_w))


def _target_w(scene: _Scene) -> float | None:
    """What an instruction asks for; beside its window the edge of what it allows, if the plan would
    take the site beyond that."""
    given = scene.given
    if given.target_grid_w is not None:
        return given.target_grid_w
    planned_w = scene.grid_w(scene.planned_store_w)
    edge_w = given.rebound.clamp_w(planned_w)
    return edge_w if abs(edge_w - planned_w) > TINY_W else None


def _move_fleet(scene: _Scene, target_w: float) -> None:
    """Have the fleet do what the store cannot of bringing site power to what was asked. What
    vehicles were told stays while that comes near it: the fleet answers no noise."""
    given, fleet = scene.given, scene.fleet
    near_w = max(given.hysteresis_w, NEAR_RATIO * abs(target_w))
    residual_w = _residual_w(scene, target_w, fleet.told_w())
    if abs(residual_w) <= TINY_W:
        return
    ordered_w = sum(car.ordered_w if car.ours else car.followed_w for car in fleet.cars)
    if abs(_residual_w(scene, target_w, ordered_w)) <= near_w:
        for car in fleet.ours():
            car.moved_w(car.ordered_w, "instruction")
        fleet.hold_circuits()
    elif residual_w < 0:
        fleet.lower(-residual_w, "instruction")
    else:
        fleet.lift(residual_w, "instruction")


def _followed_w(scene: _Scene, target_w: float) -> float:
    """The store's part: by the meter alone, so that a fleet under way does not mislead it."""
    now_w = scene.given.grid.power_w if scene.given.grid else target_w
    return scene.store_now_w + target_w - now_w


def _residual_w(scene: _Scene, target_w: float, fleet_w: float) -> float:
    """What the store cannot add to bring the site to its target; negative: cannot take away. It
    keeps some of its reach, so that it holds the target also while vehicles change over."""
    missing_w, reach = target_w - scene.rest_w - fleet_w, scene.reach
    kept_w = KEPT_RATIO * max(0.0, reach.upper_w - reach.lower_w) / 2
    lower_w = reach.lower_w + (kept_w if reach.lower_w < -kept_w else 0.0)
    upper_w = reach.upper_w - (kept_w if reach.upper_w > kept_w else 0.0)
    return missing_w - Bounds(lower_w, upper_w).clamp_w(missing_w)


def _share_surplus(scene: _Scene) -> None:
    """Give export beyond the plan to vehicles.

    A rise once given stays while nothing is imported for it; a new one needs more than noise.
    """
    given, fleet, planned_w = scene.given, scene.fleet, scene.planned_store_w
    if not given.metered:
        return
    raised = _raised(fleet)
    for car, plan_w in sorted(raised, key=lambda pair: -pair[0].state.laxity_s):
        if _surplus_w(scene, planned_w) >= 0:
            break
        car.moved_w(plan_w, "plan")
    noise_w = max(given.hysteresis_w, SURPLUS_NOISE_RATIO * given.import_bound_w)
    surplus_w = _surplus_w(scene, planned_w)
    if surplus_w > noise_w:
        fleet.lift(surplus_w, "surplus")


def _stored_w(scene: _Scene) -> float:
    """The store's part: its plan, and the export beyond the plan that vehicles leave; it buys
    nothing for what was planned on surplus."""
    given, planned_w = scene.given, scene.planned_store_w
    if not given.metered:
        return planned_w
    surplus_w = _surplus_w(scene, planned_w)
    if surplus_w > 0:
        return planned_w + surplus_w
    import_w = scene.grid_w(planned_w)
    plan_imports = given.planned_grid_w is None or given.planned_grid_w > 0
    if planned_w > 0 and import_w > 0 and not plan_imports:
        return max(0.0, planned_w - import_w)
    return planned_w


def _raised(fleet: Fleet) -> list[tuple[Car, float]]:
    """Keep vehicles where an earlier surplus raised them, with the power the plan has for them."""
    raised = []
    for car in fleet.ours():
        plan_w = car.new_w
        leased = car.state.setpoint_w is not None and car.state.planned_w is not None
        above = leased and car.held_w > max(plan_w, 0.0) + TINY_W and car.state.room_wh > 0
        if (
            above
            and fleet.headroom_w(car) >= car.held_w - plan_w
            and car.moved_w(car.held_w, "surplus")
        ):
            raised.append((car, plan_w))
    return raised


def _surplus_w(scene: _Scene, store_w: float) -> float:
    """Export that the plan did not mean; negative: there is none, by so much."""
    grid_w, planned_grid_w = scene.grid_w(store_w), scene.given.planned_grid_w
    return -grid_w if planned_grid_w is None else min(-grid_w, planned_grid_w - grid_w)


def _hold_bounds(scene: _Scene, wish: Proposal) -> None:
    """Keep the connection's bounds by the fleet, as far as the store alone cannot."""
    given, fleet, store = scene.given, scene.fleet, _held_store(scene, wish)
    over_w = scene.grid_w(store.power_w) - given.import_aim_w
    if store.power_w <= scene.reach.lower_w + TINY_W:
        fleet.cut_rises(over_w + given.hysteresis_w, "import_bound")
        over_w = scene.grid_w(store.power_w) - given.import_aim_w
    if over_w > TINY_W:
        fleet.lower(over_w, "import_bound")
        if _broken(given):  # who will not answer is known too late: the lax go lower
            fleet.lower(DEAF_RATIO * over_w, "import_bound", levels=LAX_TO_FLOOR)
    low_w = scene.rest_low_w - given.came_w + fleet.total_w() + store.power_w
    under_w = -given.export_aim_w - low_w
    room_w = given.import_aim_w - scene.grid_w(store.power_w)
    if min(under_w, room_w) > TINY_W:
        fleet.lift(min(under_w, room_w), "export_bound", overshoot=under_w <= room_w)


def _broken(given: GuardInput) -> bool:
    """Whether the site's meter shows more than it may."""
    return given.metered and given.grid is not None and given.grid.power_w > given.import_bound_w


def _answer_for_circuits(scene: _Scene, wish: Proposal) -> Merged:
    """The store's power once circuits have taken back what they cannot carry; who charges gives
    way where that, too, is too little. Nobody discharges for it: no circuit is asked twice."""
    store = _held_store(scene, wish)
    over_w = scene.grid_w(store.power_w) - scene.given.import_aim_w
    if over_w > TINY_W:
        scene.fleet.lower(over_w, "import_bound", levels=CHARGE_LEVELS)
    return store


def _held_store(scene: _Scene, wish: Proposal) -> Merged:
    """The store's power within its reach and the connection's bounds, beside the fleet as it is."""
    given, fleet = scene.given, scene.fleet
    return merge(
        (
            Proposal(priority=Priority.SAFETY, source="store_reach", bounds=scene.reach),
            Proposal(
                priority=Priority.CONTRACT,
                source="import_bound",
                bounds=Bounds(upper_w=given.import_aim_w - scene.rest_high_w - fleet.highest_w()),
            ),
            Proposal(
                priority=Priority.CONTRACT,
                source="export_bound",
                bounds=Bounds(lower_w=-given.export_aim_w - scene.rest_low_w - fleet.least_w()),
            ),
            wish,
        )
    )


def _result(
    scene: _Scene, mode: GuardMode, store: Merged, gated: tuple[Acted, ...] = ()
) -> GuardResult:
    given, fleet = scene.given, scene.fleet
    seen = mode is GuardMode.NORMAL
    grid_w = scene.grid_w(store.power_w)
    low_w = grid_w - scene.rest_high_w + scene.rest_low_w
    acted = [Acted(bound=b, actuator="fleet", by_w=w) for b, w in fleet.acted_w.items()]
    if store.binding and abs(store.moved_w) > TINY_W:
        acted.append(Acted(bound=store.binding, actuator="store", by_w=store.moved_w))
    if seen and given.target_grid_w is not None:
        mode = GuardMode.INSTRUCTION
    elif seen and any(a.bound in BOUNDS or a.bound.startswith("circuit:") for a in acted):
        mode = GuardMode.LIMIT
    gap_w = 0.0
    if seen and given.target_grid_w is not None:
        gap_w = scene.rest_w + fleet.told_w() + store.power_w - given.target_grid_w
    return GuardResult(
        mode=mode,
        evses=tuple(
            _repeated(car, mode) if car.defies else _setpoint(car)
            for car in fleet.cars
            if car.ours or car.defies
        ),
        store_setpoint_w=None if given.store is None else store.power_w,
        predicted_grid_w=grid_w if seen else None,
        acted=(*acted, *gated),
        import_excess_w=_excess_w(grid_w - given.import_bound_w) if seen else 0.0,
        export_excess_w=_excess_w(-low_w - given.export_bound_w) if seen else 0.0,
        instruction_gap_w=gap_w,
    )


def _excess_w(beyond_w: float) -> float:
    """Power that is held at a bound lies beyond it by what floats are rounded by."""
    return beyond_w if beyond_w > TINY_W else 0.0


def _repeated(car: Car, mode: GuardMode) -> EvseSetpoint:
    """What to tell one that does not obey: its last order, or the plan where that asks less of the
    same, nothing where it asks the opposite. One that is only late is told the same again."""
    state = car.state
    planned_w = known_planned_w(state)
    ordered_w = planned_w if state.ordered_w is None else state.ordered_w
    if mode is GuardMode.WORST_CASE:
        planned_w, ordered_w = (min(max(w, 0.0), state.floor_w) for w in (planned_w, ordered_w))
    setpoint_w = ordered_w
    if car.reason == DEFIES:
        turned = planned_w * ordered_w < 0
        setpoint_w = 0.0 if turned else min(planned_w, ordered_w, key=abs)
    return EvseSetpoint(
        station_id=state.station_id,
        evse_id=state.evse_id,
        transaction_id=state.transaction_id,
        setpoint_w=setpoint_w,
        safety=setpoint_w < car.held_w - TINY_W,
        waits=0 <= setpoint_w < state.floor_w,
        reason=car.reason,
    )


def _setpoint(car: Car) -> EvseSetpoint:
    bound = car.reason in (*BOUNDS, "worst_case") or car.reason.startswith("circuit:")
    return EvseSetpoint(
        station_id=car.state.station_id,
        evse_id=car.state.evse_id,
        transaction_id=car.state.transaction_id,
        setpoint_w=car.new_w,
        safety=bound and car.new_w < car.held_w - TINY_W,
        waits=0 <= car.new_w < car.state.floor_w,
        responds=car.responds,
        reason=car.reason,
    )
