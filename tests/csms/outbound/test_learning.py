"""Quirks on the way out: what a refusal teaches, and what is known is said right at once."""

from datetime import timedelta

import pytest

from csms.domain.charging_profile import Kind, RateUnit
from csms.domain.commands import CommandKind, CommandStatus
from csms.domain.errors import CallRefused
from csms.domain.facts_quirks import QuirkLearned
from csms.domain.quirks import Pausing, Quirks

CONFIRMED, REFUSED = CommandStatus.CONFIRMED, CommandStatus.REFUSED
ONLY_RELATIVE = Quirks(kinds=(Kind.RELATIVE,))


def learned(bench):
    return [(f.name, f.value) for f in bench.store.facts if isinstance(f, QuirkLearned)]


def profiles(bench):
    return [one["chargingProfile"] for one in bench.station.requests("SetChargingProfile")]


def takes(bench, condition):
    """The station refuses every profile that does not fulfil `condition`."""

    def answer(request):
        if condition(request.charging_profile):
            return bench.station._SetChargingProfile(request)
        return {"status": "Rejected"}

    bench.station.answers["SetChargingProfile"] = answer


async def test_a_refused_unit_is_remembered_and_the_other_one_taken(bench):
    bench.station.knows_units = ("A",)
    assert (await bench.setpoint(6900)).status is CONFIRMED
    assert learned(bench) == [("rate_units", (RateUnit.A,))]
    units = [one["chargingSchedule"][0]["chargingRateUnit"] for one in profiles(bench)]
    assert units == ["W", "A"]


async def test_what_is_learned_is_learned_of_the_firmware_that_answered(bench):
    bench.can(device="Acme One 1.0")
    bench.station.knows_units = ("A",)
    await bench.setpoint(6900)
    await bench.run(CommandKind.PROVISION)
    taught = [f.device for f in bench.store.facts if isinstance(f, QuirkLearned)]
    assert taught == ["Acme One 1.0"] * 2


async def test_a_station_that_refuses_zero_is_paused_by_a_limit_too_low_to_charge(bench):
    takes(bench, lambda profile: profile.charging_schedule[0].charging_schedule_period[0].limit > 0)
    outcome = await bench.setpoint(0)
    assert (outcome.status, outcome.setpoint_w) == (CONFIRMED, 0)
    assert learned(bench) == [("pausing", Pausing.LOW_LIMIT)]
    period = profiles(bench)[-1]["chargingSchedule"][0]["chargingSchedulePeriod"][0]
    assert 0 < period["limit"] < 6 * 230


async def test_a_station_of_relative_profiles_alone_is_found_out(bench):
    takes(bench, lambda profile: profile.charging_profile_kind == "Relative")
    assert (await bench.setpoint(7000)).status is CONFIRMED
    assert learned(bench) == [("kinds", (Kind.RELATIVE,))]
    assert "startSchedule" not in profiles(bench)[-1]["chargingSchedule"][0]
    assert "validTo" in profiles(bench)[-1]


async def test_nothing_is_learned_where_nothing_is_accepted(bench):
    takes(bench, lambda profile: False)
    outcome = await bench.setpoint(7000)
    assert (outcome.status, outcome.reason) == (REFUSED, "Rejected")
    assert learned(bench) == []


@pytest.mark.parametrize("code", ["NotImplemented", "InternalError"])
async def test_a_refusal_that_is_not_about_the_words_is_asked_once(bench, code):
    bench.station.answers["SetChargingProfile"] = CallRefused(code, "")
    outcome = await bench.setpoint(7000)
    assert (outcome.status, outcome.reason) == (REFUSED, code)
    assert len(profiles(bench)) == 1


async def test_a_refused_discharge_is_never_said_in_another_way(bench):
    bench.station.answers["SetChargingProfile"] = CallRefused("PropertyConstraintViolation", "")
    assert (await bench.setpoint(-5000)).reason == "PropertyConstraintViolation"
    assert len(profiles(bench)) == 1


async def test_what_is_known_is_said_at_once(bench):
    known = Quirks(rate_units=(RateUnit.A,), kinds=(Kind.RELATIVE,), pausing=Pausing.LOW_LIMIT)
    bench.can(quirks=known, rate_unit=RateUnit.A)
    assert (await bench.setpoint(0)).status is CONFIRMED
    (profile,) = profiles(bench)
    schedule = profile["chargingSchedule"][0]
    assert profile["chargingProfileKind"] == "Relative"
    assert schedule["chargingRateUnit"] == "A"
    assert schedule["chargingSchedulePeriod"][0]["limit"] == pytest.approx(0.1)


async def test_a_tx_profile_may_leave_its_transaction_out(bench):
    bench.can(quirks=Quirks(transaction_id_in_profile=False))
    assert (await bench.setpoint(7000)).status is CONFIRMED
    assert "transactionId" not in profiles(bench)[0]


@pytest.mark.parametrize(
    ("quirks", "setpoint_w", "reason"),
    [
        (Quirks(smart_charging=False), 7000, "profiles_not_supported"),
        (Quirks(valid_to_honoured=False, duration_honoured=False), 7000, "lease_never_ends"),
        (Quirks(valid_to_honoured=False, kinds=(Kind.RELATIVE,)), 7000, "lease_never_ends"),
        (Quirks(valid_to_honoured=False, duration_honoured=False), -5000, "lease_never_ends"),
        (Quirks(pausing=Pausing.STOP), 0, "pause_not_supported"),
    ],
)
async def test_what_a_station_cannot_be_told_is_refused_by_name(bench, quirks, setpoint_w, reason):
    bench.can(quirks=quirks)
    outcome = await bench.setpoint(setpoint_w)
    assert (outcome.status, outcome.reason) == (REFUSED, reason)
    assert bench.station.heard == []


async def test_a_lease_that_never_ends_may_still_lie_below_the_floor(bench):
    bench.can(quirks=Quirks(valid_to_honoured=False, duration_honoured=False))
    assert (await bench.setpoint(1000)).status is CONFIRMED


@pytest.mark.parametrize(
    ("setpoint_w", "after_s", "reason"),
    [(9000, 20, "too_soon"), (7000, 20, "too_soon"), (5000, 20, None), (9000, 61, None)],
)
async def test_more_power_waits_for_the_interval_less_power_never_does(
    bench, setpoint_w, after_s, reason
):
    bench.can(quirks=Quirks(change_interval_s=60))
    bench.confirmed_setpoint_w = 7000
    bench.setpoint_at = bench.now - timedelta(seconds=after_s)
    outcome = await bench.setpoint(setpoint_w)
    assert outcome.reason == reason


async def test_the_unit_in_which_a_floor_was_taken_is_remembered(bench):
    bench.station.knows_units = ("A",)
    assert (await bench.run(CommandKind.PROVISION)).status is CONFIRMED
    assert learned(bench) == [("rate_units", (RateUnit.A,))]


@pytest.mark.parametrize(
    ("quirks", "reason"),
    [
        (Quirks(highest_stack_level=0), "stack_level_too_high"),
        (Quirks(rate_units=(RateUnit.A,)), "rate_unit_not_supported"),
    ],
)
async def test_an_operators_profile_obeys_the_quirks_too(bench, quirks, reason):
    bench.can(quirks=quirks)
    profile = {
        "id": 77,
        "stackLevel": 1,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Absolute",
        "chargingSchedule": [
            {
                "id": 1,
                "startSchedule": "2026-03-01T08:00:00Z",
                "chargingRateUnit": "W",
                "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 5000.0}],
            }
        ],
    }
    asked = {"evseId": 1, "chargingProfile": profile}
    outcome = await bench.run(CommandKind.SET_CHARGING_PROFILE, **asked)
    assert (outcome.status, outcome.reason) == (REFUSED, reason)
    assert bench.station.heard == []
