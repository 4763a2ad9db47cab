"""`kill -9` of the csms under load: what was acknowledged is stored, and stored once."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncEngine
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from csms.clock import wall_now
from csms.store import credentials, tables
from tests.integration.csms.conftest import SECRET, until
from tests.integration.csms.station import basic, stamp

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[3]
LONG = os.environ.get("V2GHUB_CHAOS") == "long"
KILLS = 200 if LONG else 5
STATIONS = 30 if LONG else 8
EVENTS_PER_LIFE = 6
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
WH_EACH = 10.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def csms(
    database_url: str, redis_url: str, port: int, **more: str
) -> Iterator[subprocess.Popen[bytes]]:
    environment = os.environ | {
        "V2GHUB_DATABASE_URL": database_url,
        "V2GHUB_REDIS_URL": redis_url,
        "V2GHUB_SECRET": SECRET,
        "V2GHUB_OCPP_PORT": str(port),
        "V2GHUB_CSMS_NAME": "csms",
        **more,
    }
    with subprocess.Popen(
        [sys.executable, "-m", "csms"], env=environment, cwd=ROOT, stderr=subprocess.PIPE
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if b'"ready"' in line:
                break
        else:
            pytest.fail("the csms did not start")
        draining = threading.Thread(target=process.stderr.read, daemon=True)
        draining.start()  # a full pipe would stop the csms
        try:
            yield process
        finally:
            process.kill()
            draining.join()
            process.stderr.close()


class Reporter:
    """A station that sends one event after another, and each until it is acknowledged."""

    def __init__(self, url: str, station_id: str, password: str) -> None:
        self._url = f"{url}/{station_id}"
        self._headers = basic(station_id, password)
        self.station_id = station_id
        self.acknowledged: list[int] = []

    async def run(self) -> None:
        while True:
            with suppress(OSError, ConnectionClosed, InvalidHandshake, TimeoutError):
                async with connect(
                    self._url,
                    subprotocols=["ocpp2.0.1"],  # type: ignore[list-item]
                    additional_headers=self._headers,
                ) as line:
                    while True:
                        await self._tell(line, len(self.acknowledged))
            await asyncio.sleep(0.05)

    async def _tell(self, line: Any, seq_no: int) -> None:
        message_id = str(uuid4())
        at = (NOON + timedelta(seconds=seq_no)).isoformat()
        event = {
            "eventType": "Started" if seq_no == 0 else "Updated",
            "timestamp": at,
            "triggerReason": "MeterValuePeriodic",
            "seqNo": seq_no,
            "transactionInfo": {"transactionId": "tx"},
            "evse": {"id": 1},
            "meterValue": [{"timestamp": at, "sampledValue": [{"value": WH_EACH * seq_no}]}],
        }
        await line.send(json.dumps([2, message_id, "TransactionEvent", event]))
        while True:
            async with asyncio.timeout(10):  # wait_for may swallow our end
                answer = json.loads(await line.recv())
            if answer[1] == message_id:
                assert answer[0] == 3, answer
                self.acknowledged.append(seq_no)
                return


async def stored(engine: AsyncEngine, station_id: str) -> Counter[int]:
    ledger = tables.transaction_event.c
    async with engine.connect() as conn:
        found = await conn.scalars(select(ledger.seq_no).where(ledger.station_id == station_id))
        return Counter(found)


async def transaction_of(engine: AsyncEngine, station_id: str) -> Any:
    rows = select(tables.transaction).where(tables.transaction.c.station_id == station_id)
    async with engine.connect() as conn:
        return (await conn.execute(rows)).one()


@pytest.mark.chaos
@pytest.mark.timeout(3600 if LONG else 180)
async def test_kills_under_load_lose_and_double_nothing(
    database_url: str, redis_url: str, engine: AsyncEngine
) -> None:
    port = free_port()
    reporters = []
    for number in range(STATIONS):
        async with engine.begin() as conn:
            password = await credentials.add(conn, SECRET, f"k-{number}")
        reporters.append(Reporter(f"ws://127.0.0.1:{port}", f"k-{number}", password or ""))
    tasks = [asyncio.create_task(reporter.run()) for reporter in reporters]

    async def progress(beyond: int) -> bool:
        for task in tasks:
            if task.done():
                task.result()
        return all(len(reporter.acknowledged) >= beyond for reporter in reporters)

    try:
        for kill in range(1, KILLS + 1):
            with csms(database_url, redis_url, port):
                await until(lambda kill=kill: progress(kill * EVENTS_PER_LIFE), 60)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    with csms(database_url, redis_url, port):  # a last life, which does what was left undone
        for reporter in reporters:
            kept = await stored(engine, reporter.station_id)
            assert set(kept) >= set(reporter.acknowledged)
            assert len(kept) - len(reporter.acknowledged) <= 1  # in flight at the last kill
            assert set(kept.values()) == {1}
            counted = await transaction_of(engine, reporter.station_id)
            assert counted.event_count == len(kept)
            assert counted.imported_wh == pytest.approx(WH_EACH * (len(kept) - 1))
            assert set(counted.flags) <= {"clock_off"}  # theirs stands at noon


async def test_a_command_sent_in_a_previous_life_is_unknown(
    database_url: str, redis_url: str, engine: AsyncEngine
) -> None:
    port, command_id, now = free_port(), uuid4(), wall_now()
    row = {
        "command_id": command_id,
        "station_id": "k-old",
        "kind": "Reset",
        "payload": {},
        "priority": 2,
        "requested_by": "test",
        "created_at": now,
        "deadline_at": now + timedelta(minutes=1),
        "status": "sent",
        "sent_by": "csms:old",
    }
    async with engine.begin() as conn:
        await credentials.add(conn, SECRET, "k-old")
        await conn.execute(
            tables.charging_station.update()
            .where(tables.charging_station.c.station_id == "k-old")
            .values(connected=True, connection_owner="csms:old")
        )
        await conn.execute(insert(tables.command).values(row))
    with csms(database_url, redis_url, port, V2GHUB_CSMS_NAME="csms:old"):
        async with engine.connect() as conn:
            command, station = tables.command.c, tables.charging_station.c
            status = await conn.scalar(
                select(command.status).where(command.command_id == command_id)
            )
            held = await conn.scalar(select(station.connected).where(station.station_id == "k-old"))

    assert (status, held) == ("unknown", False)


async def test_sigterm_says_goodbye_and_ends_well(
    database_url: str, redis_url: str, engine: AsyncEngine
) -> None:
    port = free_port()
    async with engine.begin() as conn:
        password = await credentials.add(conn, SECRET, "k-term")
    with csms(database_url, redis_url, port) as process:
        async with connect(
            f"ws://127.0.0.1:{port}/k-term",
            subprotocols=["ocpp2.0.1"],  # type: ignore[list-item]
            additional_headers=basic("k-term", password or ""),
        ) as line:
            await line.send(json.dumps([2, "1", "NotifyReport", {
                "requestId": 1, "generatedAt": stamp(), "seqNo": 0,
            }]))  # fmt: skip
            assert json.loads(await asyncio.wait_for(line.recv(), 10))[:2] == [3, "1"]
            process.terminate()
            await asyncio.wait_for(line.wait_closed(), 10)
            assert line.close_code == 1001
        assert await asyncio.to_thread(process.wait, 10) == 0

    async with engine.connect() as conn:
        station, beats = tables.charging_station.c, tables.process_heartbeat.c
        query = select(station.connected).where(station.station_id == "k-term")
        assert await conn.scalar(query) is False
        assert await conn.scalar(select(beats.pid).where(beats.process == "csms")) == process.pid


def test_what_is_missing_or_taken_is_said_in_a_sentence(database_url: str, redis_url: str) -> None:
    bare = {"PATH": os.environ["PATH"]}
    done = subprocess.run(
        [sys.executable, "-m", "csms"], env=bare, cwd=ROOT, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "csms: these settings are missing or wrong:"
        " V2GHUB_DATABASE_URL, V2GHUB_REDIS_URL, V2GHUB_SECRET"
    ]
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        given = bare | {
            "V2GHUB_DATABASE_URL": database_url,
            "V2GHUB_REDIS_URL": redis_url,
            "V2GHUB_SECRET": SECRET,
            "V2GHUB_OCPP_PORT": str(taken.getsockname()[1]),
        }
        done = subprocess.run(
            [sys.executable, "-m", "csms"], env=given, cwd=ROOT, capture_output=True, text=True,
            timeout=60, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert "csms: cannot listen on 127.0.0.1" in done.stderr.splitlines()[-1]
