"""Is a plan valid? Everything is computed again, by code that shares nothing with the solvers.

A rule is a function from a `Case` to the violations it finds; rules live in `checks`, by theme.
"""

from collections.abc import Callable, Iterator

from scheduler.domain.plan import Plan
from scheduler.planning.checks import claims, lines, loads, reserve, site, vehicles
from scheduler.planning.checks.case import Case, Violation
from scheduler.planning.problem import PlanningInput

Rule = Callable[[Case], Iterator[Violation]]

RULES: tuple[Rule, ...] = (
    vehicles.powers,
    vehicles.dwell,
    vehicles.steps,
    vehicles.energies,
    vehicles.taper_and_floor,
    loads.powers,
    loads.in_windows,
    site.circuits,
    lines.lines,
    site.store,
    site.connection,
    claims.repeated,
    claims.sums,
    claims.notes,
    reserve.reserve,
)


def violations(given: PlanningInput, plan: Plan) -> list[Violation]:
    """What the plan breaks; an empty list means it may be sent."""
    broken = list(claims.shape(given, plan))
    if broken:
        return broken
    case = Case(given, plan)
    return [violation for rule in RULES for violation in rule(case)]
