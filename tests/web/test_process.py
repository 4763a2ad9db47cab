"""The web process as it is run: real sockets, real engines, real signals."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from typing import Any

import httpx
import orjson
import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.clock import fast_clock
from csms.store.heartbeat import all_heartbeats
from csms.store.tables import evse
from tests.web.conftest import PASSWORD, PEPPER
from tests.web.seed import NOON, STATION, clear, seed
from web.roles import Role
from web.store.accounts import create_user

pytestmark = pytest.mark.integration


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture
async def process(
    database_url: str, redis_url: str, engine: AsyncEngine
) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """`python -m web` and its address."""
    await clear(engine)
    await seed(engine)
    async with engine.begin() as conn:
        await create_user(conn, "ada", PASSWORD, Role.OPERATOR)
    port = free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "V2GHUB_DATABASE_URL": database_url,
        "V2GHUB_REDIS_URL": redis_url,
        "V2GHUB_SECRET": PEPPER,
        "V2GHUB_WEB_PORT": str(port),
        **fast_clock(1.0, NOON).environment(),
    }
    started = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "web", env=environment, stderr=asyncio.subprocess.PIPE
    )
    origin = f"http://127.0.0.1:{port}"
    try:
        await answering(origin)
        yield started, origin
    finally:
        if started.returncode is None:
            started.kill()
        await started.communicate()


async def answering(origin: str) -> None:
    async with asyncio.timeout(60), httpx.AsyncClient() as client:
        while True:
            try:
                await client.get(f"{origin}/health/live")
            except httpx.TransportError:
                await asyncio.sleep(0.1)
            else:
                return


@pytest.fixture
async def browser(
    process: tuple[asyncio.subprocess.Process, str],
) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"{process[1]}/api/v1", timeout=30) as client:
        answer = await client.post("/session", json={"username": "ada", "password": PASSWORD})
        client.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
        yield client


async def events(answer: httpx.Response) -> AsyncIterator[tuple[int, str, dict[str, Any]]]:
    """(id, name, data) of each event of a stream."""
    said: dict[str, str] = {}
    async for line in answer.aiter_lines():
        if line.startswith(":"):
            continue
        if line:
            name, _, value = line.partition(": ")
            said[name] = value
        else:
            yield int(said["id"]), said["event"], orjson.loads(said["data"])


async def test_the_stream_tells_a_snapshot_then_a_changed_value_and_ends_with_the_session(
    browser: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    async with asyncio.timeout(60), browser.stream("GET", "/stream") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        told = events(answer)
        first, name, data = await anext(told)
        assert name == "snapshot"
        assert len(data["evses"]) == 60
        assert data["sites"]["ev36zero"]["grid_w"] == 999_999
        assert data["at"].endswith("Z")
        async with engine.begin() as conn:
            here = evse.c.station_id == STATION
            await conn.execute(update(evse).where(here).values(power_w=4321.0))
        number, name, data = await anext(told)
        while not data["evses"]:
            number, name, data = await anext(told)
        assert name == "tick"
        assert number > first
        assert [(e["station_id"], e["power_w"]) for e in data["evses"]] == [(STATION, 4321)]
        assert (await browser.delete("/session")).status_code == 204
        async for _ in told:
            pass
    assert (await browser.get("/session")).status_code == 401


async def test_a_sign_of_life_is_written(
    process: tuple[asyncio.subprocess.Process, str], engine: AsyncEngine
) -> None:
    async with asyncio.timeout(20):
        while True:
            async with engine.connect() as conn:
                beats = {one.process: one.pid for one in await all_heartbeats(conn)}
            if beats:
                break
            await asyncio.sleep(0.1)
    assert beats == {"web": process[0].pid}


async def test_it_stops_in_order_though_a_stream_is_open(
    process: tuple[asyncio.subprocess.Process, str], browser: httpx.AsyncClient
) -> None:
    async with asyncio.timeout(30), browser.stream("GET", "/stream") as answer:
        told = events(answer)
        await anext(told)
        process[0].send_signal(signal.SIGTERM)
        async for _ in told:
            pass
        assert await process[0].wait() == 0


async def test_what_keeps_it_from_starting_is_said_in_words() -> None:
    environment = {"PATH": os.environ["PATH"], "V2GHUB_WEB_PORT": "none"}
    started = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "web", env=environment, stderr=asyncio.subprocess.PIPE
    )
    _, said = await started.communicate()
    assert started.returncode == 1
    assert "V2GHUB_DATABASE_URL" in said.decode()
    assert "V2GHUB_WEB_PORT" in said.decode()
    assert "Traceback" not in said.decode()


async def test_an_occupied_port_is_said(database_url: str, redis_url: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        environment = {
            "PATH": os.environ["PATH"],
            "V2GHUB_DATABASE_URL": database_url,
            "V2GHUB_REDIS_URL": redis_url,
            "V2GHUB_SECRET": PEPPER,
            "V2GHUB_WEB_PORT": str(taken.getsockname()[1]),
        }
        started = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "web", env=environment, stderr=asyncio.subprocess.PIPE
        )
        _, said = await started.communicate()
    assert started.returncode != 0
    assert "address already in use" in said.decode()
    assert "Traceback" not in said.decode()
