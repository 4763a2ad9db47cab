"""Weather comes by the API and forecasts follow it."""

from typing import Any

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.store.tables import outbox
from scheduler.services.planning_input import gather
from scheduler.store import sites
from tests.web.conftest import NOON, People, Problem
from web.roles import Role, Scope

pytestmark = pytest.mark.integration

PATH = "/sites/ev36zero/weather"
CALM: dict[str, Any] = {
    "issued_at": "2026-06-01T09:00:00Z", "starts_at": "2026-06-01T09:00:00Z", "step_s": 3600,
    "ghi_w_per_m2": [300.0] * 48, "wind_m_per_s": [0.0] * 48, "wind_height_m": 100.0,
}  # fmt: skip


async def test_what_was_told_last_is_what_is_foretold(operator: httpx.AsyncClient) -> None:
    assert (await operator.put(PATH, json=CALM)).status_code == 200
    newer = CALM | {"issued_at": "2026-06-01T11:00:00Z", "wind_m_per_s": [8.0] * 48}
    assert (await operator.put(PATH, json=newer)).json() == newer
    assert (await operator.put(PATH, json=CALM)).status_code == 200
    assert (await operator.get(PATH)).json() == newer
    better = newer | {"wind_m_per_s": [9.0] * 48}
    assert (await operator.put(PATH, json=better)).status_code == 200
    assert (await operator.get(PATH)).json() == better


async def test_the_next_forecast_follows_it(
    operator: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    async with engine.begin() as conn:
        site = await sites.load(conn, "ev36zero")
        assert site is not None
        before = (await gather(conn, site, NOON)).given.forecast
    assert (await operator.put(PATH, json=CALM)).status_code == 200
    async with engine.begin() as conn:
        after = (await gather(conn, site, NOON)).given.forecast
        told = select(outbox.c.kind, outbox.c.site_id).order_by(outbox.c.outbox_id.desc()).limit(1)
        assert tuple((await conn.execute(told)).one()) == ("WeatherForetold", "ev36zero")
    assert (before.foretold, after.foretold) == (False, True)
    assert before.wind.p50_w[100] > 0
    assert before.wind.model_w[100] > 1e6
    assert after.wind.model_w[100:].max() < 1e4  # what blew at noon is forgotten


async def test_a_weather_services_token_tells_weather_and_nothing_else(people: People) -> None:
    service = await people.token("sky", Role.VIEWER, Scope.WEATHER)
    assert (await service.put(PATH, json=CALM)).status_code == 200
    assert (await service.get("/sites")).status_code == 403
    viewer = await people.user(Role.VIEWER)
    assert (await viewer.put(PATH, json=CALM)).status_code == 403


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"ghi_w_per_m2": [], "wind_m_per_s": []}, "wind_m_per_s"),
        ({"ghi_w_per_m2": [300.0] * 47}, "wind_m_per_s"),
        ({"issued_at": "2026-06-01T13:00:00Z"}, "issued_at"),
        ({"starts_at": "2026-05-20T00:00:00Z"}, "starts_at"),
        ({"starts_at": "2026-06-02T12:00:01Z"}, "starts_at"),
        ({"starts_at": "9999-06-01T00:00:00Z"}, "starts_at"),
        ({"ghi_w_per_m2": [-1.0] * 48}, "ghi_w_per_m2.0"),
        ({"step_s": 1}, "step_s"),
    ],
)
async def test_weather_that_cannot_be_is_refused_with_its_field(
    operator: httpx.AsyncClient, problem: Problem, change: dict[str, Any], field: str
) -> None:
    said = problem(await operator.put(PATH, json=CALM | change), 422)
    assert said["errors"][0]["field"] == field  # type: ignore[index]


async def test_without_any_there_is_none(operator: httpx.AsyncClient, problem: Problem) -> None:
    problem(await operator.get(PATH), 404)
