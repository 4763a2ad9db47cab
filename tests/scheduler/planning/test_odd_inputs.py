"""Whatever comes in, a plan comes out that may be sent: holes, days of 23 and 25 hours, nothing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.domain.plan import PlanStatus
from scheduler.domain.slots import load_profile, prices
from scheduler.planning.check import violations
from scheduler.planning.make import make_plan
from scheduler.planning.problem import PlanningInput
from tests.scheduler.makers import NOON, a_demand, a_site, a_store, an_input
from tests.scheduler.planning.test_random_sites import inputs

ODD = st.sampled_from([float("nan"), float("inf"), -1.0, 0.0, 1e12])
ENERGIES = ("energy_wh", "target_wh", "capacity_wh", "v2g_floor_wh")
POWERS = ("max_charge_w", "max_discharge_w", "min_charge_w")
SERIES = ("import_max_w", "export_max_w", "import_gbp_per_kwh", "export_gbp_per_kwh")


ENGINES = pytest.mark.parametrize("large_fleet", [300, 0], ids=["direct", "decomposition"])


@ENGINES
@settings(max_examples=40)
@given(given_=inputs(), data=st.data())
def test_holes_and_nonsense_give_a_valid_plan(
    large_fleet: int, given_: PlanningInput, data: st.DataObject
) -> None:
    demands = list(given_.demands)
    for i, demand in enumerate(demands):
        field = data.draw(st.sampled_from(ENERGIES + POWERS))
        demands[i] = replace(demand, **{field: data.draw(ODD)})
    name = data.draw(st.sampled_from(SERIES))
    holes = getattr(given_, name).copy()
    holes[data.draw(st.integers(0, given_.slots - 1))] = np.nan
    odd = replace(given_, demands=tuple(demands), **{name: holes})
    assert violations(odd, make_plan(odd, large_fleet=large_fleet)) == []
    assert violations(odd, make_plan(odd, time_limit_s=0.0)) == []


@ENGINES
@pytest.mark.parametrize(
    ("midnight", "hours"),
    [(datetime(2026, 3, 29, tzinfo=UTC), 23), (datetime(2026, 10, 24, 23, tzinfo=UTC), 25)],
    ids=["46 half-hours", "50 half-hours"],
)
def test_a_day_on_which_the_clocks_change_is_planned_like_any_other(
    midnight: datetime, hours: int, large_fleet: int
) -> None:
    """Each local half-hour has its price, and no slot is missing or there twice."""
    slots = 4 * hours
    site = a_site()
    import_gbp, export_gbp = prices(site, midnight, 900, slots)
    load_w = load_profile(site, midnight, 900, slots)
    leaves_at = midnight + timedelta(hours=hours - 1)
    given_ = an_input(
        a_demand(departure_at=leaves_at), slots=slots, now=midnight, starts_at=midnight,
        import_gbp_per_kwh=import_gbp, export_gbp_per_kwh=export_gbp, load_w=load_w,
    )  # fmt: skip
    plan = make_plan(given_, large_fleet=large_fleet)
    assert violations(given_, plan) == []
    assert plan.status is PlanStatus.OPTIMAL
    assert (plan.slots, plan.evses[0].shortfall_wh) == (slots, 0)


@ENGINES
def test_all_that_is_odd_at_once(large_fleet: int) -> None:
    """Nobody plugged in, a store that says nothing, no connection to speak of."""
    given_ = an_input(
        site=a_site(store=a_store()), store_energy_wh=float("nan"), load_w=np.nan,
        import_max_w=0.0, export_max_w=0.0,
    )  # fmt: skip
    assert violations(given_, make_plan(given_, large_fleet=large_fleet)) == []


@ENGINES
def test_wishes_that_nothing_can_meet(large_fleet: int) -> None:
    demands = [a_demand(n, hours=-n, target_wh=1e9, max_charge_w=0.0) for n in range(1, 4)]
    given_ = an_input(*demands, import_max_w=0.0, grid_target_w=-1e9)
    plan = make_plan(given_, large_fleet=large_fleet)
    assert violations(given_, plan) == []
    assert {note["code"] for note in plan.notes} >= {"shortfall", "instruction_shortfall"}
    assert plan.starts_at == NOON


@ENGINES
@pytest.mark.parametrize(
    "changes",
    [
        {"hours": -3.0},
        {"capacity_wh": 0.0, "energy_wh": 0.0, "target_wh": 0.0, "v2g_floor_wh": 0.0},
        {"max_charge_w": 0.0},
        {"energy_wh": np.nan, "soc_known": False},
        {"energy_wh": 60_000.0, "target_wh": 70_000.0},
    ],
    ids=["past departure", "no capacity", "no power", "energy not known", "beyond the capacity"],
)
def test_one_odd_vehicle_costs_another_nothing(large_fleet: int, changes: dict[str, Any]) -> None:
    given_ = an_input(a_demand(1, max_discharge_w=10_000.0, **changes), a_demand(2))
    plan = make_plan(given_, large_fleet=large_fleet)
    assert violations(given_, plan) == []
    assert plan.status is not PlanStatus.FALLBACK
    assert plan.evses[1].shortfall_wh == pytest.approx(0, abs=1)


@pytest.mark.parametrize(
    "options", [{}, {"large_fleet": 0}, {"time_limit_s": 0.0}],
    ids=["direct", "decomposition", "by rule"],
)  # fmt: skip
@settings(max_examples=40)
@given(given_=inputs(), data=st.data())
def test_what_cannot_discharge_does_not_whatever_gives_way(
    options: dict[str, Any], given_: PlanningInput, data: st.DataObject
) -> None:
    """The connection, the instruction and every target ask for more than there is."""
    demands = tuple(
        replace(d, max_discharge_w=data.draw(st.sampled_from([0.0, -5_000.0, np.nan, 10_000.0])))
        for d in given_.demands
    )
    asked_w = np.full(given_.slots, -1e6)
    none_w = np.zeros(given_.slots)
    hard = replace(given_, demands=demands, grid_target_w=asked_w, import_max_w=none_w)
    plan = make_plan(hard, **options)
    assert violations(hard, plan) == []
    for demand, evse in zip(demands, plan.evses, strict=True):
        if not demand.max_discharge_w > 0:
            assert evse.setpoint_w.min() >= 0.0
