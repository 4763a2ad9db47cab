"""Energy where surplus may come is expected to be cheaper, and room is kept for it."""

from dataclasses import replace

import numpy as np
import pytest

from scheduler.domain.forecast import Forecast
from scheduler.domain.plan import Plan
from scheduler.domain.site import Circuit, Control
from scheduler.forecasting.spread import GENERATION_ERROR_RATIO, LOAD_ERROR_RATIO, band
from scheduler.planning.chance import expected_price, fall_w, rise_w, surplus_chance
from scheduler.planning.make import make_plan
from tests.scheduler.makers import NOON, a_demand, a_site, a_store, an_input


def forecast(load_w: float, solar_w: float, ahead_h: float) -> Forecast:
    ages_s = np.array([3600 * ahead_h])
    none = band(np.zeros(1), ages_s, GENERATION_ERROR_RATIO, 0.0)
    return Forecast(
        issued_at=NOON,
        starts_at=NOON,
        slot_s=900,
        load=band(np.array([load_w]), ages_s, LOAD_ERROR_RATIO, np.inf),
        solar=band(np.array([solar_w]), ages_s, GENERATION_ERROR_RATIO, np.inf),
        wind=none,
    )


def chance(load_w: float, solar_w: float, ahead_h: float) -> float:
    made = forecast(load_w, solar_w, ahead_h)
    generation_w = made.solar.p50_w + made.wind.p50_w
    return float(surplus_chance(made.load.p50_w, generation_w, rise_w(made), fall_w(made))[0])


def test_what_is_seen_now_is_certain() -> None:
    assert chance(10e6, 9e6, 0) == pytest.approx(0, abs=1e-6)
    assert chance(10e6, 11e6, 0) == pytest.approx(1, abs=1e-6)


def test_what_is_hours_ahead_is_not() -> None:
    assert 0.3 < chance(10e6, 8e6, 12) < 0.4
    assert chance(10e6, 10e6, 12) == pytest.approx(0.5, abs=1e-3)
    assert chance(10e6, 8e6, 1) < chance(10e6, 8e6, 12)


def test_without_generation_there_is_no_chance() -> None:
    assert chance(0, 0, 12) < 1e-6
    assert chance(10e6, 0, 12) < 1e-6


def test_the_price_falls_with_the_chance_but_never_rises() -> None:
    half = np.array([0.5])
    assert expected_price(np.array([0.2]), np.array([0.1]), half)[0] == pytest.approx(0.15)
    assert expected_price(np.array([0.05]), np.array([0.1]), half)[0] == pytest.approx(0.05)


def stored_by_noon_wh(solar_w: float) -> float:
    """A store in the morning: cheap now, a little dearer at noon, dear in the evening."""
    prices = [0.15] * 16 + [0.18] * 8 + [0.4] * 8
    given = an_input(
        slots=32,
        site=a_site(store=a_store()),
        store_energy_wh=0.0,
        import_gbp_per_kwh=prices,
        load_w=60_000,
        solar_w=[0.0] * 16 + [solar_w] * 8 + [0.0] * 8,
    )
    plan: Plan = make_plan(given)
    return float(plan.store_energy_wh[15])


def test_room_is_kept_for_sun_that_may_come_and_not_for_sun_that_will_not() -> None:
    assert stored_by_noon_wh(10_000) == pytest.approx(100_000)
    assert stored_by_noon_wh(50_000) == pytest.approx(0, abs=10)


def test_who_may_leave_any_time_is_charged_at_once() -> None:
    prices = [0.4] * 8 + [0.1] * 8
    told, untold = a_demand(1), a_demand(2, departure_known=False)
    plan = make_plan(an_input(told, untold, import_gbp_per_kwh=prices))
    assert plan.evses[0].setpoint_w[:4].max() == 0
    assert plan.evses[1].setpoint_w[0] == pytest.approx(11_000)


def test_a_circuit_keeps_room_for_whoever_may_be_plugged_in() -> None:
    site = a_site(
        circuits=(Circuit(circuit_id="yard", limit_w=11_000),), control=Control(floor_w=1_400.0)
    )
    plan = make_plan(an_input(a_demand(1), site=site))
    free = sum(1 for _ in site.evses()) - 1
    assert free == 3
    assert plan.fleet_w.max() == pytest.approx(11_000 - free * 1_400)


def test_vehicles_get_what_the_limit_leaves_when_the_load_rises() -> None:
    given = an_input(a_demand(target_wh=50_000), load_w=10_000, import_max_w=14_000)
    plan = make_plan(given)
    assert plan.grid_w[:16] == pytest.approx(14_000 - rise_w(given.forecast), abs=1)
    assert plan.grid_w[15] < plan.grid_w[0] < 14_000


def test_nothing_gives_for_a_load_that_may_only_come() -> None:
    giver = a_demand(max_discharge_w=10_000, target_wh=20_000, energy_wh=20_000)
    plan = make_plan(an_input(giver, load_w=99_900, import_max_w=100_000, export_gbp_per_kwh=0.0))
    assert plan.fleet_w.min() == 0


def test_what_an_instruction_asks_is_not_made_less_by_caution() -> None:
    given = an_input(a_demand(target_wh=50_000), load_w=10_000, import_max_w=14_000)
    plan = make_plan(replace(given, grid_target_w=np.full(16, 14_000.0)))
    assert plan.grid_w == pytest.approx([14_000] * 16, abs=5)
