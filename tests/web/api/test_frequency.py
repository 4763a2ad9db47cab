"""Letting stations of a site respond to the frequency."""

from typing import Any

import httpx
import pytest
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.store.tables import charging_station, variable
from tests.web.conftest import Problem
from tests.web.seed import NOON, SITE, STATION
from web.store.tables import audit

pytestmark = pytest.mark.integration

PATH = f"/sites/{SITE}/frequency-response"
DROOP = [{"frequency_hz": 49.8, "power_w": -4_000.0}, {"frequency_hz": 50.2, "power_w": 4_000.0}]


@pytest.fixture
async def able(operator: httpx.AsyncClient, engine: AsyncEngine) -> httpx.AsyncClient:
    told = {"SupportedOperationModes": "ChargingOnly,LocalFrequency", "Enabled": "true"}
    rows = [
        {
            "station_id": STATION, "component": "V2XChargingCtrlr", "component_instance": "",
            "evse_id": 1, "connector_id": 0, "variable": name, "variable_instance": "",
            "attribute": "Actual", "value": value, "told_by": "NotifyReport", "reported_at": NOON,
        }
        for name, value in told.items()
    ]  # fmt: skip
    async with engine.begin() as conn:
        await conn.execute(insert(variable), rows)
    return operator


async def kept(engine: AsyncEngine) -> Any:
    mine = select(charging_station.c.frequency_response)
    async with engine.connect() as conn:
        return await conn.scalar(mine.where(charging_station.c.station_id == STATION))


async def test_who_can_responds_and_who_cannot_is_named(
    able: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    told = (await able.put(PATH, json={"curve": DROOP})).json()["items"]
    refusals = {one["station_id"]: one["refusal"] for one in told}
    assert refusals.pop(STATION) is None
    assert set(refusals.values()) == {"not_announced_by_the_device_model"}
    assert await kept(engine) == DROOP
    (one,) = (await able.get(PATH)).json()["items"]
    assert (one["station_id"], one["curve"]) == (STATION, DROOP)

    await able.put(PATH, json={"curve": [], "station_ids": [STATION]})
    assert await kept(engine) is None
    assert (await able.get(PATH)).json()["items"] == []
    async with engine.connect() as conn:
        mine = audit.c.action == "site.frequency_response.set"
        details = list(await conn.scalars(select(audit.c.detail).where(mine).order_by(audit.c.at)))
    assert details[0]["stations"] == [STATION]


async def test_a_circuit_has_the_stations_of_all_below_it(able: httpx.AsyncClient) -> None:
    """The station hangs on a bay of the fleet's feeder."""
    for circuit_id in ("fleet", "v2g-bay"):
        asked = await able.put(PATH, json={"curve": DROOP, "circuit_id": circuit_id})
        assert STATION in {one["station_id"] for one in asked.json()["items"]}


@pytest.mark.parametrize(
    ("curve", "why"),
    [
        (DROOP[:1], "frequency_curve_point_count"),
        (DROOP[::-1], "frequency_curve_not_rising"),
        (
            [{"frequency_hz": 49.8, "power_w": 1.0}, {"frequency_hz": 50.2, "power_w": -1.0}],
            "frequency_curve_against_the_grid",
        ),
    ],
)
async def test_a_curve_that_is_none_is_refused_by_name(
    operator: httpx.AsyncClient, problem: Problem, curve: list[dict[str, float]], why: str
) -> None:
    told = await operator.put(PATH, json={"curve": curve})
    problem(told, 409)
    assert told.json()["type"] == f"urn:v2ghub:problem:{why}"


async def test_only_operators_and_only_what_there_is(
    viewer: httpx.AsyncClient, operator: httpx.AsyncClient, problem: Problem
) -> None:
    problem(await viewer.put(PATH, json={"curve": DROOP}), 403)
    problem(await operator.put(PATH, json={"curve": DROOP, "station_ids": ["nobody"]}), 404)
    problem(await operator.put(PATH, json={"curve": DROOP, "circuit_id": "nowhere"}), 404)
