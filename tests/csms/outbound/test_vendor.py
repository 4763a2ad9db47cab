"""A setpoint by DataTransfer: what is said beside it, when it is not said, and what is believed."""

from dataclasses import replace
from datetime import timedelta

import pytest

from csms.domain.commands import CommandKind, CommandStatus, Setpoint
from csms.domain.discharge import DischargeDialect
from csms.domain.errors import CallTimeout
from csms.domain.ids import EvseId
from csms.domain.quirks import Quirks
from csms.domain.vendor_message import VendorMessage
from tests.csms.outbound.conftest import NOW, Bench

CONFIRMED, REFUSED = CommandStatus.CONFIRMED, CommandStatus.REFUSED
MESSAGE = VendorMessage.parse(
    {
        "vendor_id": "com.example",
        "message_id": "Power",
        "data": {"evse": "$evse_id", "power": "$setpoint", "ttl": "$lease_s"},
    }
)


@pytest.fixture
def listed(bench: Bench) -> Bench:
    bench.can(
        vendor_message=MESSAGE,
        discharge_dialect=DischargeDialect.DATATRANSFER,
        discharge_proven_at=NOW,
    )
    return bench


def limits(bench: Bench) -> list[float]:
    profiles = [sent["chargingProfile"] for sent in bench.station.requests("SetChargingProfile")]
    return [one["chargingSchedule"][0]["chargingSchedulePeriod"][0]["limit"] for one in profiles]


def powers(bench: Bench) -> list[float]:
    return [sent["data"]["power"] for sent in bench.station.requests("DataTransfer")]


async def test_a_discharge_is_said_by_message_over_a_profile_of_the_floor(listed: Bench) -> None:
    outcome = await listed.setpoint(-5_000)
    assert (outcome.status, outcome.reason, outcome.setpoint_w) == (CONFIRMED, None, -5_000)
    assert outcome.composite_w is None
    assert (limits(listed), powers(listed)) == ([1_400], [-5_000])
    (sent,) = listed.station.requests("DataTransfer")
    assert (sent["vendorId"], sent["messageId"]) == ("com.example", "Power")
    assert [action for action, _ in listed.station.heard][-1] == "DataTransfer"


async def test_a_charge_ends_a_discharge_in_the_vendors_words_too(listed: Bench) -> None:
    outcome = await listed.setpoint(7_000)
    assert (outcome.status, outcome.setpoint_w, outcome.composite_w) == (CONFIRMED, 7_000, 7_000)
    assert (limits(listed), powers(listed)) == ([7_000], [7_000])


async def test_the_first_discharge_is_a_probe(listed: Bench) -> None:
    listed.can(discharge_proven_at=None)
    outcome = await listed.setpoint(-5_000)
    assert (outcome.setpoint_w, outcome.reason) == (-1_000, "discharge_not_proven")
    assert powers(listed) == [-1_000]


async def test_a_model_that_lost_its_dialect_is_told_to_stop_in_its_own_words(
    listed: Bench,
) -> None:
    listed.can(discharge_dialect=DischargeDialect.NONE)
    outcome = await listed.setpoint(-5_000)
    assert (outcome.setpoint_w, outcome.reason) == (0, "discharge_not_supported")
    assert (limits(listed), powers(listed)) == ([0], [0])


async def test_less_power_is_never_too_soon_and_more_is_whatever_stands_beside_it(
    listed: Bench,
) -> None:
    listed.can(quirks=Quirks(change_interval_s=60))
    listed.confirmed_setpoint_w, listed.setpoint_at = -1_000, NOW - timedelta(seconds=10)
    assert (await listed.setpoint(-500)).status is CONFIRMED
    assert (await listed.setpoint(-5_000)).reason == "too_soon"
    listed.confirmed_setpoint_w = -2_000
    assert (await listed.setpoint(-5_000)).reason == "too_soon"


async def test_of_a_model_with_two_dialects_the_one_that_holds_is_spoken(listed: Bench) -> None:
    listed.can(discharge_dialect=DischargeDialect.NEGATIVE_LIMIT)
    outcome = await listed.setpoint(-5_000)
    assert (outcome.setpoint_w, outcome.reason) == (-5_000, None)
    assert (limits(listed), powers(listed)) == ([-5_000], [])


async def test_a_station_that_does_not_know_the_message_stays_at_its_floor(listed: Bench) -> None:
    listed.station.answers["DataTransfer"] = {"status": "UnknownVendorId"}
    outcome = await listed.setpoint(-5_000)
    assert (outcome.status, outcome.reason) == (REFUSED, "UnknownVendorId")
    assert (outcome.setpoint_w, limits(listed)) == (1_400, [1_400])


async def test_a_station_that_counts_from_zero_is_told_of_the_evse_that_is_meant(
    listed: Bench,
) -> None:
    listed.can(quirks=Quirks(evses_from_zero=True))
    await listed.setpoint(-5_000)
    (profile,) = listed.station.requests("SetChargingProfile")
    (message,) = listed.station.requests("DataTransfer")
    assert (profile["evseId"], message["data"]["evse"]) == (0, 0)


async def test_a_message_without_an_answer_may_hold(listed: Bench) -> None:
    listed.station.answers["DataTransfer"] = CallTimeout(sent=True)
    assert (await listed.setpoint(-5_000)).status is CommandStatus.UNKNOWN


async def test_no_message_leaves_for_a_profile_that_was_not_taken(listed: Bench) -> None:
    listed.station.knows_units = ()
    assert (await listed.setpoint(-5_000)).status is REFUSED
    assert powers(listed) == []


async def test_an_offer_while_it_gives_keeps_the_floor_beside_it(listed: Bench) -> None:
    lease = Setpoint(setpoint_w=-5_000, until=NOW + timedelta(minutes=5))
    listed.store.charging = replace(listed.store.charging, leases={EvseId(1): lease})
    listed.confirmed_setpoint_w = -5_000
    assert (await listed.run(CommandKind.OFFER_SCHEDULE)).status is CONFIRMED
    assert (limits(listed), powers(listed)) == ([1_400], [])
