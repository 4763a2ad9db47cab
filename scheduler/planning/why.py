"""Why each setpoint is what it is: the constraint or price behind it, its worth, until when.

What binds is read off the dual prices: a circuit with a price is full, and a slot whose price is
below the import price is fed by surplus.
"""

from dataclasses import dataclass
from itertools import groupby

import numpy as np

from scheduler.domain.plan import GbpPerKwh, PlanStatus, WattHours, Watts, Why, WhyCode
from scheduler.planning.problem import Problem
from scheduler.planning.solution import Solution, acceptance_w, grid_w, stored_wh

TINY_W = 2.0
TINY_WH = 10.0
TINY_GBP_PER_KWH = 1e-3
TIGHT_RATIO = 0.98


@dataclass(frozen=True, slots=True)
class _Scene:
    """The site around the vehicles: per slot, unless said otherwise."""

    problem: Problem
    fallback: bool
    net_w: Watts  # (n, slots)
    energy_wh: WattHours  # (n, slots)
    instructed: list[bool]
    at_import_limit: list[bool]
    surplus: list[bool]
    slot_gbp_per_kwh: GbpPerKwh
    circuit_gbp_per_kwh: GbpPerKwh  # (circuits, slots)


def reasons(problem: Problem, solution: Solution) -> list[tuple[Why, ...]]:
    """For each vehicle its runs of slots with one reason, from the first slot to the last."""
    site_w = grid_w(problem, solution.net_w, solution.store_w, solution.curtailed_w)
    below_import = solution.slot_gbp_per_kwh < problem.buy_gbp_per_kwh - TINY_GBP_PER_KWH
    scene = _Scene(
        problem=problem,
        fallback=solution.status is PlanStatus.FALLBACK,
        net_w=solution.net_w,
        energy_wh=stored_wh(problem, solution.net_w),
        instructed=np.isfinite(problem.target_w).tolist(),
        at_import_limit=(site_w >= problem.import_plan_w - TINY_W).tolist(),
        surplus=((site_w <= TINY_W) | (below_import & (problem.generation_w > TINY_W))).tolist(),
        slot_gbp_per_kwh=solution.slot_gbp_per_kwh,
        circuit_gbp_per_kwh=solution.circuit_gbp_per_kwh,
    )
    return [_runs(scene, vehicle) for vehicle in range(len(problem.vehicles.start_wh))]


def _runs(scene: _Scene, vehicle: int) -> tuple[Why, ...]:
    above = scene.problem.below[:, vehicle]
    worth = scene.slot_gbp_per_kwh + above @ scene.circuit_gbp_per_kwh
    found = [(slot, *_reason(scene, vehicle, slot)) for slot in range(scene.problem.slots)]
    runs = []
    for (code, detail), group in groupby(found, key=lambda f: (f[1], f[2])):
        slots = [slot for slot, _, _ in group]
        cost = float(worth[slots[0] : slots[-1] + 1].mean())
        runs.append(
            Why(
                code=code,
                first_slot=slots[0],
                last_slot=slots[-1],
                detail=detail,
                cost_gbp_per_kwh=round(cost, 4),
            )
        )
    return tuple(runs)


def _reason(scene: _Scene, vehicle: int, slot: int) -> tuple[WhyCode, str]:
    power_w = float(scene.net_w[vehicle, slot])
    if scene.problem.vehicles.present_h[vehicle, slot] <= 0:
        return WhyCode.NOTHING_TO_DO, ""
    if scene.fallback:
        return WhyCode.FALLBACK_RULE, ""
    if power_w > TINY_W:
        return _why_charging(scene, vehicle, slot, power_w)
    if power_w < -TINY_W:
        return _why_giving(scene, slot)
    return _why_idle(scene, vehicle, slot)


def _why_charging(scene: _Scene, vehicle: int, slot: int, power_w: float) -> tuple[WhyCode, str]:
    fleet = scene.problem.vehicles
    most_w = float(fleet.charge_max_w[vehicle, slot])
    before_wh = _before_wh(scene, vehicle, slot)
    circuit_id = _full_circuit(scene, vehicle, slot)
    if power_w < most_w - TINY_W:
        if circuit_id:
            return WhyCode.CIRCUIT_LIMIT, circuit_id
        if power_w >= acceptance_w(scene.problem, vehicle, slot, before_wh) - TINY_W:
            return WhyCode.TAPER, ""
        if scene.at_import_limit[slot]:
            return WhyCode.CONNECTION_LIMIT, ""
    if scene.instructed[slot]:
        return WhyCode.INSTRUCTION, ""
    able_wh = float((fleet.charge_max_w[vehicle, slot:] * fleet.present_h[vehicle, slot:]).sum())
    needed_wh = float(fleet.target_wh[vehicle]) - before_wh
    if needed_wh > TIGHT_RATIO * able_wh * float(fleet.charge_ratio[vehicle]):
        short = fleet.target_wh[vehicle] - scene.energy_wh[vehicle, -1] > TINY_WH
        return (WhyCode.EVSE_LIMIT if short else WhyCode.DEPARTURE), ""
    return (WhyCode.SURPLUS if scene.surplus[slot] else WhyCode.CHEAP_SLOT), ""


def _why_giving(scene: _Scene, slot: int) -> tuple[WhyCode, str]:
    if scene.instructed[slot]:
        return WhyCode.INSTRUCTION, ""
    if scene.at_import_limit[slot]:
        return WhyCode.CONNECTION_LIMIT, ""
    return WhyCode.PEAK_DISCHARGE, ""


def _why_idle(scene: _Scene, vehicle: int, slot: int) -> tuple[WhyCode, str]:
    fleet = scene.problem.vehicles
    energy_wh = float(scene.energy_wh[vehicle, slot])
    later = bool((scene.net_w[vehicle, slot + 1 :] > TINY_W).any())
    short = float(fleet.target_wh[vehicle] - scene.energy_wh[vehicle, -1]) > TINY_WH
    if later or short:
        circuit_id = _full_circuit(scene, vehicle, slot)
        if circuit_id:
            return WhyCode.CIRCUIT_LIMIT, circuit_id
        if scene.instructed[slot]:
            return WhyCode.INSTRUCTION, ""
        if scene.at_import_limit[slot]:
            return WhyCode.CONNECTION_LIMIT, ""
        return (WhyCode.WAITS_FOR_CHEAPER if later else WhyCode.EVSE_LIMIT), ""
    if energy_wh >= float(fleet.capacity_wh[vehicle]) - TINY_WH:
        return WhyCode.FULL, ""
    gave = bool((scene.net_w[vehicle, :slot] < -TINY_W).any())
    if gave and energy_wh <= float(fleet.reserve_wh[vehicle]) + TINY_WH:
        return WhyCode.V2G_FLOOR, ""
    return WhyCode.NOTHING_TO_DO, ""


def _before_wh(scene: _Scene, vehicle: int, slot: int) -> float:
    if slot == 0:
        return float(scene.problem.vehicles.start_wh[vehicle])
    return float(scene.energy_wh[vehicle, slot - 1])


def _full_circuit(scene: _Scene, vehicle: int, slot: int) -> str:
    """The circuit above the vehicle whose limit is dearest in the slot; "" if none binds."""
    prices = scene.circuit_gbp_per_kwh[:, slot] * scene.problem.below[:, vehicle]
    if prices.size == 0 or prices.max() < TINY_GBP_PER_KWH:
        return ""
    return scene.problem.circuit_ids[int(prices.argmax())]
