"""The next best thing to do instead of a run of setpoints, and what it would cost more.

A kWh is exchanged at the margin: charged in another slot, given back in another slot, or not at
all, at the prices of the plan (what one more kWh costs the site in a slot, circuits included, and
waiting, wear and readiness as the plan weighs them). What the battery could not hold, or would be
missing in between, is no alternative. A run is judged by its first slot.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

import numpy as np
import numpy.typing as npt

from scheduler.domain.plan import GbpPerKwh, RunnerUp, RunnerUpAction, WattHours
from scheduler.planning.problem import Problem
from scheduler.planning.solution import Solution

TINY_W = 2.0
TINY_WH = 10.0
BATCH_CELLS = 250_000  # runs times slots weighed at once: what a processor's cache holds
NEVER = -1

Mask = npt.NDArray[np.bool_]
Indices = npt.NDArray[np.intp]
Ratios = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """What a kWh at the meter costs each vehicle in each slot, and where it can go. Arrays are
    (n, slots) unless said otherwise. `worth_gbp_per_kwh`: to the site, its circuits included;
    `price_gbp_per_kwh`: to who charges, with the waiting. `last_full`, `next_full`, `last_empty`,
    `next_empty`: the nearest slot, before each or from it on, at whose end the battery can hold
    or give no more."""

    worth_gbp_per_kwh: GbpPerKwh
    price_gbp_per_kwh: GbpPerKwh
    takes: Mask
    gives: Mask
    can_take: Mask
    can_give: Mask
    last_full: Indices
    next_full: Indices
    last_empty: Indices
    next_empty: Indices
    end_gbp_per_kwh: GbpPerKwh  # (n,): what the last kWh in the battery at departure is worth
    more_gbp_per_kwh: GbpPerKwh  # (n,): and the next one
    charge_ratio: Ratios  # (n,)
    discharge_ratio: Ratios  # (n,)
    wear_gbp_per_kwh: float

    @classmethod
    def of(cls, problem: Problem, solution: Solution, energy_wh: WattHours) -> Self:
        """The exchange of a solution whose batteries hold `energy_wh` at each slot's end."""
        fleet, net_w = problem.vehicles, solution.net_w
        worth_gbp = solution.slot_gbp_per_kwh + problem.below.T @ solution.circuit_gbp_per_kwh
        begins_h = np.cumsum(problem.slot_h) - problem.slot_h
        beyond_wh = energy_wh[:, -1] - fleet.target_wh
        full = energy_wh >= fleet.capacity_wh[:, None] - TINY_WH
        empty = energy_wh <= fleet.reserve_wh[:, None] + TINY_WH
        missing_gbp, extra_gbp = fleet.shortfall_gbp_per_kwh, fleet.extra_gbp_per_kwh
        return cls(
            worth_gbp_per_kwh=worth_gbp,
            price_gbp_per_kwh=worth_gbp + fleet.haste_gbp_per_kwh[:, None] * begins_h,
            takes=net_w > fleet.floor_w + TINY_W,
            gives=net_w < -TINY_W,
            can_take=(net_w < fleet.charge_max_w - TINY_W) & (net_w >= -TINY_W),
            can_give=(net_w > TINY_W - fleet.discharge_max_w) & (net_w <= TINY_W),
            last_full=_last(full),
            next_full=_next(full),
            last_empty=_last(empty),
            next_empty=_next(empty),
            end_gbp_per_kwh=np.where(beyond_wh > TINY_WH, extra_gbp, missing_gbp),
            more_gbp_per_kwh=np.where(beyond_wh < -TINY_WH, missing_gbp, extra_gbp),
            charge_ratio=fleet.charge_ratio,
            discharge_ratio=fleet.discharge_ratio,
            wear_gbp_per_kwh=fleet.wear_gbp_per_kwh,
        )


def _last(there: Mask) -> Indices:
    """The last slot before each where `there` holds, or -1."""
    until = np.maximum.accumulate(np.where(there, np.arange(there.shape[1]), -1), axis=1)
    return np.hstack([np.full((len(there), 1), -1), until[:, :-1]])


def _next(there: Mask) -> Indices:
    """The first slot from each on where `there` holds, or the number of slots."""
    marked = np.where(there, np.arange(there.shape[1]), there.shape[1])
    return np.minimum.accumulate(marked[:, ::-1], axis=1)[:, ::-1]


def cheapest_to_come(exchange: Exchange) -> Indices:
    """(n, slots): of the slots from each on in which a vehicle charges, the cheapest."""
    price_gbp = np.where(exchange.takes, exchange.price_gbp_per_kwh, np.inf)
    best_gbp, best = price_gbp[:, -1].copy(), np.full(len(price_gbp), price_gbp.shape[1] - 1)
    found = np.empty(price_gbp.shape, dtype=np.intp)
    for slot in range(price_gbp.shape[1] - 1, -1, -1):
        better = price_gbp[:, slot] <= best_gbp
        best_gbp[better], best[better] = price_gbp[better, slot], slot
        found[:, slot] = best
    return found


def _short(slots: Indices) -> npt.NDArray[np.int16]:
    """As a column of small numbers: comparing them is what takes the time."""
    return slots.astype(np.int16)[:, None]


@dataclass(slots=True)
class _Weighing:
    """Some runs of `exchange` and the best found for each so far."""

    exchange: Exchange
    vehicle: Indices
    first: Indices
    last: Indices
    extra_gbp_per_kwh: GbpPerKwh = field(init=False)
    action: Indices = field(init=False)
    slot: Indices = field(init=False)

    def __post_init__(self) -> None:
        self.extra_gbp_per_kwh = np.full(len(self.vehicle), np.inf)
        self.action, self.slot = np.zeros((2, len(self.vehicle)), dtype=np.intp)

    def now(self, gbp_per_kwh: GbpPerKwh) -> GbpPerKwh:
        """A price in the first slot of each run."""
        return gbp_per_kwh[self.vehicle, self.first]

    def each(self, per_vehicle: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """A figure of each vehicle for its runs."""
        return per_vehicle[self.vehicle]

    def slots_between(self, after: Indices, until: Indices, able: Mask) -> Mask:
        """(runs, slots): outside of the run, later than `after`, not later than `until`, `able`."""
        first, last = _short(self.first), _short(self.last)
        lower, upper = (
            _short(after[self.vehicle, self.first]),
            _short(until[self.vehicle, self.first]),
        )
        slots = np.arange(able.shape[1], dtype=np.int16)
        between = able[self.vehicle]
        between &= (slots < first) | (slots > last)
        between &= slots > lower
        between &= slots <= upper
        return between

    def with_less(self, able: Mask) -> Mask:
        """Where a kWh can come from or be taken back: the battery holds less in between."""
        return self.slots_between(self.exchange.last_full, self.exchange.next_empty, able)

    def with_more(self, able: Mask) -> Mask:
        """The same where the battery holds more in between."""
        return self.slots_between(self.exchange.last_empty, self.exchange.next_full, able)

    def consider(
        self, action: RunnerUpAction, extra_gbp: GbpPerKwh, slot: Indices | int = NEVER
    ) -> None:
        """Take note of `action` where it is the cheapest so far."""
        better = extra_gbp < self.extra_gbp_per_kwh
        self.extra_gbp_per_kwh[better] = extra_gbp[better]
        self.action[better] = ACTIONS.index(action)
        self.slot[better] = np.broadcast_to(slot, better.shape)[better]

    def cheapest(self, gbp_per_kwh: GbpPerKwh, able: Mask) -> tuple[Indices, GbpPerKwh]:
        """Slot and price of the cheapest slot of each run in which it is `able`; inf for none."""
        price_gbp = np.where(able, gbp_per_kwh[self.vehicle], np.inf)
        slot = price_gbp.argmin(axis=1)
        return slot, price_gbp[np.arange(len(slot)), slot]

    def dearest(self, gbp_per_kwh: GbpPerKwh, able: Mask) -> tuple[Indices, GbpPerKwh]:
        """The same of the dearest; -inf for none."""
        price_gbp = np.where(able, gbp_per_kwh[self.vehicle], -np.inf)
        slot = price_gbp.argmax(axis=1)
        return slot, price_gbp[np.arange(len(slot)), slot]

    def where_room(self, bound: Indices, gbp: GbpPerKwh) -> GbpPerKwh:
        """`gbp` where the battery meets `bound` no more after the run, inf elsewhere."""
        room = bound[self.vehicle, self.first] == bound.shape[1]
        return np.where(room, gbp, np.inf)


ACTIONS = tuple(RunnerUpAction)


def runners_up(
    exchange: Exchange, vehicle: Indices, first: Indices, last: Indices
) -> list[RunnerUp | None]:
    """For each run of slots the cheapest other thing to do; None where there is nothing else."""
    found: list[RunnerUp | None] = [None] * len(vehicle)
    takes, gives = exchange.takes[vehicle, first], exchange.gives[vehicle, first]
    idle = exchange.can_take[vehicle, first] & ~takes & ~gives
    kinds: tuple[tuple[Mask, Indices, Callable[[_Weighing], None]], ...] = (
        (takes, last, _instead_of_charging),
        (gives, last, _instead_of_giving),
        (idle, first, _instead_of_waiting),  # the rest of a wait is as good as any other slot
    )
    batch = max(1, BATCH_CELLS // exchange.takes.shape[1])
    for kind, until, weigh in kinds:
        runs = np.nonzero(kind)[0]
        for begin in range(0, len(runs), batch):
            part = runs[begin : begin + batch]
            weighing = _Weighing(exchange, vehicle[part], first[part], until[part])
            weigh(weighing)
            for run, told in zip(part.tolist(), _told(weighing), strict=True):
                found[run] = told
    return found


def _instead_of_charging(runs: _Weighing) -> None:
    """Charge in another slot, or leave with less."""
    exchange, price_gbp = runs.exchange, runs.exchange.price_gbp_per_kwh
    now_gbp = runs.now(price_gbp)
    slot, then_gbp = runs.cheapest(price_gbp, runs.with_less(exchange.can_take))
    runs.consider(RunnerUpAction.CHARGE_THEN, then_gbp - now_gbp, slot)
    lost_gbp = runs.each(exchange.end_gbp_per_kwh * exchange.charge_ratio)
    left_out_gbp = runs.where_room(exchange.next_empty, lost_gbp - now_gbp)
    runs.consider(RunnerUpAction.CHARGE_LESS, left_out_gbp)


def _instead_of_waiting(runs: _Weighing) -> None:
    """Charge now rather than in the dearest slot, or more than planned; or give."""
    exchange, price_gbp = runs.exchange, runs.exchange.price_gbp_per_kwh
    now_gbp = runs.now(price_gbp)
    slot, then_gbp = runs.dearest(price_gbp, runs.with_more(exchange.takes))
    runs.consider(RunnerUpAction.CHARGE_NOW, now_gbp - then_gbp, slot)
    gained_gbp = runs.each(exchange.more_gbp_per_kwh * exchange.charge_ratio)
    more_gbp = runs.where_room(exchange.next_full, now_gbp - gained_gbp)
    runs.consider(RunnerUpAction.CHARGE_MORE, more_gbp)
    slot, then_gbp = runs.cheapest(price_gbp, runs.with_less(exchange.can_take))
    back_gbp = then_gbp / runs.each(exchange.charge_ratio * exchange.discharge_ratio)
    give_gbp = back_gbp + exchange.wear_gbp_per_kwh - runs.now(exchange.worth_gbp_per_kwh)
    able = exchange.can_give[runs.vehicle, runs.first]
    runs.consider(RunnerUpAction.GIVE_NOW, np.where(able, give_gbp, np.inf), slot)


def _instead_of_giving(runs: _Weighing) -> None:
    """Give in another slot; or keep it, and charge less in the dearest slot or leave with more."""
    exchange, worth_gbp = runs.exchange, runs.exchange.worth_gbp_per_kwh
    now_gbp = runs.now(worth_gbp)
    slot, then_gbp = runs.dearest(worth_gbp, runs.with_more(exchange.can_give))
    runs.consider(RunnerUpAction.GIVE_THEN, now_gbp - then_gbp, slot)
    earned_gbp = now_gbp - exchange.wear_gbp_per_kwh
    slot, then_gbp = runs.dearest(exchange.price_gbp_per_kwh, runs.with_more(exchange.takes))
    saved_gbp = then_gbp / runs.each(exchange.charge_ratio * exchange.discharge_ratio)
    runs.consider(RunnerUpAction.KEEP, earned_gbp - saved_gbp, slot)
    kept_gbp = runs.each(exchange.more_gbp_per_kwh / exchange.discharge_ratio)
    runs.consider(RunnerUpAction.KEEP, runs.where_room(exchange.next_full, earned_gbp - kept_gbp))


def _told(runs: _Weighing) -> list[RunnerUp | None]:
    """Costs to a hundredth of a penny; none below 0, which is what prices are off by."""
    extra_gbp = np.maximum(np.round(runs.extra_gbp_per_kwh, 4), 0.0)
    rows = zip(runs.action.tolist(), runs.slot.tolist(), extra_gbp.tolist(), strict=True)
    return [
        RunnerUp(
            action=ACTIONS[action],
            slot=None if slot == NEVER else slot,
            extra_gbp_per_kwh=gbp_per_kwh,
        )
        if gbp_per_kwh < np.inf
        else None
        for action, slot, gbp_per_kwh in rows
    ]
