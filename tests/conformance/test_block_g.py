"""Block G: availability."""

import pytest

from csms.domain.commands import CommandStatus
from csms.store import tables
from tests.conformance.conftest import Bench

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("status", ["Accepted", "Scheduled"])
async def test_tc_g_03_csms_change_availability_evse_to_inoperative(
    bench: Bench, status: str
) -> None:
    station = await bench.station()
    payload = {"operationalStatus": "Inoperative", "evse": {"id": 1}}
    asked = await bench.command(station, "ChangeAvailability", payload, 1)
    assert await station.expect("ChangeAvailability", {"status": status}) == payload
    await station.call(
        "StatusNotification",
        {
            "timestamp": "2026-03-01T08:00:00Z",
            "connectorStatus": "Unavailable",
            "evseId": 1,
            "connectorId": 1,
        },
    )
    assert (await bench.outcome(asked)).status is CommandStatus.CONFIRMED
    row = await bench.hub.row(tables.connector, station.station_id)
    assert row["status"] == "Unavailable"
