"""One vehicle's cheapest plan for given prices: an exact concave-convex dynamic program.

The cost of what is still to come is convex and piecewise linear in the stored energy. Going back
over the slots, a slot adds two pieces to the sorted list of slopes (charging at its price, giving
at its), moves what lies left of them and right of them, and clips at reserve and capacity; the two
energies at which charging ends and giving begins are all that the way forward needs. No grid: slots
times pieces steps (an infimal convolution per slot: Rockafellar, Convex Analysis, sec. 5 and 16).

Where charging earns more than giving costs (negative prices), doing both at once would pay: there
the slot counts with the convex hull of either, which no vehicle beats.
"""

import numpy as np

from scheduler.planning.decomposition.compiled import compiled
from scheduler.planning.decomposition.fleet import Numbers, Rows
from scheduler.planning.decomposition.pieces import END, SLOPE, TINY_KWH, Slot, carried_back


@compiled
def desk(rows: Rows) -> Numbers:
    """Room to work for one vehicle at a time."""
    longest = 0
    for i in range(len(rows.first)):
        longest = max(longest, rows.pair[i + 1] - rows.pair[i])
    return np.empty((7, 3 * longest + 8))


@compiled
def respond(
    rows: Rows, into_gbp: Numbers, out_gbp: Numbers, kw: Numbers, value_gbp: Numbers
) -> None:
    """Plan every row: `kw` per pair (+ into the vehicle), `value_gbp` the least that each can cost.

    `into_gbp`, `out_gbp` (groups, slots): what a kW into a vehicle costs, and out of it earns.
    """
    table = desk(rows)
    for i in range(len(rows.first)):
        group = rows.group[i]
        value_gbp[i] = plan_row_gbp(rows, i, into_gbp[group], out_gbp[group], table, kw)


@compiled
def plan_row_gbp(
    rows: Rows, i: int, into_gbp: Numbers, out_gbp: Numbers, table: Numbers, kw: Numbers
) -> float:
    """Plan one row into `kw`; the least that it can cost."""
    pieces = table[0:2]
    buy, sell, fixed, fill, drain = table[2], table[3], table[4], table[5], table[6]
    _price(rows, i, into_gbp, out_gbp, buy, sell, fixed)
    low, high = rows.reserve_kwh[i], rows.capacity_kwh[i]
    slots = rows.pair[i + 1] - rows.pair[i]
    begin, count = 2 * slots, 2 * slots + 2  # a slot adds two below at most, and one above
    pieces[SLOPE, begin], pieces[SLOPE, begin + 1] = -rows.short_gbp[i], -rows.extra_gbp[i]
    pieces[END, begin], pieces[END, begin + 1] = max(low, rows.target_kwh[i]), high
    for q in range(slots - 1, -1, -1):
        j = rows.pair[i] + q
        slot = Slot(
            buy[q], sell[q], rows.take_kwh[j], rows.give_kwh[j], rows.least_kwh[j],
            rows.bend_ratio[j], rows.bend_kwh[j], low, high,
        )  # fmt: skip
        begin, count, fill[q], drain[q] = carried_back(pieces, begin, count, slot)
    return _forward_gbp(rows, i, buy, sell, fixed, fill, drain, kw)


@compiled
def _price(
    rows: Rows, i: int, into_gbp: Numbers, out_gbp: Numbers, buy: Numbers, sell: Numbers,
    fixed: Numbers,
) -> None:  # fmt: skip
    """Per slot what a stored kWh costs, what one given earns, and what the hull of both costs
    when nothing is done."""
    for q in range(rows.pair[i + 1] - rows.pair[i]):
        j, t = rows.pair[i] + q, rows.first[i] + q
        take, give = rows.take_kwh[j], rows.give_kwh[j]
        buy[q] = sell[q] = fixed[q] = 0.0
        if take > 0.0:
            buy[q] = (into_gbp[t] / rows.hours[j] + rows.wait_gbp[j]) / rows.into[i]
            sell[q] = buy[q]
        if give > 0.0:
            sell[q] = (out_gbp[t] / rows.hours[j] - rows.wear_gbp[i]) * rows.out_of[i]
            if take <= 0.0:
                buy[q] = sell[q]
            elif sell[q] > buy[q]:
                hull = (buy[q] * take + sell[q] * give) / (take + give)
                fixed[q] = (hull - sell[q]) * give
                buy[q] = sell[q] = hull


@compiled
def _forward_gbp(
    rows: Rows, i: int, buy: Numbers, sell: Numbers, fixed: Numbers, fill: Numbers,
    drain: Numbers, kw: Numbers,
) -> float:  # fmt: skip
    """Read the decisions off into `kw`; what they cost, hulls at their own."""
    energy, value = rows.start_kwh[i], 0.0
    for q in range(rows.pair[i + 1] - rows.pair[i]):
        j = rows.pair[i] + q
        change = _step_kwh(rows, i, j, energy, fill[q], drain[q])
        energy += change
        value += fixed[q] + (buy[q] if change > 0.0 else sell[q]) * change
        kw[j] = power_kw(rows, i, j, change)
    value += max(rows.target_kwh[i] - energy, 0.0) * rows.short_gbp[i]
    value -= max(energy - rows.target_kwh[i], 0.0) * rows.extra_gbp[i]
    return value


@compiled
def power_kw(rows: Rows, i: int, j: int, change_kwh: float) -> float:
    """kW at the meter for a change of the stored energy over a pair's slot."""
    if change_kwh == 0.0:
        return 0.0
    ratio = 1.0 / rows.into[i] if change_kwh > 0.0 else rows.out_of[i]
    return change_kwh * ratio / rows.hours[j]


@compiled
def _step_kwh(
    rows: Rows, i: int, j: int, energy_kwh: float, fill_kwh: float, drain_kwh: float
) -> float:
    """What a battery takes (+) or gives in a slot: charged towards `fill_kwh`, emptied towards
    `drain_kwh`, as far as slot, taper and bounds allow."""
    top = min(rows.capacity_kwh[i], energy_kwh + rows.take_kwh[j])
    if rows.bend_ratio[j] < 1.0:
        top = min(top, rows.bend_ratio[j] * energy_kwh + rows.bend_kwh[j])
    least = rows.least_kwh[j]
    aim = min(fill_kwh, top)
    if aim > energy_kwh + least + TINY_KWH:
        return aim - energy_kwh
    if least > 0.0:
        return max(0.0, min(least, rows.capacity_kwh[i] - energy_kwh))
    if rows.give_kwh[j] > 0.0 and energy_kwh > drain_kwh + TINY_KWH:
        floor = max(drain_kwh, rows.reserve_kwh[i])
        return min(0.0, max(energy_kwh - rows.give_kwh[j], floor) - energy_kwh)
    return 0.0
