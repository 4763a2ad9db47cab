"""Whether store and fleet do what they are told.

A store that answers and does not (tripped, in another's hands, at its end): nobody may count on
what it was told. It is asked for it all the same, and as soon as it does it, it is trusted again.
What vehicles do not do, whoever they are, shows at the site's meter beside what else moves there.
"""

from dataclasses import dataclass, field, replace

from csms.domain.ids import ChargingStationId, EvseId
from scheduler.domain.bounds import Bounds
from scheduler.planning.guard_sight import (
    is_defiant,
    is_unheard,
    known_followed_w,
    known_now_w,
    known_under_way_w,
)
from scheduler.planning.guard_types import EvseState, GuardInput, StoreState

Place = tuple[ChargingStationId, EvseId]
TOLERANCE_RATIO = 0.1  # of its largest power: what it loses, and what it takes to follow
DISTRUSTED_AFTER_CYCLES = 2
FOLLOWS_WITHIN_CYCLES = 3
NEW_RATIO = 0.25
"""What the newest sample counts of `rest_w`. A fleet that follows some seconds later than it should
shows there as what it is not, and would be answered to and fro if that counted at once."""


@dataclass(slots=True)
class StoreWatch:
    """Compares what the store gives with what it was told of late, `told_w` (the newest last):
    it may be anywhere between while it follows."""

    told_w: tuple[float, ...] = ()
    cycles: int = 0

    def judged(self, state: StoreState | None) -> StoreState | None:
        """The store as the guard may count on it, by this cycle's reading."""
        if state is None or state.power is None or not self.told_w:
            return state
        if len(self.told_w) < FOLLOWS_WITHIN_CYCLES:
            return replace(state, ordered_w=self.told_w[-1])
        most_w = max(state.max_charge_w, state.max_discharge_w)
        power_w = state.power.power_w
        off_w = max(power_w - max(self.told_w), min(self.told_w) - power_w)
        self.cycles = self.cycles + 1 if off_w > TOLERANCE_RATIO * most_w else 0
        answers = state.answered and self.cycles < DISTRUSTED_AFTER_CYCLES
        return replace(state, answered=answers, ordered_w=self.told_w[-1])

    def tell(self, setpoint_w: float) -> float:
        """What to tell it: the new setpoint, or the old one until it does that."""
        if self.told_w and self.cycles >= DISTRUSTED_AFTER_CYCLES:
            setpoint_w = self.told_w[-1]
        self.told_w = (*self.told_w, setpoint_w)[-FOLLOWS_WITHIN_CYCLES:]
        return setpoint_w


@dataclass(slots=True)
class FleetWatch:
    """`defied`: the EVSEs that did not obey when that could last be judged; `rest_w`: what of site
    power is neither store nor fleet, the fleet as it was told, over some cycles; `last`: that of
    the last cycle alone as far as could be told, and what load and generation said in it."""

    defied: set[Place] = field(default_factory=set)
    rest_w: float | None = None
    last: tuple[float, float] | None = None

    def judged(self, given: GuardInput) -> GuardInput:
        """What the guard is told, by this cycle's meters; one that is silent tells nothing new."""
        states = tuple(self._known(given, state) for state in given.evses)
        given, grid, store = replace(given, evses=states), given.grid, given.store
        if grid is not None and grid.age_s <= 0:
            store_w = store.power.power_w if store and store.power and store.power.good else 0.0
            fleet_w = sum(known_followed_w(given, state) for state in states)
            now_w = grid.power_w - store_w - fleet_w
            before_w = now_w if self.rest_w is None else self.rest_w
            self.rest_w = before_w + NEW_RATIO * (now_w - before_w)
            given = replace(given, came_w=self._came_w(given, grid.power_w - store_w))
        return replace(given, rest_w=self.rest_w)

    def _came_w(self, given: GuardInput, beside_w: float) -> float:
        """What of orders that are not confirmed yet flows already: so much that the rest of the
        site is where the meters of load and generation saw it go, without which nobody knows."""
        other_w = _others_w(given)
        if other_w is None:
            self.last = None
            return 0.0
        rest_w = beside_w - sum(known_now_w(given, state) for state in given.evses)
        heard_falls_w = falls_w = rises_w = 0.0
        for state in given.evses:
            fall_w, rise_w = known_under_way_w(given, state)
            falls_w += fall_w
            if not is_unheard(given, state):
                heard_falls_w += fall_w
                rises_w += rise_w
        before_w, then_w = self.last or (rest_w, other_w)
        likely_w = Bounds(rest_w - rises_w, rest_w - falls_w).clamp_w(before_w + other_w - then_w)
        self.last = (likely_w, other_w)
        return Bounds(heard_falls_w, rises_w).clamp_w(rest_w - likely_w)

    def _known(self, given: GuardInput, state: EvseState) -> EvseState:
        """One that does not obey counts at its meter, whatever it is told. Nothing flows otherwise
        for that: what was unexplained is now explained."""
        place = (state.station_id, state.evse_id)
        defied = place in self.defied
        known = replace(state, defied=True) if defied else state
        if not (state.connected and state.plugged and is_defiant(given, known)):
            self.defied.discard(place)
            return state
        seen = replace(state, defied=True, followed_w=state.power.power_w if state.power else None)
        if not defied and self.rest_w is not None:
            self.rest_w += known_followed_w(given, state) - known_followed_w(given, seen)
        self.defied.add(place)
        return seen


def _others_w(given: GuardInput) -> float | None:
    """Load less generation as their meters say in this very cycle; None without that of the load,
    or while one is silent."""
    samples = (given.load, given.solar, given.wind)
    if given.load is None or any(one is not None and one.age_s > 0 for one in samples):
        return None
    load_w, solar_w, wind_w = (0.0 if one is None else one.power_w for one in samples)
    return load_w - solar_w - wind_w
