"""A log is asked for, uploaded by the station with its token, and read by an operator."""

from datetime import timedelta
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.store.tables import charging_station, command, log_upload
from tests.web.conftest import People, Problem, key
from tests.web.seed import NOON, STATION
from web.settings import WebSettings

pytestmark = pytest.mark.integration


@pytest.fixture
def settings(settings: WebSettings, tmp_path_factory: pytest.TempPathFactory) -> WebSettings:
    changed = {"state_dir": tmp_path_factory.mktemp("state"), "upload_max_bytes": 2_000_000}
    return settings.model_copy(update=changed)


async def asked(operator: httpx.AsyncClient, engine: AsyncEngine) -> tuple[dict[str, object], str]:
    """The log as the API tells it, and where the station shall put it."""
    answer = await operator.post(
        f"/stations/{STATION}/logs", json={"log_type": "SecurityLog"}, headers=key()
    )
    assert answer.status_code == 202, answer.text
    told = answer.json()
    async with engine.connect() as conn:
        query = select(command.c.payload).where(command.c.command_id == told["command_id"])
        payload = await conn.scalar(query)
    assert (payload["logType"], payload["requestId"]) == ("SecurityLog", told["request_id"])
    return told, urlsplit(payload["log"]["remoteLocation"]).path.removeprefix("/api/v1")


async def test_the_token_is_told_to_the_station_alone(
    operator: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    told, path = await asked(operator, engine)

    listed = (await operator.get(f"/commands/{told['command_id']}")).text
    assert path.rpartition("/")[2] not in listed
    assert "/uploads/(secret)" in listed


@pytest.mark.parametrize("end", ["", "/diagnostics.tar.gz"])
async def test_a_station_uploads_the_log_that_was_asked_for(
    operator: httpx.AsyncClient, people: People, engine: AsyncEngine, end: str
) -> None:
    told, path = await asked(operator, engine)
    station = await people.nobody()
    body = bytes(range(256)) * 6_000  # more than any other body may have

    assert (await station.put(path + end, content=body)).status_code == 201

    log = (await operator.get(f"/logs/{told['upload_id']}")).json()
    assert (log["size_bytes"], len(log["sha256"])) == (len(body), 64)
    file = await operator.get(f"/logs/{told['upload_id']}/file")
    assert file.content == body
    assert STATION in file.headers["content-disposition"]
    listed = (await operator.get(f"/stations/{STATION}/logs")).json()["items"]
    assert [one["upload_id"] for one in listed] == [told["upload_id"]]


async def test_a_station_of_2_1_uploads_with_the_token_as_its_password(
    operator: httpx.AsyncClient, people: People, engine: AsyncEngine
) -> None:
    async with engine.begin() as conn:
        mine = update(charging_station).where(charging_station.c.station_id == STATION)
        await conn.execute(mine.values(ocpp_version="2.1"))
    answer = await operator.post(f"/stations/{STATION}/logs", json={}, headers=key())
    async with engine.connect() as conn:
        payload = await conn.scalar(select(command.c.payload))
    location = urlsplit(payload["log"]["remoteLocation"])
    station, path = await people.nobody(), location.path.removeprefix("/api/v1")
    body = bytes(1_500_000)  # more than any other body may have
    assert (await station.put(path, content=body)).status_code == 401
    secret = (location.username or "", location.password or "")
    assert (await station.put(path, content=body, auth=secret)).status_code == 201
    file = await operator.get(f"/logs/{answer.json()['upload_id']}/file")
    assert file.content == body


async def test_a_token_is_good_for_one_upload(
    operator: httpx.AsyncClient, people: People, engine: AsyncEngine
) -> None:
    told, path = await asked(operator, engine)
    station = await people.nobody()
    assert (await station.put(path, content=b"first")).status_code == 201
    assert (await station.put(path, content=b"second")).status_code == 404
    assert (await operator.get(f"/logs/{told['upload_id']}/file")).content == b"first"


async def test_a_token_nobody_gave_and_one_too_late_let_nothing_in(
    operator: httpx.AsyncClient,
    people: People,
    engine: AsyncEngine,
    settings: WebSettings,
    problem: object,
) -> None:
    told, path = await asked(operator, engine)
    station = await people.nobody()
    assert (await station.put("/uploads/made-up", content=b"x")).status_code == 404
    async with engine.begin() as conn:
        late = {"expires_at": NOON - timedelta(seconds=1)}
        await conn.execute(update(log_upload).values(**late))
    assert (await station.put(path, content=b"x")).status_code == 404
    assert (await operator.get(f"/logs/{told['upload_id']}/file")).status_code == 404
    assert not list(settings.state_dir.glob("uploads/*"))


async def test_a_log_whose_file_is_gone_is_not_found(
    operator: httpx.AsyncClient, people: People, engine: AsyncEngine, settings: WebSettings,
    problem: Problem,
) -> None:  # fmt: skip
    told, path = await asked(operator, engine)
    assert (await (await people.nobody()).put(path, content=b"a log")).status_code == 201
    (file,) = settings.state_dir.glob("uploads/*.log")
    file.unlink()
    problem(await operator.get(f"/logs/{told['upload_id']}/file"), 404)


async def test_a_log_that_is_too_large_leaves_nothing(
    operator: httpx.AsyncClient, people: People, engine: AsyncEngine, settings: WebSettings
) -> None:
    _, path = await asked(operator, engine)
    station = await people.nobody()
    assert (await station.put(path, content=bytes(2_000_001))).status_code == 413
    assert not list(settings.state_dir.glob("uploads/*"))
    assert (await station.put(path, content=b"a shorter one")).status_code == 201


async def test_asked_twice_under_one_key_a_station_is_asked_once(
    operator: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    path, asked_for = f"/stations/{STATION}/logs", {"log_type": "SecurityLog"}
    assert (await operator.post(path, json=asked_for)).status_code == 400
    first = await operator.post(path, json=asked_for, headers=key("k"))
    again = await operator.post(path, json=asked_for, headers=key("k"))
    assert (again.status_code, again.json()) == (202, first.json())
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (await operator.post(path, json={}, headers=key("k"))).status_code == 422
    async with engine.connect() as conn:
        assert len((await conn.execute(select(command.c.command_id))).all()) == 1


async def test_only_operators_ask_and_read(
    viewer: httpx.AsyncClient, operator: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    assert (
        await viewer.post(f"/stations/{STATION}/logs", json={}, headers=key())
    ).status_code == 403
    told, _ = await asked(operator, engine)
    assert (await viewer.get(f"/logs/{told['upload_id']}")).status_code == 200
    assert (await viewer.get(f"/logs/{told['upload_id']}/file")).status_code == 403
    assert (await operator.post("/stations/nobody/logs", json={}, headers=key())).status_code == 404
