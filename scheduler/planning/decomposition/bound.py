"""The plant's own linear program from either side: the least that it costs at given prices, and
the best that it does for a fleet whose plans are fixed."""

from dataclasses import dataclass

import highspy
import numpy as np

from scheduler.domain.plan import Watts
from scheduler.planning.decomposition.prices import Prices
from scheduler.planning.lp import Lp, a_solver
from scheduler.planning.plant import K, add_plant
from scheduler.planning.problem import Problem

SERVE_LIMIT_S = 10.0


class Bound:
    """The plant's part of the Lagrangian (Geoffrion, Mathematical Programming Study 2, 1974)."""

    def __init__(self, problem: Problem) -> None:
        lp = Lp()
        self.problem = problem
        fleet = problem.vehicles
        plant = add_plant(lp, problem)
        self.taken = lp.add_columns(
            (problem.slots,),
            -fleet.discharge_max_w.sum(axis=0) / K,
            fleet.charge_max_w.sum(axis=0) / K,
            0.0,
        )
        lp.put(plant.balance, self.taken, -1.0)
        self._solver = a_solver()
        self._solver.passModel(lp.model())

    def plant_gbp(self, prices: Prices) -> float:
        """The least that the plant costs when vehicles pay the prices, and circuits are paid;
        minus infinity, which proves nothing, if that could not be found."""
        self._solver.changeColsCost(self.problem.slots, self.taken.astype(np.int32), -prices.site)
        self._solver.run()
        if self._solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return -np.inf
        carried = (prices.charge * self.problem.circuit_max_w).sum()
        carried += (prices.discharge * self.problem.circuit_limit_w[:, None]).sum()
        found_gbp = self._solver.getInfo().objective_function_value
        return float(found_gbp - carried / K)


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
    plant = add_plant(lp, problem)
    fleet_kw = net_w.sum(axis=0) / K
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
