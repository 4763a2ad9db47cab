"""K: an operator's profiles are checked, remembered, cleared and compared."""

from dataclasses import replace
from datetime import timedelta

import pytest

from csms.domain.commands import CommandKind, CommandStatus, Setpoint
from csms.domain.facts import Noticed
from csms.domain.facts_charging import (
    ChargingLimitTold,
    ChargingProfileGone,
    ChargingProfileHeld,
    ProfileReportCompleted,
    ProfileSide,
)
from csms.domain.ids import EvseId
from csms.domain.v2x import V2xAbilities
from tests.csms.outbound.conftest import NOW, STATION

CONFIRMED, REFUSED = CommandStatus.CONFIRMED, CommandStatus.REFUSED
START = NOW.isoformat()


def schedule(limit=6000, unit="W", **more):
    period = {"startPeriod": 0, "limit": limit} | more.pop("period", {})
    return {
        "id": 5,
        "startSchedule": START,
        "chargingRateUnit": unit,
        "chargingSchedulePeriod": [period],
    } | more


def profile(purpose="TxDefaultProfile", limit=6000, **more):
    return {
        "id": 50,
        "stackLevel": 1,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Absolute",
        "chargingSchedule": [schedule(limit)],
    } | more


async def set_profile(bench, told, evse_id=1):
    return await bench.run(CommandKind.SET_CHARGING_PROFILE, evseId=evse_id, chargingProfile=told)


def held(bench):
    """(EVSE, id) of what we know the station to hold of ours."""
    state = bench.store.charging
    for fact in bench.store.facts:
        if isinstance(fact, ChargingProfileHeld | ChargingProfileGone):
            key = (fact.evse_id, fact.profile_id)
            kept = {(one.evse_id, one.profile_id): one for one in state.profiles}
            kept.pop(key, None)
            if isinstance(fact, ChargingProfileHeld):
                kept[key] = fact
            state = replace(state, profiles=tuple(kept.values()))
    return sorted((one.evse_id, one.profile_id) for one in state.profiles)


def lead(bench, minutes=5):
    """The controller's lease at EVSE 1."""
    lease = Setpoint(setpoint_w=7000, until=NOW + timedelta(minutes=minutes))
    bench.store.charging = replace(bench.store.charging, leases={EvseId(1): lease})


def knows(bench, **variables):
    bench.store.charging = replace(bench.store.charging, variables=variables)


@pytest.mark.parametrize(
    ("told", "evse_id"),
    [
        (profile(), 1),
        (profile(), 0),
        (profile("ChargingStationMaxProfile"), 0),
        (profile(chargingProfileKind="Recurring", recurrencyKind="Daily"), 1),
        (profile("TxProfile", stackLevel=0, transactionId="tx1"), 1),
    ],
)
async def test_what_the_station_takes_is_remembered(bench, told, evse_id):
    assert (await set_profile(bench, told, evse_id)).status is CONFIRMED
    assert held(bench) == [(evse_id, 50)]


async def test_what_it_rejects_is_not(bench):
    bench.station.answers["SetChargingProfile"] = {"status": "Rejected"}
    assert (await set_profile(bench, profile())).status is REFUSED
    assert held(bench) == []


async def test_k01_fr05_the_same_id_replaces_wherever_it_was(bench):
    await set_profile(bench, profile(), 1)
    await set_profile(bench, profile(limit=8000), 2)
    assert held(bench) == [(2, 50)]


@pytest.mark.parametrize(
    ("told", "evse_id", "reason"),
    [
        (profile("ChargingStationMaxProfile"), 1, "evse_not_zero"),
        (profile("ChargingStationExternalConstraints"), 0, "external_constraints_not_ours_to_set"),
        (profile("TxProfile"), 1, "transaction_missing"),
        (profile("TxProfile", transactionId="tx9"), 1, "transaction_not_open"),
        (profile("TxProfile", transactionId="tx1"), 2, "transaction_not_open"),
        (profile(chargingProfileKind="Recurring"), 1, "recurrency_missing"),
        (profile(chargingProfileKind="Relative"), 1, "start_with_relative"),
        (
            profile(chargingSchedule=[schedule(), schedule()]),
            1,
            "several_schedules_without_charging_needs",
        ),
        (
            profile(chargingSchedule=[schedule(period={"phaseToUse": 2})]),
            1,
            "phase_to_use_needs_one_phase",
        ),
        (
            profile(chargingSchedule=[schedule(period={"phaseToUse": 2, "numberPhases": 1})]),
            1,
            "phase_switching_not_supported",
        ),
    ],
)
async def test_k01_what_breaks_a_rule_never_leaves(bench, told, evse_id, reason):
    outcome = await set_profile(bench, told, evse_id)
    assert (outcome.status, outcome.reason) == (REFUSED, reason)
    assert bench.station.heard == []


@pytest.mark.parametrize(
    ("variables", "told", "reason"),
    [
        ({"RateUnit": "A"}, profile(), "rate_unit_not_supported"),
        ({"RateUnit": "A,W"}, profile(), None),
        ({"ProfileStackLevel": "0"}, profile(), "stack_level_too_high"),
        ({"ProfileStackLevel": "1"}, profile(), None),
        ({"PeriodsPerSchedule": "0"}, profile(), "more_periods_than_the_station_takes"),
    ],
)
async def test_what_the_station_cannot_never_leaves(bench, variables, told, reason):
    knows(bench, **variables)
    assert (await set_profile(bench, told)).reason == reason
    assert bool(bench.station.heard) is (reason is None)


async def test_k01_fr34_several_schedules_go_to_a_vehicle_that_told_its_needs(bench):
    state = replace(bench.store.charging, needs={EvseId(1): NOW})
    bench.store.charging = state
    told = profile("TxProfile", transactionId="tx1", chargingSchedule=[schedule(), schedule(9000)])
    bench.station.answers["SetChargingProfile"] = {"status": "Accepted"}
    assert (await set_profile(bench, told)).status is CONFIRMED


LATER = {"validFrom": (NOW + timedelta(hours=2)).isoformat()}
SOONER = {"validTo": (NOW + timedelta(hours=1)).isoformat()}


@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [
        ((profile(), 1), (profile(id=51), 1), "stack_level_taken"),  # K01.FR.06
        ((profile(), 1), (profile(id=51, stackLevel=2), 1), None),
        ((profile(), 1), (profile(id=51), 2), None),
        ((profile(), 1), (profile(id=51), 0), "stack_level_taken"),  # K01.FR.52
        ((profile(), 0), (profile(id=51), 1), "stack_level_taken"),  # K01.FR.53
        ((profile(**SOONER), 1), (profile(id=51, **LATER), 1), None),
        ((profile(**LATER), 1), (profile(id=51, **SOONER), 1), None),
        (
            (profile("TxProfile", transactionId="tx1"), 1),  # K01.FR.39
            (profile("TxProfile", transactionId="tx1", id=51), 1),
            "stack_level_taken",
        ),
    ],
)
async def test_no_two_profiles_of_one_rank(bench, first, second, reason):
    assert (await set_profile(bench, *first)).status is CONFIRMED
    assert (await set_profile(bench, *second)).reason == reason


@pytest.mark.parametrize("stack_level", [0, 1, 9])
async def test_an_operators_tx_profile_never_outranks_a_lease(bench, stack_level):
    lead(bench)
    told = profile("TxProfile", transactionId="tx1", stackLevel=stack_level)
    outcome = await set_profile(bench, told)
    assert (outcome.status, outcome.reason) == (REFUSED, "outranks_the_lease")
    lead(bench, minutes=-1)
    assert (await set_profile(bench, told)).status is CONFIRMED


async def test_what_an_operator_gave_a_transaction_goes_when_the_controller_leads(bench):
    await set_profile(bench, profile("TxProfile", transactionId="tx1", stackLevel=3))
    assert (await bench.setpoint(7000)).status is CONFIRMED
    assert bench.station.requests("ClearChargingProfile") == [{"chargingProfileId": 50}]
    assert held(bench) == [(1, 1001)]


async def clear(bench, **payload):
    return await bench.run(CommandKind.CLEAR_CHARGING_PROFILE, **payload)


@pytest.mark.parametrize(
    ("criteria", "left"),
    [
        ({"chargingProfileId": 50}, [(1, 51)]),
        ({"chargingProfileCriteria": {"evseId": 1, "stackLevel": 2}}, [(0, 50)]),
        ({"chargingProfileCriteria": {"chargingProfilePurpose": "ChargingStationMaxProfile"}},
         [(1, 51)]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("status", ["Accepted", "Unknown"])
async def test_k10_what_is_cleared_is_held_no_longer(bench, criteria, left, status):
    await set_profile(bench, profile("ChargingStationMaxProfile"), 0)
    await set_profile(bench, profile(id=51, stackLevel=2), 1)
    bench.station.answers["ClearChargingProfile"] = {"status": status}
    outcome = await clear(bench, **criteria)
    assert (outcome.status is CONFIRMED) is (status == "Accepted")
    assert held(bench) == left


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ({}, "criterion_missing"),
        ({"chargingProfileCriteria": {}}, "criterion_missing"),
        ({"chargingProfileId": 1}, "reserved_profile_id"),
        (
            {"chargingProfileCriteria": {"chargingProfilePurpose": "TxDefaultProfile"}},
            "reserved_profile_id",
        ),
        (
            {
                "chargingProfileCriteria": {
                    "chargingProfilePurpose": "ChargingStationExternalConstraints"
                }
            },
            "external_constraints_not_ours_to_set",
        ),
        ({"chargingProfileId": 1001}, "lease_in_force"),
        (
            {"chargingProfileCriteria": {"evseId": 1, "chargingProfilePurpose": "TxProfile"}},
            "lease_in_force",
        ),
    ],
)
async def test_k10_neither_floor_nor_lease_is_to_be_cleared(bench, payload, reason):
    lead(bench)
    outcome = await clear(bench, **payload)
    assert (outcome.status, outcome.reason) == (REFUSED, reason)
    assert bench.station.heard == []


@pytest.mark.parametrize(
    ("profile_id", "reason"), [(5_001, "reserved_profile_id"), (6_001, "lease_in_force")]
)
async def test_k01_fr80_also_above_the_ids_that_a_station_keeps(bench, profile_id, reason):
    bench.can(v2x=V2xAbilities(highest_external_id=5_000))
    lead(bench)
    outcome = await clear(bench, chargingProfileId=profile_id)
    assert (outcome.status, outcome.reason) == (REFUSED, reason)


async def test_k09_fr03_a_report_needs_a_criterion(bench):
    outcome = await bench.run(CommandKind.GET_CHARGING_PROFILES, evseId=1, chargingProfile={})
    assert (outcome.status, outcome.reason) == (REFUSED, "criterion_missing")


async def test_k09_a_station_that_holds_nothing_is_compared_at_once(bench):
    await set_profile(bench, profile())
    bench.station.answers["GetChargingProfiles"] = {"status": "NoProfiles"}
    criterion = {"chargingLimitSource": ["CSO"]}
    await bench.run(CommandKind.GET_CHARGING_PROFILES, chargingProfile=criterion)
    (asked,) = bench.station.requests("GetChargingProfiles")
    assert asked == {"requestId": 7, "chargingProfile": criterion}
    completed = bench.store.facts[-2]
    assert isinstance(completed, ProfileReportCompleted)
    assert completed.differences == ("profile 50 is missing",)


def says(limit, seconds=60):
    return {
        "status": "Accepted",
        "schedule": {
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}],
            "evseId": 1,
            "duration": seconds,
            "scheduleStart": NOW,
            "chargingRateUnit": "W",
        },
    }


@pytest.mark.parametrize(
    ("limit", "reason", "notices"),
    [(6000, None, 0), (11_000, "station_allows_more", 1), (1400, "station_allows_less", 1)],
)
async def test_k08_a_composite_is_compared_with_ours(bench, limit, reason, notices):
    await set_profile(bench, profile())
    bench.station.answers["GetCompositeSchedule"] = says(limit)
    outcome = await bench.run(CommandKind.GET_COMPOSITE_SCHEDULE, evseId=1, duration=60)
    assert (outcome.status, outcome.reason, outcome.composite_w) == (CONFIRMED, reason, limit)
    assert outcome.response["comparison"]["expected"] == [{"at": START, "limit_w": 6000.0}]
    assert len(outcome.response["comparison"]["deviations"]) == notices
    assert len([one for one in bench.store.facts if isinstance(one, Noticed)]) == notices


async def test_k12_a_limit_of_others_counts_in_ours(bench):
    await set_profile(bench, profile())
    limit = ChargingLimitTold(
        station_id=STATION,
        evse_id=EvseId(0),
        source="EMS",
        at=NOW,
        in_force=True,
        schedules=(schedule(2000),),
    )
    await bench.store.commit([limit])
    bench.station.answers["GetCompositeSchedule"] = says(2000)
    outcome = await bench.run(CommandKind.GET_COMPOSITE_SCHEDULE, evseId=1, duration=60)
    assert (outcome.status, outcome.reason) == (CONFIRMED, None)


async def test_the_sides_are_told_apart(bench):
    await set_profile(bench, profile())
    (fact,) = [one for one in bench.store.facts if isinstance(one, ChargingProfileHeld)]
    assert (fact.side, fact.source) == (ProfileSide.SET, "CSO")
