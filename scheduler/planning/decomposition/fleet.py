"""Vehicles as the kernels read them: one flat row of (vehicle, slot) pairs each, in groups.

Vehicles with the same circuits above them see the same prices: they are a group. The store takes
part as so many equal small batteries below no circuit, so that no price has to move all of it at
once; so does whatever is large and may charge at any power. Energies in kWh of the battery, powers
in kW at the meter.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from scheduler.domain.lines import LINES
from scheduler.planning.plant import K
from scheduler.planning.problem import CALM, Mask, Problem, Store, Vehicles

Numbers = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]
STORE_PARTS = 32
LARGE_W = 25_000.0


class Rows(NamedTuple):
    """What a kernel needs of the vehicles, row by row in the order of groups.

    (n,): `pair` (n + 1) where a vehicle's pairs begin, `first` its first slot, `group`; energies
    at start and as bounds; `short`, `extra`: GBP per kWh missing at departure, or beyond the
    target; `into`, `out_of`: efficiency one way. Per pair: `hours` there, `take`, `give`: the most
    kWh into and out of the battery, `least`: what it takes unasked; with `e` kWh at the slot's
    begin the taper lets it end with `bend_ratio * e + bend_kwh` at most; `wait`: what a kWh of
    charge (meter) in this slot costs more than one at once.
    """

    pair: Indices
    first: Indices
    group: Indices
    start_kwh: Numbers
    target_kwh: Numbers
    reserve_kwh: Numbers
    capacity_kwh: Numbers
    short_gbp: Numbers
    extra_gbp: Numbers
    into: Numbers
    out_of: Numbers
    wear_gbp: Numbers
    minimum_kw: Numbers
    hours: Numbers
    take_kwh: Numbers
    give_kwh: Numbers
    least_kwh: Numbers
    bend_ratio: Numbers
    bend_kwh: Numbers
    wait_gbp: Numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """`vehicle[k]`: the problem's row of our k-th, -1 for a part of the store. `share` (groups,
    circuits): how much of a vehicle's power each circuit carries. `row`, `slot` per pair."""

    rows: Rows
    vehicle: Indices
    share: Numbers
    row: Indices
    slot: Indices

    def own_gbp(self, kw: Numbers) -> Numbers:
        """What each row's plan costs apart from energy and circuits: waiting, wear, and what is
        missing or beyond the target at the end."""
        rows, energy = self.rows, kw * self.rows.hours
        way_gbp = np.maximum(energy, 0.0) * rows.wait_gbp
        way_gbp += np.maximum(-energy, 0.0) * rows.wear_gbp[self.row]
        beyond = self._beyond_kwh(kw)
        end_gbp = np.maximum(-beyond, 0.0) * rows.short_gbp
        end_gbp -= np.maximum(beyond, 0.0) * rows.extra_gbp
        own_gbp: Numbers = end_gbp + np.bincount(self.row, way_gbp, minlength=len(end_gbp))
        return own_gbp

    def short_kwh(self, kw: Numbers) -> Numbers:
        """What each row's battery misses of its target at the end."""
        short: Numbers = np.maximum(-self._beyond_kwh(kw), 0.0)
        return short

    def _beyond_kwh(self, kw: Numbers) -> Numbers:
        rows = self.rows
        ratio = np.where(kw > 0, rows.into[self.row], 1.0 / rows.out_of[self.row])
        gain = np.bincount(self.row, kw * ratio * rows.hours, minlength=len(rows.first))
        beyond: Numbers = rows.start_kwh + gain - rows.target_kwh
        return beyond

    def spread(self, kw: Numbers, shape: tuple[int, int]) -> Numbers:
        """Powers per pair as W per vehicle of the problem and slot, without the store's."""
        net_w = np.zeros(shape)
        own = self.vehicle[self.row] >= 0
        np.add.at(net_w, (self.vehicle[self.row[own]], self.slot[own]), kw[own] * K)
        return net_w


def fleet_of(problem: Problem) -> Fleet:
    """The vehicles that can do something, and the store."""
    given = problem.vehicles
    able = (given.charge_max_w > 0) | (given.discharge_max_w > 0)
    some = np.nonzero(able.any(axis=1))[0]
    paths, path = _paths(problem, some)
    parts = _parts(given, some)
    some, path = np.repeat(some, parts), np.repeat(path, parts)
    first = able[some].argmax(axis=1)
    last = problem.slots - able[some][:, ::-1].argmax(axis=1)
    rows = _rows(problem, some, path, first, last, 1.0 / np.repeat(parts, parts))
    if problem.store is not None:
        store = _store_rows(problem, problem.store, len(paths))
        rows = Rows(
            np.r_[rows.pair, rows.pair[-1] + store.pair[1:]],
            *(np.concatenate(both) for both in zip(rows[1:], store[1:], strict=True)),
        )
    count = len(rows.first)
    row = np.repeat(np.arange(count), np.diff(rows.pair))
    return Fleet(
        rows=rows,
        vehicle=np.r_[some, np.full(count - len(some), -1)],
        share=np.concatenate([paths, np.zeros((1, len(problem.circuit_ids)))]),
        row=row,
        slot=np.arange(rows.pair[-1]) - (rows.pair[:-1] - rows.first)[row],
    )


def _alike(rows: Numbers) -> tuple[Numbers, Indices]:
    """The different rows in the order in which they come, and which of them each row is."""
    known: dict[bytes, int] = {}
    which = np.array([known.setdefault(row.tobytes(), len(known)) for row in rows], dtype=np.int64)
    firsts = np.unique(which, return_index=True)[1]
    return rows[firsts], which


def _paths(problem: Problem, some: Indices) -> tuple[Numbers, Indices]:
    """The shares (paths, circuits) that different vehicles have of the circuits above them, and
    which of them each has."""
    fleet = problem.vehicles
    paths, path = _alike(np.ascontiguousarray(problem.below[:, some].T))
    most_w, least_w = np.zeros((2, len(paths), problem.slots))
    np.add.at(most_w, path, fleet.charge_max_w[some])
    np.add.at(least_w, path, fleet.discharge_max_w[some])
    paths[:, _free(problem, paths.T @ most_w, paths.T @ least_w)] = 0.0
    paths, less = _alike(paths)
    return paths, less[path]


def _free(problem: Problem, charge_w: Numbers, discharge_w: Numbers) -> Mask:
    """The limits that cannot bind: whatever the vehicles do, who load circuits with these powers at
    most, or as long as the three lines of the circuit hold theirs."""
    most_w, limit_w = problem.circuit_max_w, problem.circuit_limit_w
    free: Mask = np.asarray((charge_w <= most_w).all(axis=1))
    free &= np.asarray((discharge_w <= limit_w[:, None]).all(axis=1))
    rows = {limit_id: row for row, limit_id in enumerate(problem.circuit_ids)}
    for limit_id, row in rows.items():
        lines = [rows[f"{limit_id} {line}"] for line in LINES if f"{limit_id} {line}" in rows]
        if lines:
            implied = bool(np.all(most_w[lines].sum(axis=0) <= most_w[row]))
            free[row] |= implied and limit_w[lines].sum() <= limit_w[row]
    return free


def _parts(given: Vehicles, some: Indices) -> Indices:
    """In how many equal parts each row plans: one, unless it is large and knows no least power."""
    most_w = np.maximum(given.charge_max_w, given.discharge_max_w)[some].max(axis=1, initial=0.0)
    bound = (given.min_charge_w[some] > 0) | (given.floor_w[some] > 0).any(axis=1)
    parts = np.clip(np.ceil(most_w / LARGE_W), 1, STORE_PARTS).astype(np.int64)
    return np.where(bound, 1, parts)


def _rows(
    problem: Problem, some: Indices, path: Indices, first: Indices, last: Indices, size: Numbers
) -> Rows:
    """`size`: which part of its vehicle each row is."""
    given, length = problem.vehicles, last - first
    pair = np.r_[0, np.cumsum(length)].astype(np.int64)
    whose = np.repeat(some, length)
    slot = np.arange(pair[-1]) - np.repeat(pair[:-1] - first, length)
    hours, into = given.present_h[whose, slot], given.charge_ratio[whose]
    charge_kw = given.charge_max_w[whose, slot] / K
    give_kw = given.discharge_max_w[whose, slot] / K
    bend_ratio, bend_kwh = _bends(given, whose, charge_kw, hours * into)
    begins_h = np.cumsum(problem.slot_h) - problem.slot_h
    shortfall = given.shortfall_gbp_per_kwh[some]
    part = np.repeat(size, length)
    return Rows(
        pair=pair,
        first=first,
        group=path,
        start_kwh=given.start_wh[some] * size / K,
        target_kwh=given.target_wh[some] * size / K,
        reserve_kwh=given.reserve_wh[some] * size / K,
        capacity_kwh=given.capacity_wh[some] * size / K,
        short_gbp=shortfall,
        extra_gbp=np.minimum(given.extra_gbp_per_kwh, shortfall),
        into=given.charge_ratio[some],
        out_of=given.discharge_ratio[some],
        wear_gbp=np.full(len(some), given.wear_gbp_per_kwh),
        minimum_kw=given.min_charge_w[some] * size / K,
        hours=hours,
        take_kwh=charge_kw * part * into * hours,
        give_kwh=give_kw * part * hours / given.discharge_ratio[whose],
        least_kwh=given.floor_w[whose, slot] * part / K * into * hours,
        bend_ratio=bend_ratio,
        bend_kwh=bend_kwh * part,
        wait_gbp=given.haste_gbp_per_kwh[whose] * begins_h[slot],
    )


def _bends(
    given: Vehicles, whose: Indices, charge_kw: Numbers, reach_h: Numbers
) -> tuple[Numbers, Numbers]:
    """The taper as a line over the energy at a slot's begin; a slot is judged by its mean energy.
    Where a slot is so long that the line lies beyond the capacity, there is none."""
    span_kwh = (given.capacity_wh - given.taper_wh)[whose] / K
    fall = np.maximum(charge_kw - given.taper_end_w[whose] / K, 0.0)
    slope = np.where(span_kwh > 1.0 / K, fall, 0.0) / np.maximum(span_kwh, 1.0 / K)
    half = 0.5 * slope * reach_h
    level_kwh = (charge_kw + slope * given.taper_wh[whose] / K) * reach_h / (1.0 + half)
    bent = (half > 0.0) & (half < 1.0)
    ratio = np.where(bent, (1.0 - half) / (1.0 + half), 1.0)
    return ratio, np.where(bent, level_kwh, np.inf)


def _store_rows(problem: Problem, store: Store, group: int) -> Rows:
    """The store's parts: each may be used in every slot; what is left at the end has a price."""
    slots, hours = problem.slots, np.tile(problem.slot_h, STORE_PARTS)
    begins_h = np.cumsum(problem.slot_h) - problem.slot_h
    part, pairs = np.ones(STORE_PARTS), np.ones(STORE_PARTS * slots)
    return Rows(
        pair=slots * np.arange(STORE_PARTS + 1),
        first=np.zeros(STORE_PARTS, dtype=np.int64),
        group=np.full(STORE_PARTS, group),
        start_kwh=part * store.start_wh / K / STORE_PARTS,
        target_kwh=0.0 * part,
        reserve_kwh=part * store.min_wh / K / STORE_PARTS,
        capacity_kwh=part * store.max_wh / K / STORE_PARTS,
        short_gbp=part * store.keep_gbp_per_kwh,
        extra_gbp=part * store.keep_gbp_per_kwh,
        into=part * store.charge_ratio,
        out_of=part * store.discharge_ratio,
        wear_gbp=part * store.wear_gbp_per_kwh,
        minimum_kw=0.0 * part,
        hours=hours,
        take_kwh=hours
        * np.tile(store.charge_max_w, STORE_PARTS)
        / K
        / STORE_PARTS
        * store.charge_ratio,
        give_kwh=hours
        * np.tile(store.discharge_max_w, STORE_PARTS)
        / K
        / STORE_PARTS
        / store.discharge_ratio,
        least_kwh=0.0 * pairs,
        bend_ratio=pairs,
        bend_kwh=np.inf * pairs,
        wait_gbp=CALM * np.tile(begins_h, STORE_PARTS),
    )
