"""A simulated site: the same time comes out the same, in long steps and short ones, and no rule
breaks a limit.
"""

from datetime import UTC, date, timedelta
from pathlib import Path

import numpy as np
import pytest

from scheduler.domain.site_rules import load_site
from simulator.sessions import Tells
from simulator.site import load_site as load_spec
from v2ghub.settings import PACKAGED_SITES
from v2ghub.simulate.record import Record
from v2ghub.simulate.run import DAY_S, SiteRun
from v2ghub.simulate.scenario import Scenario

WORKDAY = date(2026, 3, 24)
TEN_S = 10 * 3600


def a_run(scenario: Scenario, step_s: int, days: int = 1) -> SiteRun:
    path = PACKAGED_SITES / "depot.toml"
    site, spec = load_site(path.read_text()), load_spec(path)
    return SiteRun(site, spec, WORKDAY, days, scenario=scenario, step_s=step_s)


def energy_wh(record: Record) -> float:
    return float(record.fleet_w.sum() * record.step_s / 3600)


def test_the_same_run_again_is_the_same_record() -> None:
    first, again = (a_run(Scenario.EDF, 300).run(DAY_S) for _ in range(2))
    assert np.array_equal(first.grid_w, again.grid_w)
    assert first.stays == again.stays


def test_registers_batteries_and_power_agree_at_every_step_length() -> None:
    for step_s in (300, 900):
        record = a_run(Scenario.IMMEDIATE, step_s).run(DAY_S)
        metered_wh = sum(s.import_wh - s.export_wh for s in (*record.stays, *record.there))
        assert metered_wh == pytest.approx(energy_wh(record))


def test_a_longer_step_takes_nearly_the_same_energy() -> None:
    short, long = (a_run(Scenario.IMMEDIATE, step_s).run(TEN_S) for step_s in (10, 60))
    assert energy_wh(long) == pytest.approx(energy_wh(short), rel=0.01)
    assert energy_wh(short) > 25_000


@pytest.mark.parametrize("scenario", [Scenario.IMMEDIATE, Scenario.EDF, Scenario.LLF])
def test_no_rule_breaks_a_limit_and_every_van_that_told_is_ready(scenario: Scenario) -> None:
    run = a_run(scenario, 60)
    record = run.run(DAY_S)
    assert record.grid_w.max() <= run.site.grid_connection.import_limit_w
    assert record.circuit_w["yard"].max() <= 40_001
    assert (record.circuit_w["yard"] + record.kept_w["yard"]).max() > 0.98 * 40_000, "it binds"
    told = [stay for stay in record.stays if stay.session.tells is not Tells.NOTHING]
    late = [s for s in told if s.short_wh > 0.01 * s.session.vehicle.capacity_wh]
    assert len(told) >= 8
    assert late == []
    assert record.plans == 0


def test_a_second_day_brings_its_own_vehicles() -> None:
    run = a_run(Scenario.EDF, 300, days=2)
    record = run.run(2 * DAY_S)
    days = {stay.session.arrival_at.date() for stay in record.stays}
    assert days == {WORKDAY, WORKDAY + timedelta(days=1)}
    assert record.done == 2 * DAY_S // 300


def test_far_east_a_local_day_begins_before_the_utc_day(tmp_path: Path) -> None:
    text = (PACKAGED_SITES / "depot.toml").read_text().replace("Europe/London", "Asia/Tokyo")
    path = tmp_path / "depot.toml"
    path.write_text(text)
    run = SiteRun(load_site(text), load_spec(path), WORKDAY, 2, scenario=Scenario.EDF, step_s=300)
    stays = run.run(2 * DAY_S).stays
    late = [s.session for s in stays if s.session.arrival_at < run.midnight]
    hours = {s.session.arrival_at.astimezone(UTC).hour for s in stays}
    assert late == []
    assert len(stays) >= 15
    assert hours & {21, 22, 23}, "who comes at 6 to 9 in Tokyo"
