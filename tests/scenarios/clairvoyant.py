"""The most surplus that a site's vehicles and store could have taken on a day, had everything been
known from its first minute: a mixed-integer program of its own, in five-minute steps, for judging.

It may charge and discharge as it likes before and after, as long as vehicles leave ready (as far
as they can), circuits hold, and no vehicle goes below its V2G floor.
"""

from collections.abc import Sequence
from datetime import datetime

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.optimize import linprog

from scheduler.domain.site import Site
from simulator.sessions import Session

STEP_S = 300
STEP_H = STEP_S / 3600
SHORT_COST = 1_000.0  # per kWh missing at departure, against 1 per kWh of surplus not taken
Numbers = npt.NDArray[np.float64]
Columns = npt.NDArray[np.int64]


class Program:
    """A program put together column by column and row by row; powers in kW."""

    def __init__(self) -> None:
        self.bounds: list[tuple[float, float]] = []
        self.whole: list[bool] = []
        self.cost: list[float] = []
        self.less: list[tuple[dict[int, float], float]] = []
        self.same: list[tuple[dict[int, float], float]] = []

    def columns(
        self, lower: float, upper: Numbers, cost: float = 0.0, *, whole: bool = False
    ) -> Columns:
        first = len(self.bounds)
        self.bounds += [(lower, float(most)) for most in upper]
        self.whole += [whole] * len(upper)
        self.cost += [cost] * len(upper)
        return np.arange(first, len(self.bounds))

    def battery(self, into: Columns, out: Columns, level: Columns, start_kwh: float,
                ratios: tuple[float, float]) -> None:  # fmt: skip
        for k, at in enumerate(level):
            row = {at: 1.0, into[k]: -STEP_H * ratios[0], out[k]: STEP_H / ratios[1]}
            if k:
                row[level[k - 1]] = -1.0
            self.same.append((row, 0.0 if k else start_kwh))

    def least_cost(self) -> Numbers:
        found = linprog(
            self.cost,
            *self._matrix(self.less),
            *self._matrix(self.same),
            bounds=self.bounds,
            integrality=np.array(self.whole, dtype=int),
            method="highs",
        )
        assert found.status == 0, found.message
        values: Numbers = found.x
        return values

    def _matrix(self, rows: list[tuple[dict[int, float], float]]) -> tuple[object, Numbers]:
        places = [(r, c, v) for r, (row, _) in enumerate(rows) for c, v in row.items()]
        r, c, v = (np.array(part) for part in zip(*places, strict=True))
        matrix = sparse.csr_matrix((v, (r, c)), shape=(len(rows), len(self.bounds)))
        return matrix, np.array([bound for _, bound in rows])


def takeable_wh(
    site: Site,
    midnight: datetime,
    sessions: Sequence[Session],
    surplus_w: Numbers,
    store_wh: float,
) -> float:
    """Wh of `surplus_w` (per second, negative where there is none) that could have been taken."""
    steps = len(surplus_w) // STEP_S
    spare_kw = np.maximum(surplus_w, 0).reshape(steps, STEP_S).mean(axis=1) / 1000
    program = Program()
    taken = program.columns(0.0, spare_kw, cost=-STEP_H)
    uses: list[dict[int, float]] = [{} for _ in range(steps)]
    loads: dict[str, list[dict[int, float]]] = {
        circuit.circuit_id: [{} for _ in range(steps)] for circuit in site.circuits
    }
    parents = {c.circuit_id: c.parent_id for c in site.circuits}
    circuit_of = {evse.station_id: evse.circuit_id for evse in site.evses()}
    for session in sessions:
        first, into, out = _add_vehicle(program, site, midnight, session, steps)
        rows = [uses]
        node: str | None = circuit_of[session.station_id]
        while node is not None:
            rows.append(loads[node])
            node = parents[node]
        for row in rows:
            for k in range(len(into)):
                row[first + k] |= {into[k]: 1.0, out[k]: -1.0}
    _add_store(program, site, store_wh, uses, spare_kw)
    for step in np.nonzero(spare_kw)[0]:
        taken_row = {int(taken[step]): 1.0} | {c: -v for c, v in uses[step].items()}
        program.less.append((taken_row, 0.0))
    for circuit in site.circuits:
        for row in filter(None, loads[circuit.circuit_id]):
            program.less.append((row, circuit.limit_w / 1000))
            program.less.append(({c: -v for c, v in row.items()}, circuit.limit_w / 1000))
    return float(program.least_cost()[taken].sum() * STEP_H * 1000)


def _add_store(
    program: Program,
    site: Site,
    store_wh: float,
    uses: list[dict[int, float]],
    spare_kw: Numbers,
) -> None:
    """It takes or gives: a full one that did both at once would burn surplus by its losses."""
    store, steps = site.store, len(uses)
    if store is None:
        return
    into = program.columns(0.0, np.full(steps, store.max_charge_w / 1000))
    out = program.columns(0.0, np.full(steps, store.max_discharge_w / 1000))
    highest_kwh = store.capacity_wh * store.max_soc_pct / 1e5
    level = program.columns(
        store.capacity_wh * store.min_soc_pct / 1e5, np.full(steps, highest_kwh)
    )
    ratios = (store.charge_efficiency_ratio, store.discharge_efficiency_ratio)
    program.battery(into, out, level, store_wh / 1000, ratios)
    for k in range(steps):
        uses[k] |= {into[k]: 1.0, out[k]: -1.0}
    surplus = np.nonzero(spare_kw)[0]
    charges = program.columns(0.0, np.ones(len(surplus)), whole=True)
    for k, charge in zip(surplus, charges, strict=True):
        most_in_kw, most_out_kw = store.max_charge_w / 1000, store.max_discharge_w / 1000
        program.less.append(({into[k]: 1.0, charge: -most_in_kw}, 0.0))
        program.less.append(({out[k]: 1.0, charge: most_out_kw}, most_out_kw))


def _add_vehicle(
    program: Program, site: Site, midnight: datetime, session: Session, steps: int
) -> tuple[int, Columns, Columns]:
    spec = session.vehicle
    first = int(np.ceil((session.arrival_at - midnight).total_seconds() / STEP_S))
    last = min(int((session.told_departure_at - midnight).total_seconds() // STEP_S), steps)
    n, capacity_kwh = max(0, last - first), spec.capacity_wh / 1000
    start_kwh = session.arrival_soc_ratio * capacity_kwh
    floor_kwh = min(start_kwh, site.control.v2g_floor_soc_pct / 100 * capacity_kwh)
    most_kw = spec.max_charge_w / 1000
    into = program.columns(0.0, np.full(n, most_kw))
    out = program.columns(0.0, np.full(n, spec.max_discharge_w / 1000))
    level = program.columns(floor_kwh, np.full(n, capacity_kwh))
    ratios = (spec.charge_efficiency_ratio, spec.discharge_efficiency_ratio)
    program.battery(into, out, level, start_kwh, ratios)
    slope = most_kw / (capacity_kwh * (1 - spec.taper_soc_ratio))
    for k in range(1, n):
        limit_kw = slope * capacity_kwh + spec.min_charge_w / 1000
        program.less.append(({into[k]: 1.0, level[k - 1]: slope}, limit_kw))
    if n:
        (short,) = program.columns(0.0, np.array([np.inf]), cost=SHORT_COST)
        program.less.append(
            ({level[-1]: -1.0, short: -1.0}, -session.target_soc_ratio * capacity_kwh)
        )
    return first, into, out
