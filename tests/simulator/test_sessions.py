from collections import Counter
from datetime import date, datetime, timedelta

import pytest

from simulator.sessions import Session, Tells, day_sessions, vehicle_of
from simulator.vehicle import Vehicle, possible_energy_wh
from tests.simulator.makers import depot, ev36zero

SITE = ev36zero()
STATIONS = {spec.station_id: spec for spec in SITE.station_specs()}
TUESDAY = date(2026, 3, 24)
WORKDAYS = [TUESDAY + timedelta(days=day) for day in (0, 1, 2, 3, 6)]
SATURDAY = date(2026, 3, 28)


def hour(at: datetime) -> float:
    return at.hour + at.minute / 60


def by_station(day: date) -> dict[str, Session]:
    return {session.station_id: session for session in day_sessions(SITE, day, 1)}


def test_a_workday_fills_the_stations_once() -> None:
    for day in WORKDAYS:
        assert len(by_station(day)) == len(day_sessions(SITE, day, 1)) == 60


def test_a_weekend_is_thin() -> None:
    assert 5 <= len(day_sessions(SITE, SATURDAY, 1)) <= 30


def test_the_same_seed_gives_the_same_day() -> None:
    assert day_sessions(SITE, TUESDAY, 1) == day_sessions(SITE, TUESDAY, 1)
    assert day_sessions(SITE, TUESDAY, 1) != day_sessions(SITE, TUESDAY, 2)
    assert day_sessions(SITE, TUESDAY, 1) != day_sessions(SITE, TUESDAY + timedelta(days=7), 1)


@pytest.mark.parametrize("day", [*WORKDAYS, SATURDAY])
def test_every_request_can_be_met_by_its_station_in_the_stay_that_is_told(day: date) -> None:
    for session in day_sessions(SITE, day, 1):
        spec = session.vehicle
        stay_s = (session.told_departure_at - session.arrival_at).total_seconds()
        start_wh = session.arrival_soc_ratio * spec.capacity_wh
        most_w = STATIONS[session.station_id].max_charge_w
        possible_wh = possible_energy_wh(spec, start_wh, most_w, stay_s)
        assert session.requested_wh <= 0.951 * possible_wh + 1
        assert session.target_soc_ratio <= 0.91
        gained_wh = session.requested_wh * spec.charge_efficiency_ratio
        assert start_wh + gained_wh == pytest.approx(session.target_soc_ratio * spec.capacity_wh)


def test_times_are_of_the_day_and_in_order() -> None:
    for session in day_sessions(SITE, TUESDAY, 1):
        assert session.arrival_at.date() == TUESDAY
        assert session.arrival_at < session.told_departure_at <= session.departure_at
        assert session.departure_at - session.told_departure_at <= timedelta(minutes=30)


def test_wall_clock_times_survive_the_change_to_summer_time() -> None:
    summer = date(2026, 3, 31)
    hours = [hour(session.arrival_at) for session in day_sessions(SITE, summer, 1)]
    assert 7 < sorted(hours)[30] < 11
    offset = day_sessions(SITE, summer, 1)[0].arrival_at.utcoffset()
    assert offset == timedelta(hours=1)


def test_those_who_stay_into_the_evening_park_in_the_v2g_bay() -> None:
    for day in WORKDAYS:
        bay = [session for session in day_sessions(SITE, day, 1) if "v2g" in session.station_id]
        assert sum(hour(session.told_departure_at) >= 18.5 for session in bay) >= 4


def test_drivers_tell_mostly_themselves() -> None:
    told = Counter(session.tells for day in WORKDAYS for session in day_sessions(SITE, day, 1))
    assert told.total() == 300
    assert 0.6 < told[Tells.DRIVER] / 300 < 0.8
    assert told[Tells.STATION] > told[Tells.NOTHING] > 0


def test_a_vehicle_is_the_same_every_day_and_gives_back_only_in_the_v2g_bay() -> None:
    for session in day_sessions(SITE, TUESDAY, 1):
        station = STATIONS[session.station_id]
        assert session.vehicle == vehicle_of(SITE, station, 1)
        assert (session.vehicle.max_discharge_w > 0) == (station.max_discharge_w > 0)
        if station.max_discharge_w:
            assert session.vehicle.capacity_wh in (40_000, 62_000)


def test_left_alone_the_morning_wants_more_than_the_feeder_gives() -> None:
    fleet_w: Counter[datetime] = Counter()
    for session in day_sessions(SITE, TUESDAY, 1):
        spec = session.vehicle
        vehicle = Vehicle(spec, session.arrival_soc_ratio * spec.capacity_wh)
        at = session.arrival_at.replace(second=0, microsecond=0)
        while at < session.departure_at and not vehicle.full:
            fleet_w[at] += vehicle.step(STATIONS[session.station_id].max_charge_w, 60.0)
            at += timedelta(minutes=1)
    feeder_w = 180_000
    assert sum(power_w > feeder_w for at, power_w in fleet_w.items() if hour(at) < 13) >= 120


def test_the_depot_has_its_own_day() -> None:
    assert len(day_sessions(depot(), TUESDAY, 1)) == 12
