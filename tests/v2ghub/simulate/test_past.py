"""The simulated hub starts with what a real one would know, and with nothing of what comes."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np

from scheduler.domain.site_rules import load_site
from simulator.sessions import Tells
from simulator.site import load_site as load_spec
from v2ghub.settings import PACKAGED_SITES
from v2ghub.simulate.bay import known_after
from v2ghub.simulate.past import past_lessons, past_sessions, past_stays
from v2ghub.simulate.run import SiteRun
from v2ghub.simulate.scenario import Scenario

PATH = PACKAGED_SITES / "depot.toml"
SITE, SPEC = load_site(PATH.read_text()), load_spec(PATH)
MONDAY = date(2026, 3, 23)
MIDNIGHT = datetime(2026, 3, 23, tzinfo=UTC)
TEN_S = 10 * 3600


def test_past_visits_are_over_and_each_is_of_a_known_feeder() -> None:
    stays = past_stays(SITE, SPEC, 1, MIDNIGHT, 14)
    assert len(stays) >= 20
    assert max(stay.ended_at for stay in stays) <= MIDNIGHT
    assert min(stay.began_at for stay in stays) >= MIDNIGHT - timedelta(days=14)
    assert {stay.circuit_id for stay in stays} <= {c.circuit_id for c in SITE.circuits}
    assert len({stay.id_token for stay in stays}) > 3


def test_forecasts_have_learned_until_the_first_day_and_no_further() -> None:
    learned = past_lessons(SITE, SPEC, 1, MIDNIGHT, 5)
    assert learned.until == MIDNIGHT
    assert learned.load_slots.sum() == 5 * 96
    assert learned.misses["load"].sum() > 0
    assert np.abs(learned.load_ratio - 1).max() < 0.1, "the load follows the file"


def a_run(past_days: int) -> SiteRun:
    return SiteRun(SITE, SPEC, MONDAY, 1, scenario=Scenario.PLAN, step_s=900, past_days=past_days)


def test_who_came_last_week_is_expected_and_who_is_new_to_a_site_expects_nobody() -> None:
    known, new = a_run(8), a_run(0)
    given = known.hub.planning_input(known.now)
    assert sum(one.chance_ratio for one in given.expected) > 3
    assert min(one.arrives_at for one in given.expected) > known.now
    assert given.forecast.foretold
    told = new.hub.planning_input(new.now)
    assert told.expected == ()
    assert not told.forecast.foretold


def test_a_visit_that_is_over_becomes_a_past_one_with_what_its_meter_counted() -> None:
    run = a_run(0)
    record = run.run(2 * TEN_S)
    assert len(record.stays) > 0
    assert [stay.energy_wh for stay in run.hub.past] == [
        stay.import_wh - stay.export_wh for stay in record.stays
    ]


def test_what_a_driver_told_before_is_known_of_who_says_nothing_today() -> None:
    told = {
        one.station_id: one
        for one in past_sessions(SPEC, 1, MIDNIGHT, 8)
        if one.tells is Tells.DRIVER
    }
    known = a_run(8).bays
    assert len(told) > 3
    for station_id, session in told.items():
        vehicle = known[station_id].known
        assert vehicle is not None
        assert vehicle.capacity_wh == session.vehicle.capacity_wh
        assert vehicle.departure_at is not None
        assert vehicle.departure_at <= MIDNIGHT
        assert vehicle.departure_at == session.told_departure_at
        silent = known_after(replace(session, tells=Tells.NOTHING), vehicle)
        assert silent == vehicle
    assert all(bay.known is None for bay in a_run(0).bays.values())
