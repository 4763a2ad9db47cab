"""How a station is told to discharge, as an operator sees and chooses it."""

from typing import Any

import httpx
import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.store.tables import charging_station
from tests.web.conftest import Problem
from tests.web.seed import NOON, STATION
from web.store.tables import audit

pytestmark = pytest.mark.integration

PATH = f"/stations/{STATION}/discharge-dialect"


async def mark(engine: AsyncEngine, **values: Any) -> None:
    mine = charging_station.c.station_id == STATION
    async with engine.begin() as conn:
        await conn.execute(update(charging_station).where(mine).values(**values))


@pytest.fixture(autouse=True)
async def spoken(operator: httpx.AsyncClient, engine: AsyncEngine) -> None:
    listed = {"discharge_dialect": "negative_limit", "discharge_dialect_listed": "negative_limit"}
    await mark(engine, ocpp_version="2.0.1", discharge_proven_at=NOON, **listed)


async def test_an_operator_stands_over_the_list_and_the_list_again_when_he_forgets(
    operator: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    told = (await operator.get(PATH)).json()
    assert (told["dialect"], told["set_by_operator"]) == ("negative_limit", None)
    assert told["listed"] == ["negative_limit"]

    told = (await operator.put(PATH, json={"dialect": "none"})).json()
    assert (told["dialect"], told["set_by_operator"], told["proven_at"]) == ("none", "none", None)
    assert (await operator.delete(PATH)).status_code == 204
    told = (await operator.get(PATH)).json()
    assert (told["dialect"], told["set_by_operator"]) == ("negative_limit", None)

    mine = audit.c.object_id == STATION
    async with engine.connect() as conn:
        rows = await conn.execute(select(audit.c.action, audit.c.detail).where(mine))
        kept = {row.action: row.detail for row in rows}
    assert kept["station.discharge_dialect.set"] == {"dialect": "none", "before": "negative_limit"}
    assert kept["station.discharge_dialect.forget"] == {"before": "none"}


async def test_what_was_proven_stays_so_for_the_same_words(operator: httpx.AsyncClient) -> None:
    told = (await operator.put(PATH, json={"dialect": "negative_limit"})).json()
    assert told["proven_at"] is not None


@pytest.mark.parametrize(
    ("dialect", "version", "why"),
    [
        ("datatransfer", "2.0.1", "model_not_on_the_allow_list"),
        ("ocpp201_v2x", "2.0.1", "model_not_on_the_allow_list"),
        ("ocpp21", "2.1", "not_announced_by_the_device_model"),
        ("ocpp21", "2.0.1", "not_a_dialect_of_its_ocpp_version"),
        ("negative_limit", "2.1", "not_a_dialect_of_its_ocpp_version"),
    ],
)
async def test_what_nobody_vouches_for_is_refused_by_name(
    operator: httpx.AsyncClient, problem: Problem, engine: AsyncEngine, dialect: str, version: str,
    why: str,
) -> None:  # fmt: skip
    await mark(engine, ocpp_version=version)
    told = await operator.put(PATH, json={"dialect": dialect})
    problem(told, 409)
    assert told.json()["type"] == f"urn:v2ghub:problem:{why}"
    assert (await operator.get(PATH)).json()["set_by_operator"] is None


async def test_a_station_that_lied_is_told_to_discharge_only_once_somebody_has_looked(
    operator: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    await mark(engine, discharge_fault="it charged", discharge_dialect="none")
    refused = await operator.put(PATH, json={"dialect": "negative_limit"})
    assert refused.json()["type"].endswith("discharge_fault_not_reviewed")
    reviewed = {"dialect": "negative_limit", "fault_reviewed": True}
    told = (await operator.put(PATH, json=reviewed)).json()
    assert (told["dialect"], told["fault"], told["proven_at"]) == ("negative_limit", None, None)


async def test_only_operators_choose_and_only_for_stations_that_there_are(
    viewer: httpx.AsyncClient, operator: httpx.AsyncClient, problem: Problem
) -> None:
    problem(await viewer.put(PATH, json={"dialect": "none"}), 403)
    problem(await operator.put("/stations/nobody/discharge-dialect", json={"dialect": "none"}), 404)
    problem(await operator.put(PATH, json={"dialect": "loud"}), 422)
