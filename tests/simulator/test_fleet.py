from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from simulator.evse import Occupant
from simulator.fleet import Fleet, StayRecord
from simulator.sessions import day_sessions
from simulator.station import Station
from tests.simulator.makers import Csms, ev36zero

SITE = ev36zero()
MORNING = datetime(2026, 3, 24, 5, tzinfo=SITE.zone)


def stations(boots: bool = True) -> dict[str, Station]:
    made = {spec.station_id: Station(spec) for spec in SITE.station_specs()}
    if boots:
        for station in made.values():
            Csms(station, now=MORNING).connect()
    return made


def test_everybody_comes_and_goes_and_is_judged() -> None:
    records: list[StayRecord] = []
    told: list[Occupant] = []
    fleet = Fleet(SITE, 1, stations(boots=False), tell=told.append, record=records.append)
    fleet.start(MORNING)
    for minute in range(24 * 60):
        fleet.step(MORNING + timedelta(minutes=minute))
    assert len(told) == len(records) == 60
    assert not fleet.stays
    for stay in records:
        assert stay.wanted_wh == stay.session.requested_wh
        assert stay.wanted_wh <= 0.96 * stay.possible_wh + 100
        assert not stay.ready or stay.wanted_wh < 400  # nobody was served


def test_a_vehicle_that_gets_all_it_can_is_ready() -> None:
    records: list[StayRecord] = []
    everyone = stations()
    for station in everyone.values():
        station.disconnected(MORNING)  # and without a profile there is no limit
    fleet = Fleet(SITE, 1, everyone, record=records.append)
    fleet.start(MORNING)
    now = MORNING
    while now < MORNING + timedelta(hours=24):
        now += timedelta(seconds=60)
        fleet.step(now)
        for station in everyone.values():
            station.step(now, 60.0)
    assert len(records) == 60
    assert all(stay.ready for stay in records)
    for stay in records:
        assert stay.row()["delivered_wh"] >= stay.wanted_wh - 400
        assert stay.row()["exported_wh"] == 0


def test_at_a_late_start_those_who_came_earlier_stand_there_already() -> None:
    noon = MORNING.replace(hour=12)
    fleet = Fleet(SITE, 1, stations(boots=False))
    fleet.start(noon)
    here = {session.station_id for session in day_sessions(SITE, MORNING.date(), 1)
            if session.arrival_at <= noon < session.departure_at}  # fmt: skip
    assert set(fleet.stays) == here
    assert len(here) > 30
    for stay in fleet.stays.values():
        occupant = fleet.stations[stay.station_id].evse.occupant
        assert occupant is not None
        session = stay.session
        gained_wh = occupant.vehicle.energy_wh - (
            session.arrival_soc_ratio * session.vehicle.capacity_wh
        )
        had_wh = gained_wh / session.vehicle.charge_efficiency_ratio
        assert had_wh + stay.wanted_wh == pytest.approx(session.requested_wh)
        assert 0 <= stay.wanted_wh <= stay.possible_wh + 1


def test_the_next_days_go_on() -> None:
    records: list[StayRecord] = []
    fleet = Fleet(SITE, 1, stations(boots=False), record=records.append)
    fleet.start(MORNING)
    for minute in range(0, 3 * 24 * 60, 5):
        fleet.step(MORNING + timedelta(minutes=minute))
    days = {stay.plugged_in_at.astimezone(SITE.zone).date() for stay in records}
    assert len(days) == 3
    assert len(records) > 170


def test_two_that_are_due_at_one_place_in_one_moment_share_it() -> None:
    """The first to be expected has the place."""
    session = day_sessions(SITE, MORNING.date(), 1)[0]
    told: list[Occupant] = []
    fleet = Fleet(SITE, 1, stations(boots=False), tell=told.append)
    for requested_wh in (5_000.0, 4_000.0):
        fleet.expect(replace(session, requested_wh=requested_wh))
    fleet.start(MORNING)
    fleet.step(session.arrival_at)
    here = [one.session for one in told if one.session.station_id == session.station_id]
    assert [one.requested_wh for one in here] == [5_000.0]
