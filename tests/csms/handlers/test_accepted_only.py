"""B02, B03: what a station may say before it is accepted. It is refused, never cut off."""

from dataclasses import replace

import pytest

from csms.domain.facts_device_model import MessageTriggered
from csms.domain.station import BootPolicy, OcppVersion
from csms.store.memory import NEVER_BOOTED

AT = "2026-03-01T08:00:00Z"
STATUS = {"timestamp": AT, "connectorStatus": "Available", "evseId": 1, "connectorId": 1}
METER = {"evseId": 1, "meterValue": [{"timestamp": AT, "sampledValue": [{"value": 1}]}]}
REPORT = {"requestId": 1, "generatedAt": AT, "seqNo": 0}
PROFILE = {
    "id": 7,
    "stackLevel": 0,
    "chargingProfilePurpose": "TxDefaultProfile",
    "chargingProfileKind": "Relative",
    "chargingSchedule": [
        {
            "id": 1,
            "chargingRateUnit": "W",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 7000}],
        }
    ],
}
PROFILES = {
    "requestId": 1,
    "chargingLimitSource": "CSO",
    "evseId": 1,
    "chargingProfile": [PROFILE],
}
EVENT = {
    "eventType": "Started",
    "timestamp": AT,
    "triggerReason": "CablePluggedIn",
    "seqNo": 0,
    "transactionInfo": {"transactionId": "tx1"},
}


@pytest.mark.parametrize("pending", [True, False])
@pytest.mark.parametrize(
    ("action", "payload"),
    [
        ("Heartbeat", {}),
        ("StatusNotification", STATUS),
        ("MeterValues", METER),
        ("DataTransfer", {"vendorId": "v"}),
        ("Authorize", {"idToken": {"idToken": "GOOD", "type": "Central"}}),
    ],
)
async def test_b02_is_refused_before_acceptance(stranger, action, payload, pending):
    if pending:
        await stranger.boot()
    stored = len(stranger.store.facts)
    told = await stranger.tell(action, payload)
    assert told.code == "SecurityError"
    assert len(stranger.store.facts) == stored


async def test_b02_a_report_that_we_asked_for_is_taken(stranger):
    await stranger.boot()
    assert await stranger.tell("NotifyReport", REPORT) == {}


async def test_energy_is_stored_whoever_tells_of_it(stranger):
    assert await stranger.tell("TransactionEvent", EVENT) == {}
    assert len(stranger.store.ledger) == 1


async def test_once_accepted_all_is_open(stranger):
    await stranger.boot()
    await stranger.provisioned()
    await stranger.boot("Triggered")
    assert await stranger.tell("StatusNotification", STATUS) == {}


async def test_b02_a_pending_station_may_send_what_we_asked_it_for(stranger):
    await stranger.boot()
    asked = MessageTriggered(
        station_id=stranger.station_id, action="StatusNotification", at=stranger.now
    )
    await stranger.store.commit([asked])
    assert await stranger.tell("StatusNotification", STATUS) == {}
    assert (await stranger.tell("Heartbeat", {})).code == "SecurityError"
    stranger.later(3600)
    assert (await stranger.tell("StatusNotification", STATUS)).code == "SecurityError"


@pytest.mark.parametrize(
    ("version", "action", "payload"),
    [
        (OcppVersion.V201, "NotifyReport", REPORT),
        (OcppVersion.V201, "ReportChargingProfiles", PROFILES),
        (OcppVersion.V21, "ReportDERControl", {"requestId": 1}),
    ],
)
@pytest.mark.parametrize("rejected", [True, False])
async def test_b03_not_even_a_report_is_taken_of_a_station_that_is_not_served(
    stranger, version, action, payload, rejected
):
    stranger.version = version
    if rejected:
        stranger.store.states[stranger.station_id] = replace(
            NEVER_BOOTED, boot_policy=BootPolicy.REJECT
        )
    await stranger.boot()
    stored = len(stranger.store.facts)
    told = await stranger.tell(action, payload)
    if rejected:
        assert told.code == "SecurityError"
        assert len(stranger.store.facts) == stored
    else:
        assert told == {}
