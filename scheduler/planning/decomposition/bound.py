"""The least that the plant costs at given prices: what proves the worth of a plan."""

import highspy
import numpy as np

from scheduler.planning.decomposition.prices import Prices
from scheduler.planning.lp import Lp, a_solver
from scheduler.planning.plant import K, add_plant
from scheduler.planning.problem import Problem


class Bound:
    """The plant's part of the Lagrangian (Geoffrion, Mathematical Programming Study 2, 1974)."""

    def __init__(self, problem: Problem) -> None:
        lp = Lp()
        self.problem = problem
        fleet = problem.vehicles
        plant = add_plant(lp, problem, problem.forced_w)
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
