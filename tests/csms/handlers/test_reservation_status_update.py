"""H04, H01.FR.16: a reservation that ended without being used."""

import pytest

from csms.domain.events import ReservationEnded
from csms.domain.facts import Told
from csms.domain.facts_authorization import ReservationChanged, ReservationStatus


@pytest.mark.parametrize(
    ("told", "status"),
    [("Expired", ReservationStatus.EXPIRED), ("Removed", ReservationStatus.REMOVED)],
)
async def test_h04_the_end_of_a_reservation_is_kept(hub, told, status):
    update = {"reservationId": 7, "reservationUpdateStatus": told}
    assert await hub.tell("ReservationStatusUpdate", update) == {}
    (changed,) = hub.kept(ReservationChanged)
    assert (changed.reservation_id, changed.status, changed.at) == (7, status, hub.now)
    (told_of,) = hub.kept(Told)
    assert isinstance(told_of.event, ReservationEnded)
    assert (told_of.event.reservation_id, told_of.event.status) == (7, status)


async def test_h04_another_status_is_refused(hub):
    update = {"reservationId": 7, "reservationUpdateStatus": "Forgotten"}
    told = await hub.tell("ReservationStatusUpdate", update)
    assert told.code == "PropertyConstraintViolation"
    assert hub.kept(ReservationChanged) == []
