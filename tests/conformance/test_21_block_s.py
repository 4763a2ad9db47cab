"""Block S of OCPP 2.1: battery swap."""

import pytest

from csms.domain.commands import CommandStatus
from csms.store import tables
from tests.conformance.conftest import Bench

pytestmark = pytest.mark.integration
TOKEN = {"idToken": "SWAPPER", "type": "ISO14443"}


async def test_tc21_s_102_csms_remote_start_not_enough_batteries(bench: Bench) -> None:
    station = await bench.station("2.1")
    info = {"reasonCode": "NoBatteryAvailable"}
    asked = await bench.command(station, "RequestBatterySwap", {"idToken": TOKEN})
    await station.expect("RequestBatterySwap", {"status": "Rejected", "statusInfo": info})
    done = await bench.outcome(asked)
    assert (done.status, done.reason) == (CommandStatus.REFUSED, "NoBatteryAvailable")
    assert await bench.hub.rows(tables.battery_swap, station.station_id) == []


async def test_tc21_s_103_csms_remote_start_enough_batteries(bench: Bench) -> None:
    station = await bench.station("2.1")
    asked = await bench.command(station, "RequestBatterySwap", {"idToken": TOKEN})
    request_id = (await station.expect("RequestBatterySwap", {"status": "Accepted"}))["requestId"]
    assert (await bench.outcome(asked)).status is CommandStatus.CONFIRMED
    for event, serial, soc in (("BatteryIn", "empty-1", 8), ("BatteryOut", "full-7", 97)):
        battery = {"evseId": 3, "serialNumber": serial, "soC": soc, "soH": 91}
        swap = {"requestId": request_id, "eventType": event, "idToken": TOKEN,
                "batteryData": [battery]}  # fmt: skip
        assert await station.call("BatterySwap", swap) == {}
    rows = await bench.hub.rows(tables.battery_swap, station.station_id)
    told = {(row["request_id"], row["event"], row["serial_number"], row["soc_pct"]) for row in rows}
    assert told == {
        (request_id, "BatteryIn", "empty-1", 8.0),
        (request_id, "BatteryOut", "full-7", 97.0),
    }
