"""The site's own part of a linear program: connection, store, curtailment, instruction.

Both solvers use it; vehicles come in through the rows of `Plant.balance`. Works in kW and kWh.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scheduler.domain.plan import Watts
from scheduler.planning.chance import EnergySteps, energy_steps
from scheduler.planning.lp import Indices, Lp
from scheduler.planning.problem import CALM, Problem, Store
from scheduler.planning.solution import netted_w

CROSSING_GBP_PER_KWH = 1e-6
CURTAIL_GBP_PER_KWH = 1e-4
RESERVE_GBP_PER_KWH = 1.0  # dearer than any energy, cheaper than a vehicle that is not ready
K = 1000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plant:
    """Where the site's part stands in a program. `balance`: a row per slot in which what vehicles
    take has the coefficient -1 per kW, and whose dual is the price of a kW more in the slot;
    the others are columns, `beyond` what is imported above the limit."""

    balance: Indices
    beyond: Indices
    curtailed: Indices
    charge: Indices
    discharge: Indices

    def curtailed_w(self, values: npt.NDArray[np.float64]) -> Watts:
        """Generation given up per slot."""
        curtailed_w: Watts = np.maximum(values[self.curtailed], 0.0) * K
        return curtailed_w

    def store_w(self, problem: Problem, values: npt.NDArray[np.float64]) -> Watts:
        """The store's signed power per slot, zeros where there is none."""
        store = problem.store
        if store is None:
            return np.zeros(problem.slots)
        charge, give = (np.maximum(values[c], 0.0) * K for c in (self.charge, self.discharge))
        return netted_w(
            charge, give, np.asarray(store.charge_ratio), np.asarray(store.discharge_ratio)
        )


def add_plant(lp: Lp, problem: Problem, forced_w: Watts | None = None) -> Plant:
    """Put the site's part into a program. The import limit gives way to `forced_w` (slots,), the
    power that flows whatever is planned, and no further, and while it does the store does not
    charge: it would else buy above the limit in one slot to relieve another. None: as far as it
    pays, for fleets that need not fit."""
    balance, beyond, curtailed = _add_grid(lp, problem, forced_w)
    charge, discharge = _add_store(lp, problem, balance)
    if len(charge):
        lp.put_idle(charge, beyond)
    return Plant(
        balance=balance, beyond=beyond, curtailed=curtailed, charge=charge, discharge=discharge
    )


def energy_of(problem: Problem) -> EnergySteps:
    """What energy at the connection costs, by how much is taken."""
    return energy_steps(
        problem.buy_gbp_per_kwh,
        np.minimum(problem.export_gbp_per_kwh, problem.buy_gbp_per_kwh),
        problem.import_plan_w,
        problem.export_max_w,
        problem.rise_w,
        problem.fall_w,
    )


def _add_grid(lp: Lp, problem: Problem, forced_w: Watts | None) -> tuple[Indices, Indices, Indices]:
    """Import and export at the connection, with the slacks of contract and limit."""
    slot_h, shape = problem.slot_h, (problem.slots,)
    steps, each_h = energy_of(problem), slot_h[:, None]
    buy_gbp = (steps.import_gbp_per_kwh + CROSSING_GBP_PER_KWH) * each_h
    sell_gbp = (CROSSING_GBP_PER_KWH - steps.export_gbp_per_kwh) * each_h
    beyond = problem.limit_gbp_per_kwh * slot_h
    import_ = lp.add_columns(steps.import_w.shape, 0.0, steps.import_w / K, buy_gbp).T
    export = lp.add_columns(steps.export_w.shape, 0.0, steps.export_w / K, sell_gbp).T
    most = np.inf if forced_w is None else np.maximum(forced_w - problem.import_plan_w, 0.0) / K
    import_beyond = lp.add_columns(shape, 0.0, most, beyond)
    export_beyond = lp.add_columns(shape, 0.0, np.inf, beyond)
    curtailed = lp.add_columns(shape, 0.0, problem.generation_w / K, CURTAIL_GBP_PER_KWH * slot_h)
    site = (problem.load_w - problem.generation_w) / K
    rows = lp.add_rows(shape, site, site)
    flows = [*((step, 1.0) for step in import_),
             *((step, -1.0) for step in export), (export_beyond, -1.0)]  # fmt: skip
    for columns, sign in (*flows, (import_beyond, 1.0), (curtailed, -1.0)):
        lp.put(rows, columns, sign)

    for peak in problem.peaks:
        slots = np.nonzero(peak.slots)[0]
        higher = lp.add_columns((1,), 0.0, np.inf, peak.gbp_per_kw)
        peak_rows = lp.add_rows(slots.shape, -np.inf, peak.so_far_w / K)
        for columns in (*import_, import_beyond):
            lp.put(peak_rows, columns[slots], 1.0)
        lp.put(peak_rows, higher, -1.0)

    # A kW beyond the limit breaks that alone, no contract as well: it costs the same in all slots.
    asked = np.nonzero(np.isfinite(problem.target_w))[0]
    target = problem.target_w[asked] / K
    miss = problem.contract_gbp_per_kwh * slot_h[asked]
    over, under = (lp.add_columns(asked.shape, 0.0, np.inf, miss) for _ in range(2))
    target_rows = lp.add_rows(asked.shape, target, target)
    for columns, sign in flows:
        lp.put(target_rows, columns[asked], sign)
    lp.put(target_rows, over, -1.0)
    lp.put(target_rows, under, 1.0)
    for kept_w, limit_w, missed in (
        (problem.most_w, problem.import_max_w, -1.0),
        (problem.least_w, -problem.export_max_w, 1.0),
    ):
        slots = np.nonzero(kept_w != limit_w)[0]
        within, kept = (-np.inf, kept_w[slots] / K), (kept_w[slots] / K, np.inf)
        kept_rows = lp.add_rows(slots.shape, *(within if missed < 0 else kept))
        miss = problem.contract_gbp_per_kwh * slot_h[slots]
        for columns, sign in flows:
            lp.put(kept_rows, columns[slots], sign)
        lp.put(kept_rows, lp.add_columns(slots.shape, 0.0, np.inf, miss), missed)
    return rows, import_beyond, curtailed


def _add_reserves(lp: Lp, store: Store, stored: Indices, contract_gbp_per_kwh: float) -> None:
    """Energy and room that instructions and calls of reserve may need, as far as they can be had:
    what no forecast sees is worth less than what was promised."""
    for least_wh, most_wh, gbp_per_kwh in (
        (store.least_wh, store.most_wh, RESERVE_GBP_PER_KWH),
        (store.call_least_wh, store.call_most_wh, contract_gbp_per_kwh),
    ):
        kept = np.nonzero(least_wh > store.min_wh)[0]
        open_ = np.nonzero(most_wh < store.max_wh)[0]
        for slots, sign, lower, upper in (
            (kept, 1.0, least_wh[kept] / K, np.inf),
            (open_, -1.0, -np.inf, most_wh[open_] / K),
        ):
            missing = lp.add_columns((1,), 0.0, np.inf, gbp_per_kwh)
            rows = lp.add_rows(slots.shape, lower, upper)
            lp.put(rows, stored[slots], 1.0)
            lp.put(rows, missing, sign)


def _add_store(lp: Lp, problem: Problem, balance: Indices) -> tuple[Indices, Indices]:
    """Charge and discharge columns of the store; empty where there is none."""
    store, slot_h = problem.store, problem.slot_h
    if store is None:
        none = np.zeros(0, dtype=np.int64)
        return none, none
    shape = (problem.slots,)
    waiting = CALM * (np.cumsum(slot_h) - slot_h)
    charge_gbp, give_gbp = CROSSING_GBP_PER_KWH + waiting, store.wear_gbp_per_kwh + waiting
    charge = lp.add_columns(shape, 0.0, store.charge_max_w / K, charge_gbp * slot_h)
    give = lp.add_columns(shape, 0.0, store.discharge_max_w / K, give_gbp * slot_h)
    lp.put_either(charge, give)
    kept_gbp = np.zeros(problem.slots)
    kept_gbp[-1:] = -store.keep_gbp_per_kwh
    stored = lp.add_columns(shape, store.min_wh / K, store.max_wh / K, kept_gbp)
    _add_reserves(lp, store, stored, problem.contract_gbp_per_kwh)
    start = np.zeros(problem.slots)
    start[:1] = store.start_wh / K
    path = lp.add_rows(shape, start, start)
    lp.put(path, stored, 1.0)
    lp.put(path[1:], stored[:-1], -1.0)
    lp.put(path, charge, -store.charge_ratio * slot_h)
    lp.put(path, give, slot_h / store.discharge_ratio)
    lp.put(balance, charge, -1.0)
    lp.put(balance, give, 1.0)
    return charge, give
