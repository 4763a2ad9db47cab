"""Charging by rule: who is first in the order takes what there is."""

from datetime import UTC, datetime, timedelta

import pytest

from csms.domain.ids import ChargingStationId, EvseId, TransactionId
from scheduler.domain.demand import Demand
from v2ghub.simulate.course import Wanted
from v2ghub.simulate.rules import ORDERS, Present, by_rule
from v2ghub.simulate.scenario import Scenario

NOW = datetime(2026, 3, 24, 9, tzinfo=UTC)
ROOM_W = {"bay": 11_000.0, "feeder": 20_000.0}


def present(name: str, *, since_h: float, leaves_h: float, missing_wh: float) -> Present:
    demand = Demand(
        station_id=ChargingStationId(name),
        evse_id=EvseId(1),
        circuit_id="bay",
        vehicle_id=name,
        transaction_id=TransactionId(name),
        departure_at=NOW + timedelta(hours=leaves_h),
        energy_wh=0.0,
        target_wh=missing_wh,
        capacity_wh=50_000.0,
        v2g_floor_wh=0.0,
        max_charge_w=11_000.0,
        min_charge_w=1_380.0,
        charge_efficiency_ratio=1.0,
    )
    return Present(demand=demand, since=NOW - timedelta(hours=since_h), path=("bay", "feeder"))


FIRST = present("first", since_h=3, leaves_h=6, missing_wh=5_000)
HURRIED = present("hurried", since_h=1, leaves_h=2, missing_wh=5_000)
HUNGRY = present("hungry", since_h=2, leaves_h=4, missing_wh=40_000)


def given(scenario: Scenario, *there: Present, rest_w: float = 0.0) -> Wanted:
    return by_rule(ORDERS[scenario], there, ROOM_W, rest_w, 50_000.0, NOW, 60.0)


@pytest.mark.parametrize(
    ("scenario", "served"),
    [(Scenario.IMMEDIATE, "first"), (Scenario.EDF, "hurried"), (Scenario.LLF, "hungry")],
)
def test_each_rule_serves_another_vehicle_first(scenario: Scenario, served: str) -> None:
    wanted = given(scenario, HUNGRY, HURRIED, FIRST)
    assert {name: w for name, w in wanted.evse_w.items() if w} == {served: 11_000.0}


def test_a_vehicle_that_has_what_it_asked_for_takes_nothing() -> None:
    done = present("done", since_h=9, leaves_h=6, missing_wh=0)
    wanted = given(Scenario.IMMEDIATE, done, FIRST)
    assert wanted.evse_w == {"done": 0.0, "first": 11_000.0}


def test_the_last_minute_takes_no_more_than_is_missing() -> None:
    nearly = present("nearly", since_h=1, leaves_h=2, missing_wh=50)
    assert given(Scenario.EDF, nearly).evse_w == {"nearly": pytest.approx(3_000.0)}


def test_what_the_connection_leaves_is_shared_and_nobody_is_below_the_minimum_power() -> None:
    wanted = given(Scenario.IMMEDIATE, FIRST, HUNGRY, rest_w=38_000.0)
    assert wanted.evse_w == {"first": 11_000.0, "hungry": 0.0}


def test_the_store_takes_the_surplus_that_vehicles_leave() -> None:
    assert given(Scenario.EDF, FIRST, rest_w=-20_000.0).store_w == pytest.approx(9_000.0)
    assert given(Scenario.EDF, FIRST, rest_w=5_000.0).store_w == 0
