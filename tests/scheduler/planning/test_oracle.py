"""The direct LP against programs written another way: cumulative energies in SciPy's linprog, and
plain enumeration."""

from itertools import product

import numpy as np
import pytest
from scipy.optimize import linprog

from scheduler.domain.plan import Watts
from scheduler.planning.direct import solve_direct
from scheduler.planning.make import make_plan
from scheduler.planning.plant import energy_of
from scheduler.planning.pose import problem_of
from scheduler.planning.problem import PlanningInput, Problem
from tests.scheduler.makers import a_demand, a_site, a_store, an_input

SLOTS, HOURS = 5, 0.25


def money_gbp(given: PlanningInput) -> float:
    """What HiGHS finds, without the constant of what is worth nothing here."""
    solution = solve_direct(problem_of(given), 10.0)
    assert solution is not None
    return solution.objective_gbp


def energy_lines(problem: Problem) -> list[tuple[Watts, Watts, Watts]]:
    """Where a step of the energy's price begins, W, what that much costs, and its slope."""
    steps, hours = energy_of(problem), problem.slot_h / 1000
    lines = []
    for sign, widths_w, prices_gbp in (
        (1, steps.import_w.T, steps.import_gbp_per_kwh.T + 1e-6),
        (-1, steps.export_w.T, steps.export_gbp_per_kwh.T - 1e-6),
    ):
        begin_w, begin_gbp = np.zeros((2, problem.slots))
        for width_w, price_gbp in zip(sign * widths_w, prices_gbp, strict=True):
            lines.append((begin_w, begin_gbp, price_gbp))
            begin_w, begin_gbp = begin_w + width_w, begin_gbp + price_gbp * hours * width_w
    return lines


def by_linprog(given: PlanningInput) -> float:
    """Variables in W: c[i,t], d[i,t], store charge and discharge, site power and what it costs,
    curtailment, short[i], extra[i]; every energy is a lower triangular sum of powers, and what
    energy costs lies above the straight lines that its steps are part of."""
    problem = problem_of(given)
    fleet, store = problem.vehicles, problem.store
    n, slots = fleet.present_h.shape
    assert store is not None
    wide = (2 * n + 5) * slots + 2 * n
    block = {
        name: slice(k * slots, (k + 1) * slots)
        for k, name in enumerate(
            [f"c{i}" for i in range(n)] + [f"d{i}" for i in range(n)]
            + ["sc", "sd", "site", "paid", "cut"]
        )
    }  # fmt: skip
    cost, low, high = np.zeros(wide), np.zeros(wide), np.full(wide, np.inf)
    less, less_rhs, same, same_rhs = [], [], [], []
    tri = np.tril(np.ones((slots, slots)))
    step, balance = problem.slot_h / 1000, np.zeros((slots, wide))
    begins_h = np.arange(slots) * HOURS
    for i in range(n):
        c, d = block[f"c{i}"], block[f"d{i}"]
        short, extra = wide - 2 * n + i, wide - n + i
        high[c], high[d] = fleet.charge_max_w[i], fleet.discharge_max_w[i]
        there = fleet.present_h[i] / 1000
        cost[c] = fleet.haste_gbp_per_kwh[i] * begins_h * there
        cost[d] = fleet.wear_gbp_per_kwh * there
        cost[short] = fleet.shortfall_gbp_per_kwh[i] / 1000
        cost[extra] = -fleet.extra_gbp_per_kwh / 1000
        high[short], high[extra] = fleet.target_wh[i], fleet.capacity_wh[i] - fleet.target_wh[i]
        path = np.zeros((slots, wide))
        path[:, c] = tri * fleet.present_h[i] * fleet.charge_ratio[i]
        path[:, d] = -tri * fleet.present_h[i] / fleet.discharge_ratio[i]
        less += [*path, *(-path)]
        less_rhs += [fleet.capacity_wh[i] - fleet.start_wh[i]] * slots
        less_rhs += [fleet.start_wh[i] - fleet.reserve_wh[i]] * slots
        reach = path[-1].copy()
        reach[short], reach[extra] = 1, -1
        same.append(reach)
        same_rhs.append(fleet.target_wh[i] - fleet.start_wh[i])
        balance[:, c], balance[:, d] = -np.eye(slots), np.eye(slots)
    for circuit, members in enumerate(problem.below):
        row = np.zeros((slots, wide))
        for i in np.nonzero(members)[0]:
            row[:, block[f"c{i}"]], row[:, block[f"d{i}"]] = np.eye(slots), -np.eye(slots)
        less += [*row, *(-row)]
        less_rhs += [problem.circuit_limit_w[circuit]] * (2 * slots)
    path = np.zeros((slots, wide))
    path[:, block["sc"]] = tri * problem.slot_h * store.charge_ratio
    path[:, block["sd"]] = -tri * problem.slot_h / store.discharge_ratio
    less += [*path, *(-path)]
    less_rhs += [store.max_wh - store.start_wh] * slots + [store.start_wh - store.min_wh] * slots
    high[block["sc"]], high[block["sd"]] = store.charge_max_w, store.discharge_max_w
    waiting, kept_gbp = 1e-5 * begins_h, store.keep_gbp_per_kwh * path[-1] / 1000
    cost[block["sc"]] = (1e-6 + waiting) * step - kept_gbp[block["sc"]]
    cost[block["sd"]] = (store.wear_gbp_per_kwh + waiting) * step - kept_gbp[block["sd"]]
    low[block["site"]], high[block["site"]] = -problem.export_max_w, problem.import_max_w
    high[block["cut"]] = problem.generation_w
    low[block["paid"]], cost[block["paid"]] = -np.inf, 1.0
    for begin_w, begin_gbp, slope_gbp in energy_lines(problem):
        row = np.zeros((slots, wide))
        row[:, block["site"]], row[:, block["paid"]] = np.diag(slope_gbp * step), -np.eye(slots)
        less += [*row]
        less_rhs += list(slope_gbp * step * begin_w - begin_gbp)
    cost[block["cut"]] = 1e-4 * step
    for name, sign in (("sc", -1), ("sd", 1), ("site", 1), ("cut", -1)):
        balance[:, block[name]] = sign * np.eye(slots)
    same += [*balance]
    same_rhs += list(problem.load_w - problem.generation_w)
    found = linprog(
        cost,
        np.array(less),
        less_rhs,
        np.array(same),
        same_rhs,
        np.stack([low, high], axis=1),
        options={"dual_feasibility_tolerance": 1e-10},
    )
    assert found.status == 0, found.message
    return float(found.fun) - store.keep_gbp_per_kwh * store.start_wh / 1000


@pytest.mark.parametrize("seed", range(12))
def test_same_cost_as_a_program_in_cumulative_energies(seed: int) -> None:
    random = np.random.default_rng(seed)
    demands = [
        a_demand(
            n,
            hours=float(random.uniform(0.3, 1.5)),
            energy_wh=float(random.uniform(10e3, 40e3)),
            target_wh=float(random.uniform(20e3, 45e3)),
            max_discharge_w=float(random.choice([0.0, 10e3])),
            charge_efficiency_ratio=0.93,
            discharge_efficiency_ratio=0.91,
        )
        for n in range(1, 4)
    ]
    given = an_input(
        *demands,
        slots=SLOTS,
        site=a_site(store=a_store(charge_efficiency_ratio=0.95, discharge_efficiency_ratio=0.94)),
        store_energy_wh=float(random.uniform(0, 100e3)),
        load_w=random.uniform(5e3, 40e3, SLOTS),
        solar_w=random.uniform(0, 60e3, SLOTS),
        import_gbp_per_kwh=random.uniform(0.15, 0.5, SLOTS),
        export_gbp_per_kwh=random.uniform(0.0, 0.14, SLOTS),
    )
    assert money_gbp(given) == pytest.approx(by_linprog(given), abs=1e-5)


@pytest.mark.parametrize("seed", range(6))
def test_no_choice_of_full_slots_is_cheaper(seed: int) -> None:
    """Two vehicles that each need two full slots of five, one feeder for one of them at a time."""
    random = np.random.default_rng(100 + seed)
    prices = random.uniform(0.1, 0.5, SLOTS)
    need = {"target_wh": 20_000 + 2 * 2_750.0, "hours": SLOTS * HOURS}
    given = an_input(
        *(a_demand(n, **need) for n in (1, 2)), slots=SLOTS, import_gbp_per_kwh=prices, load_w=0,
        import_max_w=11_000,
    )  # fmt: skip
    choices = [
        sum(prices[t] * 2.75 for t, on in enumerate(first) if on)
        + sum(prices[t] * 2.75 for t, on in enumerate(second) if on)
        for first, second in product(product((0, 1), repeat=SLOTS), repeat=2)
        if sum(first) == sum(second) == 2
        and all(a + b <= 1 for a, b in zip(first, second, strict=True))
    ]
    plan = make_plan(given)
    assert plan.objective_gbp == pytest.approx(min(choices), abs=1e-3)
