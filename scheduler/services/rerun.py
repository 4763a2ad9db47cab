"""Make a past plan again from what was known then: to look at it, to compare, to prove it."""

from dataclasses import dataclass
from enum import StrEnum

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from scheduler.domain.plan import Plan
from scheduler.planning.make import make_plan
from scheduler.planning.problem import PlanningInput
from scheduler.store import inputs, plans
from scheduler.store.plans import StoredPlan


class RerunRefusal(StrEnum):
    """Why a plan cannot be made again."""

    NO_SUCH_PLAN = "no_such_plan"
    INPUT_NOT_KEPT = "input_not_kept"
    INPUT_OF_ANOTHER_VERSION = "input_of_another_version"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rerun:
    """A plan as it was stored, what was known then, and what comes of that now."""

    stored: StoredPlan
    given: PlanningInput
    plan: Plan


async def rerun(conn: AsyncConnection, site_id: str, version: int) -> Rerun | RerunRefusal:
    """Plan again by what was known when the site's plan of that version was made. A plan that the
    clock had ended may come out better now; all others come out the same."""
    stored = await plans.at_version(conn, site_id, version)
    if stored is None:
        return RerunRefusal.NO_SUCH_PLAN
    try:
        given = await inputs.of_plan(conn, stored.head.plan_id)
    except msgspec.ValidationError:
        return RerunRefusal.INPUT_OF_ANOTHER_VERSION
    if given is None:
        return RerunRefusal.INPUT_NOT_KEPT
    return Rerun(stored=stored, given=given, plan=make_plan(given))
