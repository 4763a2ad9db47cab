from typing import Any

import pytest

from simulator import requests
from simulator.profiles import JsonObject
from simulator.station import Station
from tests.simulator.makers import NOON, Csms, charging, occupant, profile, station_spec


def booted() -> Csms:
    csms = Csms(Station(station_spec()))
    csms.connect()
    return csms


def test_an_action_it_does_not_know_is_not_implemented() -> None:
    with pytest.raises(requests.CallRefusedError, match="NotImplemented"):
        requests.answer(booted().station, "InstallCertificate", {}, NOON)


@pytest.mark.parametrize(
    "action", sorted(set(requests.ROUTES) - {"ClearCache", "GetTransactionStatus"})
)
def test_a_payload_that_cannot_be_read_is_refused_and_does_no_harm(action: str) -> None:
    csms = charging()
    transaction = csms.station.evse.transaction
    payload = {"evseId": "x", "chargingProfile": [], "type": 5, "chargingProfileCriteria": 5}
    with pytest.raises(requests.CallRefusedError, match="FormatViolation"):
        requests.answer(csms.station, action, payload, csms.now)
    assert csms.station.evse.transaction is transaction


def test_profiles_are_reported_per_evse() -> None:
    csms = charging()
    csms.lease(5_000)
    answer = csms.call("GetChargingProfiles", requestId=3, chargingProfile={})
    csms.run(1)
    reports = [c.payload for c in csms.heard if c.action == "ReportChargingProfiles"]
    assert answer["status"] == "Accepted"
    assert [(r["evseId"], r["tbc"]) for r in reports] == [(0, True), (1, False)]
    assert reports[0]["chargingProfile"][0] == profile(1, 1_400)
    nothing = csms.call("GetChargingProfiles", requestId=4, chargingProfile={"stackLevel": 5})
    assert nothing["status"] == "NoProfiles"


@pytest.mark.parametrize(
    ("criteria", "status"),
    [
        ({"chargingProfileId": 100}, "Accepted"),
        ({"chargingProfileCriteria": {"chargingProfilePurpose": "TxProfile"}}, "Accepted"),
        ({"chargingProfileCriteria": {"evseId": 1, "stackLevel": 0}}, "Accepted"),
        ({"chargingProfileId": 55}, "Unknown"),
    ],
)
def test_k10_a_cleared_lease_gives_way_to_the_floor(criteria: JsonObject, status: str) -> None:
    csms = charging()
    csms.lease(5_000)
    csms.run(5)
    assert csms.call("ClearChargingProfile", **criteria)["status"] == status
    csms.run(5)
    assert csms.station.evse.power_w == (1_400 if status == "Accepted" else 5_000)


def test_k08_the_composite_schedule_can_be_asked_in_amperes() -> None:
    csms = charging()
    csms.lease(6_900)
    answer = csms.call("GetCompositeSchedule", evseId=1, duration=300, chargingRateUnit="A")
    assert answer["schedule"]["chargingSchedulePeriod"] == [{"startPeriod": 0, "limit": 10.0}]
    assert csms.call("GetCompositeSchedule", evseId=4, duration=300)["status"] == "Rejected"


@pytest.mark.parametrize(
    ("component", "variable", "status"),
    [
        ("SampledDataCtrlr", "TxUpdatedInterval", "Accepted"),
        ("SampledDataCtrlr", "Nothing", "UnknownVariable"),
        ("Nothing", "Nothing", "UnknownComponent"),
        ("SecurityCtrlr", "BasicAuthPassword", "Rejected"),
    ],
)
def test_variables_are_read_by_name(component: str, variable: str, status: str) -> None:
    row = {"component": {"name": component}, "variable": {"name": variable}}
    answer = booted().call("GetVariables", getVariableData=[row])
    assert answer["getVariableResult"][0]["attributeStatus"] == status


@pytest.mark.parametrize(
    ("variable", "value", "status"),
    [
        ("TxUpdatedInterval", "30", "Accepted"),
        ("TxUpdatedInterval", "-3", "Rejected"),
        ("TxUpdatedMeasurands", "SoC,Voltage", "Accepted"),
        ("TxUpdatedMeasurands", "Enthusiasm", "Rejected"),
        ("Enabled", "false", "Rejected"),
    ],
)
def test_variables_are_set_if_they_can_be(variable: str, value: str, status: str) -> None:
    csms = booted()
    named: dict[str, Any] = {
        "component": {"name": "SampledDataCtrlr"},
        "variable": {"name": variable},
    }
    answer = csms.call("SetVariables", setVariableData=[named | {"attributeValue": value}])
    assert answer["setVariableResult"][0]["attributeStatus"] == status
    read = csms.call("GetVariables", getVariableData=[named])["getVariableResult"][0]
    assert (read["attributeValue"] == value) is (status == "Accepted")


def test_a_stop_from_afar_ends_the_transaction_for_good() -> None:
    csms = charging()
    transaction = csms.station.evse.transaction
    assert transaction is not None
    stop = {"transactionId": transaction.transaction_id}
    assert csms.call("RequestStopTransaction", **stop)["status"] == "Accepted"
    csms.run(60)
    assert csms.events()[-1]["transactionInfo"]["stoppedReason"] == "Remote"
    assert csms.station.evse.power_w == 0
    assert csms.call("RequestStopTransaction", **stop)["status"] == "Rejected"


def test_a_start_from_afar_needs_a_vehicle_that_waits() -> None:
    csms = booted()
    token = {"idToken": "OPERATOR", "type": "Central"}
    start = {"remoteStartId": 4, "idToken": token, "evseId": 1}
    assert csms.call("RequestStartTransaction", **start)["status"] == "Rejected"
    csms.station.evse.occupant = occupant()
    assert csms.call("RequestStartTransaction", **start)["status"] == "Accepted"
    csms.run(1)
    assert csms.events()[0]["transactionInfo"]["remoteStartId"] == 4


def test_unavailability_waits_for_the_transaction() -> None:
    csms = charging()
    change = {"operationalStatus": "Inoperative"}
    assert csms.call("ChangeAvailability", **change)["status"] == "Scheduled"
    csms.station.unplug(csms.now)
    csms.run(1)
    assert csms.heard[-1].payload["connectorStatus"] == "Unavailable"
    csms.station.plug_in(occupant(), csms.now)
    csms.run(5)
    assert csms.station.evse.transaction is None
    csms.call("ChangeAvailability", operationalStatus="Operative")
    csms.run(5)
    assert csms.station.evse.transaction is not None


@pytest.mark.parametrize(
    ("message", "heard"),
    [
        ("Heartbeat", "Heartbeat"),
        ("StatusNotification", "StatusNotification"),
        ("MeterValues", "MeterValues"),
        ("TransactionEvent", "Updated"),
    ],
)
def test_messages_can_be_asked_for(message: str, heard: str) -> None:
    csms = charging()
    csms.heard.clear()
    assert csms.call("TriggerMessage", requestedMessage=message)["status"] == "Accepted"
    csms.run(1)
    assert csms.actions() == [heard]


def test_a_connector_in_use_stays_locked() -> None:
    csms = charging()
    unlock = {"evseId": 1, "connectorId": 1}
    assert csms.call("UnlockConnector", **unlock)["status"] == "OngoingAuthorizedTransaction"
    csms.station.unplug(csms.now)
    assert csms.call("UnlockConnector", **unlock)["status"] == "Unlocked"


def test_it_says_whether_events_of_a_transaction_wait() -> None:
    csms = charging()
    transaction = csms.station.evse.transaction
    assert transaction is not None
    wanted = {"transactionId": transaction.transaction_id}
    quiet = {"ongoingIndicator": True, "messagesInQueue": False}
    assert csms.call("GetTransactionStatus", **wanted) == quiet
    csms.station.unplug(csms.now)
    late = {"ongoingIndicator": False, "messagesInQueue": True}
    assert csms.call("GetTransactionStatus", **wanted) == late
