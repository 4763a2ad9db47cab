"""From plans that nearly fit to plans that do: limits as walls, and nothing or the minimum power.

Whoever loads what is too full, or charges at less than its minimum, plans once more with what the
others leave as its limits; then its odd slots are settled.
"""

import numpy as np

from scheduler.planning.decomposition.compiled import compiled
from scheduler.planning.decomposition.fleet import Indices, Numbers, Rows
from scheduler.planning.decomposition.prices import Limits, Loads
from scheduler.planning.decomposition.settle import follows, is_odd, settle
from scheduler.planning.decomposition.sweep import Gains, Multipliers, book, row_prices
from scheduler.planning.decomposition.vehicle import desk, plan_row_gbp

TINY_KW = 1e-6


@compiled
def place(
    rows: Rows, limits: Limits, loads: Loads, held: Multipliers, gains: Gains, order: Indices,
    kw: Numbers, everyone: bool,
) -> int:  # fmt: skip
    """Make every plan fit, one after the other in `order`; how many planned anew.

    Prices are those of a sweep, but for multipliers, which stay. What breaks a limit without our
    doing stays as it is. `everyone`: also who fits plans again, within the same walls.
    """
    table = desk(rows)
    slots, moved = len(loads.net), 0
    rise, fall, into, out = np.empty(slots), np.empty(slots), np.empty(slots), np.empty(slots)
    full = np.empty((2, table.shape[1]))
    for i in order:
        if not everyone and not _misfits(rows, limits, loads, i, kw):
            continue
        moved += 1
        begin, end = rows.pair[i], rows.pair[i + 1]
        book(rows, limits, loads, i, kw, -1)
        row_prices(rows, limits, loads, held, gains, i, into, out)
        _room(rows, limits, loads, i, rise, fall)
        for j in range(begin, end):
            t = rows.first[i] + j - begin
            full[0, j - begin], full[1, j - begin] = rows.take_kwh[j], rows.give_kwh[j]
            rows.take_kwh[j] = _taken_kwh(rows, i, j, rise[t])
            give = max(fall[t], 0.0) * rows.hours[j] / rows.out_of[i]
            rows.give_kwh[j] = min(rows.give_kwh[j], give)
        plan_row_gbp(rows, i, into, out, table, kw)
        settle(rows, i, into, kw)
        for j in range(begin, end):
            rows.take_kwh[j], rows.give_kwh[j] = full[0, j - begin], full[1, j - begin]
        book(rows, limits, loads, i, kw, 1)
    return moved


@compiled
def _taken_kwh(rows: Rows, i: int, j: int, rise_kw: float) -> float:
    """The most that a row can take in a pair's slot: what is left, its minimum, or nothing."""
    most_kwh = rise_kw * rows.into[i] * rows.hours[j]
    if most_kwh >= rows.take_kwh[j]:
        return rows.take_kwh[j]
    if rise_kw < rows.minimum_kw[i] - TINY_KW:
        most_kwh = 0.0
    return max(most_kwh, min(rows.least_kwh[j], rows.take_kwh[j]))


@compiled
def _misfits(rows: Rows, limits: Limits, loads: Loads, i: int, kw: Numbers) -> bool:
    """Whether a row adds to what is too much, charges with less than its minimum, or plans what its
    battery cannot follow."""
    group = rows.group[i]
    for j in range(rows.pair[i], rows.pair[i + 1]):
        t, p = rows.first[i] + j - rows.pair[i], kw[j]
        if is_odd(rows, i, j, p):
            return True
        if p > TINY_KW and loads.net[t] > ceiling_kw(limits, t) + TINY_KW:
            return True
        if p < -TINY_KW and loads.net[t] < limits.supply[t, 0] - TINY_KW:
            return True
        for a in range(limits.path[group], limits.path[group + 1]):
            c = limits.circuit[a]
            if p > TINY_KW and loads.charge[c, t] > limits.charge[c, t] + TINY_KW:
                return True
            if p < -TINY_KW and loads.discharge[c, t] > limits.discharge[c, t] + TINY_KW:
                return True
    return not follows(rows, i, kw)


@compiled
def ceiling_kw(limits: Limits, t: int) -> float:
    """The most that the site may draw in a slot: the import limit, or the target below it."""
    if np.isnan(limits.target[t]):
        return limits.supply[t, -1]
    return limits.target[t]


@compiled
def _room(rows: Rows, limits: Limits, loads: Loads, i: int, rise: Numbers, fall: Numbers) -> None:
    """How many kW a row may take and give per slot beside the others."""
    for t in range(len(rise)):
        rise[t] = ceiling_kw(limits, t) - loads.net[t]
        fall[t] = loads.net[t] - limits.supply[t, 0]
    group = rows.group[i]
    for a in range(limits.path[group], limits.path[group + 1]):
        c, share = limits.circuit[a], limits.share[a]
        for t in range(len(rise)):
            rise[t] = min(rise[t], (limits.charge[c, t] - loads.charge[c, t]) / share)
            fall[t] = min(fall[t], (limits.discharge[c, t] - loads.discharge[c, t]) / share)
