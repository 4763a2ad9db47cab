"""No rebound: beside an instruction the site stays on its side of what it would have drawn."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.domain.plan import WhyCode
from scheduler.planning.check import violations
from scheduler.planning.make import make_plan, plan_by_rule
from scheduler.planning.problem import PlanningInput
from tests.scheduler.makers import a_demand, a_site, a_store, an_input
from tests.scheduler.planning.test_random_sites import SLOTS, assert_sound, inputs

ENGINES = pytest.mark.parametrize("large_fleet", [300, 0], ids=["direct", "decomposed"])
BASE_W = 20_000.0


def after_an_event(*, no_rebound: bool, **changes: Any) -> PlanningInput:
    """Two slots of an instruction to draw the load alone, then four at whose 20 kW it would like
    to draw more, and later ones that are dear."""
    target_w, edge_w = np.full(16, np.nan), np.full(16, np.inf)
    target_w[:2], edge_w[2:6] = 10_000.0, BASE_W
    fields: dict[str, Any] = {
        "import_gbp_per_kwh": [0.3] * 2 + [0.1] * 4 + [0.4] * 10,
        "grid_target_w": target_w,
        "rebound_max_w": edge_w if no_rebound else None,
    }
    demands = [a_demand(n, target_wh=31_000.0) for n in (1, 2)]
    return an_input(*demands, **(fields | changes))


@ENGINES
def test_what_an_instruction_put_off_does_not_come_back_beside_it(large_fleet: int) -> None:
    free = make_plan(after_an_event(no_rebound=False), large_fleet=large_fleet)
    kept = make_plan(after_an_event(no_rebound=True), large_fleet=large_fleet)
    assert free.grid_w[2:6].max() > BASE_W + 5_000
    assert kept.grid_w[2:6].max() <= BASE_W + 5
    assert kept.grid_w[:2] == pytest.approx([10_000.0] * 2, abs=5)
    assert kept.notes == ()
    assert [evse.shortfall_wh for evse in kept.evses] == pytest.approx([0.0, 0.0], abs=10)


@ENGINES
def test_it_ranks_above_a_vehicle_that_must_leave(large_fleet: int) -> None:
    given_ = after_an_event(no_rebound=True)
    leaving = replace(given_, demands=tuple(a_demand(n, hours=1.5) for n in (1, 2)))
    plan = make_plan(leaving, large_fleet=large_fleet)
    assert plan.grid_w[2:6] == pytest.approx([BASE_W] * 4, abs=5)
    assert {note["code"] for note in plan.notes} == {"shortfall"}
    last = [w.code for evse in plan.evses for w in evse.why if w.first_slot <= 5 <= w.last_slot]
    assert last == [WhyCode.INSTRUCTION] * 2


@ENGINES
def test_beside_an_increase_the_site_does_not_fall_below(large_fleet: int) -> None:
    """A vehicle that could sell at a good price keeps what the baseline counts on."""
    edge_w = np.full(16, -np.inf)
    edge_w[2:4] = 5_000.0
    giver = a_demand(energy_wh=45_000.0, target_wh=20_000.0, max_discharge_w=11_000.0)
    prices = {"import_gbp_per_kwh": 0.5, "export_gbp_per_kwh": [0.0] * 2 + [0.49] * 2 + [0.0] * 12}
    given_ = an_input(giver, rebound_min_w=edge_w, **prices)
    plan = make_plan(given_, large_fleet=large_fleet)
    assert plan.grid_w[2:4].min() >= 5_000 - 5
    assert make_plan(replace(given_, rebound_min_w=None)).grid_w[2:4].max() < 1_000


@ENGINES
def test_a_store_makes_up_for_a_load_that_rises(large_fleet: int) -> None:
    load_w = [10_000.0] * 2 + [30_000.0] * 4 + [10_000.0] * 10
    site = a_site(store=a_store())
    given_ = after_an_event(no_rebound=True, site=site, store_energy_wh=50_000.0, load_w=load_w)
    plan = make_plan(given_, large_fleet=large_fleet)
    assert plan.grid_w[2:6].max() <= BASE_W + 5
    assert violations(given_, plan) == []


def test_what_nothing_can_make_up_for_is_told() -> None:
    given_ = after_an_event(no_rebound=True, load_w=[10_000.0] * 2 + [30_000.0] * 4 + [0.0] * 10)
    (note,) = make_plan(given_).notes
    assert (note["code"], note["first_slot"], note["last_slot"]) == ("rebound", 2, 5)
    assert note["rebound_wh"] == pytest.approx(10_000.0)


def test_the_limit_of_the_connection_goes_first() -> None:
    """A baseline above what may flow now asks for nothing that may not flow."""
    edge_w = np.full(16, -np.inf)
    edge_w[3] = 90_000.0
    given_ = an_input(a_demand(), rebound_min_w=edge_w, import_max_w=15_000.0)
    plan = make_plan(given_)
    assert plan.grid_w.max() <= 15_000 + 5
    assert violations(given_, plan) == []


def test_a_plan_by_rule_keeps_it_too() -> None:
    given_ = after_an_event(no_rebound=True)
    plan = plan_by_rule(given_, "for once")
    assert plan.grid_w[2:6].max() <= BASE_W + 5
    assert violations(given_, plan) == []


EDGE = st.lists(st.sampled_from([np.nan, -20e3, 0.0, 15e3]), min_size=SLOTS, max_size=SLOTS)


@settings(max_examples=25)
@given(inputs(), EDGE, st.booleans(), st.sampled_from([300, 0]))
def test_whatever_the_site_the_plan_is_valid(
    given_: PlanningInput, edge_w: list[float], below: bool, large_fleet: int
) -> None:
    name = "rebound_max_w" if below else "rebound_min_w"
    given_ = replace(given_, **{name: np.array(edge_w)})
    assert_sound(given_, make_plan(given_, large_fleet=large_fleet))
    assert_sound(given_, plan_by_rule(given_, "for once"))
