"""Prices per slot, what they must keep within limits, and how they follow the load."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np

from scheduler.domain.plan import PlanPrices
from scheduler.planning.chance import SIDE
from scheduler.planning.decomposition.compiled import compiled
from scheduler.planning.decomposition.fleet import Fleet, Indices, Numbers
from scheduler.planning.plant import CURTAIL_GBP_PER_KWH, K, energy_of
from scheduler.planning.problem import Problem

BUY = 2 * SIDE  # the dearest step of energy, after curtailment and those of export and import


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """GBP per kW and slot: `site` (slots,) of what the site takes more, `charge` and `discharge`
    (circuits, slots) of what a circuit carries into vehicles and out of them, never negative."""

    site: Numbers
    charge: Numbers
    discharge: Numbers

    def into_gbp(self, fleet: Fleet) -> Numbers:
        """What a kW into a vehicle of each group costs in each slot."""
        into: Numbers = self.site + fleet.share @ self.charge
        return into

    def out_gbp(self, fleet: Fleet) -> Numbers:
        """What a kW out of a vehicle of each group earns in each slot."""
        out: Numbers = self.site - fleet.share @ self.discharge
        return out

    def arrays(self) -> tuple[Numbers, Numbers, Numbers]:
        """All of them."""
        return self.site, self.charge, self.discharge

    def later(self, slots: int) -> "Prices":
        """The same prices seen `slots` slots later; the last of them stays for the new ones."""
        if slots <= 0:
            return self
        site, charge, discharge = (
            np.concatenate(
                [a[..., slots:], np.repeat(a[..., -1:], min(slots, a.shape[-1]), -1)], -1
            )
            for a in self.arrays()
        )
        return Prices(site=site, charge=charge, discharge=discharge)


def first_prices(problem: Problem) -> Prices:
    """Before anything is known: energy costs what it is expected to cost, and nothing is full."""
    none = np.zeros((len(problem.circuit_ids), problem.slots))
    return Prices(
        site=problem.expected_gbp_per_kwh * problem.slot_h, charge=none, discharge=none.copy()
    )


def prices_now(told: PlanPrices, problem: Problem, starts_at: datetime) -> Prices | None:
    """The prices of a plan as they are now that the first slot is that of `starts_at`; None of
    other circuits or slots, or where the plan has run out."""
    late = (starts_at - told.starts_at) // timedelta(seconds=told.slot_s)
    shape = (len(problem.circuit_ids), problem.slots)
    if told.circuit_ids != problem.circuit_ids or told.charge_gbp_per_kwh.shape != shape:
        return None
    if not 0 <= late < problem.slots:
        return None
    then = Prices(
        site=told.site_gbp_per_kwh,
        charge=told.charge_gbp_per_kwh,
        discharge=told.discharge_gbp_per_kwh,
    ).later(late)
    return Prices(
        site=then.site * problem.slot_h,
        charge=np.maximum(then.charge, 0.0) * problem.slot_h,
        discharge=np.maximum(then.discharge, 0.0) * problem.slot_h,
    )


class Limits(NamedTuple):
    """What the load has to keep to, kW and GBP per kW and slot.

    A group's circuits stand in `circuit[path[g]:path[g + 1]]`, each with the `share` it carries.
    The connection supplies `supply[t, 0]` at no price, and `supply[t, k + 1]` above the price
    `step[t, k]`: generation is given up, power leaves the site, power is bought, in the order of
    their prices; beyond the level of a demand charge (`peaks`) the charge is paid as well. What a
    contract keeps the site below or above ends the supply as the connection does. Where an
    instruction asks for `target`, a kW beside it costs `miss`."""

    path: Indices
    circuit: Indices
    share: Numbers
    charge: Numbers
    discharge: Numbers
    step: Numbers
    supply: Numbers
    target: Numbers
    miss: Numbers


class Loads(NamedTuple):
    """What vehicles and store come to: `net` (slots,) of the whole site, + import; `charge` and
    `discharge` (circuits, slots), both positive. kW."""

    net: Numbers
    charge: Numbers
    discharge: Numbers


def limits_of(problem: Problem, fleet: Fleet) -> Limits:
    """The limits as the kernels read them."""
    # Strided views but where there is nobody: as they are, the kernels would be compiled for both.
    group, circuit = map(np.ascontiguousarray, np.nonzero(fleet.share))
    slot_h, energy = problem.slot_h, energy_of(problem)
    export_kw, high_kw = problem.export_max_w / K, problem.import_plan_w / K
    price = np.c_[np.full(problem.slots, -CURTAIL_GBP_PER_KWH),
                  energy.export_gbp_per_kwh, energy.import_gbp_per_kwh]  # fmt: skip
    more_kw = np.c_[problem.generation_w, energy.export_w, energy.import_w] / K
    order = np.argsort(price, axis=1, kind="stable")
    low_kw = -export_kw - problem.generation_w / K
    more_kw = np.cumsum(np.take_along_axis(more_kw, order, axis=1), axis=1)
    discharge_w = np.broadcast_to(problem.circuit_limit_w[:, None], problem.circuit_max_w.shape)
    step, supply = (
        np.take_along_axis(price, order, axis=1),
        np.c_[low_kw, low_kw[:, None] + more_kw],
    )
    if problem.peaks:  # what is drawn above the level of its period costs the charge as well
        charge_gbp = sum(peak.slots * peak.gbp_per_kw for peak in problem.peaks)
        dear = problem.buy_gbp_per_kwh + charge_gbp / slot_h
        step, supply = np.c_[step, dear], np.c_[supply, supply[:, -1:]]
    return Limits(
        path=np.searchsorted(group, np.arange(len(fleet.share) + 1)),
        circuit=circuit,
        share=fleet.share[group, circuit],
        charge=problem.circuit_max_w / K,
        discharge=discharge_w / K,
        step=step * slot_h[:, None],
        supply=_within_contracts(problem, supply),
        target=np.clip(problem.target_w / K, -export_kw, high_kw),
        miss=np.full(problem.slots, problem.contract_gbp_per_kwh) * slot_h,
    )


def _within_contracts(problem: Problem, supply: Numbers) -> Numbers:
    """A supply that ends where contracts end it, and leaves the store what it must take for them:
    it is filled last."""
    most_w = problem.most_w - _filling_w(problem)
    most_w = np.where(most_w < problem.import_max_w, most_w, np.inf)
    least_w = np.where(problem.least_w > -problem.export_max_w, problem.least_w, -np.inf)
    within: Numbers = np.clip(supply, least_w[:, None] / K, most_w[:, None] / K)
    return within


def _filling_w(problem: Problem) -> Numbers:
    """What the store takes, evenly, to hold in time what a call of reserve may need."""
    store = problem.store
    if store is None:
        return np.zeros(problem.slots)
    missing_wh = np.maximum(store.call_least_wh - store.start_wh, 0.0) / store.charge_ratio
    pace_w = missing_wh / np.cumsum(problem.slot_h)
    filling_w: Numbers = np.maximum.accumulate(pace_w[::-1])[::-1]
    return np.minimum(filling_w, store.charge_max_w)


@compiled
def site_price_gbp(
    limits: Limits, t: int, price_gbp: float, stiff_ratio: float, net_kw: float
) -> float:
    """The price at which the connection carries a load: the proximal step of its supply curve.

    Solves p = price + stiff_ratio * (net - supply(p)); beyond the last step, and beside a
    target, the price goes on with the load.
    """
    if not np.isnan(limits.target[t]):
        off_gbp = price_gbp + stiff_ratio * (net_kw - limits.target[t])
        low_gbp, high_gbp = limits.step[t, 0] - limits.miss[t], limits.step[t, BUY] + limits.miss[t]
        return min(max(off_gbp, low_gbp), high_gbp)
    price = price_gbp + stiff_ratio * (net_kw - limits.supply[t, 0])
    for k in range(limits.step.shape[1]):
        if price <= limits.step[t, k]:
            return price
        price = max(limits.step[t, k], price_gbp + stiff_ratio * (net_kw - limits.supply[t, k + 1]))
    return price
