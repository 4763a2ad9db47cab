"""What the site's feeders, its store and its connection carry.

A limit that the base load and floors alone break is nobody's fault; it is a violation only while
something that we control makes it worse.
"""

from collections.abc import Iterator
from math import isfinite

import numpy as np

from scheduler.domain.plan import Watts
from scheduler.domain.site import EvseSpec
from scheduler.planning.checks.case import (
    TOLERANCE_W,
    TOLERANCE_WH,
    Case,
    Mask,
    Violation,
    found,
    worst_case_w,
)  # fmt: skip


def circuits(case: Case) -> Iterator[Violation]:
    """Each feeder carries the charging below it beside the floors of who may yet be plugged in,
    and the discharging; neither counts on the other's relief."""
    site = case.given.site
    names = [circuit.circuit_id for circuit in site.circuits]
    if not names:
        return
    hangs_on = [demand.circuit_id for demand in case.given.demands]
    charge_w = below_w(case, hangs_on, np.maximum(case.setpoint_w, 0.0))
    charge_w += below_w(case, [load.circuit_id or "" for load in site.flexible_loads], case.load_w)
    give_w = below_w(case, hangs_on, np.maximum(-case.setpoint_w, 0.0))
    unasked_w = below_w(case, hangs_on, case.unasked_w)
    floors_w = _arrivals_w(case) + below_w(
        case, hangs_on, case.each("floor_w") * (case.here_h <= 0)
    )
    limit_w = np.array([circuit.limit_w for circuit in site.circuits], dtype=float)[:, None]
    ours = charge_w - unasked_w > TOLERANCE_W
    over = (charge_w + floors_w > limit_w + TOLERANCE_W) & ours
    yield from found("circuit", over, charge_w, "W in", names)
    yield from found("circuit", give_w > limit_w + TOLERANCE_W, give_w, "W out", names)


def _arrivals_w(case: Case) -> Watts:
    """(circuits, slots): floors of the EVSEs without a vehicle."""
    site = case.given.site
    free = free_evses(case)
    floor_w = [min(site.control.floor_w, evse.max_charge_w) for evse in free]
    each_w = np.broadcast_to(np.array(floor_w).reshape(-1, 1), (len(free), case.given.slots))
    return below_w(case, [evse.circuit_id for evse in free], each_w)


def free_evses(case: Case) -> list[EvseSpec]:
    """The EVSEs without a vehicle, where whoever comes would take a floor unasked."""
    if case.given.site.control.floor_w <= 0:
        return []
    taken = {(demand.station_id, demand.evse_id) for demand in case.given.demands}
    evses = case.given.site.evses()
    return [evse for evse in evses if (evse.station_id, evse.evse_id) not in taken]


def below_w(case: Case, hangs_on: list[str], each_w: Watts) -> Watts:
    """(circuits, slots): `each_w` (things, slots) summed at every circuit above each thing."""
    tree = case.given.site.circuits
    row = {circuit.circuit_id: k for k, circuit in enumerate(tree)}
    parents = {circuit.circuit_id: circuit.parent_id for circuit in tree}
    at = np.array([row.get(circuit_id, -1) for circuit_id in hangs_on], dtype=int)
    own_w = np.zeros((len(tree), each_w.shape[1]))
    np.add.at(own_w, at[at >= 0], each_w[at >= 0])
    sum_w = np.zeros_like(own_w)
    for circuit_id, k in row.items():
        node: str | None = circuit_id
        for _ in tree:
            if node not in row:
                break
            sum_w[row[node]] += own_w[k]
            node = parents[node]
    return sum_w


def store(case: Case) -> Iterator[Violation]:
    """The store's powers and its path between the bounds it is allowed."""
    spec, energy_wh, plan = case.given.site.store, case.given.store_energy_wh, case.plan
    if spec is None or energy_wh is None or not isfinite(energy_wh):
        yield from found("store", plan.store_w[None] != 0, plan.store_w, "W", ["store"])
        return
    energy_wh = min(max(energy_wh, 0.0), spec.capacity_wh)
    lowest_wh = min(energy_wh, spec.min_soc_pct / 100.0 * spec.capacity_wh) - TOLERANCE_WH
    highest_wh = max(energy_wh, spec.max_soc_pct / 100.0 * spec.capacity_wh) + TOLERANCE_WH
    into, out_of = spec.charge_efficiency_ratio, 1.0 / spec.discharge_efficiency_ratio
    gained_w = plan.store_w * np.where(plan.store_w > 0, into, out_of)
    path_wh = energy_wh + np.cumsum(gained_w * case.ahead_h)
    rules: dict[str, tuple[Mask, Watts, str]] = {
        "store_power": (
            (plan.store_w > spec.max_charge_w + TOLERANCE_W)
            | (plan.store_w < -spec.max_discharge_w - TOLERANCE_W),
            plan.store_w,
            "W",
        ),
        "store_energy": ((path_wh < lowest_wh) | (path_wh > highest_wh), path_wh, "Wh"),
        "store_path": (np.abs(path_wh - plan.store_energy_wh) > TOLERANCE_WH, path_wh, "Wh"),
    }
    for rule, (broken, size, unit) in rules.items():
        yield from found(rule, broken[None], size, unit, [spec.store_id])


def connection(case: Case) -> Iterator[Violation]:
    """Site power stays within the bounds, as far as that is ours to do."""
    plan, site_w = case.plan, case.site_w
    fleet_w = case.setpoint_w.sum(axis=0)
    generation_w = plan.solar_w + plan.wind_w
    takes = (fleet_w - case.unasked_w.sum(axis=0) > TOLERANCE_W) | (plan.store_w > TOLERANCE_W)
    waits = np.array([load.interruptible for load in case.given.site.flexible_loads], dtype=bool)
    takes |= case.load_w[waits].sum(axis=0) > TOLERANCE_W
    gives = (
        (fleet_w < -TOLERANCE_W)
        | (plan.store_w < -TOLERANCE_W)
        | (generation_w - plan.curtailed_w > TOLERANCE_W)
    )
    import_max_w, export_max_w = map(
        worst_case_w, (case.given.import_max_w, case.given.export_max_w)
    )
    more_than_there_is = plan.curtailed_w > generation_w + TOLERANCE_W
    rules: dict[str, Mask] = {
        "import_limit": (site_w > import_max_w + TOLERANCE_W) & takes,
        "export_limit": (-site_w > export_max_w + TOLERANCE_W) & gives,
        "curtailment": more_than_there_is | (plan.curtailed_w < -TOLERANCE_W),
    }
    for rule, broken in rules.items():
        yield from found(rule, broken[None], site_w, "W", ["grid"])
