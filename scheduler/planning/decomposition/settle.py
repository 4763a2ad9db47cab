"""Odd slots: charging at less than the minimum power. The energy goes to a fuller slot or comes
from one, or is left out, or a little more is taken: whichever costs least and can be."""

import numpy as np

from scheduler.planning.decomposition.compiled import compiled
from scheduler.planning.decomposition.fleet import Numbers, Rows
from scheduler.planning.decomposition.vehicle import power_kw

TINY_KWH = 1e-7
ODD_KW = 1e-4


@compiled
def is_odd(rows: Rows, i: int, j: int, power_kw: float) -> bool:
    """Whether a power is neither nothing, nor what is taken unasked, nor at least the minimum."""
    least_kw = rows.least_kwh[j] / (rows.into[i] * max(rows.hours[j], 1e-9))
    return least_kw + ODD_KW < power_kw < rows.minimum_kw[i] - ODD_KW


@compiled
def settle(rows: Rows, i: int, into_gbp: Numbers, kw: Numbers) -> None:
    """Leave no odd slot in a row's plan. Prices (slots,) as `plan_row_gbp` has them; the row's
    `take_kwh` are what it may take."""
    begin, end = rows.pair[i], rows.pair[i + 1]
    change = _changes(rows, i, kw)
    for q in range(end - begin):
        if is_odd(rows, i, begin + q, kw[begin + q]):
            _settle_one(rows, i, q, into_gbp, change)
            for r in range(end - begin):
                kw[begin + r] = power_kw(rows, i, begin + r, change[r])
    if not _holds(rows, i, change):
        _trim(rows, i, change)
        for r in range(end - begin):
            kw[begin + r] = power_kw(rows, i, begin + r, change[r])


@compiled
def _settle_one(rows: Rows, i: int, q: int, into_gbp: Numbers, change: Numbers) -> None:
    """Raise a slot to the minimum or drop it to the floor, against one other slot or none."""
    begin, length = rows.pair[i], rows.pair[i + 1] - rows.pair[i]
    least = rows.least_kwh[begin + q]
    minimum = rows.minimum_kw[i] * rows.into[i] * rows.hours[begin + q]
    best_gbp, best_r, best_kwh = np.inf, -1, least - change[q]
    for raised in (True, False):
        moved = (minimum if raised else least) - change[q]
        if raised and minimum > rows.take_kwh[begin + q] + TINY_KWH:
            continue
        change[q] += moved
        alone_gbp = _worth_gbp(rows, i, change, moved) + _price_gbp(rows, i, q, into_gbp) * moved
        if alone_gbp < best_gbp and _holds(rows, i, change):
            best_gbp, best_r, best_kwh = alone_gbp, -1, moved
        for r in range(length):
            if r == q or change[r] <= 0.0:
                continue
            other_kwh = rows.minimum_kw[i] * rows.into[i] * rows.hours[begin + r]
            left = change[r] - moved
            if left < other_kwh - TINY_KWH or left > rows.take_kwh[begin + r] + TINY_KWH:
                continue
            cost_gbp = moved * (_price_gbp(rows, i, q, into_gbp) - _price_gbp(rows, i, r, into_gbp))
            if cost_gbp < best_gbp:
                change[r] -= moved
                if _holds(rows, i, change):
                    best_gbp, best_r, best_kwh = cost_gbp, r, moved
                change[r] += moved
        change[q] -= moved
    change[q] += best_kwh
    if best_r >= 0:
        change[best_r] -= best_kwh


@compiled
def _price_gbp(rows: Rows, i: int, q: int, into_gbp: Numbers) -> float:
    """What a stored kWh costs in a slot."""
    j = rows.pair[i] + q
    return (into_gbp[rows.first[i] + q] / rows.hours[j] + rows.wait_gbp[j]) / rows.into[i]


@compiled
def _worth_gbp(rows: Rows, i: int, change: Numbers, moved_kwh: float) -> float:
    """What leaving with `moved_kwh` more costs (negative: is worth); `change` has them already."""
    after = rows.start_kwh[i] + change.sum()
    gbp = 0.0
    for energy, sign in ((after, 1.0), (after - moved_kwh, -1.0)):
        gbp += sign * max(rows.target_kwh[i] - energy, 0.0) * rows.short_gbp[i]
        gbp -= sign * max(energy - rows.target_kwh[i], 0.0) * rows.extra_gbp[i]
    return gbp


@compiled
def _holds(rows: Rows, i: int, change: Numbers) -> bool:
    """Whether the battery can follow: taper, capacity, and the reserve where it gives."""
    energy = rows.start_kwh[i]
    for q in range(len(change)):
        j = rows.pair[i] + q
        after = energy + change[q]
        if change[q] > 0.0:
            top = min(rows.capacity_kwh[i], rows.bend_ratio[j] * energy + rows.bend_kwh[j])
            if after > top + TINY_KWH:
                return False
        elif change[q] < 0.0 and after < rows.reserve_kwh[i] - TINY_KWH:
            return False
        energy = after
    return True


@compiled
def follows(rows: Rows, i: int, kw: Numbers) -> bool:
    """Whether the battery can follow a row's plan (`_holds`): a mixture of two plans loses less
    than either, where one of them gives what the other takes."""
    return _holds(rows, i, _changes(rows, i, kw))


@compiled
def _changes(rows: Rows, i: int, kw: Numbers) -> Numbers:
    """What a row's plan adds to its battery, kWh per pair."""
    begin, end = rows.pair[i], rows.pair[i + 1]
    change = np.empty(end - begin)
    for q in range(end - begin):
        p = kw[begin + q]
        change[q] = p * rows.hours[begin + q]
        change[q] *= rows.into[i] if p > 0.0 else 1.0 / rows.out_of[i]
    return change


@compiled
def _trim(rows: Rows, i: int, change: Numbers) -> None:
    """Cut what the battery cannot take or give on its way, odd slots to nothing."""
    energy = rows.start_kwh[i]
    for q in range(len(change)):
        j = rows.pair[i] + q
        if change[q] > 0.0:
            top = min(rows.capacity_kwh[i], rows.bend_ratio[j] * energy + rows.bend_kwh[j])
            change[q] = max(0.0, min(change[q], top - energy))
            if is_odd(rows, i, j, power_kw(rows, i, j, change[q])):
                change[q] = rows.least_kwh[j]
        elif change[q] < 0.0:
            change[q] = min(0.0, max(change[q], rows.reserve_kwh[i] - energy))
        energy += change[q]
