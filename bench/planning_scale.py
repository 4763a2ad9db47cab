"""How long does a plan for a whole fleet take, how near to the optimum is it proven to be, and how
do both grow?

Depots of 100 to 20,000 vehicles, 96 slots: a tree of transformers and feeders with limits of power
and of each phase, vehicles of one and of three phases with 6 A at least on each, taper, discharge,
sun and a store behind one connection. `cold` knows nothing, `replan` is a slot later: every
fiftieth vehicle is another one, and prices are those of the plan before; `what_if` asks what a
narrower feeder would change: two whole plans, explained; `direct` is HiGHS on the whole linear
program. Each measurement has a process of its own, for its peak memory. CPU seconds count; machine
code is there before the first. Prints JSON lines.

    .venv/bin/python bench/planning_scale.py [--short] [--part scale|what_if|direct]
        [--sizes 100,1000] [--seeds 0,1] [--limit-s 600]

After `--limit-s` no other measurement is begun; what was left out is told.
"""

import argparse
import json
import math
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from csms.domain.ids import ChargingStationId, EvseId, TransactionId
from scheduler.domain.demand import Demand
from scheduler.domain.lines import LINES, line_ratios
from scheduler.domain.plan import PlanStatus
from scheduler.domain.site import (
    Circuit,
    Control,
    GridConnection,
    Load,
    Site,
    StationaryBattery,
    Tariff,
)
from scheduler.forecasting.spread import without_history
from scheduler.planning.decomposition.engine import Decomposed, solve_decomposed
from scheduler.planning.direct import solve_direct
from scheduler.planning.pose import problem_of
from scheduler.planning.problem import PlanningInput
from scheduler.planning.solution import stored_wh
from scheduler.services.what_if import Otherwise, compared

BENCH = "planning_scale"
SIZES = (100, 1_000, 5_000, 10_000, 20_000)
SHORT_SIZES = (100, 1_000, 5_000)
FEWER_SEEDS = {20_000: 2}
SLOTS, SLOT_S = 96, 900
NOON = datetime(2026, 6, 10, 12, tzinfo=UTC)
PARTS = {"scale": SIZES, "what_if": (100, 1_000), "direct": (1_000,)}
DIRECT_SEEDS, DIRECT_LIMIT_S = 1, 300.0
ENVIRONMENT = os.environ | {"OPENBLAS_NUM_THREADS": "1"}  # as in the platform's processes
LIMIT_S = 60.0
WHAT_IF_S = 10.0
VOLTS = 230.0


def a_vehicle(number: int, random: np.random.Generator, circuit_id: str) -> Demand:
    """Half of the fleet leaves in the morning, half stays until the next afternoon."""
    stay_slots = int(np.clip(random.normal(*random.choice([(72, 9), (94, 7)])), 6, SLOTS))
    capacity_wh = float(random.choice([40e3, 60e3, 77e3]))
    charge_w = float(random.choice([7.4e3, 11e3, 22e3], p=[0.5, 0.35, 0.15]))
    energy_wh = capacity_wh * random.uniform(0.2, 0.7)
    reach_wh = energy_wh + 0.8 * charge_w * stay_slots * SLOT_S / 3600
    return Demand(
        station_id=ChargingStationId(f"cs-{number}"),
        evse_id=EvseId(1),
        circuit_id=circuit_id,
        vehicle_id=f"v{number}",
        transaction_id=TransactionId(f"t{number}"),
        departure_at=NOON + timedelta(seconds=SLOT_S * stay_slots),
        energy_wh=energy_wh,
        target_wh=min(capacity_wh * random.uniform(0.75, 0.95), reach_wh),
        capacity_wh=capacity_wh,
        v2g_floor_wh=0.2 * capacity_wh,
        max_charge_w=charge_w,
        max_discharge_w=min(charge_w, 11e3) * float(random.random() < 0.7),
        min_charge_w=1_380.0 if charge_w < 8e3 else 4_140.0,
        line_ratios=line_ratios(1, LINES[number % 3]) if charge_w < 8e3 else line_ratios(3),
        charge_efficiency_ratio=0.93,
        discharge_efficiency_ratio=0.93,
        soc_known=True,
    )


def a_depot(size: int, seed: int) -> PlanningInput:
    """`size` vehicles, 100 to a feeder, ten feeders to a transformer; a third of all charging
    power fits through the connection, six tenths through each feeder, and a third of that through
    each of its lines: those with more than their share of the vehicles of one phase are full."""
    random = np.random.default_rng(seed)
    feeders = max(2, size // 100)
    demands = tuple(a_vehicle(n, random, f"f{n * feeders // size}") for n in range(size))
    power_w = np.zeros(feeders)
    for demand in demands:
        power_w[int(demand.circuit_id[1:])] += demand.max_charge_w
    limit_w = 0.6 * power_w
    stems = [limit_w[k : k + 10].sum() for k in range(0, feeders, 10)]
    circuits = (
        *(a_circuit(f"t{k}", 0.85 * w) for k, w in enumerate(stems)),
        *(a_circuit(f"f{k}", w, f"t{k // 10}") for k, w in enumerate(limit_w.tolist())),
    )  # fmt: skip
    connection_w = 0.35 * float(power_w.sum())
    hour = (12 + np.arange(SLOTS) * SLOT_S / 3600) % 24
    price = 0.18 + 0.10 * np.exp(-(((hour - 18) / 1.8) ** 2)) + random.normal(0, 0.005, SLOTS)
    price -= 0.07 * np.exp(-(((hour - 3) / 2.5) ** 2)) + 0.05 * np.exp(-(((hour - 13) / 2) ** 2))
    return PlanningInput(
        now=NOON,
        starts_at=NOON,
        slot_s=SLOT_S,
        slots=SLOTS,
        site=a_site(size, circuits, connection_w),
        demands=demands,
        forecast=without_history(
            NOON,
            NOON,
            SLOT_S,
            load_w=size * 800 * (1 + 0.3 * np.sin((hour - 8) / 12 * np.pi)),
            solar_w=np.maximum(0.0, np.sin((hour - 6) / 12 * np.pi)) * size * 2e3,
            wind_w=np.zeros(SLOTS),
        ),
        store_energy_wh=500.0 * size,
        import_gbp_per_kwh=price,
        export_gbp_per_kwh=0.55 * price - 0.01,
        import_max_w=np.full(SLOTS, connection_w),
        export_max_w=np.full(SLOTS, connection_w),
        grid_target_w=np.full(SLOTS, np.nan),
    )


def a_circuit(circuit_id: str, limit_w: float, parent_id: str | None = None) -> Circuit:
    """Each of its lines carries a third."""
    return Circuit(
        circuit_id=circuit_id,
        limit_w=limit_w,
        limit_a_per_phase=limit_w / 3 / VOLTS,
        voltage_v=VOLTS,
        parent_id=parent_id,
    )


def a_site(size: int, circuits: tuple[Circuit, ...], connection_w: float) -> Site:
    """0.5 kW and 1 kWh of store per vehicle."""
    return Site(
        site_id="depot",
        name="Depot",
        time_zone="UTC",
        latitude_deg=54.9,
        longitude_deg=-1.5,
        grid_connection=GridConnection(import_limit_w=connection_w, export_limit_w=connection_w),
        circuits=circuits,
        load=Load(max_w=1_200.0 * size, profile_w=(0.0,) * 48),
        tariff=Tariff(
            import_gbp_per_kwh=(0.2,) * 48,
            export_gbp_per_kwh=(0.05,) * 48,
            surplus_value_gbp_per_kwh=0.09,
        ),
        control=Control(floor_w=0.0),
        store=StationaryBattery(
            store_id="store",
            capacity_wh=1e3 * size,
            max_charge_w=500.0 * size,
            max_discharge_w=500.0 * size,
        ),
    )


def a_slot_later(given: PlanningInput, found: Decomposed, seed: int) -> PlanningInput:
    """The plan's first slot has passed; every fiftieth vehicle has been replaced."""
    random = np.random.default_rng(1_000 + seed)
    energy_wh = stored_wh(problem_of(given), found.solution.net_w)[:, 0]
    demands = tuple(
        a_vehicle(n, random, demand.circuit_id)
        if n % 50 == 0
        else replace(demand, energy_wh=float(energy_wh[n]))
        for n, demand in enumerate(given.demands)
    )
    later = given.starts_at + timedelta(seconds=SLOT_S)
    forecast = without_history(
        later,
        later,
        SLOT_S,
        **{
            f"{name}_w": np.roll(getattr(given.forecast, name).p50_w, -1)
            for name in ("load", "solar", "wind")
        },
    )
    rolled = {
        n: np.roll(getattr(given, n), -1) for n in ("import_gbp_per_kwh", "export_gbp_per_kwh")
    }
    return replace(
        given, now=later, starts_at=later, demands=demands, forecast=forecast, **rolled
    )  # fmt: skip


def timed(work: Callable[[], Any]) -> tuple[Any, float, float]:
    """What it returns, CPU seconds, wall seconds."""
    cpu_s, wall_s = time.process_time(), time.perf_counter()
    result = work()
    return result, time.process_time() - cpu_s, time.perf_counter() - wall_s


def scale(size: int, seed: int) -> dict[str, float]:
    """One depot, cold and again."""
    given = a_depot(size, seed)
    problem = problem_of(given)
    cold, cpu_s, wall_s = timed(lambda: solve_decomposed(problem, LIMIT_S, time.perf_counter))
    told = {"cold_cpu_s": cpu_s, "cold_s": wall_s, "cold_gap": cold.solution.gap_ratio}
    later = problem_of(a_slot_later(given, cold, seed))
    again, cpu_s, wall_s = timed(
        lambda: solve_decomposed(later, LIMIT_S, time.perf_counter, start=cold.prices.later(1))
    )
    told |= {"replan_cpu_s": cpu_s, "replan_s": wall_s, "replan_gap": again.solution.gap_ratio}
    return told | {"memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def what_if(size: int, seed: int) -> dict[str, float]:
    """What half of a feeder would change."""
    given = a_depot(size, seed)
    asked = Otherwise(circuit_limit_w={"f0": 0.5 * given.site.circuits[-1].limit_w})
    _, cpu_s, wall_s = timed(lambda: compared(given, (), asked, WHAT_IF_S))
    return {"what_if_cpu_s": cpu_s, "what_if_s": wall_s}


def direct(size: int, seed: int) -> dict[str, float]:
    """The same depot by decomposition and by HiGHS; nothing of costs where that found no optimum
    in its time."""
    problem = problem_of(a_depot(size, seed))
    ours, ours_s, _ = timed(lambda: solve_decomposed(problem, LIMIT_S, time.perf_counter).solution)
    exact, direct_s, _ = timed(lambda: solve_direct(problem, DIRECT_LIMIT_S))
    told = {"direct_cpu_s": direct_s, "faster": direct_s / ours_s}
    if exact is None or exact.status is not PlanStatus.OPTIMAL:
        return told
    return told | {
        "above_direct": ours.objective_gbp / exact.objective_gbp - 1,
        "bound_below_direct": 1 - ours.bound_gbp / exact.objective_gbp,
    }


MEASURES = {"scale": scale, "what_if": what_if, "direct": direct}


def measured(part: str, size: int, seed: int) -> dict[str, float]:
    """One measurement, in a process of its own."""
    command = [sys.executable, __file__, "--measure", part, str(size), str(seed)]
    told: dict[str, float] = json.loads(subprocess.check_output(command, env=ENVIRONMENT))
    return told


def seeds_of(part: str, size: int, asked: argparse.Namespace) -> list[int]:
    """As many as the clock allows."""
    if asked.seeds:
        return [int(seed) for seed in asked.seeds.split(",")]
    if asked.short or part == "direct":
        return list(range(DIRECT_SEEDS))
    return list(range(FEWER_SEEDS.get(size, 5)))


def tell(part: str, size: int, runs: list[dict[str, float]]) -> None:
    """A line per metric: the median over seeds, and the worst."""
    for metric in runs[0]:
        values = [run[metric] for run in runs if metric in run]
        last = metric.rpartition("_")[2]
        unit = {"s": "s", "mb": "MB", "faster": "times"}.get(last, "ratio")
        row = {"bench": BENCH, "metric": metric, "value": round(float(np.median(values)), 4)}
        worst = min(values) if metric == "faster" else max(values)
        row |= {"unit": unit, "vehicles": size, "worst": round(worst, 4), "seeds": len(values)}
        if part == "direct":
            row["peer"] = "HiGHS, one LP"
        print(json.dumps(row), flush=True)


def asked_for() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--part", choices=PARTS, action="append")
    parser.add_argument("--sizes", default="")
    parser.add_argument("--seeds", default="")
    parser.add_argument("--limit-s", type=float, default=math.inf)
    return parser.parse_args()


def main() -> None:
    asked, began_s = asked_for(), time.monotonic()
    sizes = [int(size) for size in asked.sizes.split(",") if size]
    sizes = sizes or list(SHORT_SIZES if asked.short else SIZES)
    cold_s: dict[int, float] = {}
    for part in asked.part or PARTS:
        for size in (size for size in sizes if part == "scale" or size in PARTS[part]):
            runs = []
            for seed in seeds_of(part, size, asked):
                if time.monotonic() - began_s < asked.limit_s:
                    runs.append(measured(part, size, seed))
                else:
                    row = {"bench": BENCH, "metric": part, "vehicles": size, "seed": seed}
                    print(json.dumps(row | {"skipped": "no time left"}), flush=True)
            if runs:
                tell(part, size, runs)
            if runs and part == "scale":
                cold_s[size] = float(np.median([run["cold_cpu_s"] for run in runs]))
    large = [size for size in cold_s if size >= 1_000]
    if len(large) > 1:
        slope = math.log(cold_s[large[-1]] / cold_s[large[0]]) / math.log(large[-1] / large[0])
        row = {"bench": BENCH, "metric": "slope", "value": round(slope, 3), "unit": "log/log"}
        print(json.dumps(row | {"vehicles": f"{large[0]}-{large[-1]}"}))


if __name__ == "__main__":
    if "--measure" in sys.argv:
        solve_decomposed(problem_of(a_depot(4, 0)), LIMIT_S)  # the machine code
        part, size, seed = sys.argv[2:]
        print(json.dumps(MEASURES[part](int(size), int(seed))))
    else:
        main()
