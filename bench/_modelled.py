"""A planning problem as one would write it in cvxpy: the same terms as our linear program, a matrix
of charge, of discharge and of energy, and a solver of its choice."""

from typing import Any

import numpy as np

from scheduler.planning.lp import Numbers
from scheduler.planning.plant import CROSSING_GBP_PER_KWH, CURTAIL_GBP_PER_KWH, energy_of
from scheduler.planning.problem import CALM, Problem

K = 1000.0


def modelled(cp: Any, problem: Problem) -> Any:
    """The problem in cvxpy's words; kW and kWh. Knows a store and circuits, and no instruction,
    contract or demand charge."""
    fleet, slot_h = problem.vehicles, problem.slot_h
    shape = fleet.present_h.shape
    charge, give = cp.Variable(shape, nonneg=True), cp.Variable(shape, nonneg=True)
    energy = cp.Variable((shape[0], shape[1] + 1))
    short, extra = cp.Variable(shape[0], nonneg=True), cp.Variable(shape[0], nonneg=True)
    hours, begins_h = fleet.present_h, np.cumsum(slot_h) - slot_h
    into = hours * fleet.charge_ratio[:, None]
    out_of = hours / fleet.discharge_ratio[:, None]
    span_kwh = np.maximum(fleet.capacity_wh - fleet.taper_wh, 1e-9) / K
    fall = np.maximum(fleet.charge_max_w - fleet.taper_end_w[:, None], 0.0) / K / span_kwh[:, None]
    fall *= (fleet.capacity_wh - fleet.taper_wh > 1.0)[:, None]
    limits = [
        charge <= fleet.charge_max_w / K,
        give <= fleet.discharge_max_w / K,
        energy[:, 0] == fleet.start_wh / K,
        energy[:, 1:] == energy[:, :-1] + cp.multiply(into, charge) - cp.multiply(out_of, give),
        energy[:, 1:] >= np.repeat(fleet.reserve_wh[:, None] / K, shape[1], axis=1),
        energy[:, 1:] <= np.repeat(fleet.capacity_wh[:, None] / K, shape[1], axis=1),
        energy[:, -1] + short - extra == fleet.target_wh / K,
        charge + cp.multiply(fall / 2, energy[:, 1:] + energy[:, :-1])
        <= fleet.charge_max_w / K + fall * fleet.taper_wh[:, None] / K,
    ]
    if problem.circuit_ids:
        limits += [problem.below @ charge <= problem.circuit_max_w / K]
        most_w = np.repeat(problem.circuit_limit_w[:, None], shape[1], axis=1)
        limits += [problem.below @ give <= most_w / K]
    waiting_gbp = fleet.haste_gbp_per_kwh[:, None] * begins_h * hours
    cost = cp.sum(cp.multiply(waiting_gbp, charge))
    cost += cp.sum(cp.multiply(fleet.wear_gbp_per_kwh * hours, give))
    cost += fleet.shortfall_gbp_per_kwh @ short - fleet.extra_gbp_per_kwh * cp.sum(extra)
    store_kw, store_gbp, store_limits = _store(cp, problem, begins_h)
    site_kw, site_gbp, site_limits = _connection(cp, problem)
    fleet_kw = cp.sum(charge, axis=0) - cp.sum(give, axis=0)
    limits += [site_kw == (problem.load_w - problem.generation_w) / K + fleet_kw + store_kw]
    return cp.Problem(cp.Minimize(cost + store_gbp + site_gbp), limits + store_limits + site_limits)


def _store(cp: Any, problem: Problem, begins_h: Numbers) -> tuple[Any, Any, list[Any]]:
    store, slot_h = problem.store, problem.slot_h
    if store is None:
        return 0.0, 0.0, []
    charge, give = (cp.Variable(problem.slots, nonneg=True) for _ in range(2))
    energy = store.start_wh / K + cp.cumsum(
        cp.multiply(slot_h * store.charge_ratio, charge)
        - cp.multiply(slot_h / store.discharge_ratio, give)
    )
    cost = ((CROSSING_GBP_PER_KWH + CALM * begins_h) * slot_h) @ charge
    cost += ((store.wear_gbp_per_kwh + CALM * begins_h) * slot_h) @ give
    limits = [
        charge <= store.charge_max_w / K,
        give <= store.discharge_max_w / K,
        energy >= store.min_wh / K,
        energy <= store.max_wh / K,
    ]
    return charge - give, cost - store.keep_gbp_per_kwh * energy[-1], limits


def _connection(cp: Any, problem: Problem) -> tuple[Any, Any, list[Any]]:
    """Site power less what is given up of the generation; import and export in steps of price."""
    steps, each_h = energy_of(problem), problem.slot_h[:, None]
    buy, sell = (cp.Variable(steps.import_w.shape, nonneg=True) for _ in range(2))
    cut, beyond = (cp.Variable(problem.slots, nonneg=True) for _ in range(2))
    cost = cp.sum(cp.multiply((steps.import_gbp_per_kwh + CROSSING_GBP_PER_KWH) * each_h, buy))
    cost += cp.sum(cp.multiply((CROSSING_GBP_PER_KWH - steps.export_gbp_per_kwh) * each_h, sell))
    cost += CURTAIL_GBP_PER_KWH * problem.slot_h @ cut
    cost += problem.limit_gbp_per_kwh * problem.slot_h @ beyond
    limits = [
        buy <= steps.import_w / K,
        sell <= steps.export_w / K,
        cut <= problem.generation_w / K,
    ]
    return cp.sum(buy, axis=1) + beyond - cp.sum(sell, axis=1) - cut, cost, limits
