"""The fleet in the guard's hands: who can be told what, and in which order they give way.

Power is taken from those that can wait longest: to their floor, to nothing, then out of their
batteries; the urgent come last. It is given to those that can wait least. Circuits, and their
lines where those have limits, always hold with the sum of setpoints, charge and discharge apart.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import inf

from scheduler.domain.circuits import CircuitLimit, limits_of_circuits, paths_of
from scheduler.domain.lines import LineRatios
from scheduler.planning.guard_car import Car, car_of
from scheduler.planning.guard_sight import TINY_W
from scheduler.planning.guard_types import GuardInput

Level = Callable[[Car], float]


@dataclass(slots=True)
class Fleet:
    """All EVSEs of a site and the limits of the circuits they hang on, the deepest first."""

    cars: list[Car]
    limits_w: dict[str, float]
    reserves_w: dict[str, float]
    loads_w: dict[str, float]
    backs_w: dict[str, float]
    acted_w: dict[str, float] = field(default_factory=dict)

    def ours(self, limit_id: str | None = None) -> Iterator[Car]:
        """Those that can be told, of all or below a limit."""
        return (car for car in self.below(limit_id) if car.ours)

    def total_w(self) -> float:
        """The fleet's power once all hold what they are told."""
        return sum(car.new_w for car in self.cars)

    def told_w(self) -> float:
        """What its orders come to once all are followed; of those that cannot be told the last."""
        return sum(car.new_w if car.ours else car.followed_w for car in self.cars)

    def highest_w(self) -> float:
        """The most that can flow while they change over, beside the least that flows now."""
        return sum(max(car.new_w, car.least_now_w) for car in self.cars)

    def least_w(self) -> float:
        """The least that can flow while they change over, beside the most that flows now."""
        return sum(min(car.new_w, car.most_now_w, car.in_flight_w) for car in self.cars)

    def below(self, limit_id: str | None) -> list[Car]:
        """The EVSEs that load a limit; None: the connection."""
        return [car for car in self.cars if limit_id is None or limit_id in car.ratios]

    def hold_circuits(self) -> None:
        """Bring every circuit within its limit, both ways."""
        for limit_id, limit_w in self.limits_w.items():
            reason = f"circuit:{limit_id}"
            over_w = self.loads_w[limit_id] - limit_w
            if over_w > TINY_W:
                self.lower(over_w, reason, limit_id)
            back_w = -limit_w - self.backs_w[limit_id]
            if back_w > TINY_W:
                self.lift(back_w, reason, (_stop_giving_w,), limit_id)

    def lower(
        self,
        amount_w: float,
        reason: str,
        limit_id: str | None = None,
        levels: tuple[Level, ...] | None = None,
    ) -> None:
        """Take up to `amount_w` off a limit (None: the connection); minimum powers can make it a
        bit more. Discharge relieves the connection alone: no circuit counts on it."""
        lax = sorted(self.ours(limit_id), key=lambda c: (-c.patience, c.held_w))
        taken_w = 0.0
        if levels is None:
            levels = (*CHARGE_LEVELS, _deepest_w) if limit_id is None else CHARGE_LEVELS
        for urgent in (False, True):
            for level in levels:
                for car in (c for c in lax if c.urgent is urgent):
                    if amount_w - taken_w <= TINY_W:
                        break
                    ratio = car.ratio(limit_id)
                    least_w = -inf
                    if level is _deepest_w:
                        least_w = min(car.new_w, 0.0) - self.backroom_w(car)
                    step_w = min(car.new_w - max(level(car), least_w), (amount_w - taken_w) / ratio)
                    if step_w > TINY_W:
                        wanted_w = car.deeper_w(car.new_w - step_w, least_w)
                        taken_w -= ratio * car.moved_w(wanted_w, reason)
        self._note(reason, -taken_w)

    def lift(
        self,
        amount_w: float,
        reason: str,
        levels: tuple[Level, ...] | None = None,
        limit_id: str | None = None,
        overshoot: bool = False,
    ) -> None:
        """Give up to `amount_w` more, counted at a limit (None: the connection), as far as circuits
        and batteries take it.

        `overshoot`: rather a minimum power too much than a little too little.
        """
        eager = sorted(self.ours(limit_id), key=lambda c: (c.patience, -c.held_w))
        given_w = 0.0
        for level in levels or (_stop_giving_w, _charge_w):
            for car in eager:
                if amount_w - given_w <= TINY_W:
                    break
                room_w = level(car) - car.new_w
                if room_w <= TINY_W:
                    continue
                room_w = min(room_w, max(-car.new_w, 0.0) + max(self.headroom_w(car), 0.0))
                least_w = (
                    car.state.min_charge_w - car.new_w if overshoot and level is _charge_w else 0.0
                )
                ratio = car.ratio(limit_id)
                step_w = max((amount_w - given_w) / ratio, least_w)
                if overshoot:
                    step_w = car.steps_up_w(car.new_w + step_w) - car.new_w
                step_w = min(step_w, room_w)
                if step_w > TINY_W:
                    given_w += ratio * max(0.0, car.moved_w(car.new_w + step_w, reason))
        self._note(reason, given_w)

    def headroom_w(self, car: Car) -> float:
        """What the circuits above an EVSE still carry more."""
        rooms = ((self.limits_w[c] - self.loads_w[c]) / r for c, r in car.ratios.items())
        return min(rooms, default=inf)

    def backroom_w(self, car: Car) -> float:
        """What the circuits above an EVSE still carry back."""
        rooms = ((self.limits_w[c] + self.backs_w[c]) / r for c, r in car.ratios.items())
        return min(rooms, default=inf)

    def hold_lowered(self) -> None:
        """Let nobody rise who was just lowered."""
        for car in self.ours():
            if car.new_w > car.most_w:
                car.moved_w(car.most_w, car.reason)

    def hold_changeover(self) -> None:
        """Let nothing rise before what makes room for it has fallen: a circuit counts the higher
        power of an EVSE until the lower one is confirmed and followed. Discharge likewise."""
        for limit_id, limit_w in self.limits_w.items():
            below, reason = self.below(limit_id), f"circuit:{limit_id}"
            in_w = sum(c.ratio(limit_id) * max(c.in_w, c.held_w, c.most_now_w) for c in below)
            over_w = in_w + self.reserves_w[limit_id] - limit_w
            if over_w > TINY_W:
                self.cut_rises(over_w, reason, limit_id, least_w=0.0)
            back_w = sum(
                c.ratio(limit_id) * min(c.new_w, c.held_w, c.least_now_w, c.in_flight_w, 0.0)
                for c in below
            )
            if -back_w - limit_w > TINY_W:
                self._cut_falls(-back_w - limit_w, reason, limit_id)

    def _cut_falls(self, amount_w: float, reason: str, limit_id: str) -> None:
        """Take back discharge beyond what is held now, those that can wait least first."""
        given_w = 0.0
        for car in sorted(self.ours(limit_id), key=lambda c: c.state.laxity_s):
            ratio, held_w = car.ratio(limit_id), min(car.held_w, car.in_flight_w, 0.0)
            fall_w = min(held_w - car.new_w, (amount_w - given_w) / ratio)
            if fall_w > TINY_W:
                given_w += ratio * car.moved_w(car.new_w + fall_w, reason)
        self._note(reason, given_w)

    def cut_rises(
        self, amount_w: float, reason: str, limit_id: str | None = None, least_w: float = -inf
    ) -> None:
        """Take back rises above what is held now, and above `least_w`, the laxest first."""
        taken_w = 0.0
        for car in sorted(self.ours(limit_id), key=lambda c: -c.state.laxity_s):
            ratio, held_w = car.ratio(limit_id), max(car.held_w, car.lowest_w, least_w)
            rise_w = min(car.new_w - held_w, (amount_w - taken_w) / ratio)
            if rise_w > TINY_W:
                wanted_w = car.deeper_w(car.new_w - rise_w, held_w)
                taken_w -= ratio * car.moved_w(wanted_w, reason)
        self._note(reason, -taken_w)

    def _note(self, reason: str, change_w: float) -> None:
        if abs(change_w) > TINY_W:
            self.acted_w[reason] = self.acted_w.get(reason, 0.0) + change_w


def fleet_of(given: GuardInput) -> Fleet:
    """The fleet as the guard's input shows it, each EVSE at its planned power.

    A circuit keeps room for the floor of every EVSE without a vehicle: whoever is plugged in takes
    it unasked, and while the hub is away nobody makes room; and for what EVSEs do by the frequency.
    """
    paths = paths_of(given.circuits)
    limits = sorted(limits_of_circuits(given.circuits), key=lambda c: -len(paths[c.circuit_id]))
    limits_w = {limit.limit_id: limit.limit_w for limit in limits}
    reserves_w, backs_w = dict.fromkeys(limits_w, 0.0), dict.fromkeys(limits_w, 0.0)
    places = {(state.circuit_id, state.line_ratios) for state in given.evses}
    counts = {place: _ratios(limits, paths.get(place[0], ()), place[1]) for place in places}
    ratios = [counts[state.circuit_id, state.line_ratios] for state in given.evses]
    for state, counted in zip(given.evses, ratios, strict=True):
        if state.connected and not state.plugged:
            for limit_id, ratio in counted.items():
                reserves_w[limit_id] += ratio * state.unheard_w
        for limit_id, ratio in counted.items():
            reserves_w[limit_id] += ratio * state.rises_w
            backs_w[limit_id] -= ratio * state.falls_w
    loads_w = dict(reserves_w)
    cars = [
        car_of(given, state, counted, (loads_w, backs_w))
        for state, counted in zip(given.evses, ratios, strict=True)
    ]
    return Fleet(
        cars=cars, limits_w=limits_w, reserves_w=reserves_w, loads_w=loads_w, backs_w=backs_w
    )


def _ratios(
    limits: list[CircuitLimit], path: tuple[str, ...], lines: LineRatios
) -> dict[str, float]:
    """How much of an EVSE's power counts at each limit above it."""
    counted = {limit.limit_id: limit.carried_ratio(path, lines) for limit in limits}
    return {limit_id: ratio for limit_id, ratio in counted.items() if ratio > 0}


def _floor_w(car: Car) -> float:
    return max(car.state.floor_w, 0.0)


def _floor_if_lax_w(car: Car) -> float:
    return car.new_w if car.urgent else _floor_w(car)


def _nothing_w(car: Car) -> float:
    return 0.0


def _deepest_w(car: Car) -> float:
    return min(car.lowest_w, 0.0)


def _stop_giving_w(car: Car) -> float:
    return 0.0


def _charge_w(car: Car) -> float:
    return car.highest_w if car.state.room_wh > 0 else 0.0


LAX_TO_FLOOR: tuple[Level, ...] = (_floor_if_lax_w,)
CHARGE_LEVELS: tuple[Level, ...] = (_floor_w, _nothing_w)  # those who charge give way to them
