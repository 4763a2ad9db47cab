import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from scheduler.store.tables import plan
from tests.web.conftest import Problem

pytestmark = pytest.mark.integration

PATH = "/sites/ev36zero/what-if"


async def test_the_answer_sets_both_plans_side_by_side(
    operator: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    soon = {"vehicle_id": "van-7", "departure_at": "2026-06-01T12:30:00Z"}
    answer = await operator.post(PATH, json={"vehicles": [soon]})
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["starts_at"], told["slot_s"]) == ("2026-06-01T12:00:00Z", 900)
    assert told["as_it_is"]["short"] == []
    assert told["newly_short"] == ["van-7"]
    assert told["no_longer_short"] == []
    (short,) = told["otherwise"]["short"]
    assert short["departure_at"] == soon["departure_at"]
    assert told["shortfall_wh"] == short["shortfall_wh"] > 1_000
    difference_gbp = told["otherwise"]["cost_gbp"] - told["as_it_is"]["cost_gbp"]
    assert told["cost_gbp"] == pytest.approx(difference_gbp)
    assert len(told["otherwise"]["grid_w"]) == told["slots"]
    async with engine.connect() as conn:
        assert await conn.scalar(select(func.count()).select_from(plan)) == 1


@pytest.mark.parametrize(
    ("asked", "field", "words"),
    [
        ({"vehicles": [{"vehicle_id": "ghost"}]}, "vehicles", "ghost is not plugged in"),
        ({"circuit_limit_w": {"moon": 5}}, "circuit_limit_w", "moon is no circuit"),
        (
            {"signals": [{"external_id": "x", "kind": "instruction",
                          "starts_at": "2026-06-01T13:00:00Z",
                          "ends_at": "2026-06-01T14:00:00Z"}]},
            "signals.x.delta_w",
            "site_power_w or delta_w",
        ),
    ],
)  # fmt: skip
async def test_a_question_that_makes_no_sense_is_refused_in_words(
    operator: httpx.AsyncClient, problem: Problem, asked: dict[str, object], field: str, words: str
) -> None:
    (error,) = problem(await operator.post(PATH, json=asked), 422)["errors"]
    assert error["field"] == field
    assert words in error["message"]


async def test_who_may_only_look_may_not_make_the_planner_work(
    viewer: httpx.AsyncClient, operator: httpx.AsyncClient, problem: Problem
) -> None:
    problem(await viewer.post(PATH, json={}), 403)
    problem(await operator.post("/sites/nowhere/what-if", json={}), 404)
