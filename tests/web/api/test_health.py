"""What machines ask: is it alive, is it ready, what are the figures."""

from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.bus import Bus
from csms.clock import fast_clock, wall_now
from csms.store.engine import make_engine
from csms.store.heartbeat import beat
from csms.store.tables import process_heartbeat
from tests.web.conftest import People, Problem
from tests.web.seed import NOON, SITE
from web.main import make_app
from web.roles import Role
from web.settings import WebSettings

pytestmark = pytest.mark.integration
ORIGIN = "http://hub"


async def test_alive_needs_nothing(people: People) -> None:
    client = await people.nobody()
    assert (await client.get(f"{ORIGIN}/health/live")).json() == {"status": "ok"}


async def test_ready_when_every_process_gave_a_sign(people: People, engine: AsyncEngine) -> None:
    client = await people.nobody()
    before = await client.get(f"{ORIGIN}/health/ready")
    assert before.status_code == 503
    assert SITE not in before.text, "anybody may ask"
    assert before.json()["checks"] == {
        "database": "ok", "valkey": "ok", "csms": "no sign of life yet",
        "worker": "no sign of life yet", "controllers": "1 of 1 give no sign of life",
    }  # fmt: skip
    for process in ("csms", "worker"):
        await beat(engine, process)
    await beat(engine, f"controller:{SITE}", {"site_id": SITE, "leads": True})
    after = await client.get(f"{ORIGIN}/health/ready")
    assert (after.status_code, set(after.json()["checks"].values())) == (200, {"ok"})
    async with engine.begin() as conn:
        await conn.execute(
            update(process_heartbeat)
            .where(process_heartbeat.c.process == "worker")
            .values(at=wall_now() - timedelta(minutes=1))
        )
    stale = await client.get(f"{ORIGIN}/health/ready")
    assert stale.status_code == 503
    assert "no sign of life" in stale.json()["checks"]["worker"]


async def test_one_living_csms_of_several_is_enough(people: People, engine: AsyncEngine) -> None:
    client = await people.nobody()

    async def check() -> str:
        return str((await client.get(f"{ORIGIN}/health/ready")).json()["checks"]["csms"])

    long_ago = process_heartbeat.update().values(at=wall_now() - timedelta(minutes=1))
    await beat(engine, "csms:1")
    await beat(engine, "csms:2")
    async with engine.begin() as conn:
        await conn.execute(long_ago.where(process_heartbeat.c.process == "csms:1"))
    assert await check() == "ok"
    async with engine.begin() as conn:
        await conn.execute(long_ago)
    assert "no sign of life" in await check()


async def test_a_site_needs_a_controller_that_leads_it_under_whichever_name(
    people: People, engine: AsyncEngine
) -> None:
    client = await people.nobody()

    async def check() -> str:
        return str((await client.get(f"{ORIGIN}/health/ready")).json()["checks"]["controllers"])

    first, second = f"controller:{SITE}:1", f"controller:{SITE}:2"
    await beat(engine, first, {"site_id": SITE, "leads": False})
    await beat(engine, second, {"site_id": "another", "leads": True})
    assert await check() == "1 of 1 give no sign of life"
    await beat(engine, second, {"site_id": SITE, "leads": True})
    assert await check() == "ok"
    async with engine.begin() as conn:
        gone = process_heartbeat.update().where(process_heartbeat.c.process == second)
        await conn.execute(gone.values(at=wall_now() - timedelta(minutes=1)))
    assert await check() == "1 of 1 give no sign of life"
    await beat(engine, first, {"site_id": SITE, "leads": True})
    assert await check() == "ok"


async def test_processes_are_listed_with_their_age(people: People, engine: AsyncEngine) -> None:
    await beat(engine, "csms", {"connections": 3})
    viewer = await people.user(Role.VIEWER)
    (process,) = (await viewer.get("/processes")).json()["items"]
    assert (process["process"], process["alive"]) == ("csms", True)
    assert process["detail"] == {"connections": 3}
    assert 0 <= process["age_s"] < 10


async def test_metrics_tell_the_state_of_the_hub(people: People) -> None:
    viewer = await people.user(Role.VIEWER)
    await viewer.get("/stations/ev36-v2g-01")
    await viewer.get("/stations/none")
    answer = await viewer.get(f"{ORIGIN}/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    lines = answer.text.splitlines()
    for wanted in (
        'v2ghub_stations{connected="true"} 3.0',
        'v2ghub_stations{connected="false"} 1.0',
        'v2ghub_open_transactions{site="ev36zero"} 1.0',
        'v2ghub_power_w{part="grid",site="ev36zero"} 999999.0',
        'v2ghub_plan_solve_s{site="ev36zero"} 0.4',
        "v2ghub_outbox_unpublished 1.0",
        'v2ghub_http_request_duration_seconds_count{method="GET",'
        'route="/stations/{station_id}",status="200"} 1.0',
        'v2ghub_http_request_duration_seconds_count{method="GET",'
        'route="/stations/{station_id}",status="404"} 1.0',
    ):
        assert wanted in lines, wanted
    assert "none" not in answer.text


@pytest.fixture
def broken(settings: WebSettings) -> FastAPI:
    """The hub with its database and Valkey away: both names lead to nobody."""
    away = settings.model_copy(
        update={
            "database_url": "postgresql://nobody@127.0.0.1:1/none",
            "redis_url": "redis://127.0.0.1:1/0",
        }
    )
    engine = make_engine(away.database_url)
    return make_app(away, engine, fast_clock(1.0, NOON), Bus(away.redis_url))


async def test_without_a_database_every_answer_says_when_to_come_back(
    broken: FastAPI, problem: Problem
) -> None:
    transport = httpx.ASGITransport(broken)
    headers = {"Authorization": "Bearer v2g_some"}
    async with (
        broken.router.lifespan_context(broken),
        httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers=headers) as client,
    ):
        for path in ("/api/v1/sites", "/api/v1/session", "/metrics", "/api/v1/stream"):
            answer = await client.get(path)
            problem(answer, 503)
            assert answer.headers["Retry-After"] == "2", path
        login = {"username": "ada", "password": "correct horse"}
        problem(await client.post("/api/v1/session", json=login), 503)
        assert (await client.get("/health/live")).status_code == 200
        ready = await client.get("/health/ready")
    assert ready.status_code == 503
    checks = ready.json()["checks"]
    assert checks["database"].startswith("away")
    assert checks["valkey"].startswith("away")
