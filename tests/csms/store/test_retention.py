"""What stations told goes after a while, but for what somebody settles or bills by."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Table, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.store import credentials, retention, tables

pytestmark = pytest.mark.integration

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
LONG_AGO, BEFORE = NOON - timedelta(days=91), NOON - timedelta(days=90)


@pytest.fixture
async def station(engine: AsyncEngine) -> str:
    station_id = f"cs-{uuid4().hex[:8]}"
    async with engine.begin() as conn:
        await credentials.add(conn, "pepper", station_id)
        evse = {"station_id": station_id, "evse_id": 1, "updated_at": NOON}
        await conn.execute(insert(tables.evse).values(evse))
    return station_id


async def keep(engine: AsyncEngine, table: Table, *rows: dict[str, Any]) -> None:
    async with engine.begin() as conn:
        await conn.execute(insert(table), list(rows))


async def left(engine: AsyncEngine, table: Table, column: str, station: str) -> list[Any]:
    query = select(table.c[column]).where(table.c.station_id == station).order_by(column)
    async with engine.connect() as conn:
        return list(await conn.scalars(query))


async def prune(engine: AsyncEngine) -> int:
    async with engine.begin() as conn:
        return await retention.prune(conn, before=BEFORE)


def notice(station: str, kind: str, at: datetime) -> dict[str, Any]:
    return {
        "station_id": station, "kind": kind, "at": at, "received_at": at, "severity": "info",
        "payload": {}, "content_hash": uuid4().hex,
    }  # fmt: skip


async def test_old_notices_go_but_for_those_of_transactions_and_payments(
    engine: AsyncEngine, station: str
) -> None:
    await keep(
        engine,
        tables.station_notice,
        *(notice(station, kind, LONG_AGO) for kind in (*retention.BILLED_BY, "NotifyEvent")),
        notice(station, "SecurityEventNotification", NOON),
    )
    assert await prune(engine) == 1
    kinds = await left(engine, tables.station_notice, "kind", station)
    assert kinds == sorted([*retention.BILLED_BY, "SecurityEventNotification"])


@pytest.mark.parametrize(("cleared", "stays"), [(False, [2, 3]), (True, [3])])
async def test_old_events_go_but_for_one_whose_alert_is_open(
    engine: AsyncEngine, station: str, cleared: bool, stays: list[int]
) -> None:
    place = {
        "station_id": station, "component": "EVSE", "component_instance": "", "evse_id": 1,
        "connector_id": 0, "variable": "Problem", "variable_instance": "",
        "actual_value": "true",
    }  # fmt: skip
    told = place | {"trigger": "Alerting", "notification_type": "HardWiredNotification"}
    rows = [
        {
            **told, "event_id": event_id, "at": at, "received_at": at,
            "content_hash": str(event_id), "cleared": False,
        }
        for event_id, at in ((1, LONG_AGO), (2, LONG_AGO), (3, NOON))
    ]  # fmt: skip
    await keep(engine, tables.station_event, *rows)
    alert = {**place, "monitor_id": 0, "at": LONG_AGO, "event_id": 2, "cleared": cleared}
    await keep(engine, tables.station_alert, alert)
    await prune(engine)
    assert await left(engine, tables.station_event, "event_id", station) == stays
    assert await left(engine, tables.station_alert, "event_id", station) == [2]


async def test_old_readings_of_every_meter_go_and_what_is_billed_by_stays(
    engine: AsyncEngine, station: str
) -> None:
    reading = {"station_id": station, "context": "Sample.Periodic", "import_wh": 1.0}
    rows = [
        reading | {"evse_id": evse_id, "at": at, "received_at": at}
        for evse_id in (0, 1)
        for at in (LONG_AGO, NOON)
    ]
    await keep(engine, tables.meter_reading, *rows)
    settled = {
        "station_id": station, "transaction_id": "tx", "psp_ref": "p", "status": "Settled",
        "due_at": LONG_AGO,
    }  # fmt: skip
    await keep(engine, tables.payment_settling, settled)
    assert await prune(engine) == 2
    assert await left(engine, tables.meter_reading, "at", station) == [NOON, NOON]
    assert await left(engine, tables.payment_settling, "status", station) == ["Settled"]


async def test_old_uploads_are_forgotten(engine: AsyncEngine, station: str) -> None:
    upload = {
        "station_id": station, "request_id": 1, "log_type": "DiagnosticsLog",
        "requested_by": "somebody",
    }  # fmt: skip
    rows = [
        upload | {
            "upload_id": uuid4(), "token_hash": uuid4().bytes, "command_id": uuid4(),
            "created_at": at, "expires_at": at,
        }
        for at in (LONG_AGO, NOON)
    ]  # fmt: skip
    await keep(engine, tables.log_upload, *rows)
    assert await prune(engine) == 1
    assert await left(engine, tables.log_upload, "created_at", station) == [NOON]


async def test_a_turn_is_bounded(
    engine: AsyncEngine, station: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "MOST_AT_ONCE", 2)
    await keep(engine, tables.station_notice, *(notice(station, "A", LONG_AGO) for _ in range(5)))
    assert [await prune(engine) for _ in range(3)] == [2, 2, 1]
