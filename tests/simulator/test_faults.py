"""Stations that misbehave: each fault does what it says, and nothing does so by default."""

from datetime import timedelta

from simulator.faults import NONE, Faults, skewed
from tests.simulator.makers import FLOOR_W, Csms, charging, set_faults


def faulty(**faults: object) -> Csms:
    csms = charging()
    set_faults(csms, **faults)
    return csms


def test_by_default_a_station_does_none_of_it() -> None:
    assert Faults() == NONE
    csms = charging()
    assert csms.station.faults is NONE
    csms.run(60)
    numbers = [event["seqNo"] for event in csms.events()]
    assert numbers == sorted(set(numbers))


def test_every_event_comes_twice_and_is_acknowledged_once() -> None:
    csms = faulty(duplicates=True)
    told: list[int] = []
    csms.station.acknowledged = lambda event: told.append(event["seqNo"])
    before = len(csms.events())
    csms.run(130)
    numbers = [event["seqNo"] for event in csms.events()[before:]]
    assert sorted(numbers) == sorted(2 * told)
    assert told == sorted(set(told))


def test_what_was_queued_in_an_outage_comes_in_the_wrong_order() -> None:
    csms = faulty(reorders=True)
    csms.station.disconnected(csms.now)
    for _ in range(300):
        csms.now += timedelta(seconds=1)
        csms.station.step(csms.now, 1.0)
    csms.station.unplug(csms.now)
    csms.station.disconnected(csms.now)
    before = len(csms.events())
    csms.connect()
    events = csms.events()[before:]
    numbers = [event["seqNo"] for event in events]
    assert numbers[:-1] == sorted(numbers[:-1], reverse=True)
    assert (events[-1]["eventType"], numbers[-1]) == ("Ended", max(numbers))
    assert len(numbers) > 4


def test_its_clock_runs_ahead_in_every_message() -> None:
    payload = {
        "timestamp": "2026-03-24T12:00:00.000Z",
        "meterValue": [{"timestamp": "2026-03-24T11:59:00.000Z", "sampledValue": [{"value": 1}]}],
        "transactionInfo": {"transactionId": "2026-03-24T12:00:00.000Z"},
    }
    late = skewed(payload, Faults(clock_offset_s=3600))
    assert late["timestamp"] == "2026-03-24T13:00:00.000Z"
    assert late["meterValue"][0]["timestamp"] == "2026-03-24T12:59:00.000Z"
    assert late["transactionInfo"] == payload["transactionInfo"]
    assert skewed(payload, NONE) is payload


def test_a_liar_accepts_a_profile_and_forgets_it() -> None:
    csms = faulty(ignores_profiles=True)
    before_w = csms.station.evse.power_w
    assert csms.lease(9_000) == "Accepted"
    csms.run(3)
    assert csms.station.evse.power_w == before_w
    composite = csms.call("GetCompositeSchedule", evseId=1, duration=60)
    assert composite["schedule"]["chargingSchedulePeriod"][0]["limit"] != 9_000


def test_another_one_accepts_keeps_tells_and_charges_on() -> None:
    csms = faulty(charges_on=True)
    assert csms.lease(0) == "Accepted"
    csms.run(3)
    assert csms.station.evse.power_w > FLOOR_W
    composite = csms.call("GetCompositeSchedule", evseId=1, duration=60)
    assert composite["schedule"]["chargingSchedulePeriod"][0]["limit"] == 0
    running = csms.station.evse.transaction
    assert running is not None
    stop = csms.call("RequestStopTransaction", transactionId=running.transaction_id)
    assert stop == {"status": "Accepted"}
    assert csms.station.evse.transaction is running


def test_named_actions_are_rejected_whatever_they_say() -> None:
    csms = faulty(rejects=frozenset({"SetChargingProfile"}))
    assert csms.lease(5_000) == "Rejected"
    assert csms.call("GetCompositeSchedule", evseId=1, duration=60)["status"] == "Accepted"
