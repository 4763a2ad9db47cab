"""How high the import may be for which a demand charge is paid: a level that all its slots share.

What a slot's price lies above that of energy is its part of the charge; the parts of a period come
to the charge, or to less where the level is that of the period so far (the optimality conditions of
the peak in the plant's program). The level is where that holds for the loads of the moment.
"""

import numpy as np

from scheduler.planning.decomposition.fleet import Numbers
from scheduler.planning.decomposition.prices import Limits
from scheduler.planning.plant import K
from scheduler.planning.problem import Problem

HALVINGS = 40
TINY_GBP = 1e-6
LEVEL = -2  # the column of `supply` up to which no more than the energy is paid


def level_peaks(
    problem: Problem, limits: Limits, site_gbp: Numbers, stiff_ratio: Numbers, net_kw: Numbers
) -> None:
    """Write the level of each period into the supply of its slots. `site_gbp`: multipliers,
    `stiff_ratio`: GBP per kW and slot for each kW beside them."""
    buy_gbp = problem.buy_gbp_per_kwh * problem.slot_h
    for peak in problem.peaks:
        slots = peak.slots & np.isnan(limits.target)
        over_gbp = (site_gbp + stiff_ratio * net_kw - buy_gbp)[slots]
        low_kw, high_kw = peak.so_far_w / K, max(float(net_kw[slots].max(initial=0.0)), 0.0)
        high_kw = max(high_kw, float(limits.supply[slots, -1].max(initial=0.0)), low_kw)
        for step in range(HALVINGS):
            level_kw = low_kw if step == 0 else (low_kw + high_kw) / 2
            part_gbp = np.clip(over_gbp - stiff_ratio[slots] * level_kw, 0.0, peak.gbp_per_kw)
            if part_gbp.sum() <= peak.gbp_per_kw:
                high_kw = level_kw
            else:
                low_kw = level_kw
        limits.supply[slots, LEVEL] = np.clip(
            high_kw, limits.supply[slots, 0], limits.supply[slots, -1]
        )


def shared(problem: Problem, site_gbp: Numbers) -> Numbers:
    """Site prices whose parts of a charge, each changed by the same, come to just it."""
    shared_gbp, buy_gbp = site_gbp.copy(), problem.buy_gbp_per_kwh * problem.slot_h
    for peak in problem.peaks:
        slots = np.nonzero(peak.slots & (site_gbp > buy_gbp + TINY_GBP))[0]
        part_gbp = site_gbp[slots] - buy_gbp[slots]
        low_gbp = -float(part_gbp.max(initial=0.0))
        high_gbp = peak.gbp_per_kw
        for _ in range(HALVINGS):
            more_gbp = (low_gbp + high_gbp) / 2
            if np.maximum(part_gbp + more_gbp, 0.0).sum() <= peak.gbp_per_kw:
                low_gbp = more_gbp
            else:
                high_gbp = more_gbp
        shared_gbp[slots] = buy_gbp[slots] + np.maximum(part_gbp + low_gbp, 0.0)
    return shared_gbp
