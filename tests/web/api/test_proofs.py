"""What EVSEs did with their orders, by the API."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from scheduler.store.tables import proof
from tests.web.conftest import Problem
from tests.web.seed import NOON, SITE, STATION

pytestmark = pytest.mark.integration

SPAN = {"from": "2026-06-01T11:00:00Z", "to": "2026-06-01T13:00:00Z"}


def row(minute: int, deviation: str = "followed", **more: Any) -> dict[str, Any]:
    return {
        "site_id": SITE, "station_id": STATION, "evse_id": 1, "transaction_id": "tx-1",
        "starts_at": NOON + timedelta(minutes=minute), "duration_s": 300.0, "planned_w": 7_000.0,
        "sent_w": 7_000.0, "confirmed_w": 7_000.0, "composite_w": None, "import_wh": 583.0,
        "export_wh": 0.0, "import_max_wh": 590.0, "export_max_wh": 0.0, "reading_count": 5,
        "deviation": deviation, **more,
    }  # fmt: skip


@pytest.fixture
async def judged(engine: AsyncEngine) -> None:
    rows = [row(0), row(5, "liar"), row(10, "taper"), row(10, station_id="elsewhere")]
    async with engine.begin() as conn:
        await conn.execute(insert(proof), [*rows, row(0, "liar", site_id="another")])


async def minutes(viewer: httpx.AsyncClient, **asked: Any) -> list[tuple[str, str]]:
    answer = await viewer.get(f"/sites/{SITE}/proof", params={**SPAN, **asked})
    assert answer.status_code == 200, answer.text
    return [(one["starts_at"][14:16], one["deviation"]) for one in answer.json()["items"]]


async def test_intervals_are_listed_newest_first(viewer: httpx.AsyncClient, judged: None) -> None:
    assert await minutes(viewer, station_id=STATION) == [
        ("10", "taper"), ("05", "liar"), ("00", "followed"),
    ]  # fmt: skip
    assert len(await minutes(viewer)) == 4
    assert await minutes(viewer, to="2026-06-01T12:05:00Z") == [("00", "followed")]


async def test_they_are_found_by_evse_and_by_how_they_deviate(
    viewer: httpx.AsyncClient, judged: None, problem: Problem
) -> None:
    assert await minutes(viewer, deviation=["liar", "taper"]) == [("10", "taper"), ("05", "liar")]
    assert await minutes(viewer, station_id=STATION, evse_id=2) == []
    problem(await viewer.get(f"/sites/{SITE}/proof", params={"deviation": "lazy"}), 422)
    problem(await viewer.get("/sites/nowhere/proof"), 404)


async def test_a_list_goes_on_where_it_stopped(viewer: httpx.AsyncClient, judged: None) -> None:
    asked: dict[str, Any] = {**SPAN, "station_id": STATION, "limit": 2}
    first = (await viewer.get(f"/sites/{SITE}/proof", params=asked)).json()
    rest = (
        await viewer.get(f"/sites/{SITE}/proof", params={**asked, "cursor": first["next"]})
    ).json()
    assert [one["deviation"] for one in (*first["items"], *rest["items"])] == [
        "taper", "liar", "followed",
    ]  # fmt: skip
    assert rest["next"] is None
