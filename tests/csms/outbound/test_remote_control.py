"""F, K05: starts from afar, with the number and the profile that go with them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from csms.domain.charging_state import ChargingState
from csms.domain.commands import CommandKind, CommandStatus, Setpoint
from csms.domain.facts_charging import ChargingProfileHeld
from csms.domain.ids import EvseId
from csms.domain.station import OcppVersion
from csms.domain.v2x import V2xAbilities

CONFIRMED, REFUSED = CommandStatus.CONFIRMED, CommandStatus.REFUSED
TOKEN = {"idToken": "GOOD", "type": "Central"}


def profile(limit=7000, **more):
    period = {"startPeriod": 0, "limit": limit}
    schedule = {"id": 9, "chargingRateUnit": "W", "chargingSchedulePeriod": [period]}
    return {
        "id": 9,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxProfile",
        "chargingProfileKind": "Relative",
        "chargingSchedule": [schedule],
    } | more


async def start(bench, **more):
    return await bench.run(CommandKind.REQUEST_START_TRANSACTION, idToken=TOKEN, **more)


async def test_f01_the_number_of_a_start_is_ours_and_stays_with_the_command(bench):
    outcome = await start(bench)
    (asked,) = bench.station.requests("RequestStartTransaction")
    assert asked["remoteStartId"] == outcome.response["remoteStartId"] == 7
    assert "evseId" not in asked


async def test_k05_a_profile_goes_under_the_id_of_the_lease_to_come(bench):
    outcome = await start(bench, evseId=1, chargingProfile=profile(), groupIdToken=TOKEN)
    assert outcome.status is CONFIRMED
    (asked,) = bench.station.requests("RequestStartTransaction")
    assert asked["chargingProfile"] == profile(id=1001)
    assert asked["groupIdToken"] == TOKEN
    (held,) = [fact for fact in bench.store.facts if isinstance(fact, ChargingProfileHeld)]
    assert (held.evse_id, held.profile_id) == (1, 1001)


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ({"evseId": 1, "chargingProfile": profile(transactionId="tx1")}, "transaction_not_allowed"),
        ({"chargingProfile": profile()}, "evse_missing"),
        ({"evseId": 1, "chargingProfile": profile(stackLevel=1)}, "outranks_the_lease"),
        (
            {"evseId": 1, "chargingProfile": profile(chargingProfilePurpose="TxDefaultProfile")},
            "not_a_tx_profile",
        ),
        ({"evseId": 1, "chargingProfile": profile(-3000)}, "discharge_not_supported"),
    ],
)
async def test_a_start_carries_no_profile_round_the_rules(bench, payload, reason):
    bench.can(discharge_dialect="none")
    outcome = await start(bench, **payload)
    assert (outcome.status, outcome.reason) == (REFUSED, reason)
    assert bench.station.heard == []


@pytest.mark.parametrize("period", [{"setpoint": -9000}, {"operationMode": "ExternalSetpoint"}])
async def test_a_start_brings_nothing_that_only_2_1_can_say(bench, period):
    """Its rules of discharge are judged for a transaction that runs."""
    bench.station.version = OcppVersion.V21
    told = profile()
    told["chargingSchedule"][0]["chargingSchedulePeriod"][0] |= period
    outcome = await start(bench, evseId=1, chargingProfile=told)
    assert outcome.status is REFUSED
    assert bench.station.heard == []


async def test_k01_fr80_a_profile_goes_above_the_ids_that_a_station_keeps(bench):
    bench.can(v2x=V2xAbilities(highest_external_id=5_000))
    await start(bench, evseId=1, chargingProfile=profile())
    (asked,) = bench.station.requests("RequestStartTransaction")
    assert asked["chargingProfile"]["id"] == 6_001


async def test_where_the_controller_leads_a_start_brings_no_profile(bench):
    lease = Setpoint(setpoint_w=7000, until=bench.now + timedelta(minutes=5))
    bench.store.charging = replace(bench.store.charging, leases={EvseId(1): lease})
    outcome = await start(bench, evseId=1, chargingProfile=profile())
    assert (outcome.status, outcome.reason) == (REFUSED, "outranks_the_lease")


async def test_a_start_that_is_refused_leaves_no_profile(bench):
    bench.station.answers["RequestStartTransaction"] = {"status": "Rejected"}
    outcome = await start(bench, evseId=1, chargingProfile=profile())
    assert outcome.status is REFUSED
    assert bench.store.facts == []


async def test_where_nothing_is_known_a_start_without_a_profile_still_goes(bench):
    bench.store.charging = ChargingState()
    assert (await start(bench, evseId=3)).status is CONFIRMED


@pytest.mark.parametrize("accepted", [True, False])
async def test_b02_what_a_station_that_is_not_accepted_may_say_is_known_before_it_is_asked(
    bench, accepted
):
    bench.accepted = accepted
    known = []

    def answer(_):
        known.extend(fact.action for fact in bench.store.facts)
        return {"status": "Accepted"}

    bench.station.answers["TriggerMessage"] = answer
    evse = {"id": 1, "connectorId": 1}
    asked = {"requestedMessage": "StatusNotification", "evse": evse}
    outcome = await bench.run(CommandKind.TRIGGER_MESSAGE, **asked)
    assert outcome.status is CONFIRMED
    assert known == ([] if accepted else ["StatusNotification"])
