"""The simple rivals of a plan: whoever is first in an order charges at full power until what was
asked for is in, as far as circuits and connection carry it; nobody gives, the store takes surplus.

Earliest deadline and least laxity are those of Lee, Li, Low ("ACN-Data", ACM e-Energy 2019).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from csms.domain.ids import TransactionId
from scheduler.domain.demand import Demand
from v2ghub.simulate.course import Wanted
from v2ghub.simulate.scenario import Scenario

SECONDS_PER_HOUR = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """A vehicle that is there, and since when. `path`: the circuits above its EVSE."""

    demand: Demand
    since: datetime
    path: Sequence[str]


Order = Callable[[Present, datetime], float]


def _missing_wh(demand: Demand) -> float:
    """What is to flow at the meter yet."""
    return max(0.0, demand.target_wh - demand.energy_wh) / demand.charge_efficiency_ratio


def _laxity_s(one: Present, now: datetime) -> float:
    demand = one.demand
    left_s = (demand.departure_at - now).total_seconds()
    return left_s - SECONDS_PER_HOUR * _missing_wh(demand) / max(demand.max_charge_w, 1.0)


ORDERS: Mapping[Scenario, Order] = {
    Scenario.IMMEDIATE: lambda one, now: one.since.timestamp(),
    Scenario.EDF: lambda one, now: one.demand.departure_at.timestamp(),
    Scenario.LLF: _laxity_s,
}


def by_rule(
    order: Order,
    present: Sequence[Present],
    room_w: Mapping[str, float],
    rest_w: float,
    import_max_w: float,
    now: datetime,
    interval_s: float,
) -> Wanted:
    """Powers until the next step. `room_w`: what each circuit carries for vehicles; `rest_w`: load
    less generation."""
    left_w, site_w = dict(room_w), import_max_w - rest_w
    evse_w: dict[TransactionId, float] = {}
    for one in sorted(present, key=lambda one: order(one, now)):
        demand = one.demand
        missing_w = _missing_wh(demand) * SECONDS_PER_HOUR / interval_s
        wanted_w = min(demand.max_charge_w, max(missing_w, demand.min_charge_w))
        power_w = min([wanted_w if missing_w > 0 else 0.0, site_w, *(left_w[c] for c in one.path)])
        if power_w < max(demand.min_charge_w, 1.0):
            power_w = 0.0
        evse_w[demand.transaction_id] = power_w
        site_w -= power_w
        for circuit_id in one.path:
            left_w[circuit_id] -= power_w
    fleet_w = sum(evse_w.values())
    return Wanted(
        evse_w=evse_w,
        store_w=max(0.0, -rest_w - fleet_w),
        grid_w=float("-inf"),  # no surplus is beyond it: the rule alone decides who charges
    )
