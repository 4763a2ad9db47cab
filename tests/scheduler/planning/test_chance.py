"""Energy where surplus may come is expected to be cheaper, and room is kept for it."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm

from scheduler.domain.forecast import Forecast
from scheduler.domain.plan import Plan
from scheduler.domain.site import Circuit, Control
from scheduler.forecasting.spread import (
    GENERATION_ERROR_RATIO,
    LOAD_ERROR_RATIO,
    band,
    without_history,
)
from scheduler.planning.chance import (
    Z90,
    EnergySteps,
    energy_steps,
    expected_price,
    fall_w,
    rise_w,
    surplus_chance,
)
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
    assert stored_by_noon_wh(200_000) == pytest.approx(0, abs=10)


def test_room_is_kept_only_for_as_much_sun_as_is_likely() -> None:
    assert 0 < stored_by_noon_wh(65_000) < stored_by_noon_wh(50_000) < 100_000


def cost_gbp(steps: EnergySteps, meant_w: float) -> float:
    """What a meant power costs for an hour, by the steps."""
    widths_w, prices_gbp = (
        (steps.import_w[0], steps.import_gbp_per_kwh[0])
        if meant_w > 0
        else (steps.export_w[0], steps.export_gbp_per_kwh[0])
    )
    ends_w = np.minimum(np.cumsum(widths_w), abs(meant_w))
    return float(np.sign(meant_w) * np.diff(ends_w, prepend=0.0) @ prices_gbp / 1000)


@pytest.mark.parametrize("meant_w", [-90_000.0, -20_000.0, 15_000.0, 40_000.0, 90_000.0])
def test_the_steps_cost_what_a_meant_power_costs_on_the_mean(meant_w: float) -> None:
    """Against ten thousand errors: 20 kW too little at the p90, 40 kW too much at the p10."""
    errors = norm.ppf((np.arange(10_000) + 0.5) / 10_000)
    came_w = np.where(errors > 0, 20_000.0, 40_000.0) * errors / Z90

    def mean_gbp(power_w: float) -> float:
        site_w = power_w + came_w
        return float((np.where(site_w > 0, 0.3, 0.06) * site_w / 1000).mean())

    buy, sell, most, rise, fall = (np.array([v]) for v in (0.3, 0.06, 1e5, 20_000.0, 40_000.0))
    steps = energy_steps(buy, sell, most, most, rise, fall)
    assert cost_gbp(steps, meant_w) == pytest.approx(mean_gbp(meant_w) - mean_gbp(0.0), rel=0.06)
    both_gbp = [*steps.export_gbp_per_kwh[0, ::-1], *steps.import_gbp_per_kwh[0]]
    assert both_gbp == sorted(both_gbp)
    assert (both_gbp[0], both_gbp[-1]) == (0.06, 0.3)


def test_no_export_is_meant_where_it_costs() -> None:
    buy, sell, most, off = (np.array([v]) for v in (0.2, -0.1, 1e5, 2e4))
    steps = energy_steps(buy, sell, most, most, off, off)
    assert steps.export_gbp_per_kwh.max() == pytest.approx(-0.1)
    assert steps.import_gbp_per_kwh.min() > 0


def test_no_vehicle_buys_at_the_dearest_price_for_sun_that_may_not_come() -> None:
    """The sun is likely to give 20 kW beyond the load: a vehicle that needs nothing takes less."""
    seen = without_history(
        NOON, NOON, 900, load_w=np.full(16, 10_000.0), solar_w=np.full(16, 30_000.0),
        wind_w=np.zeros(16),
    )  # fmt: skip
    idle = [a_demand(n, energy_wh=10_000, target_wh=10_000) for n in (1, 2, 3)]
    given = an_input(*idle, load_w=10_000, solar_w=30_000, import_gbp_per_kwh=0.4)
    plan = make_plan(replace(given, forecast=seen))
    assert plan.fleet_w[0] == pytest.approx(20_000, rel=0.1)
    assert plan.fleet_w[12] == pytest.approx(0, abs=1)


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
