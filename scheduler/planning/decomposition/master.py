"""The best mixture of plans: a small linear program where prices alone do not get near enough.

The master program of Dantzig and Wolfe (Decomposition principle for linear programs, Operations
Research 8, 1960): its columns are plans that vehicles have held or answered prices with, its rows
the site's own program, the circuits that are full, and that each cluster mixes its plans to one
whole. Its duals are the next prices, to which vehicles answer with new columns. It begins where the
sweeps end, so that a few columns do: from nothing it would take a thousand (ADR 11).
"""

from dataclasses import dataclass

import highspy
import numpy as np

from scheduler.planning.decomposition.fleet import STORE_PARTS, Fleet, Indices, Numbers
from scheduler.planning.decomposition.prices import Limits, Loads, Prices
from scheduler.planning.lp import Lp, a_solver
from scheduler.planning.plant import K, add_plant
from scheduler.planning.problem import Mask, Problem

MOST_CLUSTERS = 400  # above, vehicles that are alike mix their plans alike
FULL_RATIO = 0.9  # of its limit: what a circuit carries that may bind


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixture:
    """Powers per pair, the store's parts included; what all costs; the prices at which it does."""

    kw: Numbers
    objective_gbp: float
    prices: Prices


class Master:
    """Plans of the fleet, and the best mixture of them."""

    def __init__(
        self, problem: Problem, fleet: Fleet, limits: Limits, loads: Loads, prices: Prices
    ) -> None:
        """`loads`, `prices`: which circuits are full in which slots."""
        self._problem, self._fleet = problem, fleet
        self._cluster, self._group = _clusters(fleet)
        self._own = fleet.vehicle[fleet.row] >= 0
        lp = Lp()
        self._plant = add_plant(lp, problem)
        beyond_gbp = problem.limit_gbp_per_kwh * problem.slot_h
        self._charge, self._discharge = (
            _add_circuits(lp, (load > FULL_RATIO * limit) | (price > 0.0), limit, beyond_gbp)
            for load, limit, price in (
                (loads.charge, limits.charge, prices.charge),
                (loads.discharge, limits.discharge, prices.discharge),
            )
        )
        self._whole = lp.add_rows(self._group.shape, 1.0, 1.0)
        self._solver = a_solver()
        self._solver.passModel(lp.model())
        self._columns = lp.columns
        self._plans: list[Numbers] = []

    def add(self, kw: Numbers) -> None:
        """One more plan for everyone; powers per pair."""
        fleet, slots, clusters = self._fleet, self._problem.slots, len(self._group)
        place = self._cluster[fleet.row[self._own]] * slots + fleet.slot[self._own]
        charge, discharge = np.zeros((2, clusters * slots))
        np.add.at(charge, place, np.maximum(kw[self._own], 0.0))
        np.add.at(discharge, place, np.maximum(-kw[self._own], 0.0))
        shape = (clusters, slots)
        column, row, value = self._entries(charge.reshape(shape), discharge.reshape(shape))
        order = np.lexsort((row, column))
        own_gbp = fleet.own_gbp(kw)[fleet.vehicle >= 0]
        cost_gbp = np.bincount(self._cluster, own_gbp, minlength=clusters).astype(np.float64)
        begins = np.searchsorted(column[order], np.arange(clusters))
        self._solver.addCols(
            clusters, cost_gbp, np.zeros(clusters), np.full(clusters, np.inf),
            len(order), begins.astype(np.int32), row[order].astype(np.int32), value[order],
        )  # fmt: skip
        self._plans.append(kw.copy())

    def _entries(self, charge: Numbers, discharge: Numbers) -> tuple[Indices, Indices, Numbers]:
        """Clusters, rows and coefficients of powers (clusters, slots)."""
        everyone = np.arange(len(self._group))
        who, when = np.nonzero(charge != discharge)
        net = (charge - discharge)[who, when]
        parts: list[tuple[Indices, Indices, Numbers]] = [
            (everyone, self._whole, np.ones(len(everyone))),
            (who, self._plant.balance[when], -net),
        ]
        for power, rows in ((charge, self._charge), (discharge, self._discharge)):
            who, when = np.nonzero(power)
            share = self._fleet.share[self._group[who]]
            for circuit in np.nonzero((rows >= 0).any(axis=1))[0]:
                row = rows[circuit, when]
                loaded = (row >= 0) & (share[:, circuit] > 0.0)
                carried = (power[who, when] * share[:, circuit])[loaded]
                parts.append((who[loaded], row[loaded], carried))
        clusters, rows_, values = zip(*parts, strict=True)
        return np.concatenate(clusters), np.concatenate(rows_), np.concatenate(values)

    def best(self, time_limit_s: float) -> Mixture | None:
        """The cheapest mixture; None if it was not found in time."""
        self._solver.setOptionValue("time_limit", self._solver.getRunTime() + time_limit_s)
        self._solver.run()
        if self._solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        found = self._solver.getSolution()
        values, duals = np.array(found.col_value), np.array(found.row_dual)
        return Mixture(
            kw=self._mixed(values),
            objective_gbp=float(self._solver.getInfo().objective_function_value),
            prices=Prices(
                site=duals[self._plant.balance],
                charge=_priced(duals, self._charge),
                discharge=_priced(duals, self._discharge),
            ),
        )

    def _mixed(self, values: Numbers) -> Numbers:
        weight = np.maximum(values[self._columns :], 0.0).reshape(len(self._plans), -1)
        weight /= weight.sum(axis=0)
        kw = np.zeros(len(self._own))
        whose = self._cluster[self._fleet.row[self._own]]
        for plan, part in zip(self._plans, weight, strict=True):
            kw[self._own] += part[whose] * plan[self._own]
        store_w = self._plant.store_w(self._problem, values)
        kw[~self._own] = store_w[self._fleet.slot[~self._own]] / (K * STORE_PARTS)
        return kw


def _clusters(fleet: Fleet) -> tuple[Indices, Indices]:
    """Which cluster each vehicle is of, and the group of each cluster: like circuits, and departure
    and arrival near one another."""
    rows, count = fleet.rows, int((fleet.vehicle >= 0).sum())
    leaves = (rows.first + np.diff(rows.pair))[:count]
    group = rows.group[:count]
    order = np.lexsort((rows.first[:count], leaves, group))
    size = max(1, -(-count // MOST_CLUSTERS))
    begins = np.r_[0, np.nonzero(np.diff(group[order]))[0] + 1].astype(np.int64)
    rank = np.arange(count) - np.repeat(begins, np.diff(np.r_[begins, count]))
    cluster = np.empty(count, dtype=np.int64)
    cluster[order] = np.cumsum(rank % size == 0) - 1
    return cluster, group[order][rank % size == 0]


def _add_circuits(lp: Lp, full: Mask, limit: Numbers, beyond_gbp: Numbers) -> Indices:
    """A row for each (circuit, slot) that may bind, -1 for the others. No mixture of the first
    plans may keep them all: what is beyond is paid for, at `beyond_gbp` (slots,)."""
    rows = np.full(limit.shape, -1)
    shape = (int(full.sum()),)
    rows[full] = lp.add_rows(shape, -np.inf, limit[full])
    beyond = lp.add_columns(shape, 0.0, np.inf, beyond_gbp[np.nonzero(full)[1]])
    lp.put(rows[full], beyond, -1.0)
    return rows


def _priced(duals: Numbers, rows: Indices) -> Numbers:
    price: Numbers = np.where(rows >= 0, np.maximum(-duals[rows], 0.0), 0.0)
    return price
