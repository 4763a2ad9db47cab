"""Who is expected takes room and energy in a plan, and nothing from anybody who is here."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from scheduler.domain.demand import ExpectedDemand
from scheduler.domain.plan import PlanStatus
from scheduler.domain.site import Circuit, Control, EvseSpec, Site
from scheduler.planning import make
from scheduler.planning.check import violations
from scheduler.planning.make import make_plan
from scheduler.planning.pose import problem_of
from scheduler.planning.pose_expected import with_expected
from scheduler.planning.problem import PlanningInput, Problem
from scheduler.planning.solution import Solution
from tests.scheduler.makers import NOON, a_demand, a_site, a_store, an_input, certain

ENGINES = pytest.mark.parametrize("large_fleet", [300, 1], ids=["direct", "decomposition"])


def an_arrival(*, hours: float, stays_h: float, kwh: float, kw: float = 11.0) -> ExpectedDemand:
    arrives_at = NOON + timedelta(hours=hours)
    return ExpectedDemand(
        circuit_id="yard",
        arrives_at=arrives_at,
        departure_at=arrives_at + timedelta(hours=stays_h),
        chance_ratio=1.0,
        energy_wh=1000 * kwh,
        max_charge_w=1000 * kw,
    )


def narrow(*demands: object, **changes: object) -> PlanningInput:
    """A feeder that carries one vehicle at a time."""
    site = a_site(circuits=(Circuit(circuit_id="yard", limit_w=11_000),))
    return certain(an_input(*demands, site=site, **changes))


@ENGINES
def test_who_is_here_makes_room_for_who_comes(large_fleet: int) -> None:
    cheap_later = [0.30] * 8 + [0.10] * 8
    given = narrow(a_demand(1, hours=4), import_gbp_per_kwh=cheap_later)
    alone = make_plan(given, large_fleet=large_fleet)
    coming = replace(given, expected=(an_arrival(hours=2, stays_h=2, kwh=20),))
    ready = make_plan(coming, large_fleet=large_fleet)
    assert alone.fleet_w[:8].sum() == pytest.approx(0, abs=1)
    assert ready.fleet_w[:8].sum() * 0.25 == pytest.approx(8_000, rel=0.02)
    assert ready.evses[0].energy_wh[-1] == pytest.approx(30_000, abs=10)


@ENGINES
def test_who_is_short_anyway_keeps_nobody_from_making_room(large_fleet: int) -> None:
    cheap_later = [0.30] * 8 + [0.10] * 8
    hopeless = a_demand(2, hours=1, target_wh=50_000)
    given = narrow(a_demand(1, hours=4), hopeless, import_gbp_per_kwh=cheap_later)
    plan = make_plan(
        replace(given, expected=(an_arrival(hours=2, stays_h=2, kwh=20),)), large_fleet=large_fleet
    )
    short_wh = [evse.shortfall_wh for evse in plan.evses]
    assert short_wh == pytest.approx([0, 19_000], abs=10)
    assert plan.evses[0].setpoint_w[:8].sum() * 0.25 == pytest.approx(8_000, rel=0.02)


@pytest.mark.parametrize(
    ("first_wh", "second_wh", "solved"),
    [(50_000, 20_000, 1), (30_000, 30_000, 2)],
    ids=["hopeless", "squeezed"],
)
def test_a_plan_is_made_again_without_who_comes_only_where_that_may_help(
    first_wh: float, second_wh: float, solved: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, solve = [], make.solve_direct

    def counted(problem: Problem, time_limit_s: float) -> Solution | None:
        made.append(len(problem.vehicles.start_wh))
        return solve(problem, time_limit_s)

    given = narrow(
        a_demand(1, hours=1, target_wh=first_wh), a_demand(2, hours=1, target_wh=second_wh)
    )
    monkeypatch.setattr(make, "solve_direct", counted)
    make_plan(replace(given, expected=(an_arrival(hours=2, stays_h=2, kwh=20),)))
    assert made[0] == 3
    assert len(made) == solved


@ENGINES
def test_who_comes_never_displaces_who_is_here(large_fleet: int) -> None:
    given = narrow(a_demand(1, hours=4, target_wh=50_000))
    crowd = tuple(an_arrival(hours=h / 4, stays_h=1, kwh=100, kw=100) for h in range(12))
    plan = make_plan(replace(given, expected=crowd), large_fleet=large_fleet)
    assert plan.evses[0].shortfall_wh == pytest.approx(0, abs=10)


def test_the_floor_kept_for_who_comes_is_theirs_and_nobody_else_s() -> None:
    """Two of four EVSEs are free: 2.8 kW of 12.8 kW are kept, 3 kWh in three hours fit into one."""
    site = a_site(
        circuits=(Circuit(circuit_id="yard", limit_w=12_800),), control=Control(floor_w=1_400.0)
    )
    here = [a_demand(n, hours=4, energy_wh=10_000, target_wh=25_000) for n in (1, 2)]
    given = certain(an_input(*here, site=site, import_gbp_per_kwh=[0.1] * 4 + [0.4] * 12))
    small, large = (an_arrival(hours=0, stays_h=3, kwh=kwh) for kwh in (3, 30))
    problem = problem_of(given)
    whole = with_expected(problem, replace(given, expected=(small,)))
    assert whole.below[:, 2:].sum() == 0
    assert whole.vehicles.charge_max_w[2].max() == pytest.approx(1_400)
    alone, beside = (make_plan(replace(given, expected=e)) for e in ((), (small,)))
    assert beside.fleet_w == pytest.approx(alone.fleet_w, abs=1)
    assert alone.fleet_w.max() == pytest.approx(10_000)
    parts = with_expected(problem, replace(given, expected=(large,)))
    assert parts.vehicles.target_wh[2:] == pytest.approx([4_200, 25_800])
    assert parts.vehicles.charge_max_w[2:, 0] == pytest.approx([1_400, 9_600])


def test_the_site_is_read_once_however_many_come(monkeypatch: pytest.MonkeyPatch) -> None:
    readings, evses = [], Site.evses

    def counted(site: Site) -> Iterator[EvseSpec]:
        readings.append(site.site_id)
        return evses(site)

    given = narrow(a_demand(1, hours=4))
    given = replace(given, expected=(an_arrival(hours=2, stays_h=2, kwh=20),) * 50)
    problem = problem_of(given)
    monkeypatch.setattr(Site, "evses", counted)
    whole = with_expected(problem, given)
    assert len(whole.vehicles.start_wh) == len(problem.vehicles.start_wh) + 50
    assert len(readings) == 1


@ENGINES
def test_nothing_is_commanded_for_who_is_not_here(large_fleet: int) -> None:
    given = replace(
        an_input(a_demand(1), load_w=20_000, store_energy_wh=50_000, site=a_site(store=a_store())),
        expected=(an_arrival(hours=1, stays_h=2, kwh=15),),
    )
    plan = make_plan(given, large_fleet=large_fleet)
    assert [evse.vehicle_id for evse in plan.evses] == ["v1"]
    assert plan.fleet_w == pytest.approx(plan.evses[0].setpoint_w)
    assert plan.status is not PlanStatus.FALLBACK
    assert violations(given, plan) == []


def test_the_store_keeps_energy_for_who_comes() -> None:
    site = a_site(store=a_store())
    given = an_input(site=site, store_energy_wh=0.0, import_gbp_per_kwh=[0.1] * 8 + [0.5] * 8)
    coming = replace(given, expected=(an_arrival(hours=2, stays_h=2, kwh=20),))
    assert make_plan(coming).store_energy_wh[7] > make_plan(given).store_energy_wh[7] + 10_000


@settings(max_examples=25)
@drawn(
    st.lists(
        st.tuples(
            st.floats(-3, 5), st.floats(-1, 6), st.floats(0, 200), st.sampled_from([0.0, 3.0, 99.0])
        ),
        max_size=5,
    ),
    st.sampled_from([300, 1]),
    st.floats(0, 60_000),
)
def test_any_expectation_gives_a_valid_plan(
    arrivals: list[tuple[float, float, float, float]], large_fleet: int, solar_w: float
) -> None:
    expected = tuple(
        an_arrival(hours=hours, stays_h=stays_h, kwh=kwh, kw=kw)
        for hours, stays_h, kwh, kw in arrivals
    )
    odd = an_arrival(hours=1, stays_h=1, kwh=float("nan"))
    site = a_site(store=a_store())
    given = an_input(
        a_demand(1), a_demand(2, hours=1.2, max_discharge_w=10_000.0), solar_w=solar_w,
        export_max_w=5_000, site=site, store_energy_wh=50_000,
    )  # fmt: skip
    alone = make_plan(given, large_fleet=large_fleet)
    plan = make_plan(replace(given, expected=(*expected, odd)), large_fleet=large_fleet)
    assert violations(given, plan) == []
    short = [sum(evse.shortfall_wh for evse in one.evses) for one in (alone, plan)]
    assert short[1] <= short[0] + 20
    assert np.all(plan.curtailed_w <= plan.solar_w + 1)
