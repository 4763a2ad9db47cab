"""What would be if something were otherwise: two plans by what is known now, neither is stored.

Both are made from the same picture, so that they differ by what was asked and by nothing else.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from msgspec.structs import replace as changed
from sqlalchemy.ext.asyncio import AsyncEngine

from scheduler.domain.demand import Demand
from scheduler.domain.plan import Plan
from scheduler.domain.signal import GridSignal
from scheduler.domain.site import Site
from scheduler.planning.capability import freeze_baseline
from scheduler.planning.problem import PlanningInput
from scheduler.services.accept_signal import SignalRefusal, SignalRequest, refusal_of, signal_of
from scheduler.services.demand_rules import HIGHEST_WISH
from scheduler.services.planning_input import envelopes, gather, under
from scheduler.services.replan import make_plan_in_time
from scheduler.store import signals

PLAN_WITHIN_S = 2.0


class WhatIfRefusal(StrEnum):
    """Why a question cannot be answered."""

    NO_SUCH_VEHICLE = "no_such_vehicle"
    STATE_OF_CHARGE_UNKNOWN = "state_of_charge_unknown"
    DEPARTURE_PAST = "departure_past"
    NO_SUCH_CIRCUIT = "no_such_circuit"
    NO_SUCH_SIGNAL = "no_such_signal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The reason, and what of the question it is about."""

    reason: WhatIfRefusal | SignalRefusal
    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a plugged-in vehicle would want instead; None: as it is."""

    vehicle_id: str
    departure_at: datetime | None = None
    target_soc_pct: float | None = None
    priority: int | None = None
    boost: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Otherwise:
    """What would be otherwise. Limits are magnitudes; `signals` would be live as well, `without`
    those of the live ones that would not."""

    vehicles: tuple[Wish, ...] = ()
    signals: tuple[SignalRequest, ...] = ()
    without: frozenset[UUID] = frozenset()
    import_limit_w: float | None = None
    export_limit_w: float | None = None
    circuit_limit_w: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """The plan as things are, and as they would be."""

    as_it_is: Plan
    otherwise: Plan


async def what_if(
    engine: AsyncEngine, site: Site, asked: Otherwise, *, now: datetime
) -> WhatIf | Refused:
    """Plan the site as it is and as it would be; the database is read and left before planning."""
    async with engine.begin() as conn:
        given = (await gather(conn, site, now)).given
        live = await signals.live(conn, site.site_id, now)
    refused = refusal_of_question(given, live, asked)
    if refused is not None:
        return refused
    return await asyncio.to_thread(compared, given, live, asked, PLAN_WITHIN_S)


def compared(
    given: PlanningInput, live: Sequence[GridSignal], asked: Otherwise, within_s: float
) -> WhatIf:
    """Both plans, each made within `within_s`."""
    plan = make_plan_in_time(given, within_s)
    base, bounds = plan, envelopes(live)
    if len(bounds) < len(live) and any(one.delta_w is not None for one in asked.signals):
        base = make_plan_in_time(under(given, given.site, bounds), within_s)
    kept = [signal for signal in live if signal.signal_id not in asked.without]
    more = [
        replace(signal, baseline=freeze_baseline(base, signal, None))
        for signal in map(signal_of, asked.signals)
    ]
    other = under(given, _site(given.site, asked), (*kept, *more))
    other = replace(other, demands=_demands(given, asked), prices=plan.prices)
    return WhatIf(as_it_is=plan, otherwise=make_plan_in_time(other, within_s))


def refusal_of_question(
    given: PlanningInput, live: Iterable[GridSignal], asked: Otherwise
) -> Refused | None:
    """What is wrong with the question, if anything."""
    present = {demand.vehicle_id: demand for demand in given.demands}
    for wish in asked.vehicles:
        if wish.vehicle_id not in present:
            return Refused(reason=WhatIfRefusal.NO_SUCH_VEHICLE, about=wish.vehicle_id)
        if wish.target_soc_pct is not None and not present[wish.vehicle_id].soc_known:
            return Refused(reason=WhatIfRefusal.STATE_OF_CHARGE_UNKNOWN, about=wish.vehicle_id)
        if wish.departure_at is not None and wish.departure_at <= given.now:
            return Refused(reason=WhatIfRefusal.DEPARTURE_PAST, about=wish.vehicle_id)
    for circuit_id in asked.circuit_limit_w.keys() - {c.circuit_id for c in given.site.circuits}:
        return Refused(reason=WhatIfRefusal.NO_SUCH_CIRCUIT, about=circuit_id)
    for signal_id in asked.without - {signal.signal_id for signal in live}:
        return Refused(reason=WhatIfRefusal.NO_SUCH_SIGNAL, about=str(signal_id))
    for request in asked.signals:
        reason = refusal_of(request, given.site, given.now)
        if reason is not None:
            return Refused(reason=reason, about=request.external_id)
    return None


def _demands(given: PlanningInput, asked: Otherwise) -> tuple[Demand, ...]:
    wishes = {wish.vehicle_id: wish for wish in asked.vehicles}
    return tuple(
        _wished(demand, wishes[demand.vehicle_id]) if demand.vehicle_id in wishes else demand
        for demand in given.demands
    )


def _wished(demand: Demand, wish: Wish) -> Demand:
    if wish.departure_at is not None:
        demand = replace(demand, departure_at=wish.departure_at, departure_known=True)
    if wish.target_soc_pct is not None:
        demand = replace(demand, target_wh=demand.capacity_wh * wish.target_soc_pct / 100)
    if wish.boost is not None:
        boost = wish.boost and demand.energy_wh < demand.target_wh
        given_w, priority = (0.0, HIGHEST_WISH) if boost else (demand.max_discharge_w, 0)
        demand = replace(demand, boost=boost, priority=priority, max_discharge_w=given_w)
    return demand if wish.priority is None else replace(demand, priority=wish.priority)


def _site(site: Site, asked: Otherwise) -> Site:
    connection = site.grid_connection
    if asked.import_limit_w is not None:
        connection = changed(connection, import_limit_w=asked.import_limit_w)
    if asked.export_limit_w is not None:
        connection = changed(connection, export_limit_w=asked.export_limit_w)
    circuits = tuple(
        changed(one, limit_w=asked.circuit_limit_w.get(one.circuit_id, one.limit_w))
        for one in site.circuits
    )
    return changed(site, grid_connection=connection, circuits=circuits)
