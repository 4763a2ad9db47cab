"""K: setpoints are leased, read back, and withdrawn when a station did not understand them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from csms.domain.commands import CommandKind, CommandPriority, CommandStatus, Setpoint
from csms.domain.discharge import DischargeDialect
from csms.domain.errors import CallRefused, CallTimeout, ConnectionLost
from csms.domain.ids import EvseId
from csms.domain.station import RateUnit
from csms.outbound.smart_charging import follows

CONFIRMED, REFUSED = CommandStatus.CONFIRMED, CommandStatus.REFUSED


def limits(station):
    return [
        period["limit"]
        for request in station.requests("SetChargingProfile")
        for schedule in request["chargingProfile"]["chargingSchedule"]
        for period in schedule["chargingSchedulePeriod"]
    ]


async def test_a_change_is_set_and_read_back(bench):
    outcome = await bench.setpoint(7000)
    assert (outcome.status, outcome.composite_w, outcome.setpoint_w) == (CONFIRMED, 7000, 7000)
    assert [action for action, _ in bench.station.heard] == [
        "SetChargingProfile",
        "GetCompositeSchedule",
    ]


async def test_a_renewal_is_not_read_back(bench):
    bench.confirmed_setpoint_w = 7000
    assert (await bench.setpoint(7000)).status is CONFIRMED
    assert bench.station.requests("GetCompositeSchedule") == []


async def test_a_discharge_that_the_composite_shows_is_confirmed(bench):
    outcome = await bench.setpoint(-5000)
    assert (outcome.status, outcome.composite_w, outcome.setpoint_w) == (CONFIRMED, -5000, -5000)


@pytest.mark.parametrize("dialect", ["negative_limit", "datatransfer"])
async def test_a_discharge_of_the_vehicle_before_is_not_this_ones(bench, dialect):
    bench.can(discharge_dialect=DischargeDialect(dialect))
    outcome = await bench.setpoint(-5000, transaction_id="tx-before")
    assert (outcome.status, outcome.reason) == (REFUSED, "other_transaction")
    assert bench.station.heard == []
    assert (await bench.setpoint(3000, transaction_id="tx-before")).status is CONFIRMED


async def test_a_discharge_names_the_transaction_that_it_is_of(bench):
    outcome = await bench.setpoint(-5000, transaction_id=bench.transaction_id)
    assert (outcome.status, outcome.setpoint_w) == (CONFIRMED, -5000)


async def test_a_station_that_reads_negative_as_no_limit_is_set_to_zero_at_once(bench):
    bench.station.reads_negative_as = lambda _: 11_000.0
    outcome = await bench.setpoint(-5000)
    assert (outcome.status, outcome.reason) == (REFUSED, "discharge_misread")
    assert (outcome.composite_w, outcome.setpoint_w) == (11_000, 0)
    assert limits(bench.station) == [-5000, 0]
    assert bench.station.priorities[-1] is CommandPriority.SAFETY
    assert len(bench.station.profiles) == 1


@pytest.mark.parametrize(
    "fault", [CallRefused("InternalError"), CallTimeout(sent=True), ConnectionLost("cs1")]
)
async def test_a_misread_discharge_that_cannot_be_withdrawn_is_still_told_as_misread(bench, fault):
    def takes_no_zero(request):
        (schedule,) = request.charging_profile.charging_schedule
        if schedule.charging_schedule_period[0].limit >= 0:
            raise fault
        bench.station.profiles[request.charging_profile.id] = request
        return {"status": "Accepted"}

    bench.station.reads_negative_as = lambda _: 11_000.0
    bench.station.answers["SetChargingProfile"] = takes_no_zero
    outcome = await bench.setpoint(-5000)
    assert (outcome.status, outcome.reason) == (REFUSED, "discharge_misread")
    assert (outcome.composite_w, outcome.setpoint_w) == (11_000, -5000)


async def test_a_station_that_clamps_to_zero_did_not_take_the_discharge(bench):
    bench.station.reads_negative_as = lambda _: 0.0
    outcome = await bench.setpoint(-5000)
    assert (outcome.status, outcome.reason) == (REFUSED, "composite_mismatch")
    assert outcome.setpoint_w == 0


async def test_a_station_that_can_give_less_gives_less(bench):
    bench.station.reads_negative_as = lambda limit: max(limit, -3600.0)
    outcome = await bench.setpoint(-5000)
    assert (outcome.status, outcome.composite_w, outcome.setpoint_w) == (CONFIRMED, -3600, -5000)


@pytest.mark.parametrize("dialect", [d for d in DischargeDialect if d != "negative_limit"])
async def test_no_other_dialect_ever_hears_a_negative_limit(bench, dialect):
    bench.can(discharge_dialect=dialect)
    outcome = await bench.setpoint(-5000)
    assert (outcome.status, outcome.setpoint_w) == (CONFIRMED, 0)
    assert outcome.reason == "discharge_not_supported"
    assert limits(bench.station) == [0]


async def test_the_first_discharge_is_a_probe(bench):
    bench.can(discharge_proven_at=None)
    outcome = await bench.setpoint(-5000)
    assert (outcome.setpoint_w, outcome.reason) == (-1000, "discharge_not_proven")


async def test_without_a_transaction_nothing_is_sent(bench):
    bench.transaction_id = None
    outcome = await bench.setpoint(7000)
    assert (outcome.status, outcome.reason) == (REFUSED, "no_transaction")
    assert bench.station.heard == []


async def test_the_stations_own_reason_is_kept(bench):
    bench.station.knows_units = ()
    outcome = await bench.setpoint(7000)
    assert (outcome.status, outcome.reason) == (REFUSED, "UnsupportedRateUnit")


async def test_a_station_of_amps_is_compared_in_watts(bench):
    bench.can(rate_unit=RateUnit.A)
    outcome = await bench.setpoint(7000)
    assert outcome.status is CONFIRMED
    assert outcome.composite_w == pytest.approx(7000, abs=69)


async def test_a_composite_above_the_setpoint_is_no_success(bench):
    bench.station.answers["GetCompositeSchedule"] = {
        "status": "Accepted",
        "schedule": {
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 11_000}],
            "evseId": 1,
            "duration": 60,
            "scheduleStart": bench.now,
            "chargingRateUnit": "W",
        },
    }
    outcome = await bench.setpoint(3000)
    assert (outcome.status, outcome.reason) == (REFUSED, "composite_mismatch")
    assert limits(bench.station) == [3000]


@pytest.mark.parametrize("answer", [{"status": "Rejected"}, {"status": "Accepted"}, "refused"])
async def test_a_station_that_cannot_be_read_back_is_confirmed_with_a_reason(
    bench, answer, refused
):
    bench.station.answers["GetCompositeSchedule"] = refused if answer == "refused" else answer
    outcome = await bench.setpoint(3000)
    assert (outcome.status, outcome.reason) == (CONFIRMED, "not_read_back")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (CallTimeout(sent=True), CommandStatus.UNKNOWN),
        (CallTimeout(sent=False), CommandStatus.EXPIRED),
        (ConnectionLost(), CommandStatus.UNKNOWN),
    ],
)
async def test_what_may_have_arrived_is_unknown(bench, error, status):
    bench.station.answers["SetChargingProfile"] = error
    assert (await bench.setpoint(3000)).status is status


async def test_a_command_past_its_deadline_is_not_sent(bench):
    bench.now += timedelta(minutes=2)
    assert (await bench.setpoint(3000)).status is CommandStatus.EXPIRED
    assert bench.station.heard == []


async def test_a_setpoint_must_be_one(bench):
    outcome = await bench.run(CommandKind.SET_SETPOINT, setpoint_w="much")
    assert (outcome.status, outcome.reason) == (REFUSED, "bad_payload: not a Setpoint")


def profile(limit):
    return {
        "evseId": 1,
        "chargingProfile": {
            "id": 50,
            "stackLevel": 0,
            "chargingProfilePurpose": "TxProfile",
            "chargingProfileKind": "Relative",
            "transactionId": "tx1",
            "chargingSchedule": [
                {
                    "id": 1,
                    "chargingRateUnit": "W",
                    "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}],
                }
            ],
        },
    }


async def test_an_operators_profile_is_sent(bench):
    outcome = await bench.run(CommandKind.SET_CHARGING_PROFILE, **profile(5000))
    assert outcome.status is CONFIRMED
    assert limits(bench.station) == [5000]


async def test_an_operators_negative_profile_obeys_the_dialect(bench):
    bench.can(discharge_dialect=DischargeDialect.NONE)
    outcome = await bench.run(CommandKind.SET_CHARGING_PROFILE, **profile(-5000))
    assert (outcome.status, outcome.reason) == (REFUSED, "discharge_not_supported")
    assert bench.station.heard == []


async def test_a_payload_that_is_none_is_not_sent(bench):
    outcome = await bench.run(CommandKind.SET_CHARGING_PROFILE, evseId=1)
    assert outcome.status is REFUSED
    assert outcome.reason.startswith("bad_payload")
    assert bench.station.heard == []


async def test_the_floor_is_not_cleared(bench):
    outcome = await bench.run(CommandKind.CLEAR_CHARGING_PROFILE, chargingProfileId=1)
    assert (outcome.status, outcome.reason) == (REFUSED, "reserved_profile_id")
    outcome = await bench.run(CommandKind.CLEAR_CHARGING_PROFILE, chargingProfileId=1001)
    assert outcome.status is CONFIRMED


async def test_a_composite_schedule_in_watts(bench):
    await bench.setpoint(7000)
    outcome = await bench.run(CommandKind.GET_COMPOSITE_SCHEDULE, evseId=1, duration=60)
    assert (outcome.status, outcome.composite_w) == (CONFIRMED, 7000)
    assert outcome.response["schedule"]["evseId"] == 1


async def test_profiles_are_asked_for(bench):
    bench.station.answers["GetChargingProfiles"] = {"status": "NoProfiles"}
    outcome = await bench.run(
        CommandKind.GET_CHARGING_PROFILES, requestId=1, chargingProfile={"stackLevel": 0}
    )
    assert (outcome.status, outcome.reason) == (CONFIRMED, "NoProfiles")


@pytest.mark.parametrize(
    ("setpoint_w", "composite_w", "good"),
    [
        (7000, 7000, True),
        (7000, 1400, True),
        (7000, 7090, True),
        (7000, 7200, False),
        (7000, -5000, False),
        (0, 0, True),
        (0, 90, True),
        (0, 1400, False),
        (-5000, -5000, True),
        (-5000, -3600, True),
        (-5000, -5050, True),
        (-50, -50, True),
        (-5000, 0, False),
        (-5000, 11_000, False),
        (-5000, -9000, False),
    ],
)
def test_when_a_composite_says_what_was_set(setpoint_w, composite_w, good):
    assert follows(setpoint_w, composite_w) is good


def leased(bench, setpoint_w, minutes=5):
    """A lease that may be in force at EVSE 1."""
    lease = Setpoint(setpoint_w=setpoint_w, until=bench.now + timedelta(minutes=minutes))
    bench.store.charging = replace(bench.store.charging, leases={EvseId(1): lease})


async def test_k15_what_holds_is_offered_again(bench):
    leased(bench, 7000)
    bench.confirmed_setpoint_w = 7000
    assert (await bench.run(CommandKind.OFFER_SCHEDULE)).status is CONFIRMED
    assert limits(bench.station) == [7000]
    (asked,) = bench.station.requests("SetChargingProfile")
    assert asked["chargingProfile"]["id"] == 1001
    assert asked["chargingProfile"]["transactionId"] == "tx1"


async def test_a_lease_that_is_over_is_offered_as_the_floor(bench):
    leased(bench, -5000, minutes=-1)
    assert (await bench.run(CommandKind.OFFER_SCHEDULE)).status is CONFIRMED
    assert limits(bench.station) == [1400]


async def test_over_a_lease_that_the_station_may_have_nothing_is_offered(bench):
    leased(bench, 7000)
    outcome = await bench.run(CommandKind.OFFER_SCHEDULE)
    assert (outcome.status, outcome.reason) == (REFUSED, "lease_in_doubt")
    assert bench.station.heard == []


async def test_without_a_transaction_there_is_nobody_to_offer_to(bench):
    bench.transaction_id = None
    outcome = await bench.run(CommandKind.OFFER_SCHEDULE)
    assert (outcome.status, outcome.reason) == (REFUSED, "no_transaction")
