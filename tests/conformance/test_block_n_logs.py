"""Block N01: logs. The station uploads to the web process, over its real application."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.bus import Bus
from csms.clock import Clock
from csms.store import tables
from tests.conformance.conftest import Bench, shared_loop_fixture, until
from tests.conformance.station import ScriptedStation
from tests.integration.csms.conftest import SECRET
from web.main import make_app
from web.roles import Role
from web.settings import WebSettings
from web.store.accounts import create_token

pytestmark = pytest.mark.integration


@shared_loop_fixture()
async def web(
    database_url: str, redis_url: str, engine: AsyncEngine, tmp_path: Path
) -> AsyncIterator[httpx.AsyncClient]:
    """An operator's client of a web process on the same database."""
    settings = WebSettings(
        database_url=database_url,
        redis_url=redis_url,
        secret=SecretStr(SECRET),
        state_dir=tmp_path,
        static_dir=tmp_path,
        public_url="https://hub.example",
    )
    app = make_app(settings, engine, Clock(), Bus(redis_url))
    async with engine.begin() as conn:
        token = await create_token(conn, SECRET, tmp_path.name, Role.OPERATOR, ())
    client = httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://hub/api/v1",
        headers={"Authorization": f"Bearer {token}"},
    )
    async with app.router.lifespan_context(app), client:
        yield client


async def ask(web: httpx.AsyncClient, station: ScriptedStation, log_type: str) -> dict[str, Any]:
    """As an operator asks by the API."""
    answer = await web.post(
        f"/stations/{station.station_id}/logs",
        json={"log_type": log_type},
        headers={"Idempotency-Key": str(uuid4())},
    )
    assert answer.status_code == 202, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def tells(station: ScriptedStation, request_id: int, *statuses: str) -> None:
    for status in statuses:
        told = {"status": status, "requestId": request_id}
        assert await station.call("LogStatusNotification", told) == {}


async def status_is(web: httpx.AsyncClient, asked: dict[str, Any], status: str) -> None:
    async def reached() -> bool:
        return bool((await web.get(f"/logs/{asked['upload_id']}")).json()["status"] == status)

    await until(reached)


async def uploaded(bench: Bench, web: httpx.AsyncClient, log_type: str) -> None:
    station = await bench.station()
    asked = await ask(web, station, log_type)
    answer = {"status": "Accepted", "filename": "log.tar.gz"}
    told = await station.expect("GetLog", answer)
    assert (told["logType"], told["requestId"]) == (log_type, asked["request_id"])
    target = urlsplit(told["log"]["remoteLocation"])
    assert (target.scheme, target.netloc, target.query, target.fragment) == (
        "https",
        "hub.example",
        "",
        "",
    )
    await tells(station, asked["request_id"], "Uploading")
    body = b"a log of " + log_type.encode()
    anybody = {"Authorization": ""}
    path = target.path.removeprefix("/api/v1")
    put = await web.put(path, content=body, headers=anybody)
    assert put.status_code == 201
    await tells(station, asked["request_id"], "Uploaded")
    log = (await web.get(f"/logs/{asked['upload_id']}")).json()
    assert [one["status"] for one in log["timeline"]] == ["Accepted", "Uploading", "Uploaded"]
    assert (log["status"], log["size_bytes"]) == ("Uploaded", len(body))
    assert (await web.get(f"/logs/{asked['upload_id']}/file")).content == body


async def test_tc_n_25_csms_diagnostics_log(bench: Bench, web: httpx.AsyncClient) -> None:
    await uploaded(bench, web, "DiagnosticsLog")


async def test_tc_n_35_csms_security_log(bench: Bench, web: httpx.AsyncClient) -> None:
    await uploaded(bench, web, "SecurityLog")


async def test_tc_n_34_csms_log_rejected(bench: Bench, web: httpx.AsyncClient) -> None:
    station = await bench.station()
    asked = await ask(web, station, "DiagnosticsLog")
    await station.expect("GetLog", {"status": "Rejected"})
    await status_is(web, asked, "Rejected")
    log = (await web.get(f"/logs/{asked['upload_id']}")).json()
    assert log["received_at"] is None

    async def refused() -> bool:
        row = (await web.get(f"/commands/{asked['command_id']}")).json()
        return (row["status"], row["reason"]) == ("refused", "Rejected")

    await until(refused)


async def test_tc_n_36_csms_second_request_for_a_log(bench: Bench, web: httpx.AsyncClient) -> None:
    station = await bench.station()
    first = await ask(web, station, "DiagnosticsLog")
    await station.expect("GetLog", {"status": "Accepted", "filename": "one"})
    await tells(station, first["request_id"], "Uploading")
    second = await ask(web, station, "DiagnosticsLog")
    answer = {"status": "AcceptedCanceled", "filename": "two"}
    told = await station.expect("GetLog", answer)
    assert told["requestId"] == second["request_id"] != first["request_id"]
    await status_is(web, second, "AcceptedCanceled")
    await tells(station, first["request_id"], "AcceptedCanceled")
    await tells(station, second["request_id"], "Uploading", "Uploaded")
    await status_is(web, second, "Uploaded")
    await status_is(web, first, "AcceptedCanceled")
    rows = await bench.hub.rows(tables.station_job, station.station_id)
    assert {row["request_id"]: row["answer"] for row in rows} == {
        first["request_id"]: "Accepted",
        second["request_id"]: "AcceptedCanceled",
    }
