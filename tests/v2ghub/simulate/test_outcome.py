"""What a run came to, against sums done by hand."""

from datetime import UTC, date, datetime

import numpy as np
import pytest

from scheduler.domain.site_rules import load_site
from simulator.site import load_site as load_spec
from v2ghub.settings import PACKAGED_SITES
from v2ghub.simulate.outcome import outcome_of, value_ratio
from v2ghub.simulate.record import Record, empty_record
from v2ghub.simulate.run import DAY_S, SiteRun
from v2ghub.simulate.scenario import Scenario

DEPOT = PACKAGED_SITES / "depot.toml"
SITE = load_site(DEPOT.read_text())
MIDNIGHT = datetime(2026, 1, 12, tzinfo=UTC)


def a_day() -> Record:
    return empty_record(MIDNIGHT, 900, 96, ["yard"])


def test_energy_costs_what_its_half_hour_costs_and_wear_is_added() -> None:
    record = a_day()
    record.grid_w[0:2] = 10_000.0  # 5 kWh at 0.12
    record.grid_w[4 * 17] = -4_000.0  # 1 kWh at 0.10
    record.given_w[4 * 17] = 8_000.0  # 2 kWh, wear 0.04
    outcome = outcome_of(SITE, record)
    assert outcome.cost_gbp == pytest.approx(5 * 0.12 - 0.10 + 2 * 0.04)
    assert outcome.imported_wh == pytest.approx(5_000)
    assert outcome.exported_wh == pytest.approx(1_000)


def test_a_step_over_the_limit_less_the_margin_counts_and_so_does_a_circuits() -> None:
    record = a_day()
    record.grid_w[3] = 68_000.0 + 1_500.0
    record.circuit_w["yard"][8:10] = -40_900.0
    outcome = outcome_of(SITE, record)
    assert outcome.over_steps == 3
    assert outcome.over_w == pytest.approx(1_500)


def test_surplus_is_taken_by_store_and_vehicles_up_to_what_there_is() -> None:
    record = a_day()
    record.solar_w[40:44], record.load_w[40:44] = 30_000.0, 10_000.0
    record.fleet_w[40], record.fleet_w[41] = 5_000.0, 50_000.0
    outcome = outcome_of(SITE, record)
    assert outcome.surplus_wh == pytest.approx(20_000)
    assert outcome.taken_wh == pytest.approx((5_000 + 20_000) / 4)


def test_what_vehicles_lack_at_departure_costs_the_dearest_import() -> None:
    record = SiteRun(SITE, load_spec(DEPOT), date(2026, 3, 24), step_s=900).run(DAY_S, hub=False)
    outcome = outcome_of(SITE, record)
    short_kwh = sum(stay.short_wh for stay in record.stays) / 1000
    assert outcome.late >= 6, "at the floor alone most are short"
    assert outcome.ready_ratio == pytest.approx(1 - 1000 * short_kwh / outcome.asked_wh)
    energy_gbp = float(np.sum(outcome.day_cost_gbp))
    assert outcome.cost_gbp == pytest.approx(energy_gbp + 0.42 * short_kwh, abs=2.0)


def test_value_lies_between_immediate_charging_and_who_knows_all() -> None:
    costs = {Scenario.IMMEDIATE: 100.0, Scenario.PLAN: 62.0, Scenario.CLAIRVOYANT: 60.0}
    assert value_ratio(costs, Scenario.PLAN) == pytest.approx(0.95)
    assert value_ratio({Scenario.PLAN: 62.0}, Scenario.PLAN) is None
