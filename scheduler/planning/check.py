"""Is a plan valid? Everything is computed again, by code that shares nothing with the solvers.

A limit that the base load alone breaks is nobody's fault; it is a violation only while something
that we control makes it worse.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite

import numpy as np

from scheduler.domain.demand import Demand
from scheduler.domain.plan import EvsePlan, Plan
from scheduler.planning.problem import PlanningInput

TOLERANCE_W = 5.0
TOLERANCE_WH = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """`rule` names what is broken, `where` the thing that breaks it, `text` says by how much."""

    rule: str
    where: str
    slot: int | None
    text: str


def violations(given: PlanningInput, plan: Plan) -> list[Violation]:
    """What the plan breaks; an empty list means it may be sent."""
    broken = list(_shape(given, plan))
    if broken:
        return broken
    for demand, evse in zip(given.demands, plan.evses, strict=True):
        hours = _hours(given, demand)
        broken.extend(_powers(hours, demand, evse))
        broken.extend(_energies(hours, demand, evse))
    broken.extend(_circuits(given, plan))
    broken.extend(_store(given, plan))
    broken.extend(_connection(given, plan))
    return broken


def _shape(given: PlanningInput, plan: Plan) -> Iterator[Violation]:
    """One finite number per slot, and one row per demand, in order."""
    names = ("grid_w", "load_w", "solar_w", "wind_w", "curtailed_w", "store_w",
             "store_energy_wh", "fleet_w")  # fmt: skip
    rows = [(name, getattr(plan, name)) for name in names]
    for evse in plan.evses:
        where = f"{evse.station_id}/{evse.evse_id}"
        rows += [(where, evse.setpoint_w), (where, evse.energy_wh)]
    for where, values in rows:
        if len(values) != given.slots:
            yield Violation(
                rule="length", where=where, slot=None, text=f"{len(values)} of {given.slots} slots"
            )
        elif not np.all(np.isfinite(values)):
            yield Violation(rule="finite", where=where, slot=None, text="not a number")
    planned = [(e.station_id, e.evse_id, e.transaction_id) for e in plan.evses]
    if planned != [(d.station_id, d.evse_id, d.transaction_id) for d in given.demands]:
        yield Violation(rule="demands", where="plan", slot=None, text="not one row per demand")


def _hours(given: PlanningInput, demand: Demand) -> list[float]:
    """How long of each slot, from now, the vehicle is there; one overdue is given a slot more."""
    now_s = (given.now - given.starts_at).total_seconds()
    leaves_s = (demand.departure_at - given.starts_at).total_seconds()
    if leaves_s <= now_s:
        leaves_s = now_s + given.slot_s
    hours = [0.0] * given.slots
    for slot in range(given.slots):
        begins_s = slot * given.slot_s
        if begins_s >= leaves_s:
            break
        there_s = min(begins_s + given.slot_s, leaves_s) - max(begins_s, now_s)
        hours[slot] = max(0.0, there_s / 3600.0)
    return hours


def _powers(hours: list[float], demand: Demand, evse: EvsePlan) -> Iterator[Violation]:
    """Direction, hardware, presence and minimum power."""
    where = f"{demand.station_id}/{demand.evse_id}"
    least_w = min(demand.min_charge_w, demand.max_charge_w)
    for slot, (power, there_h) in enumerate(zip(evse.setpoint_w.tolist(), hours, strict=True)):
        rule = None
        if power == 0:
            continue
        if there_h == 0:
            rule = "absent"
        elif power < 0 and demand.max_discharge_w <= 0:
            rule = "direction"
        elif power > demand.max_charge_w + TOLERANCE_W:
            rule = "charge_power"
        elif -power > demand.max_discharge_w + TOLERANCE_W:
            rule = "discharge_power"
        elif TOLERANCE_W < power < least_w - TOLERANCE_W and power > demand.floor_w + TOLERANCE_W:
            rule = "minimum_power"
        if rule:
            yield Violation(rule=rule, where=where, slot=slot, text=f"{power:.0f} W")


def _energies(hours: list[float], demand: Demand, evse: EvsePlan) -> Iterator[Violation]:
    """The battery's path: as told, within capacity, never given away below the V2G floor."""
    if not all(map(isfinite, (demand.energy_wh, demand.capacity_wh, demand.target_wh))):
        return
    where = f"{demand.station_id}/{demand.evse_id}"
    energy_wh = max(demand.energy_wh, 0.0)
    capacity_wh = max(demand.capacity_wh, energy_wh)
    told = zip(evse.setpoint_w.tolist(), evse.energy_wh.tolist(), hours, strict=True)
    for slot, (power_w, told_wh, there_h) in enumerate(told):
        if power_w >= 0:
            energy_wh += power_w * there_h * demand.charge_efficiency_ratio
        else:
            energy_wh += power_w * there_h / demand.discharge_efficiency_ratio
        broken = {
            "energy_path": abs(energy_wh - told_wh) > TOLERANCE_WH,
            "capacity": energy_wh > capacity_wh + TOLERANCE_WH,
            "v2g_floor": power_w < 0 and energy_wh < demand.v2g_floor_wh - TOLERANCE_WH,
        }
        for rule in (name for name, is_broken in broken.items() if is_broken):
            yield Violation(rule=rule, where=where, slot=slot, text=f"{energy_wh:.0f} Wh")
    missing_wh = max(0.0, min(demand.target_wh, capacity_wh) - energy_wh)
    if abs(missing_wh - evse.shortfall_wh) > TOLERANCE_WH:
        yield Violation(
            rule="shortfall", where=where, slot=None,
            text=f"{missing_wh:.0f} Wh missing, {evse.shortfall_wh:.0f} Wh told",
        )  # fmt: skip


def _circuits(given: PlanningInput, plan: Plan) -> Iterator[Violation]:
    """Each feeder carries the charging below it, and the discharging, without their relief."""
    parents = {c.circuit_id: c.parent_id for c in given.site.circuits}
    for circuit in given.site.circuits:
        charge_w, give_w = np.zeros(given.slots), np.zeros(given.slots)
        floors_w = 0.0
        for demand, evse in zip(given.demands, plan.evses, strict=True):
            if _hangs_below(demand.circuit_id, circuit.circuit_id, parents):
                charge_w += np.where(evse.setpoint_w > 0, evse.setpoint_w, 0.0)
                give_w -= np.where(evse.setpoint_w < 0, evse.setpoint_w, 0.0)
                floors_w += demand.floor_w
        limit_w = max(circuit.limit_w, floors_w)
        over = (charge_w > limit_w + TOLERANCE_W) | (give_w > circuit.limit_w + TOLERANCE_W)
        for slot in np.nonzero(over)[0]:
            yield Violation(
                rule="circuit", where=circuit.circuit_id, slot=int(slot),
                text=f"{charge_w[slot]:.0f} W in, {give_w[slot]:.0f} W out "
                f"of {circuit.limit_w:.0f} W",
            )  # fmt: skip


def _hangs_below(start: str, circuit_id: str, parents: dict[str, str | None]) -> bool:
    node: str | None = start
    for _ in range(len(parents) + 1):
        if node == circuit_id:
            return True
        node = parents.get(node) if node is not None else None
    return False


def _store(given: PlanningInput, plan: Plan) -> Iterator[Violation]:
    """The store's powers and its path between the bounds it is allowed."""
    spec, energy_wh = given.site.store, given.store_energy_wh
    if spec is None or energy_wh is None or not isfinite(energy_wh):
        if np.any(plan.store_w != 0):
            yield Violation(rule="store", where="store", slot=None, text="planned, but not there")
        return
    energy_wh = min(max(energy_wh, 0.0), spec.capacity_wh)
    lowest_wh = min(energy_wh, spec.min_soc_pct / 100.0 * spec.capacity_wh) - TOLERANCE_WH
    highest_wh = max(energy_wh, spec.max_soc_pct / 100.0 * spec.capacity_wh) + TOLERANCE_WH
    into_now_s = (given.now - given.starts_at).total_seconds()
    for slot, power in enumerate(plan.store_w):
        hours = (given.slot_s - (into_now_s if slot == 0 else 0.0)) / 3600.0
        loss = spec.charge_efficiency_ratio if power > 0 else 1 / spec.discharge_efficiency_ratio
        energy_wh += float(power * hours * loss)
        broken = {
            "store_power": not -spec.max_discharge_w - TOLERANCE_W
            <= power
            <= spec.max_charge_w + TOLERANCE_W,
            "store_energy": not lowest_wh <= energy_wh <= highest_wh,
            "store_path": abs(energy_wh - plan.store_energy_wh[slot]) > TOLERANCE_WH,
        }
        for rule in (name for name, is_broken in broken.items() if is_broken):
            yield Violation(
                rule=rule, where=spec.store_id, slot=slot, text=f"{power:.0f} W, {energy_wh:.0f} Wh"
            )


def _connection(given: PlanningInput, plan: Plan) -> Iterator[Violation]:
    """Site power adds up and stays within the bounds, as far as that is ours to do."""
    fleet_w = np.zeros(given.slots)
    for evse in plan.evses:
        fleet_w = fleet_w + evse.setpoint_w
    floors_w = sum(d.floor_w for d in given.demands if isfinite(d.floor_w))
    site_w = plan.load_w - plan.solar_w - plan.wind_w + plan.curtailed_w + fleet_w + plan.store_w
    generation_w = plan.solar_w + plan.wind_w
    for name, told in (("grid_w", plan.grid_w - site_w), ("fleet_w", plan.fleet_w - fleet_w)):
        for slot in np.nonzero(np.abs(told) > TOLERANCE_W)[0]:
            yield Violation(
                rule="sum", where=name, slot=int(slot), text=f"off by {told[slot]:.0f} W"
            )
    ours_in = (fleet_w - floors_w > TOLERANCE_W) | (plan.store_w > TOLERANCE_W)
    ours_out = (
        (fleet_w < -TOLERANCE_W)
        | (plan.store_w < -TOLERANCE_W)
        | (generation_w - plan.curtailed_w > TOLERANCE_W)
    )
    bad_curtail = (plan.curtailed_w < -TOLERANCE_W) | (
        plan.curtailed_w > generation_w + TOLERANCE_W
    )
    for rule, over in (
        ("import_limit", (site_w > given.import_max_w + TOLERANCE_W) & ours_in),
        ("export_limit", (-site_w > given.export_max_w + TOLERANCE_W) & ours_out),
        ("curtailment", bad_curtail),
    ):
        for slot in np.nonzero(over)[0]:
            yield Violation(rule=rule, where="grid", slot=int(slot), text=f"{site_w[slot]:.0f} W")
