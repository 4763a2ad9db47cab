"""Replan a site: load its state, plan, check, store. Nothing is sent: the controller dispatches.

One plans a site at a time. A plan that knows the newest outbox row of the site and is young enough
is left alone, so that asking too often costs two queries.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from csms.store import outbox
from scheduler.domain.plan import Plan, PlanStatus
from scheduler.domain.site import Site
from scheduler.planning.check import violations
from scheduler.planning.make import make_plan, plan_by_rule
from scheduler.planning.problem import PlanningInput
from scheduler.services.planning_input import Gathered, gather
from scheduler.store import alarms, inputs, news, plans, sites
from scheduler.store.alarms import AlarmCode, Complaint, Severity
from scheduler.store.plans import PlanHead

log = structlog.get_logger(__name__)

REPLAN_ASKED = "ReplanAsked"
PATIENCE_RATIO = 3.0  # of the time limit, which the planner keeps by itself unless it hangs
SHORTFALL_RATIO = 0.03  # less is rounding to whole minimum powers
SHORTFALL_WH = 500.0


class PlannerHangs(Exception):  # noqa: N818 - a state of this process, not of the site
    """A plan by rule was made instead. The planner's thread ends only with its process."""


def make_plan_in_time(given: PlanningInput, time_limit_s: float) -> Plan:
    """`make_plan` with a clock that ends it."""
    return make_plan(given, time_limit_s, clock_s=time.monotonic)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replanner:
    """Plans sites of one database. `now` is site time; `plan` makes a plan within a time limit."""

    engine: AsyncEngine
    now: Callable[[], datetime]
    time_limit_s: float = 10.0
    plan: Callable[[PlanningInput, float], Plan] = make_plan_in_time

    async def replan(self, site_id: str) -> PlanHead | None:
        """Make and store a plan; None if there was no need, no such site, or somebody is at it."""
        async with self.engine.begin() as lock:
            if not await news.lock_planning(lock, site_id):
                return None
            async with self.engine.begin() as conn:
                site = await sites.load(conn, site_id)
                cause = await why_due(conn, site, self.now()) if site else None
                if site is None or cause is None:
                    return None
                gathered = await gather(conn, site, self.now())
            plan, hangs = await self._planned(gathered.given)
            reason = fallback_reason(plan)
            if reason and await self._last_is_good(site_id, gathered.given):
                await self.report_failure(site_id, reason)
                head = None
            else:
                head = await self._store(site_id, gathered, plan, cause)
        if hangs:
            raise PlannerHangs(fallback_reason(plan))
        return head

    async def _last_is_good(self, site_id: str, given: PlanningInput) -> bool:
        async with self.engine.connect() as conn:
            last = await plans.newest(conn, site_id)
        return last is not None and still_good(last.plan, given)

    async def _planned(self, given: PlanningInput) -> tuple[Plan, bool]:
        """A valid plan: the planner's, or one by rule where that fails; and whether it hangs."""
        hangs = False
        try:
            async with asyncio.timeout(PATIENCE_RATIO * self.time_limit_s):
                plan = await asyncio.to_thread(self.plan, given, self.time_limit_s)
                broken = await asyncio.to_thread(violations, given, plan)
            if not broken:
                return plan, False
            reason = f"it is not valid: {broken[0].text}"
        except TimeoutError:
            hangs, reason = True, "the planner does not come to an end"
        except Exception as error:  # noqa: BLE001 - the edge of the planner: whatever it was, go on
            reason = f"{type(error).__name__}: {error}"
        log.error("planned by rule", site_id=given.site.site_id, reason=reason)
        return await asyncio.to_thread(plan_by_rule, given, reason), hangs

    async def _store(self, site_id: str, gathered: Gathered, plan: Plan, cause: str) -> PlanHead:
        now = self.now()
        async with self.engine.begin() as conn:
            head = await plans.store(
                conn,
                site_id,
                plan,
                made_at=now,
                cause=cause,
                as_of_outbox_id=gathered.as_of_outbox_id,
            )
            await inputs.store(conn, head.plan_id, gathered.given)
            codes = {AlarmCode.VEHICLE_AT_RISK, AlarmCode.PLAN_FAILED}
            told = (*failed(plan), *at_risk(plan, gathered.given))
            await alarms.report(conn, site_id, codes, told, now=now)
        log.info(
            "plan stored",
            site_id=site_id,
            plan_id=str(head.plan_id),
            version=head.version,
            cause=cause,
            status=plan.status.value,
            solve_s=round(plan.solve_s, 3),
            evses=len(plan.evses),
        )
        return head

    async def report_failure(self, site_id: str, reason: str) -> None:
        """Planning failed: the last plan stays in force, and people hear of it."""
        async with self.engine.begin() as conn:
            await alarms.raise_alarm(conn, site_id, _plan_failed(reason), now=self.now())


async def why_due(conn: AsyncConnection, site: Site, now: datetime) -> str | None:
    """What makes a new plan due: the kind of the newest event that the plan does not know, "first"
    or "age" (also of a plan from the future: the clock was set back); None if nothing does."""
    head = await plans.newest_head(conn, site.site_id)
    if head is None:
        return "first"
    event = await news.newest_kind(conn, site.site_id, after_outbox_id=head.as_of_outbox_id)
    if event is not None:
        return event
    return "age" if abs(now - head.made_at) >= timedelta(seconds=site.control.replan_s) else None


async def ask_replan(conn: AsyncConnection, site_id: str, *, now: datetime, reason: str) -> int:
    """Leave word that the site is to be planned anew; returns the outbox id."""
    return await outbox.append(conn, REPLAN_ASKED, now, {"reason": reason}, site_id=site_id)


def fallback_reason(plan: Plan) -> str | None:
    """Why the plan was made by rule; None if it was not."""
    reasons = [str(note["reason"]) for note in plan.notes if note["code"] == "fallback"]
    return reasons[0] if reasons else None


def still_good(last: Plan, given: PlanningInput) -> bool:
    """Whether the last plan is better kept than one by rule: it was solved, it is not over, and it
    knows whoever is plugged in."""
    known = {(evse.station_id, evse.evse_id, evse.transaction_id) for evse in last.evses}
    asked = {(d.station_id, d.evse_id, d.transaction_id) for d in given.demands}
    in_force = last.slot_at(given.now) is not None
    return in_force and last.status is not PlanStatus.FALLBACK and asked <= known


def failed(plan: Plan) -> tuple[Complaint, ...]:
    """A complaint if the plan had to be made by rule."""
    reason = fallback_reason(plan)
    return () if reason is None else (_plan_failed(reason),)


def _plan_failed(reason: str) -> Complaint:
    data = {"reason": reason}
    return Complaint(code=AlarmCode.PLAN_FAILED, severity=Severity.WARNING, data=data)


def at_risk(plan: Plan, given: PlanningInput) -> tuple[Complaint, ...]:
    """A complaint for each vehicle that the plan cannot have ready in time."""
    return tuple(
        Complaint(
            code=AlarmCode.VEHICLE_AT_RISK,
            severity=Severity.WARNING,
            station_id=evse.station_id,
            data={
                "vehicle_id": evse.vehicle_id,
                "shortfall_wh": round(evse.shortfall_wh, -2),
                "departure_at": evse.departure_at,
            },
        )
        for demand, evse in zip(given.demands, plan.evses, strict=True)  # as `violations` has seen
        if evse.shortfall_wh
        > max(SHORTFALL_WH, SHORTFALL_RATIO * (demand.target_wh - demand.energy_wh))
    )
