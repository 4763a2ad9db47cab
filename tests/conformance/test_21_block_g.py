"""Block G of OCPP 2.1: availability on 2.1 sockets."""

import pytest

from csms.store import tables
from tests.conformance import test_block_g as g
from tests.conformance.conftest import Bench

pytestmark = pytest.mark.integration


async def test_tc21_g_03_csms_change_availability_evse_to_inoperative(bench21: Bench) -> None:
    await g.test_tc_g_03_csms_change_availability_evse_to_inoperative(bench21)


async def test_tc21_g_01_csms_status_notification(bench21: Bench) -> None:
    station = await bench21.station()
    for second, status in enumerate(("Available", "Occupied", "Unavailable")):
        told = {
            "timestamp": f"2026-03-01T08:00:0{second}Z",
            "connectorStatus": status,
            "evseId": 1,
            "connectorId": 1,
        }
        assert await station.call("StatusNotification", told) == {}
        row = await bench21.hub.row(tables.connector, station.station_id)
        assert row["status"] == status
