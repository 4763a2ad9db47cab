"""Block P: what vendors add."""

import pytest

from csms.domain.commands import CommandStatus
from csms.store import tables
from tests.conformance.conftest import Bench
from tests.conformance.people import Session, iso, token
from tests.conformance.station import Payload

pytestmark = pytest.mark.integration
OWN: Payload = {"vendorId": "com.example", "colour": "green", "depth": {"of": [1, 2]}}


async def test_tc_p_02_csms_data_of_an_unknown_vendor(bench: Bench) -> None:
    station = await bench.station()
    told = {"vendorId": "com.example", "messageId": "colour", "data": {"is": "green"}}
    assert await station.call("DataTransfer", told) == {"status": "UnknownVendorId"}
    rows = await bench.hub.rows(tables.station_notice, station.station_id)
    assert [row["payload"] for row in rows if row["kind"] == "DataTransfer"] == [told]


async def test_tc_p_03_csms_custom_data_is_taken_and_kept(bench: Bench) -> None:
    station = await bench.station()
    status = {
        "timestamp": "2026-03-01T08:00:00Z",
        "connectorStatus": "Available",
        "evseId": 1,
        "connectorId": 1,
        "customData": OWN,
    }
    assert await station.call("StatusNotification", status) == {}
    session = Session(station)
    told = await session.tell(
        "Started",
        "Authorized",
        id_token=await token(bench),
        info={"customData": OWN},
        customData=OWN,
    )
    assert told["idTokenInfo"]["status"] == "Accepted"
    row = await bench.hub.row(tables.transaction_event, station.station_id)
    assert row["payload"].count("depth") == 2  # the ledger keeps the station's own words
    assert iso(session.at) in row["payload"]


async def test_p01_data_for_a_station(bench: Bench) -> None:
    station = await bench.station()
    payload = {"vendorId": "com.example", "data": [1, 2]}
    asked = await bench.command(station, "DataTransfer", payload)
    answer = {"status": "Accepted", "data": {"sum": 3}}
    assert await station.expect("DataTransfer", answer) == payload
    outcome = await bench.outcome(asked)
    assert (outcome.status, outcome.response) == (CommandStatus.CONFIRMED, answer)
