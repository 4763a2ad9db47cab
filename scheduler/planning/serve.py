"""The best that the plant does for a fleet whose plans are fixed."""

from dataclasses import dataclass, replace

from scheduler.domain.plan import Watts
from scheduler.planning.lp import Lp
from scheduler.planning.plant import K, add_plant
from scheduler.planning.problem import Problem
from scheduler.planning.solution import Solution, own_cost_gbp

SERVE_LIMIT_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """What the plant does, per slot, and what it costs."""

    objective_gbp: float
    store_w: Watts
    curtailed_w: Watts


def serve(problem: Problem, net_w: Watts) -> Served:
    """The plant at its best for the vehicles' powers. Every fleet can be served: what breaks a
    limit is paid for."""
    lp = Lp()
    fleet_w = net_w.sum(axis=0)
    plant = add_plant(lp, problem, problem.load_w - problem.generation_w + fleet_w)
    fleet_kw = fleet_w / K
    taken = lp.add_columns((problem.slots,), fleet_kw, fleet_kw, 0.0)
    lp.put(plant.balance, taken, -1.0)
    found = lp.solve(SERVE_LIMIT_S)
    if found is None:
        raise ArithmeticError("the plant's program has no solution")
    return Served(
        objective_gbp=found.objective_gbp,
        store_w=plant.store_w(problem, found.values),
        curtailed_w=plant.curtailed_w(found.values),
    )


def served(problem: Problem, solution: Solution) -> Solution:
    """The solution with the plant at its best for its vehicles, and what that costs."""
    plant = serve(problem, solution.net_w)
    return replace(
        solution,
        store_w=plant.store_w,
        curtailed_w=plant.curtailed_w,
        objective_gbp=plant.objective_gbp + own_cost_gbp(problem, solution.net_w),
    )
