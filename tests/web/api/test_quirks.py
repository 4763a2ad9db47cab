"""Quirks of a station as an operator sees and sets them."""

from typing import Any

import httpx
import pytest

from csms.domain.facts_quirks import QuirkLearned
from csms.domain.ids import ChargingStationId
from csms.store.journal import PostgresJournal
from tests.web.conftest import Problem
from tests.web.seed import NOON, STATION

pytestmark = pytest.mark.integration

PATH = f"/stations/{STATION}/quirks"


async def quirk(client: httpx.AsyncClient, name: str) -> dict[str, Any]:
    items = (await client.get(PATH)).json()["items"]
    (found,) = (one for one in items if one["name"] == name)
    assert isinstance(found, dict)
    return found


async def learn(database_url: str, name: str, value: Any, *, proposed: bool = False) -> None:
    fact = QuirkLearned(
        station_id=ChargingStationId(STATION),
        name=name,
        value=value,
        at=NOON,
        reason="refused W",
        device="V2GHubSim Bidirectional-11",
        proposed=proposed,
    )
    async with PostgresJournal(database_url) as journal:
        await journal.commit([fact])


async def test_a_station_without_a_word_on_it_is_as_the_standard_says(
    viewer: httpx.AsyncClient,
) -> None:
    told = await quirk(viewer, "rate_units")
    assert (told["value"], told["standard"], told["source"]) == (["W", "A"], ["W", "A"], "standard")


async def test_what_was_learned_is_shown_and_an_operator_stands_over_it(
    operator: httpx.AsyncClient, database_url: str
) -> None:
    await learn(database_url, "rate_units", ["A"])
    told = await quirk(operator, "rate_units")
    assert (told["value"], told["source"], told["reason"]) == (["A"], "learned", "refused W")
    answer = await operator.put(f"{PATH}/rate_units", json={"value": ["W"]})
    assert answer.json()["value"] == ["W"]
    assert (await quirk(operator, "rate_units"))["source"] == "operator"
    assert (await operator.delete(f"{PATH}/rate_units")).status_code == 204
    assert (await quirk(operator, "rate_units"))["source"] == "standard"


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [
        ("rate_units", ["kW"], 422),
        ("pausing", 7, 422),
        ("energy_scale", "MWh", 422),
        ("colour", "red", 404),
    ],
)
async def test_what_is_no_quirk_is_refused(
    operator: httpx.AsyncClient, problem: Problem, name: str, value: Any, status: int
) -> None:
    problem(await operator.put(f"{PATH}/{name}", json={"value": value}), status)


async def test_a_viewer_sets_nothing(viewer: httpx.AsyncClient, problem: Problem) -> None:
    problem(await viewer.put(f"{PATH}/pausing", json={"value": "stop"}), 403)


async def test_what_is_proposed_holds_only_when_an_operator_says_so(
    operator: httpx.AsyncClient, database_url: str
) -> None:
    await learn(database_url, "meter_sign", "power_inverted", proposed=True)
    told = await quirk(operator, "meter_sign")
    assert (told["value"], told["source"], told["reason"]) == ("standard", "standard", None)
    assert told["proposed"]["value"] == "power_inverted"
    assert told["proposed"]["reason"] == "refused W"
    answer = await operator.put(f"{PATH}/meter_sign", json={"value": "power_inverted"})
    assert (answer.json()["value"], answer.json()["proposed"]) == ("power_inverted", None)
    assert (await operator.delete(f"{PATH}/meter_sign")).status_code == 204
    assert (await quirk(operator, "meter_sign"))["proposed"] is None
