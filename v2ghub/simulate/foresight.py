"""Our plan by somebody who knows all: every session to come with its true needs, and what load,
sun and wind will be. It measures what is lost by not knowing; the planner's solvers are the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache

import numpy as np

from scheduler.domain.demand import Demand
from scheduler.domain.forecast import Band, Forecast
from scheduler.domain.plan import Watts
from scheduler.domain.site import Site
from scheduler.planning.direct import solve_direct
from scheduler.planning.make import LARGE_FLEET
from scheduler.planning.pose import problem_of
from scheduler.planning.pose_site import below_of
from scheduler.planning.problem import PlanningInput, Problem
from scheduler.planning.round import rounded
from scheduler.planning.solution import grid_w
from simulator.plant import day_series
from simulator.sessions import Session, day_sessions
from simulator.site import SiteSpec
from v2ghub.simulate.bay import true_demand
from v2ghub.simulate.course import Course

DAY_S = 86_400
TIME_LIMIT_S = 60.0


@dataclass(frozen=True, slots=True)
class Foresight:
    """Knows the simulated site."""

    site: Site
    spec: SiteSpec
    seed: int

    def course(self, given: PlanningInput) -> Course:
        """The best course from `given.now`, whose demands are those of the vehicles there."""
        there = [(demand, given.now) for demand in given.demands]
        coming = [
            (self._demand(session), session.arrival_at)
            for session in self._sessions(given)
            if session.arrival_at > given.now
        ]
        demands, since = zip(*there, *coming, strict=True) if there or coming else ((), ())
        given = replace(given, demands=demands, forecast=self.forecast(given))
        problem = _later(problem_of(given), given, since)
        if len(demands) < LARGE_FLEET:
            solution = solve_direct(problem, TIME_LIMIT_S)
        else:
            from scheduler.planning.decomposition.engine import solve_decomposed

            solution = solve_decomposed(problem, TIME_LIMIT_S).solution
        assert solution is not None
        found = rounded(problem, solution)
        return Course(
            starts_at=given.starts_at,
            slot_s=given.slot_s,
            evse_w={d.transaction_id: found.net_w[i] for i, d in enumerate(demands)},
            store_w=found.store_w,
            grid_w=grid_w(problem, found.net_w, found.store_w, found.curtailed_w),
        )

    def forecast(self, given: PlanningInput) -> Forecast:
        """What will be, with no doubt about it."""
        ends_at = given.starts_at + timedelta(seconds=given.slots * given.slot_s)
        days = _days(given.starts_at.date(), ends_at.date())
        whole = np.concatenate([_means(self.spec, self.seed, day, given.slot_s) for day in days], 1)
        begun_s = given.starts_at.hour * 3600 + given.starts_at.minute * 60
        first = begun_s // given.slot_s
        load_w, solar_w, wind_w = whole[:, first : first + given.slots]
        return Forecast(
            issued_at=given.now,
            starts_at=given.starts_at,
            slot_s=given.slot_s,
            load=_certain(load_w),
            solar=_certain(solar_w),
            wind=_certain(wind_w),
        )

    def _sessions(self, given: PlanningInput) -> list[Session]:
        ends_at = given.starts_at + timedelta(seconds=given.slots * given.slot_s)
        return [
            session
            for day in _days(given.now.date() - timedelta(days=1), ends_at.date())
            for session in _sessions_of(self.spec, day, self.seed)
            if session.arrival_at < ends_at
        ]

    def _demand(self, session: Session) -> Demand:
        evse = next(e for e in self.site.evses() if e.station_id == session.station_id)
        energy_wh = session.arrival_soc_ratio * session.vehicle.capacity_wh
        return true_demand(session, evse, self.site, energy_wh)


def _later(problem: Problem, given: PlanningInput, since: Sequence[datetime]) -> Problem:
    """Nobody can do anything before they come; circuits keep room for the floors of the EVSEs
    that are free in a slot."""
    fleet = problem.vehicles
    ends_s = (np.arange(given.slots) + 1.0) * given.slot_s
    come_s = np.array([(at - given.starts_at).total_seconds() for at in since])
    after_h = np.maximum(ends_s[None, :] - come_s[:, None], 0.0) / 3600.0
    present_h = np.minimum(fleet.present_h, after_h)
    here = present_h > 0
    evses = list(given.site.evses())
    place = {evse.station_id: k for k, evse in enumerate(evses)}
    taken = np.zeros((len(evses), given.slots), dtype=bool)
    for demand, row in zip(given.demands, here, strict=True):
        taken[place[demand.station_id]] |= row
    floor_w = np.array([min(given.site.control.floor_w, evse.max_charge_w) for evse in evses])
    below = below_of(given.site.circuits, [(e.circuit_id, e.line_ratios) for e in evses])
    kept_w = below @ (floor_w[:, None] * ~taken)
    return replace(
        problem,
        circuit_max_w=np.maximum(problem.circuit_limit_w[:, None] - kept_w, 0.0),
        vehicles=replace(
            fleet,
            present_h=present_h,
            charge_max_w=fleet.charge_max_w * here,
            discharge_max_w=fleet.discharge_max_w * here,
            floor_w=fleet.floor_w * here,
        ),
    )


def _certain(power_w: Watts) -> Band:
    return Band(model_w=power_w, p10_w=power_w, p50_w=power_w, p90_w=power_w)


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=k) for k in range((last - first).days + 1)]


@lru_cache(maxsize=8)
def _sessions_of(spec: SiteSpec, day: date, seed: int) -> tuple[Session, ...]:
    return day_sessions(spec, day, seed)


@lru_cache(maxsize=4)
def _means(spec: SiteSpec, seed: int, day: date, slot_s: int) -> Watts:
    """Load, solar and wind of a UTC day, averages per slot (3, slots)."""
    series = day_series(spec, seed, day)
    rows = (
        [series.load_w],
        [series.generation_w[farm.farm_id] for farm in spec.solar],
        [series.generation_w[farm.farm_id] for farm in spec.wind],
    )
    whole = np.array([np.sum([np.zeros(DAY_S), *row], axis=0) for row in rows])
    means: Watts = whole.reshape(3, DAY_S // slot_s, slot_s).mean(axis=2)
    return means
