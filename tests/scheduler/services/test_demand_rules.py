from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from csms.domain.ids import ChargingStationId, EvseId, IdToken, TransactionId
from scheduler.domain.site import Control
from scheduler.forecasting.habits import Habit
from scheduler.services.demand_rules import demand_of, spare_of
from scheduler.store.live import LiveEvse, Needs, OpenTransaction
from scheduler.store.vehicles import Vehicle
from tests.scheduler.world import NOON

CONTROL = Control(default_stay_s=8 * 3600, default_energy_wh=15_000, v2g_floor_soc_pct=30)
NOW = NOON + timedelta(hours=1)
RUNNING = OpenTransaction(
    transaction_id=TransactionId("tx"),
    id_token=IdToken("token-7"),
    started_at=NOON,
    last_event_at=NOON,
    imported_wh=4_000,
    exported_wh=0,
    charging_state="Charging",
)
VAN = Vehicle(
    vehicle_id="van-7", site_id="yard", id_token=IdToken("token-7"), name="Van", capacity_wh=50_000
)
TOLD = Needs(
    at=NOON,
    departure_at=NOON + timedelta(hours=3),
    energy_wh=9_000,
    capacity_wh=40_000,
    soc_pct=50,
    max_charge_w=7_000,
)


def evse(**changes: Any) -> LiveEvse:
    live = LiveEvse(
        station_id=ChargingStationId("yard-01"),
        evse_id=EvseId(1),
        circuit_id="feeder",
        max_charge_w=11_000,
        max_discharge_w=10_000,
        min_charge_w=1_380,
        connected=True,
        last_seen_at=NOON,
        booted_at=NOON,
        discharge_dialect="negative_limit",
        discharge_fault=None,
        floor_w=1_400,
        sample_interval_s=60,
        power_w=8_000,
        power_at=NOW,
        soc_pct=None,
        soc_at=None,
        setpoint_w=None,
        setpoint_until=None,
        setpoint_version=None,
        setpoint_status=None,
        setpoint_at=None,
        composite_w=None,
        transaction=RUNNING,
        needs=None,
        vehicle=None,
    )
    return replace(live, **changes)


def test_nobody_said_anything_then_the_defaults_count_from_plug_in_and_nothing_is_given() -> None:
    demand = demand_of(evse(), CONTROL, NOW)
    assert demand is not None
    assert demand.vehicle_id == "token-7"
    assert demand.departure_at == NOON + timedelta(hours=8)
    assert (demand.energy_wh, demand.target_wh, demand.capacity_wh) == (4_000, 15_000, 15_000)
    assert (demand.soc_known, demand.max_discharge_w) == (False, 0)
    assert demand.charge_efficiency_ratio == 1.0


def test_an_evse_without_a_transaction_demands_nothing() -> None:
    assert demand_of(evse(transaction=None), CONTROL, NOW) is None


def test_the_driver_goes_before_the_vehicle_and_the_vehicle_before_the_default() -> None:
    told = replace(VAN, departure_at=NOON + timedelta(hours=5), demand_source="driver")
    by_driver = demand_of(evse(vehicle=told, needs=TOLD), CONTROL, NOW)
    by_vehicle = demand_of(evse(vehicle=VAN, needs=TOLD), CONTROL, NOW)
    by_default = demand_of(evse(vehicle=VAN), CONTROL, NOW)
    departures = [d.departure_at - NOON for d in (by_driver, by_vehicle, by_default) if d]
    assert departures == [timedelta(hours=hours) for hours in (5, 3, 8)]


def test_a_departure_from_before_this_stay_is_stale() -> None:
    yesterday = replace(VAN, departure_at=NOON - timedelta(hours=1), demand_source="driver")
    demand = demand_of(evse(vehicle=yesterday), CONTROL, NOW)
    assert demand is not None
    assert demand.departure_at == NOON + timedelta(hours=8)


def test_needs_of_the_vehicle_before_are_stale() -> None:
    demand = demand_of(evse(needs=replace(TOLD, at=NOON - timedelta(hours=2))), CONTROL, NOW)
    assert demand is not None
    assert demand.departure_at == NOON + timedelta(hours=8)
    assert not demand.soc_known


def test_a_known_state_of_charge_gives_energies_of_the_battery_and_lets_it_discharge() -> None:
    van = replace(
        VAN,
        target_soc_pct=80,
        v2g_floor_soc_pct=40,
        max_discharge_w=6_000,
        departure_at=NOON + timedelta(hours=5),
    )
    demand = demand_of(evse(vehicle=van, soc_pct=60, soc_at=NOW), CONTROL, NOW)
    assert demand is not None
    assert demand.soc_known
    assert (demand.energy_wh, demand.target_wh, demand.capacity_wh) == (30_000, 40_000, 50_000)
    assert demand.v2g_floor_wh == 20_000
    assert demand.max_discharge_w == 6_000


def test_a_state_of_charge_from_plug_in_is_carried_on_by_what_has_flowed() -> None:
    demand = demand_of(evse(needs=TOLD), CONTROL, NOW)
    assert demand is not None
    assert demand.energy_wh == pytest.approx(20_000 + 4_000 * 0.92)
    assert demand.target_wh == pytest.approx(20_000 + 9_000 * 0.92)
    assert demand.max_charge_w == 7_000


@pytest.mark.parametrize(
    "changes",
    [
        {"discharge_dialect": "none"},
        {"discharge_fault": "took in power"},
        {"max_discharge_w": 0.0},
        {"connected": False},
        {"vehicle": replace(VAN, v2g_allowed=False)},
        {"soc_pct": None, "soc_at": None},
        {"soc_at": NOON - timedelta(hours=1)},
    ],
    ids=["dialect", "fault", "hardware", "offline", "driver", "no soc", "old soc"],
)
def test_nothing_discharges_unless_everyone_allows_it(changes: dict[str, Any]) -> None:
    allowed = {"vehicle": VAN, "soc_pct": 60.0, "soc_at": NOW}
    demand = demand_of(evse(**(allowed | changes)), CONTROL, NOW)
    assert demand is not None
    assert demand.max_discharge_w == 0


def test_a_vehicle_that_takes_nothing_of_what_it_is_offered_asks_for_no_more() -> None:
    idle = replace(RUNNING, charging_state="SuspendedEV")
    offered = demand_of(evse(transaction=idle, setpoint_w=6_000.0), CONTROL, NOW)
    starved = demand_of(evse(transaction=idle, setpoint_w=0.0), CONTROL, NOW)
    assert offered is not None
    assert starved is not None
    assert (offered.energy_wh, offered.target_wh, offered.capacity_wh) == (4_000, 4_000, 4_000)
    assert starved.target_wh == 15_000


def test_a_station_out_of_reach_runs_on_its_floor() -> None:
    demand = demand_of(evse(connected=False), CONTROL, NOW)
    assert demand is not None
    assert demand.floor_w == 1_400


def test_a_vehicle_of_which_nobody_told_when_it_leaves_is_hurried_and_never_discharged() -> None:
    silent = replace(TOLD, departure_at=None)
    demand = demand_of(evse(transaction=RUNNING, needs=silent), CONTROL, NOW)
    told = demand_of(evse(transaction=RUNNING, needs=TOLD), CONTROL, NOW)

    assert demand is not None
    assert told is not None
    assert (demand.departure_known, demand.max_discharge_w) == (False, 0.0)
    assert (told.departure_known, told.max_discharge_w) == (True, 10_000)


@pytest.mark.parametrize(
    ("minutes_ago", "gives_w"), [(1, 10_000), (15, 10_000), (16, 0)]
)  # fmt: skip
def test_nothing_is_taken_from_a_battery_of_which_nothing_was_heard_for_long(
    minutes_ago: int, gives_w: float
) -> None:
    """A station that told the state of charge at plug-in and never again: what the vehicle gave
    since is not in it."""
    told = replace(VAN, departure_at=NOON + timedelta(hours=5))
    soc_at = NOW - timedelta(minutes=minutes_ago)
    demand = demand_of(evse(vehicle=told, soc_pct=60.0, soc_at=soc_at), CONTROL, NOW)
    assert demand is not None
    assert demand.soc_known
    assert demand.max_discharge_w == gives_w


def test_what_the_vehicle_told_at_plug_in_goes_on_by_the_registers() -> None:
    demand = demand_of(evse(vehicle=VAN, needs=TOLD), CONTROL, NOW)
    assert demand is not None
    assert demand.max_discharge_w == 10_000


HABIT = Habit(
    departure_at=tuple(NOON + timedelta(hours=hours) for hours in (3, 5, 9)),
    energy_wh=(4_000.0, 11_000.0, 22_000.0),
)


def test_where_nobody_told_it_leaves_as_early_and_needs_as_much_as_most_like_it() -> None:
    demand = demand_of(evse(vehicle=VAN), CONTROL, NOON, HABIT)
    assert demand is not None
    assert demand.departure_at == NOON + timedelta(hours=3)
    assert demand.target_wh == 22_000
    assert not demand.departure_known
    assert demand.max_discharge_w == 0


def test_a_word_counts_more_than_a_habit() -> None:
    with_habit = demand_of(evse(vehicle=VAN, needs=TOLD), CONTROL, NOON, HABIT)
    assert with_habit == demand_of(evse(vehicle=VAN, needs=TOLD), CONTROL, NOON)


def test_what_was_asked_for_another_visit_is_not_asked_for_this_one() -> None:
    then = replace(VAN, requested_wh=5_000, departure_at=NOON - timedelta(hours=20))
    of_then = demand_of(evse(vehicle=then), CONTROL, NOON, HABIT)
    of_now = demand_of(
        evse(vehicle=replace(then, departure_at=NOON + timedelta(hours=5))), CONTROL, NOON, HABIT
    )
    always = demand_of(evse(vehicle=replace(then, departure_at=None)), CONTROL, NOON, HABIT)
    assert [d.target_wh for d in (of_then, of_now, always) if d] == [22_000, 5_000, 5_000]


def test_a_target_in_percent_stays_with_the_vehicle() -> None:
    then = replace(VAN, target_soc_pct=80.0, departure_at=NOON - timedelta(hours=20))
    demand = demand_of(evse(vehicle=then, soc_pct=50.0, soc_at=NOW), CONTROL, NOW, HABIT)
    assert demand is not None
    assert (demand.target_wh, demand.departure_known) == (40_000, False)


def test_what_the_vehicle_needs_now_counts_more_than_what_its_driver_wanted_before() -> None:
    then = replace(VAN, target_soc_pct=60.0, departure_at=NOON - timedelta(hours=20))
    told = {"needs": TOLD, "soc_pct": 50.0, "soc_at": NOW}
    before = demand_of(evse(vehicle=then, **told), CONTROL, NOW, HABIT)
    nothing = demand_of(evse(vehicle=replace(then, target_soc_pct=None), **told), CONTROL, NOW)
    fresh = replace(then, departure_at=NOON + timedelta(hours=5))
    of_now = demand_of(evse(vehicle=fresh, **told), CONTROL, NOW, HABIT)
    assert before is not None
    assert nothing is not None
    assert of_now is not None
    assert before.target_wh == pytest.approx(nothing.target_wh)
    assert of_now.target_wh == 30_000


def discharging(**changes: Any) -> LiveEvse:
    """Half full and told now, with a driver who said when to leave."""
    van = replace(VAN, departure_at=NOON + timedelta(hours=6), target_soc_pct=80.0)
    told = {"vehicle": van, "soc_pct": 50.0, "soc_at": NOW}
    return evse(**(told | changes))


def boosted(**changes: Any) -> Vehicle:
    van = discharging().vehicle
    assert van is not None
    return replace(van, **({"boost_at": NOW} | changes))


def test_who_boosts_is_charged_first_and_gives_nothing() -> None:
    demand = demand_of(discharging(vehicle=boosted()), CONTROL, NOW)
    assert demand is not None
    assert (demand.boost, demand.priority, demand.max_discharge_w) == (True, 9, 0.0)
    assert demand.departure_at == NOON + timedelta(hours=6)


@pytest.mark.parametrize(
    "over",
    [
        {"vehicle": boosted(boost_until=NOW)},
        {"vehicle": boosted(), "soc_pct": 80.0},
        {"vehicle": boosted(boost_at=NOON - timedelta(hours=1))},
        {"vehicle": boosted(boost_at=None)},
    ],
    ids=["its time is over", "the target is reached", "meant for an earlier visit", "taken back"],
)
def test_a_boost_ends(over: dict[str, Any]) -> None:
    demand = demand_of(discharging(**over), CONTROL, NOW)
    assert demand is not None
    assert (demand.boost, demand.priority, demand.max_discharge_w) == (False, 0, 10_000)


def test_not_today_means_nothing_is_taken_until_the_day_is_over() -> None:
    paused = discharging(vehicle=boosted(boost_at=None, v2g_paused_until=NOW + timedelta(hours=1)))
    soon, later = (
        demand_of(replace(paused, soc_at=at), CONTROL, at) for at in (NOW, NOW + timedelta(hours=1))
    )
    assert soon is not None
    assert later is not None
    assert (soon.max_discharge_w, later.max_discharge_w) == (0, 10_000)


def test_what_was_given_since_an_old_word_is_not_given_twice() -> None:
    """The floor is 30 %: 10 kWh above it by a word of 10 min ago; half a percent may be rounded."""
    given_wh = replace(RUNNING, exported_wh=5_000, last_event_at=NOW)
    old = discharging(soc_at=NOW - timedelta(minutes=10), transaction=given_wh)
    demand = demand_of(old, CONTROL, NOW)
    assert demand is not None
    assert spare_of(old, demand, NOW) == pytest.approx(9_750 * 0.92 - 10_000 / 6)
    nothing = replace(old, transaction=replace(given_wh, exported_wh=0.0))
    assert spare_of(nothing, demand, NOW) == pytest.approx(9_750 * 0.92)


def test_a_state_of_charge_from_plug_in_counts_losses_both_ways() -> None:
    flowed = replace(RUNNING, imported_wh=2_000, exported_wh=920)
    demand = demand_of(evse(needs=TOLD, transaction=flowed), CONTROL, NOW)
    assert demand is not None
    assert demand.energy_wh == pytest.approx(20_000 + 1_840 - 1_000)


def test_a_station_whose_leases_never_end_is_planned_at_its_floor_and_unheard_at_its_worst() -> (
    None
):
    endless = evse(lease_ends=False)
    told, gone = (
        demand_of(replace(endless, connected=here), CONTROL, NOW) for here in (True, False)
    )
    assert told is not None
    assert gone is not None
    assert (told.max_charge_w, told.floor_w) == (1_400, 0)
    assert gone.floor_w == 11_000
