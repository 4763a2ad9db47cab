"""The pieces of a convex cost over stored energy, carried back over a slot in place.

A piece has a slope (row 0 of a table, rising) and an energy at which it ends (row 1). Those from
`begin` to `count` are in use. A slot moves the lower ones down by what it can take and the upper
ones up by what it can give, and puts a piece of its own before and behind those between, which
stay where they are.
"""

from typing import NamedTuple

import numpy as np

from scheduler.planning.decomposition.compiled import compiled
from scheduler.planning.decomposition.fleet import Numbers

TINY_KWH = 1e-9
TINY_GBP = 1e-12
SLOPE, END = 0, 1


class Slot(NamedTuple):
    """What a battery may do in a slot (`Rows`), what a stored kWh costs there, what one given
    earns, and the bounds of its energy."""

    buy_gbp: float
    sell_gbp: float
    take_kwh: float
    give_kwh: float
    least_kwh: float
    bend_ratio: float
    bend_kwh: float
    low_kwh: float
    high_kwh: float


@compiled
def carried_back(
    pieces: Numbers, begin: int, count: int, slot: Slot
) -> tuple[int, int, float, float]:
    """From the pieces after a slot to those before it: where they begin and end now, how far up
    charging pays, and how far down giving pays."""
    low, least = slot.low_kwh, slot.least_kwh
    buys = _buys(pieces, begin, count, slot)
    gives = _gives(pieces, buys, count, slot)
    fill = pieces[END, buys - 1] if buys > begin else low
    drain = pieces[END, gives - 1] if gives > begin else low
    high, first = _high_kwh(pieces, count, slot), buys
    if buys > begin:  # the first that stays may have the slope of the slot's own
        first -= buys == count or pieces[SLOPE, buys] > -slot.buy_gbp + TINY_GBP
        begin = _charged(pieces, begin, buys, first, slot)
    if least > 0.0:
        for k in range(first, gives):
            pieces[END, k] -= least
    if slot.give_kwh > 0.0:
        count = _given(pieces, first, gives, count, drain, slot)
    count = _clipped(pieces, begin, first, count, low, high)
    while begin < count and pieces[END, begin] <= low + TINY_KWH:
        begin += 1
    if begin == count:
        pieces[SLOPE, begin], pieces[END, begin], count = -slot.buy_gbp, low, begin + 1
    return begin, count, fill, drain


@compiled
def _buys(pieces: Numbers, begin: int, count: int, slot: Slot) -> int:
    """Below this piece charging pays."""
    k = begin
    if slot.take_kwh > 0.0:
        while k < count and pieces[SLOPE, k] < -slot.buy_gbp - TINY_GBP:
            k += 1
    return k


@compiled
def _gives(pieces: Numbers, begin: int, count: int, slot: Slot) -> int:
    """From this piece on giving pays."""
    if slot.give_kwh <= 0.0:
        return count
    k = begin
    while k < count and pieces[SLOPE, k] <= -slot.sell_gbp + TINY_GBP:
        k += 1
    return k


@compiled
def _high_kwh(pieces: Numbers, count: int, slot: Slot) -> float:
    """The most that a battery may begin with: what flows unasked needs its room."""
    high, least = slot.high_kwh, slot.least_kwh
    if least > 0.0:
        high = min(high, pieces[END, count - 1] - least)
        if slot.bend_ratio < 1.0:
            high = min(high, (slot.bend_kwh - least) / (1.0 - slot.bend_ratio))
    return high


@compiled
def _charged(pieces: Numbers, begin: int, end: int, first: int, slot: Slot) -> int:
    """Move the pieces below `end` down by what a slot takes, and put its own between, at `first`;
    where they begin now. Above its corner the taper bends them."""
    buy, take, ratio, bend = slot.buy_gbp, slot.take_kwh, slot.bend_ratio, slot.bend_kwh
    corner = np.inf if ratio >= 1.0 else (bend - take) / (1.0 - ratio) + take
    fill = pieces[END, end - 1]
    while begin < end and pieces[END, begin] <= min(slot.low_kwh + take, corner) + TINY_KWH:
        begin += 1
    cut = begin  # the first piece that reaches beyond the corner
    while cut < end and pieces[END, cut] <= corner:
        cut += 1
    starts = slot.low_kwh if cut == begin else pieces[END, cut - 1] - take
    split = cut < end and corner - take > starts + TINY_KWH
    to = moved = first - (end - begin) - split
    for k in range(begin, cut):
        pieces[SLOPE, moved], pieces[END, moved] = pieces[SLOPE, k], pieces[END, k] - take
        moved += 1
    if split:
        pieces[SLOPE, moved], pieces[END, moved] = pieces[SLOPE, cut], corner - take
        moved += 1
    for k in range(cut, end):
        pieces[SLOPE, moved] = ratio * (pieces[SLOPE, k] + buy) - buy
        pieces[END, moved] = (pieces[END, k] - bend) / ratio
        moved += 1
    if first < end:
        pieces[SLOPE, first], pieces[END, first] = -buy, fill
    return to


@compiled
def _given(
    pieces: Numbers, first: int, begin: int, count: int, drain_kwh: float, slot: Slot
) -> int:
    """Move the pieces from `begin` on up by what a slot gives, as far as they stay in bounds, and
    put its own between; how far they go now."""
    give, high, sell = slot.give_kwh, slot.high_kwh, slot.sell_gbp
    while count > begin:
        starts = pieces[END, count - 2] if count > begin + 1 else drain_kwh
        if starts + give < high - TINY_KWH:
            break
        count -= 1
    joins = begin > first and pieces[SLOPE, begin - 1] >= -sell - TINY_GBP
    for k in range(count - 1, begin - 1, -1):
        to = k if joins else k + 1
        pieces[SLOPE, to], pieces[END, to] = pieces[SLOPE, k], pieces[END, k] + give
    own = begin - 1 if joins else begin
    if not joins:
        pieces[SLOPE, own] = -sell
    pieces[END, own] = drain_kwh + give
    return count if joins else count + 1


@compiled
def _clipped(
    pieces: Numbers, begin: int, first: int, count: int, low_kwh: float, high_kwh: float
) -> int:
    """End the pieces from `first` on at the bound; how far they go now."""
    while count > first:
        starts = pieces[END, count - 2] if count > begin + 1 else low_kwh
        if starts < high_kwh - TINY_KWH:
            pieces[END, count - 1] = min(pieces[END, count - 1], high_kwh)
            break
        count -= 1
    return count
