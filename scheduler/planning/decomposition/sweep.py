"""Prices that follow the load: one vehicle after the other plans anew, at the prices of now.

An incremental method of multipliers (Nedic and Bertsekas, Incremental subgradient methods, SIAM J.
Optimization 12, 2001; Bertsekas, Constrained Optimization and Lagrange Multiplier Methods, ch. 2):
the load is always the sum of plans that vehicles really hold, a price is its multiplier plus a
proximal term for what is too much, and the multiplier follows. A thousand small steps in one pass
over the fleet take the place of a thousand passes, and of a master program over all circuits.
"""

from typing import NamedTuple

import numpy as np

from scheduler.planning.decomposition.compiled import compiled
from scheduler.planning.decomposition.fleet import Indices, Numbers, Rows
from scheduler.planning.decomposition.prices import Limits, Loads, site_price_gbp
from scheduler.planning.decomposition.vehicle import desk, plan_row_gbp


class Multipliers(NamedTuple):
    """Prices as `Prices` has them, written in place."""

    site: Numbers
    charge: Numbers
    discharge: Numbers


class Gains(NamedTuple):
    """How strongly prices follow: GBP per kW and slot for each kW too much (shapes as prices),
    and by which share of it a multiplier moves at each vehicle (of the site per slot, of a circuit
    per circuit)."""

    site: Numbers
    charge: Numbers
    discharge: Numbers
    site_ratio: Numbers
    circuit_ratio: Numbers


@compiled
def book(rows: Rows, limits: Limits, loads: Loads, i: int, kw: Numbers, sign: int) -> None:
    """Add (1) a row's plan to the loads, or take it away (-1)."""
    group = rows.group[i]
    for j in range(rows.pair[i], rows.pair[i + 1]):
        t, p = rows.first[i] + j - rows.pair[i], sign * kw[j]
        loads.net[t] += p
        for a in range(limits.path[group], limits.path[group + 1]):
            if kw[j] > 0.0:
                loads.charge[limits.circuit[a], t] += p * limits.share[a]
            elif kw[j] < 0.0:
                loads.discharge[limits.circuit[a], t] -= p * limits.share[a]


@compiled
def book_all(rows: Rows, limits: Limits, loads: Loads, kw: Numbers) -> None:
    """Add everyone's plan to the loads."""
    for i in range(len(rows.first)):
        book(rows, limits, loads, i, kw, 1)


@compiled
def row_prices(
    rows: Rows, limits: Limits, loads: Loads, held: Multipliers, gains: Gains, i: int,
    into: Numbers, out: Numbers,
) -> None:  # fmt: skip
    """What a kW into a row's vehicle costs and out of it earns per slot, at these loads; the
    multipliers of what it loads follow by their ratio."""
    for t in range(len(into)):
        price = site_price_gbp(limits, t, held.site[t], gains.site[t], loads.net[t])
        held.site[t] += gains.site_ratio[t] * (price - held.site[t])
        into[t] = out[t] = price
    group = rows.group[i]
    for a in range(limits.path[group], limits.path[group + 1]):
        c, share = limits.circuit[a], limits.share[a]
        for t in range(len(into)):
            over = gains.charge[c, t] * (loads.charge[c, t] - limits.charge[c, t])
            price = max(0.0, held.charge[c, t] + over)
            held.charge[c, t] += gains.circuit_ratio[c] * (price - held.charge[c, t])
            into[t] += share * price
            over = gains.discharge[c, t] * (loads.discharge[c, t] - limits.discharge[c, t])
            price = max(0.0, held.discharge[c, t] + over)
            held.discharge[c, t] += gains.circuit_ratio[c] * (price - held.discharge[c, t])
            out[t] -= share * price


@compiled
def sweep(
    rows: Rows, limits: Limits, loads: Loads, held: Multipliers, gains: Gains, order: Indices,
    kw: Numbers, mean_site: Numbers,
) -> None:  # fmt: skip
    """Let every row plan anew, in `order`. Writes `kw`, `loads` and `held`; `mean_site` becomes
    the mean of the site's multipliers on the way."""
    slots = len(loads.net)
    table, into, out = desk(rows), np.empty(slots), np.empty(slots)
    mean_site[:] = 0.0
    for i in order:
        book(rows, limits, loads, i, kw, -1)
        row_prices(rows, limits, loads, held, gains, i, into, out)
        for t in range(slots):
            mean_site[t] += held.site[t] / len(order)
        plan_row_gbp(rows, i, into, out, table, kw)
        book(rows, limits, loads, i, kw, 1)
