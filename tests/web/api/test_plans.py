import httpx
import pytest
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.store.tables import outbox
from scheduler.store.tables import plan
from tests.web.conftest import Problem
from tests.web.seed import SLOTS, STATION

pytestmark = pytest.mark.integration


async def test_the_plan_tells_series_setpoints_and_reasons(viewer: httpx.AsyncClient) -> None:
    told = (await viewer.get("/sites/ev36zero/plan")).json()
    assert (told["version"], told["status"], told["slot_s"]) == (1, "optimal", 900)
    assert told["starts_at"] == "2026-06-01T12:00:00Z"
    assert {len(series) for series in told["series"].values()} == {SLOTS}
    assert told["carbon_g"] == [50] * SLOTS
    (evse,) = told["evses"]
    assert (evse["station_id"], evse["vehicle_id"]) == (STATION, "van-7")
    assert evse["setpoint_w"][15:17] == [7000, 0]
    assert [why["code"] for why in evse["why"]] == ["circuit_limit", "departure", "full"]


async def test_an_older_plan_can_be_asked_for(viewer: httpx.AsyncClient, problem: Problem) -> None:
    assert (await viewer.get("/sites/ev36zero/plan?version=1")).json()["version"] == 1
    problem(await viewer.get("/sites/ev36zero/plan?version=2"), 404)


async def test_before_the_first_plan_the_answer_says_so(
    viewer: httpx.AsyncClient, engine: AsyncEngine, problem: Problem
) -> None:
    async with engine.begin() as conn:
        await conn.execute(delete(plan))
    assert "first" in str(problem(await viewer.get("/sites/ev36zero/plan"), 404)["detail"])


async def test_asking_for_a_plan_leaves_word_for_the_worker(
    operator: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    answer = await operator.post("/sites/ev36zero/replan")
    assert (answer.status_code, answer.json()) == (
        202,
        {"site_id": "ev36zero", "plan_version": 1},
    )
    async with engine.connect() as conn:
        newest = select(outbox.c.site_id, outbox.c.payload).order_by(outbox.c.outbox_id.desc())
        row = (await conn.execute(newest)).first()
    assert row is not None
    assert (row.site_id, row.payload["reason"]) == ("ev36zero", "user:operator")
