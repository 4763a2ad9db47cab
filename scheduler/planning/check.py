"""Is a plan valid? Everything is computed again, by code that shares nothing with the solvers."""

from dataclasses import dataclass

from scheduler.domain.plan import Plan
from scheduler.planning.problem import PlanningInput


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """`rule` names what is broken, `where` the thing that breaks it, `text` says by how much."""

    rule: str
    where: str
    slot: int | None
    text: str


def violations(given: PlanningInput, plan: Plan) -> list[Violation]:
    """What the plan breaks; an empty list means it may be sent."""
    raise NotImplementedError
