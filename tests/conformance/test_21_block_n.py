"""Block N of OCPP 2.1: periodic event streams, which come as SENDs that nobody answers."""

from datetime import UTC, datetime, timedelta

import pytest

from csms.domain.commands import CommandStatus
from csms.store import tables
from tests.conformance.conftest import Bench, until
from tests.conformance.station import ScriptedStation

pytestmark = pytest.mark.integration
BASE = datetime(2026, 3, 1, 8, tzinfo=UTC)
AT = "2026-03-01T08:00:00Z"
STREAM = {"id": 3, "variableMonitoringId": 12, "params": {"interval": 5, "values": 20}}


def read(*values: str, base: str = AT, pending: int = 0) -> dict:
    data = [{"t": offset, "v": value} for offset, value in enumerate(values)]
    return {"id": 3, "pending": pending, "basetime": base, "data": data}


async def values(bench: Bench, station: ScriptedStation, count: int) -> list[dict]:
    async def stored() -> list[dict] | None:
        rows = await bench.hub.rows(tables.event_stream_value, station.station_id)
        return rows if len(rows) >= count else None

    return sorted(await until(stored), key=lambda row: row["at"])


async def test_tc21_n_105_csms_frequent_periodic_values_are_stored_and_not_answered(
    bench: Bench,
) -> None:
    station = await bench.station("2.1")
    told = await station.call("OpenPeriodicEventStream", {"constantStreamData": STREAM})
    assert told["status"] == "Accepted"
    for second in range(20):
        base = (BASE + timedelta(seconds=2 * second)).isoformat()
        await station.send("NotifyPeriodicEventStream", read("230.1", "230.2", base=base))
    await station.call("Heartbeat", {})  # an answer to a SEND would have failed the test by now
    rows = await values(bench, station, 40)
    assert len(rows) == 40
    assert rows[1]["at"] == BASE + timedelta(seconds=1)
    assert {row["variable_monitoring_id"] for row in rows} == {12}

    await station.send(
        "NotifyPeriodicEventStream", read("9", base="2026-03-02T00:00:00Z", pending=7)
    )
    await values(bench, station, 41)
    row = await bench.hub.row(tables.event_stream, station.station_id)
    assert (row["interval_s"], row["max_values"], row["pending"]) == (5, 20, 7)
    assert await station.call("ClosePeriodicEventStream", {"id": 3}) == {}
    row = await bench.hub.row(tables.event_stream, station.station_id)
    assert row["closed_at"] is not None


async def test_tc21_n_105_csms_a_send_that_is_nonsense_is_dropped_in_silence(bench: Bench) -> None:
    station = await bench.station("2.1")
    for text in (
        '[6,"s1","NotifyPeriodicEventStream",{"id":"x"}]',
        '[6,"s2"]',
        '[6,"s3","What",{}]',
    ):
        await station.socket.send(text)
    await station.send("NotifyPeriodicEventStream", read("1"))
    (row,) = await values(bench, station, 1)
    assert (row["value"], row["variable_monitoring_id"]) == ("1", None)


async def test_tc21_n_107_csms_get_periodic_event_streams(bench: Bench) -> None:
    station = await bench.station("2.1")
    asked = await bench.command(station, "GetPeriodicEventStream", {})
    await station.expect("GetPeriodicEventStream", {"constantStreamData": [STREAM]})
    assert (await bench.outcome(asked)).status is CommandStatus.CONFIRMED
    row = await bench.hub.row(tables.event_stream, station.station_id)
    assert (row["stream_id"], row["variable_monitoring_id"]) == (3, 12)

    slower = {"id": 3, "params": {"interval": 60}}
    asked = await bench.command(station, "AdjustPeriodicEventStream", slower)
    assert await station.expect("AdjustPeriodicEventStream", {"status": "Accepted"}) == slower
    assert (await bench.outcome(asked)).status is CommandStatus.CONFIRMED
    row = await bench.hub.row(tables.event_stream, station.station_id)
    assert (row["interval_s"], row["max_values"]) == (60, 20)

    asked = await bench.command(station, "AdjustPeriodicEventStream", slower)
    await station.expect("AdjustPeriodicEventStream", {"status": "Rejected"})
    assert (await bench.outcome(asked)).status is CommandStatus.REFUSED


async def test_tc21_n_24_csms_periodic_event_by_call(bench: Bench) -> None:
    """Without a stream, a periodic monitor speaks by NotifyEvent."""
    station = await bench.station("2.1")
    data = {
        "eventId": 1,
        "timestamp": AT,
        "trigger": "Periodic",
        "actualValue": "230.1",
        "component": {"name": "Connector"},
        "variable": {"name": "ACVoltage"},
        "eventNotificationType": "CustomMonitor",
        "variableMonitoringId": 12,
    }
    payload = {"generatedAt": AT, "seqNo": 0, "eventData": [data]}
    assert await station.call("NotifyEvent", payload) == {}
    (row,) = await bench.hub.rows(tables.station_event, station.station_id)
    assert row["variable"] == "ACVoltage"


async def test_tc21_n_100_csms_retrieves_the_data_collector_log(bench: Bench) -> None:
    station = await bench.station("2.1")
    log = {"remoteLocation": "https://logs.example/upload"}
    payload = {"logType": "DataCollectorLog", "requestId": 9, "log": log}
    asked = await bench.command(station, "GetLog", payload)
    sent = await station.expect("GetLog", {"status": "Accepted", "filename": "collected.csv"})
    assert sent["logType"] == "DataCollectorLog"
    assert (await bench.outcome(asked)).status is CommandStatus.CONFIRMED
    done = {"status": "Uploaded", "requestId": sent["requestId"]}
    assert await station.call("LogStatusNotification", done) == {}
