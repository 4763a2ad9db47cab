"""Tariffs by the API, and that the csms reads what was written."""

from decimal import Decimal
from typing import Any

import httpx
import pytest

from csms.domain.ids import ChargingStationId, IdToken
from csms.store.direct import Direct
from csms.store.tariffs import PostgresTariffs
from tests.web.conftest import Problem

pytestmark = pytest.mark.integration
NIGHT: dict[str, Any] = {
    "currency": "GBP",
    "time_zone": "Europe/London",
    "vat_pct": "20",
    "energy": [
        {"price": "0.12", "from_time": "00:30:00", "to_time": "05:30:00"},
        {"price": "0.38"},
    ],
    "stations": ["ev36-v2g-01"],
}


async def test_a_tariff_is_created_and_read_by_the_csms(
    operator: httpx.AsyncClient, direct: Direct
) -> None:
    created = await operator.put("/tariffs/night", json=NIGHT)
    assert (created.status_code, created.headers["ETag"]) == (201, '"1"')
    assert created.json()["stations"] == ["ev36-v2g-01"]
    read = PostgresTariffs(direct)
    station_id = ChargingStationId("ev36-v2g-01")
    in_force = await read.for_driver(station_id, IdToken("anybody"))
    assert in_force is not None
    assert in_force.tariff.energy[0].price == Decimal("0.12")
    assert await read.for_driver(ChargingStationId("other"), IdToken("anybody")) is None


async def test_a_tokens_tariff_goes_before_a_stations(
    operator: httpx.AsyncClient, direct: Direct
) -> None:
    await operator.put("/tariffs/night", json=NIGHT)
    staff = {"currency": "GBP", "tokens": ["STAFF-1"]}
    await operator.put("/tariffs/staff", json=staff)
    read, station_id = PostgresTariffs(direct), ChargingStationId("ev36-v2g-01")
    found = await read.for_driver(station_id, IdToken("staff-1"))
    assert found is not None
    assert found.tariff.tariff_id == "staff"


async def test_one_is_under_one_tariff(operator: httpx.AsyncClient, problem: Problem) -> None:
    await operator.put("/tariffs/night", json=NIGHT)
    taken = problem(await operator.put("/tariffs/day", json=NIGHT), 409)
    assert taken["type"] == "urn:v2ghub:problem:tariff-taken"
    problem(await operator.get("/tariffs/day"), 404)


async def test_a_change_needs_its_version(operator: httpx.AsyncClient, problem: Problem) -> None:
    await operator.put("/tariffs/night", json=NIGHT)
    problem(await operator.put("/tariffs/night", json=NIGHT, headers={"If-Match": '"2"'}), 412)
    changed = await operator.put("/tariffs/night", json=NIGHT, headers={"If-Match": '"1"'})
    assert changed.headers["ETag"] == '"2"'
    assert (await operator.delete("/tariffs/night")).status_code == 204
    problem(await operator.delete("/tariffs/night"), 404)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"currency": "pounds"}, "currency"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"vat_pct": 101}, "vat_pct"),
        ({"energy": [{"price": "much"}]}, "energy.0.price"),
        ({"energy": [{"price": 1, "days": [8]}]}, "energy.0.days.0"),
    ],
)
async def test_bad_fields_are_named(
    operator: httpx.AsyncClient, problem: Problem, change: dict[str, Any], field: str
) -> None:
    refused = problem(await operator.put("/tariffs/night", json={**NIGHT, **change}), 422)
    assert [error["field"] for error in refused["errors"]] == [field]
