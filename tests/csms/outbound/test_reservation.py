"""H01, H02: what was asked is durable before the station hears of it."""

from datetime import timedelta

from csms.domain.commands import CommandKind, CommandStatus
from csms.domain.errors import CallTimeout
from csms.domain.facts_authorization import ReservationAsked, ReservationChanged
from tests.csms.outbound.conftest import NOW

WANTED = {
    "expiryDateTime": (NOW + timedelta(hours=1)).isoformat(),
    "idToken": {"idToken": "A", "type": "Central"},
}


def kept(bench, kind):
    return [fact for fact in bench.store.facts if isinstance(fact, kind)]


async def test_h01_asked_then_accepted(bench):
    outcome = await bench.run(CommandKind.RESERVE_NOW, **WANTED)
    assert outcome.status is CommandStatus.CONFIRMED
    (asked,), (changed,) = kept(bench, ReservationAsked), kept(bench, ReservationChanged)
    assert (asked.evse_id, asked.reservation_id) == (1, changed.reservation_id)
    assert changed.status == "accepted"
    (heard,) = bench.station.requests("ReserveNow")
    assert heard["id"] == asked.reservation_id


async def test_a_station_that_does_not_answer_may_have_reserved(bench):
    bench.station.answers["ReserveNow"] = CallTimeout(sent=True)
    outcome = await bench.run(CommandKind.RESERVE_NOW, **WANTED)
    assert outcome.status is CommandStatus.UNKNOWN
    assert len(kept(bench, ReservationAsked)) == 1
    assert kept(bench, ReservationChanged) == []


async def test_a_station_that_answers_with_an_error_has_reserved_nothing(bench, refused):
    bench.station.answers["ReserveNow"] = refused
    outcome = await bench.run(CommandKind.RESERVE_NOW, **WANTED)
    assert (outcome.status, outcome.reason) == (CommandStatus.REFUSED, "NotSupported")
    (changed,) = kept(bench, ReservationChanged)
    assert changed.status == "refused"


async def test_a_reservation_in_the_past_is_not_asked_for(bench):
    past = {**WANTED, "expiryDateTime": NOW.isoformat()}
    outcome = await bench.run(CommandKind.RESERVE_NOW, **past)
    assert outcome.reason == "expiry_is_past"
    assert bench.station.heard == []


async def test_h02_fr01_what_the_station_does_not_know_is_gone(bench):
    bench.station.answers["CancelReservation"] = {"status": "Rejected"}
    outcome = await bench.run(CommandKind.CANCEL_RESERVATION, reservationId=4)
    assert outcome.status is CommandStatus.REFUSED
    (changed,) = kept(bench, ReservationChanged)
    assert (changed.reservation_id, changed.status) == (4, "removed")
