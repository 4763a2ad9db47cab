"""The station's side of the conversation; every payload is checked against the official schema."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from simulator.call import Call
from simulator.profiles import format_time
from simulator.sessions import Tells, day_sessions
from simulator.station import Registration, Station
from tests.simulator.makers import (
    FLOOR_W,
    NOON,
    Csms,
    charging,
    ev36zero,
    occupant,
    ordinary_answer,
    profile,
    station_spec,
)


def pending_first(call: Call, now: datetime) -> dict[str, Any]:
    answer = ordinary_answer(call, now)
    if call.action == "BootNotification" and now < NOON + timedelta(seconds=60):
        return answer | {"status": "Pending", "interval": 30}
    return answer


def set_variable(csms: Csms, component: str, name: str, value: str) -> str:
    row = {"component": {"name": component}, "variable": {"name": name}, "attributeValue": value}
    answer = csms.call("SetVariables", setVariableData=[row])
    return str(answer["setVariableResult"][0]["attributeStatus"])


def test_a_pending_station_boots_again_after_the_interval() -> None:
    csms = Csms(Station(station_spec()), answers=pending_first)
    csms.connect()
    csms.station.plug_in(occupant(), csms.now)
    csms.run(70)
    assert csms.actions()[:5] == ["BootNotification"] * 3 + ["StatusNotification", "Authorize"]
    assert csms.station.registration is Registration.ACCEPTED
    assert csms.station.evse.transaction is not None


def test_a_pending_station_answers_and_reports_but_says_nothing_else() -> None:
    csms = Csms(Station(station_spec()), answers=pending_first)
    csms.connect()
    assert csms.set_profile(profile(1, FLOOR_W), evse_id=0) == "Accepted"
    csms.call("GetBaseReport", requestId=7, reportBase="FullInventory")
    csms.run(5)
    assert set(csms.actions()) == {"BootNotification", "NotifyReport"}
    last = csms.heard[-1].payload
    assert (last["requestId"], last["tbc"]) == (7, False)
    rejected = csms.call(
        "RequestStartTransaction", remoteStartId=1, idToken={"idToken": "x", "type": "Central"}
    )
    assert rejected["status"] == "Rejected"


def test_a_triggered_boot_does_not_wait() -> None:
    csms = Csms(Station(station_spec()), answers=pending_first)
    csms.connect()
    csms.call("TriggerMessage", requestedMessage="BootNotification")
    csms.run(2)
    assert [call.payload["reason"] for call in csms.heard] == ["PowerUp", "Triggered"]


def test_no_energy_flows_before_the_first_acceptance() -> None:
    station = Station(station_spec())
    station.plug_in(occupant(), NOON)
    for second in range(60):
        station.step(NOON + timedelta(seconds=second), 1.0)
    assert station.evse.import_wh == 0


def test_a_session_from_plug_to_unplug() -> None:
    csms = charging()
    csms.run(180)
    csms.station.unplug(csms.now)
    csms.run(1)
    events = csms.events()
    assert [event["seqNo"] for event in events] == list(range(len(events)))
    assert csms.actions()[2:6] == ["StatusNotification", "Authorize", "Started",
                                   "NotifyEVChargingNeeds"]  # fmt: skip
    assert events[0]["idToken"]["idToken"] == "EV00000001"
    assert events[-1]["transactionInfo"]["stoppedReason"] == "EVDisconnected"
    periodic = [e for e in events if e["triggerReason"] == "MeterValuePeriodic"]
    assert len(periodic) == 3
    assert csms.heard[-1].payload["connectorStatus"] == "Available"


def test_samples_follow_the_measurands_and_interval_that_are_set() -> None:
    csms = charging()
    wanted = "Energy.Active.Import.Register,Energy.Active.Export.Register,Power.Active.Export,SoC"
    assert set_variable(csms, "SampledDataCtrlr", "TxUpdatedMeasurands", wanted) == "Accepted"
    assert set_variable(csms, "SampledDataCtrlr", "TxUpdatedInterval", "10") == "Accepted"
    before = len(csms.events())
    csms.run(30)
    new = csms.events()[before:]
    assert len(new) == 3
    measurands = {s["measurand"]: s for s in new[-1]["meterValue"][0]["sampledValue"]}
    assert set(measurands) == set(wanted.split(","))
    assert measurands["SoC"]["value"] == pytest.approx(50, abs=0.5)


def test_a_charge_only_station_does_not_know_the_state_of_charge() -> None:
    csms = charging("AC-11")
    set_variable(csms, "SampledDataCtrlr", "TxUpdatedMeasurands", "SoC,Power.Active.Import")
    csms.run(60)
    samples = csms.events()[-1]["meterValue"][0]["sampledValue"]
    assert [sample["measurand"] for sample in samples] == ["Power.Active.Import"]


def test_on_the_floor_the_vehicle_takes_the_floor() -> None:
    csms = charging()
    csms.run(10)
    assert csms.station.evse.power_w == FLOOR_W


def test_a_lease_raises_the_power_and_really_ends() -> None:
    csms = charging()
    until = format_time(csms.now + timedelta(seconds=60))
    assert csms.lease(7_000, validTo=until) == "Accepted"
    csms.run(30)
    assert csms.station.evse.power_w == 7_000
    csms.run(31)
    assert csms.station.evse.power_w == FLOOR_W


def test_a_lease_ends_even_while_offline() -> None:
    csms = charging()
    csms.lease(-6_000, validTo=format_time(csms.now + timedelta(seconds=60)))
    csms.run(10)
    csms.station.disconnected(csms.now)
    csms.run(20)
    assert csms.station.evse.power_w == -6_000
    csms.run(40)
    assert csms.station.evse.power_w == FLOOR_W


def test_a_bidirectional_station_discharges_and_its_export_register_proves_it() -> None:
    csms = charging()
    before_wh, imported_wh = csms.station.evse.export_wh, None
    csms.lease(-5_000)
    csms.run(10)
    imported_wh = csms.station.evse.import_wh
    csms.run(360)
    assert csms.station.evse.export_wh - before_wh == pytest.approx(5_000 * 370 / 3600, rel=0.01)
    assert csms.station.evse.import_wh == imported_wh


@pytest.mark.parametrize("model", ["AC-11", "AC-22"])
def test_a_negative_limit_lets_a_charge_only_station_rise_to_its_maximum(model: str) -> None:
    csms = charging(model)
    incidents: list[tuple[str, str]] = []
    csms.station.incident = lambda kind, detail: incidents.append((kind, detail))
    assert csms.lease(-5_000) == "Accepted"
    csms.run(20)
    assert csms.station.evse.power_w == 11_000  # the vehicle's own most
    assert csms.station.evse.export_wh == 0
    assert [kind for kind, _ in incidents] == ["negative_limit"]
    composite = csms.call("GetCompositeSchedule", evseId=1, duration=60)["schedule"]
    assert composite["chargingSchedulePeriod"][0]["limit"] == csms.station.spec.max_charge_w


def test_needs_say_what_model_and_driver_know() -> None:
    needs: dict[str, dict[str, Any]] = {}
    sessions = day_sessions(ev36zero(), NOON.date(), 1)
    for model, tells in (("Bidirectional-11", Tells.STATION), ("Bidirectional-11", Tells.DRIVER),
                         ("AC-11", Tells.STATION), ("AC-11", Tells.NOTHING)):  # fmt: skip
        csms = Csms(Station(station_spec(model)))
        csms.connect()
        guest = occupant()
        guest.session = next(session for session in sessions if session.tells is tells)
        csms.station.plug_in(guest, csms.now)
        csms.run(3)
        told = [c.payload for c in csms.heard if c.action == "NotifyEVChargingNeeds"]
        needs[f"{model} {tells.value}"] = told[0]["chargingNeeds"] if told else {}
    two_way = needs["Bidirectional-11 station"]
    assert two_way["dcChargingParameters"]["evEnergyCapacity"] == 40_000
    assert two_way["dcChargingParameters"]["energyAmount"] == 8_000
    assert "departureTime" in two_way
    assert "departureTime" not in needs["Bidirectional-11 driver"]
    assert needs["Bidirectional-11 driver"]["dcChargingParameters"]["stateOfCharge"] == 50
    assert needs["AC-11 station"]["acChargingParameters"]["energyAmount"] == 8_000
    assert needs["AC-11 nothing"] == {}


def test_a_refused_card_gets_nothing() -> None:
    def refuse(call: Call, now: datetime) -> dict[str, Any]:
        if call.action == "Authorize":
            return {"idTokenInfo": {"status": "Blocked"}}
        return ordinary_answer(call, now)

    csms = Csms(Station(station_spec()), answers=refuse)
    csms.connect()
    csms.station.plug_in(occupant(), csms.now)
    csms.run(30)
    assert csms.station.evse.transaction is None
    assert csms.station.evse.import_wh == 0


def test_a_card_refused_after_the_start_ends_the_transaction() -> None:
    def refuse(call: Call, now: datetime) -> dict[str, Any]:
        if call.action == "TransactionEvent":
            return {"idTokenInfo": {"status": "Invalid"}}
        return ordinary_answer(call, now)

    csms = Csms(Station(station_spec()), answers=refuse)
    csms.connect()
    csms.station.plug_in(occupant(), csms.now)
    csms.run(5)
    assert csms.station.evse.transaction is None
    assert csms.events()[-1]["transactionInfo"]["stoppedReason"] == "DeAuthorized"


def test_an_outage_loses_nothing_and_says_offline() -> None:
    csms = charging()
    csms.run(60)
    heard = len(csms.events())
    csms.station.disconnected(csms.now)
    csms.run(300)
    assert len(csms.events()) == heard
    csms.station.unplug(csms.now)
    csms.station.plug_in(occupant(0.3), csms.now)
    csms.run(60)
    csms.station.connected(csms.now)
    csms.run(1)
    late = csms.events()[heard:]
    assert all(event["offline"] for event in late)
    assert [event["eventType"] for event in late if event["eventType"] != "Updated"] == [
        "Ended",
        "Started",
    ]
    assert [event["timestamp"] for event in late] == sorted(event["timestamp"] for event in late)
    first = late[0]["transactionInfo"]["transactionId"]
    numbers = [e["seqNo"] for e in csms.events() if e["transactionInfo"]["transactionId"] == first]
    assert numbers == list(range(len(numbers)))
    assert csms.actions()[-1] == "StatusNotification"
    assert csms.actions().count("BootNotification") == 1


def test_an_event_that_was_sent_is_repeated_unchanged() -> None:
    csms = charging()
    csms.now += timedelta(seconds=60)
    csms.station.step(csms.now, 1.0)
    sent = csms.station.next_call(csms.now)
    assert sent is not None
    sent.sent = True
    before = dict(sent.payload)
    csms.station.disconnected(csms.now)
    csms.station.connected(csms.now)
    assert csms.station.next_call(csms.now) is sent
    assert sent.payload == before
    assert "offline" not in before


def test_an_event_that_is_refused_is_tried_again_and_then_given_up() -> None:
    csms = charging()
    incidents: list[str] = []
    csms.station.incident = lambda kind, detail: incidents.append(kind)
    csms.now += timedelta(seconds=60)
    csms.station.step(csms.now, 1.0)
    call = csms.station.next_call(csms.now)
    assert call is not None
    csms.station.failed(call, "InternalError", csms.now)
    assert csms.station.next_call(csms.now) is None
    assert csms.station.next_call(csms.now + timedelta(seconds=30)) is call
    csms.station.failed(call, "InternalError", csms.now)
    csms.station.failed(call, "InternalError", csms.now)
    assert csms.station.next_call(csms.now + timedelta(hours=1)) is not call
    assert incidents == ["call_given_up"]


def test_a_connection_lost_while_authorizing_starts_offline() -> None:
    csms = charging()
    csms.station.unplug(csms.now)
    csms.run(1)
    csms.station.plug_in(occupant(), csms.now)
    csms.station.disconnected(csms.now)
    assert csms.station.evse.transaction is not None
    csms.run(5)
    assert csms.station.evse.power_w == FLOOR_W


def test_it_sends_heartbeats_when_it_has_nothing_to_say() -> None:
    csms = Csms(Station(station_spec()))
    csms.connect()
    csms.run(1_000)
    assert csms.actions().count("Heartbeat") == 3


def test_clock_aligned_values_come_at_full_minutes() -> None:
    csms = Csms(Station(station_spec()), now=NOON + timedelta(seconds=17))
    csms.connect()
    set_variable(csms, "AlignedDataCtrlr", "Interval", "60")
    csms.run(120)
    stamps = [c.payload["meterValue"][0]["timestamp"] for c in csms.heard
              if c.action == "MeterValues"]  # fmt: skip
    assert stamps == ["2026-03-24T12:01:00.000Z", "2026-03-24T12:02:00.000Z"]


def test_a_reset_boots_anew_keeps_the_floor_and_charges_on() -> None:
    csms = charging()
    assert csms.call("Reset", type="Immediate")["status"] == "Accepted"
    csms.station.disconnected(csms.now)
    csms.run(30)
    csms.station.connected(csms.now)
    csms.run(30)
    boots = [c.payload["reason"] for c in csms.heard if c.action == "BootNotification"]
    assert boots == ["PowerUp", "RemoteReset"]
    ended = [e for e in csms.events() if e["eventType"] == "Ended"]
    assert ended[0]["transactionInfo"]["stoppedReason"] == "ImmediateReset"
    assert csms.station.evse.power_w == FLOOR_W


def test_a_reset_on_idle_waits_for_the_vehicle_to_leave() -> None:
    csms = charging()
    assert csms.call("Reset", type="OnIdle")["status"] == "Scheduled"
    csms.run(10)
    assert csms.station.rebooting_until is None
    csms.station.unplug(csms.now)
    assert csms.station.rebooting_until is not None
