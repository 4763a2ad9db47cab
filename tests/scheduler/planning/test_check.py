"""The check finds what is wrong with a plan: each rule once, by a plan made wrong on purpose."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from scheduler.domain.plan import Plan
from scheduler.domain.site import Circuit
from scheduler.planning.check import violations
from scheduler.planning.make import make_plan
from scheduler.planning.problem import PlanningInput
from tests.scheduler.makers import a_demand, a_site, a_store, an_input

SITE = a_site(circuits=(Circuit(circuit_id="yard", limit_w=20_000),), store=a_store(min_soc_pct=10))
GIVEN = an_input(
    a_demand(1, min_charge_w=1_400),
    a_demand(2, max_discharge_w=10_000, target_wh=20_000, hours=2),
    site=SITE,
    store_energy_wh=50_000,
    import_max_w=40_000,
    export_max_w=5_000,
    solar_w=[0] * 12 + [12_000] * 4,
)
GOOD = make_plan(GIVEN)


def with_power(vehicle: int, slot: int, power_w: float) -> Plan:
    """The good plan with one setpoint changed, and everything that follows from it."""
    evse = GOOD.evses[vehicle]
    setpoint_w = evse.setpoint_w.copy()
    setpoint_w[slot] = power_w
    demand = GIVEN.demands[vehicle]
    energy_wh = demand.energy_wh + np.cumsum(setpoint_w) * 0.25
    shortfall_wh = max(0.0, demand.target_wh - float(energy_wh[-1]))
    changed = replace(evse, setpoint_w=setpoint_w, energy_wh=energy_wh, shortfall_wh=shortfall_wh)
    evses = tuple(changed if i == vehicle else e for i, e in enumerate(GOOD.evses))
    return summed(replace(GOOD, evses=evses))


def summed(plan: Plan) -> Plan:
    fleet_w = np.sum([e.setpoint_w for e in plan.evses], axis=0)
    rest_w = plan.load_w - plan.solar_w - plan.wind_w + plan.curtailed_w + plan.store_w
    return replace(plan, fleet_w=fleet_w, grid_w=rest_w + fleet_w)


def with_store(slot: int, power_w: float) -> Plan:
    store_w = GOOD.store_w.copy()
    store_w[slot] = power_w
    return summed(replace(GOOD, store_w=store_w, store_energy_wh=50_000 + np.cumsum(store_w) / 4))


def with_first(name: str, amount: float) -> Plan:
    values = getattr(GOOD, name).copy()
    values[0] += amount
    return replace(GOOD, **{name: values})


def told_energy() -> Plan:
    evse = GOOD.evses[0]
    wrong = replace(evse, energy_wh=evse.energy_wh + 100, shortfall_wh=500.0)
    return replace(GOOD, evses=(wrong, GOOD.evses[1]))


WRONG: dict[str, Callable[[], Plan]] = {
    "length": lambda: replace(GOOD, grid_w=GOOD.grid_w[:-1]),
    "finite": lambda: with_first("store_w", np.nan),
    "demands": lambda: replace(GOOD, evses=GOOD.evses[::-1]),
    "absent": lambda: with_power(1, 12, 5_000),
    "direction": lambda: with_power(0, 8, -100),
    "charge_power": lambda: with_power(0, 0, 12_000),
    "discharge_power": lambda: with_power(1, 0, -10_100),
    "minimum_power": lambda: with_power(0, 8, 700),
    "energy_path": told_energy,
    "shortfall": told_energy,
    "capacity": lambda: with_power(0, 9, 90_000),
    "v2g_floor": lambda: with_power(1, 1, -60_000),
    "circuit": lambda: with_power(1, int(GOOD.evses[0].setpoint_w.argmax()), 11_000),
    "store_power": lambda: with_store(9, -51_000),
    "store_energy": lambda: with_store(9, -200_000),
    "store_path": lambda: with_first("store_energy_wh", 100),
    "sum": lambda: with_first("grid_w", 100),
    "import_limit": lambda: with_store(0, 45_000),
    "export_limit": lambda: with_store(9, -30_000),
    "curtailment": lambda: summed(with_first("curtailed_w", -100)),
}


def rules(given: PlanningInput, plan: Plan) -> set[str]:
    return {violation.rule for violation in violations(given, plan)}


def test_the_good_plan_is_good() -> None:
    assert rules(GIVEN, GOOD) == set()
    assert rules(GIVEN, summed(GOOD)) == set()


@pytest.mark.parametrize("rule", WRONG)
def test_finds(rule: str) -> None:
    assert rule in rules(GIVEN, WRONG[rule]())


def test_a_store_that_is_not_there_must_not_be_planned() -> None:
    given = replace(GIVEN, store_energy_wh=None)
    assert "store" in rules(given, with_store(0, 100))
