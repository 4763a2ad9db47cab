"""The whole simulator as a process: `python -m simulator CONFIG.json`."""

import asyncio
import json
import signal
import socket
import sys
from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from pymodbus.client import AsyncModbusTcpClient
from websockets.asyncio.server import ServerConnection, serve

from csms.clock import fast_clock
from simulator.call import Call
from tests.simulator.makers import NOON, SITES, ev36zero, ordinary_answer, validator

pytestmark = pytest.mark.integration


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def rows(folder: Path, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / f"{name}.jsonl").read_text().splitlines()]


async def start(config: Path, environment: dict[str, str]) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "simulator", str(config),
        env=environment, cwd=SITES.parent,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip


async def test_a_site_runs_at_sixty_times_and_stops_when_told(tmp_path: Path) -> None:
    heard: Counter[str] = Counter()
    enough = asyncio.Event()

    async def csms(connection: ServerConnection) -> None:
        async for text in connection:
            frame = json.loads(text)
            if frame[0] == 2:
                heard[frame[2]] += 1
                if heard["TransactionEvent"] >= 200 and heard["BootNotification"] == 60:
                    enough.set()
                version = str(connection.subprotocol).removeprefix("ocpp")
                validator(f"{frame[2]}Request", version).validate(frame[3])
                answer = ordinary_answer(Call(frame[2], frame[3]), NOON)
                await connection.send(json.dumps([3, frame[1], answer]))

    port = free_port()
    async with serve(csms, "127.0.0.1", 0, subprotocols=["ocpp2.0.1", "ocpp2.1"]) as server:  # type: ignore[list-item]
        ocpp_port = next(iter(server.sockets)).getsockname()[1]
        config = tmp_path / "config.json"
        config.write_text(json.dumps({
            "site_file": str(SITES / "ev36zero.toml"),
            "ocpp_url": f"ws://127.0.0.1:{ocpp_port}",
            "stations": {spec.station_id: "secret" for spec in ev36zero().station_specs()},
            "modbus_port": port,
            "records_dir": str(tmp_path),
        }))  # fmt: skip
        clock = fast_clock(60.0, datetime(2026, 3, 24, 10, tzinfo=UTC))
        process = await start(config, clock.environment())
        client = AsyncModbusTcpClient("127.0.0.1", port=port)
        async with asyncio.timeout(150):
            await enough.wait()
            assert await client.connect()
            answer = await client.read_holding_registers(40_000, count=2, device_id=31)
        client.close()
        process.send_signal(signal.SIGTERM)
        output, errors = await asyncio.wait_for(process.communicate(), 20)
    assert answer.registers == [0x5375, 0x6E53]
    assert process.returncode == 0, errors.decode()
    assert output == b""
    assert heard["BootNotification"] == 60
    logged = [json.loads(line)["event"] for line in errors.decode().splitlines()]
    assert logged == ["site runs", "site stopped"]
    _check_records(tmp_path)


def _check_records(folder: Path) -> None:
    plant = rows(folder, "plant")
    stamps = [datetime.fromisoformat(row["at"]) for row in plant]
    assert {(b - a).total_seconds() for a, b in pairwise(stamps)} == {1.0}
    for row in plant:
        expected_w = row["load_w"] - row["solar_w"] - row["wind_w"]
        expected_w += row["store_w"] + row["fleet_w"]
        assert row["grid_w"] == pytest.approx(expected_w, abs=1.0)
    registers: dict[str, float] = {}
    for row in rows(folder, "stations"):
        assert row["import_wh"] >= registers.get(row["station_id"], 0.0)
        registers[row["station_id"]] = row["import_wh"]
    assert len(registers) == 60
    seen_s = {row["at"] for row in rows(folder, "stations")}
    fleet_wh = sum(row["fleet_w"] for row in plant if row["at"] <= max(seen_s)) / 3600
    assert sum(registers.values()) == pytest.approx(fleet_wh, rel=1e-3)
    assert rows(folder, "incidents") == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{}", "site_file"),
        ("nonsense", "JSON"),
        ('{"site_file":"sites/none.toml","ocpp_url":"","stations":{},"modbus_port":1,'
         '"records_dir":"."}', "none.toml"),
        ('{"site_file":"sites/depot.toml","ocpp_url":"","stations":{},"modbus_port":1,'
         '"records_dir":"."}', "no password for depot-01"),
    ],
)  # fmt: skip
async def test_a_bad_configuration_is_said_and_not_run(
    tmp_path: Path, text: str, says: str
) -> None:
    config = tmp_path / "config.json"
    config.write_text(text)
    process = await start(config, {})
    output, errors = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 2
    assert says in errors.decode()
    assert b"Traceback" not in errors + output
