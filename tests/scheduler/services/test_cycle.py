from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from scheduler.adapters.plant import Measured
from scheduler.domain.reading import Sample
from scheduler.domain.site import Circuit, GridConnection, Site, SolarFarm, WindFarm
from scheduler.planning.guard import guard
from scheduler.planning.guard_types import OPEN_GATE, EvseSetpoint, GateRules
from scheduler.planning.make import make_plan
from scheduler.services.cycle import Picture, generation_max_w, guard_input
from scheduler.services.orders import Orders
from scheduler.services.swing import Swing
from scheduler.services.turns import Turns
from scheduler.store.live import LiveEvse
from scheduler.store.plans import PlanHead, StoredPlan
from tests.scheduler.makers import NOON, a_demand, a_site, an_input
from tests.scheduler.services.test_demand_rules import NOW, boosted, discharging, evse

SUN = SolarFarm(farm_id="roof", capacity_w=30_000, tilt_deg=10, azimuth_deg=180)
WIND = WindFarm(farm_id="mast", capacity_w=50_000, turbine_type="E48/800", hub_height_m=60)


def test_generation_counts_as_measured_and_at_its_capacity_where_nobody_says() -> None:
    site = a_site(solar=(SUN,), wind=(WIND,))
    silent = Measured(at=NOON)
    heard = Measured(at=NOON, solar=Sample(4_000.0, 1.0), wind=Sample(9_000.0, 60.0))
    assert generation_max_w(site, silent, 10.0) == 80_000
    assert generation_max_w(site, heard, 10.0) == 54_000, "the wind was heard of too long ago"
    assert generation_max_w(a_site(), silent, 10.0) == 0


def held(*evses: LiveEvse, site: Site) -> tuple[EvseSetpoint, ...]:
    """What the next cycle orders, without any plan."""
    picture = Picture(evses=evses, plan=None, signals=())
    measured = Measured(at=NOW, grid=Sample(10_000.0, 1.0))
    given = guard_input(site, picture, measured, Orders(), Turns(), Swing(), 1.0)
    return guard(replace(given, gate=OPEN_GATE)).evses


def feeder(limit_w: float, **changes: Any) -> Site:
    return a_site(circuits=(Circuit(circuit_id="feeder", limit_w=limit_w),), **changes)


def test_a_boost_is_ordered_in_the_next_cycle_whatever_the_plan_says() -> None:
    (order,) = held(discharging(vehicle=boosted(), power_w=0.0), site=feeder(60_000))
    assert order.setpoint_w == 11_000


def test_a_boost_goes_beyond_no_limit_and_before_every_other_wish() -> None:
    others = [
        discharging(station_id=f"yard-0{n}", power_w=0.0, vehicle=boosted(boost_at=None))
        for n in (2, 3)
    ]
    first = discharging(vehicle=boosted(), power_w=0.0)
    orders = held(first, *others, site=feeder(10_000))
    assert sum(order.setpoint_w for order in orders) <= 10_000
    assert orders[0].setpoint_w >= 7_000
    narrow = GridConnection(import_limit_w=15_000, export_limit_w=0)
    (order,) = held(first, site=feeder(60_000, grid_connection=narrow))
    assert order.setpoint_w <= 5_000


@pytest.mark.parametrize(("ends", "left_w"), [(True, 11_000), (False, 9_000)])
def test_whose_leases_never_end_counts_in_full_once_it_is_out_of_reach(
    ends: bool, left_w: float
) -> None:
    gone = evse(station_id="yard-02", connected=False, lease_ends=ends, power_w=None, power_at=None)
    (order,) = held(discharging(vehicle=boosted(), power_w=0.0), gone, site=feeder(20_000))
    assert order.setpoint_w == left_w


def bounds_of(live: LiveEvse) -> tuple[float, float]:
    """The most that it may give, and what it has to spare."""
    picture = Picture(evses=(live,), plan=None, signals=())
    given = guard_input(feeder(60_000), picture, Measured(at=NOW), Orders(), Turns(), Swing(), 1.0)
    return given.evses[0].max_discharge_w, given.evses[0].spare_wh


def test_near_its_floor_a_vehicle_gives_what_the_whole_lease_may_take() -> None:
    full_w, _ = bounds_of(discharging(soc_pct=50.0))
    near_w, spare_wh = bounds_of(discharging(soc_pct=31.0))
    assert full_w == 10_000
    assert near_w == pytest.approx(spare_wh * 3600 / a_site().control.lease_s)
    assert 0 < near_w < 10_000
    assert bounds_of(discharging(soc_pct=30.4)) == (0, 0)


def test_not_today_holds_in_the_next_cycle() -> None:
    paused = boosted(boost_at=None, v2g_paused_until=NOW + timedelta(hours=3))
    assert bounds_of(discharging(vehicle=paused))[0] == 0


def test_a_boost_waits_for_no_random_delay() -> None:
    """The price has just changed; another vehicle follows its plan up to ten minutes later."""
    site = feeder(60_000)
    rules = GateRules(edge_at=NOW, random_delay_s=600.0)
    told = {"setpoint_w": 0.0, "setpoint_until": NOW + timedelta(minutes=5), "power_w": 0.0}
    wanted = {
        name: discharging(station_id=name, **told, vehicle=vehicle)
        for name, vehicle in (("now", boosted()), ("later", boosted(boost_at=None)))
    }
    picture = Picture(evses=tuple(wanted.values()), plan=None, signals=())
    measured = Measured(at=NOW, grid=Sample(10_000.0, 1.0))
    given = guard_input(site, picture, measured, Orders(), Turns(), Swing(), 1.0)
    orders = guard(replace(given, gate=rules)).evses
    assert [order.setpoint_w for order in orders] == [11_000, 0]


@pytest.mark.parametrize(
    ("hours", "setpoint_w"),
    [(0.1, 11_000), (3.9, 11_000), (4.0, 1_400), (40.0, 1_400)],
    ids=["begins", "last slot", "has run out", "ran out yesterday"],
)
def test_a_plan_holds_until_its_end_and_then_everyone_is_at_the_floor(
    hours: float, setpoint_w: float
) -> None:
    """As when the planner hangs, and no plan follows."""
    now = NOON + timedelta(hours=hours)
    live = evse(circuit_id="yard", power_w=setpoint_w, power_at=now)
    assert live.transaction is not None
    need = a_demand(
        station_id=live.station_id, transaction_id=live.transaction.transaction_id,
        departure_at=NOON + timedelta(hours=50), energy_wh=0.0, target_wh=80_000.0,
        capacity_wh=80_000.0, max_charge_w=11_000.0,
    )  # fmt: skip
    plan = make_plan(an_input(need))
    assert plan.evses[0].setpoint_w == pytest.approx(np.full(16, 11_000))
    head = PlanHead(
        plan_id=UUID(int=1), site_id="test", version=1, made_at=NOON, cause="first",
        as_of_outbox_id=0,
    )  # fmt: skip
    site = a_site(circuits=(Circuit(circuit_id="yard", limit_w=50_000),))
    picture = Picture(evses=(live,), plan=StoredPlan(head=head, plan=plan), signals=())
    heard = Measured(at=now, grid=Sample(20_000.0, 0.5), load=Sample(9_000.0, 0.5))
    given = guard_input(site, picture, heard, Orders(), Turns(), Swing(), 1.0)
    told = guard(replace(given, gate=OPEN_GATE))
    assert [one.setpoint_w for one in told.evses] == [setpoint_w]
