"""Block H: reservations."""

from datetime import timedelta
from typing import Any

import pytest

from csms.clock import wall_now
from csms.domain.commands import CommandStatus
from csms.store import tables
from tests.conformance.conftest import Bench
from tests.conformance.people import Session, group, iso, token
from tests.conformance.station import Payload, ScriptedStation

pytestmark = pytest.mark.integration


async def reserve(
    bench: Bench,
    station: ScriptedStation,
    *,
    answer: str = "Accepted",
    evse_id: int | None = None,
    **more: Any,
) -> Payload:
    """Ask for a reservation, as an operator does; the request that the station heard."""
    payload = {
        "expiryDateTime": iso(wall_now() + timedelta(hours=1)),
        "idToken": await token(bench),
        **more,
    }
    if evse_id is not None:
        payload["evseId"] = evse_id
    asked = await bench.command(station, "ReserveNow", payload)
    heard = await station.expect("ReserveNow", {"status": answer})
    outcome = await bench.outcome(asked)
    assert (outcome.status is CommandStatus.CONFIRMED) == (answer == "Accepted")
    assert heard == {**payload, "id": heard["id"]}
    return heard


async def status_of(bench: Bench, station: ScriptedStation) -> list[str]:
    rows = await bench.hub.rows(tables.reservation, station.station_id)
    return [row["status"] for row in rows]


async def connector(station: ScriptedStation, status: str, evse_id: int = 1) -> None:
    """Tell a connector's status."""
    await station.call(
        "StatusNotification",
        {
            "timestamp": iso(wall_now()),
            "connectorStatus": status,
            "evseId": evse_id,
            "connectorId": 1,
        },
    )


async def use(station: ScriptedStation, reserved: Payload, id_token: Payload) -> str:
    """Start a transaction on a reservation; its id."""
    session = Session(station, evse_id=reserved.get("evseId", 1))
    told = await session.tell(
        "Started", "Authorized", id_token=id_token, reservationId=reserved["id"]
    )
    assert told["idTokenInfo"]["status"] == "Accepted"
    return session.transaction_id


async def test_tc_h_01_csms_reserve_an_evse_and_use_it(bench: Bench) -> None:
    station = await bench.station()
    reserved = await reserve(bench, station, evse_id=1)
    await connector(station, "Reserved")
    assert await status_of(bench, station) == ["accepted"]
    transaction_id = await use(station, reserved, reserved["idToken"])
    row = await bench.hub.row(tables.reservation, station.station_id)
    assert (row["status"], row["transaction_id"], row["evse_id"]) == ("used", transaction_id, 1)


async def test_tc_h_07_csms_a_reservation_that_nobody_used(bench: Bench) -> None:
    station = await bench.station()
    reserved = await reserve(bench, station, evse_id=1)
    await connector(station, "Reserved")
    await connector(station, "Available")
    update = {"reservationId": reserved["id"], "reservationUpdateStatus": "Expired"}
    assert await station.call("ReservationStatusUpdate", update) == {}
    assert await status_of(bench, station) == ["expired"]


async def test_tc_h_08_csms_reserve_any_evse(bench: Bench) -> None:
    station = await bench.station()
    reserved = await reserve(bench, station)
    assert not {"evseId", "connectorType"} & reserved.keys()
    await use(station, reserved, reserved["idToken"])
    assert await status_of(bench, station) == ["used"]


async def test_tc_h_14_csms_as_many_reservations_as_evses(bench: Bench) -> None:
    station = await bench.station()
    made = [await reserve(bench, station) for _ in range(2)]
    for evse_id in (1, 2):
        await connector(station, "Reserved", evse_id)
    assert len({one["id"] for one in made}) == 2
    assert await status_of(bench, station) == ["accepted", "accepted"]
    connectors = await bench.hub.rows(tables.connector, station.station_id)
    assert {row["status"] for row in connectors} == {"Reserved"}


async def test_tc_h_15_csms_reserve_a_type_of_connector(bench: Bench) -> None:
    station = await bench.station()
    reserved = await reserve(bench, station, connectorType="cCCS2")
    assert "evseId" not in reserved
    row = await bench.hub.row(tables.reservation, station.station_id)
    assert (row["connector_type"], row["evse_id"]) == ("cCCS2", None)
    await use(station, reserved, reserved["idToken"])
    assert await status_of(bench, station) == ["used"]


async def test_tc_h_17_csms_cancel_a_reservation(bench: Bench) -> None:
    station = await bench.station()
    reserved = await reserve(bench, station, evse_id=1)
    payload = {"reservationId": reserved["id"]}
    asked = await bench.command(station, "CancelReservation", payload)
    assert await station.expect("CancelReservation", {"status": "Accepted"}) == payload
    await connector(station, "Available")
    assert (await bench.outcome(asked)).status is CommandStatus.CONFIRMED
    assert await status_of(bench, station) == ["cancelled"]


async def test_tc_h_19_csms_another_card_of_the_group_uses_it(bench: Bench) -> None:
    station = await bench.station()
    family = {"idToken": "family", "type": "Central"}
    reserved = await reserve(bench, station, evse_id=1, groupIdToken=family)
    assert reserved["groupIdToken"] == family
    other = await token(bench, group=group("family"))
    info = (await station.call("Authorize", {"idToken": other}))["idTokenInfo"]
    assert (info["status"], info["groupIdToken"]) == ("Accepted", family)
    await use(station, reserved, other)
    assert await status_of(bench, station) == ["used"]


async def test_tc_h_20_csms_a_fault_ends_a_reservation(bench: Bench) -> None:
    station = await bench.station()
    reserved = await reserve(bench, station, evse_id=1)
    await connector(station, "Faulted")
    update = {"reservationId": reserved["id"], "reservationUpdateStatus": "Removed"}
    assert await station.call("ReservationStatusUpdate", update) == {}
    assert await status_of(bench, station) == ["removed"]
    row = await bench.hub.row(tables.connector, station.station_id)
    assert row["status"] == "Faulted"


async def test_tc_h_22_csms_a_station_that_takes_no_reservations(bench: Bench) -> None:
    station = await bench.station()
    await reserve(bench, station, answer="Rejected", evse_id=1)
    assert await status_of(bench, station) == ["refused"]
