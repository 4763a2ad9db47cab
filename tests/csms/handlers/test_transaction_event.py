"""E: events are stored, never refused; a repeat is answered alike and has no second effect."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from csms.domain.commands import CommandKind
from csms.domain.errors import StoreUnavailable
from csms.domain.facts import ReadingsTaken, TransactionProjected
from csms.ocppj import codec201

T0 = datetime(2026, 3, 1, 8, tzinfo=UTC)


def event(seq_no, kind="Updated", import_wh=None, export_wh=0.0, **fields):
    at = (T0 + timedelta(minutes=seq_no)).isoformat()
    info = {"transactionId": "tx1"} | fields.pop("info", {})
    told = {
        "eventType": kind,
        "timestamp": at,
        "triggerReason": "MeterValuePeriodic",
        "seqNo": seq_no,
        "transactionInfo": info,
    }
    if import_wh is not None:
        samples = [
            {"value": import_wh},
            {"value": export_wh, "measurand": "Energy.Active.Export.Register"},
        ]
        told["meterValue"] = [{"timestamp": at, "sampledValue": samples}]
    return told | fields


def session():
    evse = {"id": 1, "connectorId": 1}
    token = {"idToken": "GOOD", "type": "Central"}
    return [
        event(0, "Started", 1000, evse=evse, info={"chargingState": "EVConnected"}),
        event(1, "Updated", 1000, idToken=token, info={"chargingState": "Charging"}),
        event(2, "Updated", 1200),
        event(3, "Updated", 1400, 100),
        event(4, "Ended", 1400, 250, info={"stoppedReason": "EVDisconnected"}),
    ]


async def tell_all(hub, events):
    return [await hub.tell("TransactionEvent", each) for each in events]


async def test_a_session_is_stored_projected_and_told(hub):
    answers = await tell_all(hub, session())
    assert answers == [{}, {"idTokenInfo": {"status": "Accepted"}}, {}, {}, {}]
    last = hub.kept(TransactionProjected)[-1]
    assert (last.imported_wh, last.exported_wh, last.evse_id) == (400, 250, 1)
    assert last.ended_at == T0 + timedelta(minutes=4)
    assert len(hub.store.ledger) == 5
    assert len(hub.kept(ReadingsTaken)) == 5


async def test_only_changes_are_told_and_not_each_sample(hub):
    await tell_all(hub, session())
    assert [told.ended for told in hub.store.events] == [False, False, True]


async def test_a_repeat_gets_the_same_answer_and_has_no_second_effect(hub):
    hub.later(240)  # when all of it has happened
    first = await tell_all(hub, session())
    facts = list(hub.store.facts)
    hub.later(60)
    assert await tell_all(hub, session()) == first
    assert hub.store.facts == facts


@pytest.mark.parametrize("seed", range(5))
async def test_any_order_and_repetition_ends_in_the_same_projection(hub, seed):
    events = session() + session()[1:4]
    random.Random(seed).shuffle(events)
    await tell_all(hub, events)
    last = hub.kept(TransactionProjected)[-1]
    assert (last.imported_wh, last.exported_wh, last.event_count) == (400, 250, 5)
    assert last.charging_state == "Charging"
    assert (last.id_token, last.evse_id) == ("GOOD", 1)


async def test_the_ledger_gives_the_transaction_back(hub):
    await tell_all(hub, session())
    for row in hub.store.ledger:
        again = codec201.transaction_event(row.payload)
        assert (again.seq_no, again.content_hash) == (row.seq_no, row.content_hash)


async def test_an_unknown_token_is_said_and_the_event_stored_all_the_same(hub):
    token = {"idToken": "STRANGE", "type": "ISO14443"}
    told = await hub.tell("TransactionEvent", event(0, "Started", idToken=token))
    assert told == {"idTokenInfo": {"status": "Unknown"}}
    assert len(hub.store.ledger) == 1


async def test_without_a_store_nothing_is_answered(hub):
    hub.store.broken = True
    with pytest.raises(StoreUnavailable):
        await hub.tell("TransactionEvent", session()[0])
    hub.store.broken = False
    assert await tell_all(hub, session()[:1]) == [{}]
    assert len(hub.store.ledger) == 1


async def test_a_clock_that_is_years_off_is_flagged(hub):
    hub.now = T0 + timedelta(days=700)
    await hub.tell("TransactionEvent", event(0, "Started"))
    await hub.tell("TransactionEvent", event(1, offline=True))
    assert [row.flags for row in hub.store.ledger] == [("clock_off",), ()]


async def test_a_clock_ahead_does_not_freeze_the_live_values(hub):
    hub.now = T0 - timedelta(days=1)
    await hub.tell("TransactionEvent", session()[0])
    (taken,) = hub.kept(ReadingsTaken)
    (reading,) = taken.readings
    assert (reading.at, reading.flags) == (hub.now, ("clock_ahead",))


async def test_two_stations_may_use_the_same_transaction_id(hub):
    await tell_all(hub, session())
    hub.station_id = "cs2"
    await hub.tell("TransactionEvent", event(0, "Started", 7000))
    assert hub.kept(TransactionProjected)[-1].imported_wh == 0


async def test_readings_wait_until_the_evse_is_known(hub):
    await hub.tell("TransactionEvent", event(1, "Updated", 5))
    assert hub.kept(ReadingsTaken) == []
    assert len(hub.store.ledger) == 1


def asked(hub):
    """(transaction, EVSE) of each question to the station."""
    return [
        (one.payload["transactionId"], one.evse_id)
        for one in hub.store.commands
        if one.kind is CommandKind.GET_TRANSACTION_STATUS
    ]


async def test_e14_a_gap_is_asked_for_once(hub):
    first, *_ = session()
    await hub.tell("TransactionEvent", first)
    await hub.tell("TransactionEvent", event(1))
    assert asked(hub) == []
    await hub.tell("TransactionEvent", event(4))
    await hub.tell("TransactionEvent", event(4))
    await hub.tell("TransactionEvent", event(5))
    assert asked(hub) == [("tx1", 1)]
    await hub.tell("TransactionEvent", event(2, offline=True))
    await hub.tell("TransactionEvent", event(3, offline=True))
    assert asked(hub) == [("tx1", 1)]
    await hub.tell("TransactionEvent", event(9, "Ended"))
    assert len(asked(hub)) == 2


async def test_a_transaction_without_a_beginning_is_asked_for(hub):
    await hub.tell("TransactionEvent", event(3, evse={"id": 1}))
    assert asked(hub) == [("tx1", 1)]


async def test_the_one_before_at_the_same_evse_is_asked_for(hub):
    await hub.tell("TransactionEvent", session()[0])
    new = event(0, "Started", evse={"id": 1}, info={"transactionId": "tx2"})
    await hub.tell("TransactionEvent", new)
    assert asked(hub) == [("tx1", 1)]
    ended = event(1, "Ended", info={"transactionId": "tx2"})
    await hub.tell("TransactionEvent", ended)
    assert asked(hub) == [("tx1", 1)]


async def test_one_that_ended_properly_is_not_asked_for(hub):
    for told in session():
        await hub.tell("TransactionEvent", told)
    await hub.tell(
        "TransactionEvent", event(0, "Started", evse={"id": 1}, info={"transactionId": "tx2"})
    )
    assert asked(hub) == []


async def test_f02_fr01_the_remote_start_and_the_reservation_are_known(hub):
    told = event(0, "Started", evse={"id": 1}, info={"remoteStartId": 77}, reservationId=5)
    await hub.tell("TransactionEvent", told)
    await hub.tell("TransactionEvent", event(1))
    known = hub.kept(TransactionProjected)[-1]
    assert (known.remote_start_id, known.reservation_id) == (77, 5)
