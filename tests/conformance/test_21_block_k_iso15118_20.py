"""Block K of OCPP 2.1 with vehicles of ISO 15118-20 (K16–K19): they negotiate, or need not."""

import asyncio

import pytest

from csms.domain.commands import CommandStatus
from csms.store import tables
from tests.conformance import v2x
from tests.conformance.conftest import Bench, until
from tests.conformance.station import Payload, ScriptedStation

pytestmark = pytest.mark.integration
SCHEDULED = {"controlMode": "ScheduledControl"}


async def offered(bench: Bench, station: ScriptedStation) -> Payload:
    """The schedule of the TxProfile that comes now, once the csms keeps it too (K17.FR.07)."""
    told = await station.expect("SetChargingProfile", {"status": "Accepted"})
    profile = told["chargingProfile"]
    assert (told["evseId"], profile["chargingProfilePurpose"]) == (1, "TxProfile")
    assert profile["transactionId"] == v2x.TRANSACTION

    async def kept() -> bool:
        rows = await bench.hub.rows(tables.charging_profile, station.station_id)
        return profile in [row["payload"] for row in rows]

    assert await until(kept)
    (schedule,) = profile["chargingSchedule"]
    return dict(schedule)


async def follows(station: ScriptedStation, schedule: Payload) -> str:
    """The vehicle's own schedule; what the csms says of it."""
    told = {
        "timeBase": v2x.now(),
        "evseId": 1,
        "chargingSchedule": schedule,
        "selectedChargingScheduleId": schedule["id"],
    }
    return str((await station.call("NotifyEVChargingSchedule", told))["status"])


async def plugged_in(bench: Bench) -> ScriptedStation:
    """Needs told, the floor offered, and followed."""
    station = await v2x.bidirectional(bench)
    del station.answers["SetChargingProfile"]  # each one is expected
    await v2x.starts(station)
    offer = asyncio.create_task(offered(bench, station))
    answer = await station.call("NotifyEVChargingNeeds", v2x.needs("DC", **SCHEDULED))
    assert answer["status"] == "Processing"
    schedule = await offer
    assert schedule["chargingSchedulePeriod"][0]["limit"] == 1_400
    assert await follows(station, schedule) == "Accepted"
    return station


async def test_tc21_k_113_csms_we_negotiate_anew(bench: Bench) -> None:
    station = await plugged_in(bench)
    asked = await v2x.setpoint(bench, station, 7_000, version=1)
    schedule = await offered(bench, station)
    assert schedule["chargingSchedulePeriod"][0]["limit"] == 7_000
    assert (await bench.outcome(asked)).status is CommandStatus.CONFIRMED
    more = schedule | {"chargingSchedulePeriod": [{"startPeriod": 0, "limit": 9_000}]}
    offer = asyncio.create_task(offered(bench, station))
    assert await follows(station, more) == "Rejected"  # K16.FR.07, .08: and it is offered again
    again = await offer
    assert await follows(station, again) == "Accepted"
    assert await v2x.event(station, "Updated", 1, "ChargingRateChanged") == {}


async def test_tc21_k_114_csms_the_vehicle_negotiates_anew(bench: Bench) -> None:
    station = await plugged_in(bench)
    asked = await v2x.setpoint(bench, station, 7_000, version=1)
    await offered(bench, station)
    await bench.outcome(asked)
    less = {"v2xChargingParameters": {"maxChargePower": 6_000, "maxDischargePower": 0}}
    needs = v2x.needs("DC", **SCHEDULED, **less)
    offer = asyncio.create_task(offered(bench, station))
    assert (await station.call("NotifyEVChargingNeeds", needs))["status"] == "Processing"
    schedule = await offer
    assert schedule["chargingSchedulePeriod"][0]["limit"] == 7_000  # what holds, till a plan comes
    row = await bench.hub.row(tables.charging_needs, station.station_id)
    assert (row["max_charge_w"], row["max_discharge_w"]) == (6_000, 0)
    own = schedule | {"chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6_000}]}
    assert await follows(station, own) == "Accepted"
    assert await v2x.event(station, "Updated", 1, "ChargingRateChanged") == {}


async def test_tc21_k_126_csms_no_profile_for_dynamic_control(bench: Bench) -> None:
    """A station whose smart charging is off: the needs are known, no schedule will come."""
    station = await bench.station("2.1")
    await v2x.reports(station, {("SmartChargingCtrlr", "Enabled"): "false"})
    await v2x.starts(station)
    before = [action for action, _ in station.heard].count("SetChargingProfile")
    told = await station.call("NotifyEVChargingNeeds", v2x.needs("DC"))
    assert told == {"status": "NoChargingProfile"}
    assert await v2x.event(station, "Updated", 1, "ChargingStateChanged") == {}
    assert (await bench.hub.row(tables.charging_needs, station.station_id))["energy_wh"] == 30_000
    commands = await bench.hub.rows(tables.command, station.station_id)
    assert "OfferSchedule" not in [one["kind"] for one in commands]
    assert [action for action, _ in station.heard].count("SetChargingProfile") == before
