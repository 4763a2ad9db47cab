"""H01.FR.15: a transaction that names a reservation uses it."""

from csms.domain.facts_authorization import ReservationChanged, ReservationStatus
from tests.csms.handlers.test_billed import event


async def test_h01_fr15_a_reservation_ends_with_its_transaction(hub):
    assert await hub.tell("TransactionEvent", event(0, "Started", reservationId=5)) == {}
    (used,) = hub.kept(ReservationChanged)
    assert (used.reservation_id, used.status) == (5, ReservationStatus.USED)
    assert used.transaction_id == "tx1"
    assert len(hub.store.ledger) == 1


async def test_other_transactions_end_none(hub):
    await hub.tell("TransactionEvent", event(0, "Started"))
    assert hub.kept(ReservationChanged) == []
