import httpx
import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.store.tables import outbox
from scheduler.store.tables import plan, plan_setpoint
from tests.web.conftest import Problem
from tests.web.seed import SLOTS, STATION

pytestmark = pytest.mark.integration


async def test_the_plan_tells_series_setpoints_and_reasons(viewer: httpx.AsyncClient) -> None:
    told = (await viewer.get("/sites/ev36zero/plan")).json()
    assert (told["version"], told["status"], told["slot_s"]) == (1, "optimal", 900)
    assert told["starts_at"] == "2026-06-01T12:00:00Z"
    assert {len(series) for series in told["series"].values()} == {SLOTS}
    assert told["carbon_g"] == [50] * SLOTS
    (load,) = told["loads"]
    assert (load["load_id"], load["power_w"]) == ("oven", [2000] * SLOTS)
    assert load["energy_wh"][-1] == 500 * SLOTS
    (evse,) = told["evses"]
    assert (evse["station_id"], evse["vehicle_id"]) == (STATION, "van-7")
    assert evse["setpoint_w"][15:17] == [7000, 0]
    assert [why["code"] for why in evse["why"]] == ["circuit_limit", "departure", "full"]


async def test_each_reason_tells_its_cost_the_next_best_and_all_of_it_in_a_sentence(
    viewer: httpx.AsyncClient, problem: Problem
) -> None:
    async def departure(query: str) -> dict[str, object]:
        told = (await viewer.get(f"/sites/ev36zero/plan{query}")).json()
        why: dict[str, object] = told["evses"][0]["why"][1]
        return why

    why = await departure("")
    assert why["cost_gbp_per_kwh"] == 0.2
    assert why["runner_up"] == {"action": "charge_then", "slot": 16, "extra_gbp_per_kwh": 0.05}
    assert why["text"] == (
        "Charges now so that the vehicle is ready when it leaves, until 17:00; energy costs "
        "20.0 p/kWh, the next best (charging at 17:00) 5.0 p/kWh more"
    )
    assert "次优做法（改在 17:00 充电）" in str((await departure("?language=zh-Hans"))["text"])
    problem(await viewer.get("/sites/ev36zero/plan?language=xx"), 422)


async def test_who_falls_short_has_what_would_help_as_data_and_in_words(
    viewer: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    more = {"change": "more_power", "cost_gbp": 0.5, "more_w": 1300.0, "where": "v2g-bay"}
    fixes = [
        {"change": "later_departure", "cost_gbp": 0.4, "late_s": 1500.0},
        more | {"first_slot": 0, "last_slot": 3},
    ]
    async with engine.begin() as conn:
        (why,) = (await conn.execute(select(plan_setpoint.c.why))).scalars()
        short = why | {"shortfall_wh": 3_000.0, "fixes": fixes}
        await conn.execute(update(plan_setpoint).values(why=short))
    (evse,) = (await viewer.get("/sites/ev36zero/plan")).json()["evses"]
    assert [fix["text"] for fix in evse["fixes"]] == [
        "ready if it leaves 25 min later",
        "ready if circuit v2g-bay carries 1.3 kW more (13:00 to 14:00)",
    ]
    assert (evse["fixes"][1]["more_w"], evse["fixes"][1]["where"]) == (1300, "v2g-bay")
    van = (await viewer.get("/vehicles/van-7")).json()
    assert (van["ready"], van["fix"]["late_s"]) == ("at_risk", 1500)


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
