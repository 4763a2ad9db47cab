"""Id tokens by the API: listed, changed under a version, struck off."""

from typing import Any

import httpx
import pytest

from tests.web.conftest import Problem

pytestmark = pytest.mark.integration
CARD: dict[str, Any] = {
    "status": "Accepted",
    "group_id_token": "fleet",
    "cache_s": 600,
    "places": {"ev36-v2g-01": [1]},
    "personal_message": {"content": "Welcome"},
}


async def test_a_token_is_listed_then_changed(operator: httpx.AsyncClient) -> None:
    created = await operator.put("/id_tokens/ISO14443/AB12", json=CARD)
    assert (created.status_code, created.headers["ETag"]) == (201, '"1"')
    told = created.json()
    assert (told["group_id_token"], told["places"]) == ("fleet", {"ev36-v2g-01": [1]})
    blocked = await operator.put("/id_tokens/ISO14443/ab12", json={"status": "Blocked"})
    assert (blocked.status_code, blocked.headers["ETag"]) == (200, '"2"')
    read = (await operator.get("/id_tokens/ISO14443/AB12")).json()
    assert (read["status"], read["group_id_token"], read["version"]) == ("Blocked", None, 2)


async def test_the_type_is_part_of_a_token(operator: httpx.AsyncClient, problem: Problem) -> None:
    await operator.put("/id_tokens/ISO14443/AB12", json=CARD)
    problem(await operator.get("/id_tokens/eMAID/AB12"), 404)


async def test_two_changes_never_overwrite(operator: httpx.AsyncClient, problem: Problem) -> None:
    only_new = {"If-None-Match": "*"}
    first = await operator.put("/id_tokens/Central/A", json=CARD, headers=only_new)
    assert first.status_code == 201
    problem(await operator.put("/id_tokens/Central/A", json=CARD, headers=only_new), 412)
    old = {"If-Match": '"7"'}
    problem(await operator.put("/id_tokens/Central/A", json=CARD, headers=old), 412)
    problem(await operator.delete("/id_tokens/Central/A", headers=old), 412)


async def test_a_token_is_struck_off(operator: httpx.AsyncClient, problem: Problem) -> None:
    await operator.put("/id_tokens/Central/A", json=CARD)
    assert (await operator.delete("/id_tokens/Central/A")).status_code == 204
    problem(await operator.get("/id_tokens/Central/A"), 404)
    problem(await operator.delete("/id_tokens/Central/A"), 404)


async def test_the_list_by_group_and_status(operator: httpx.AsyncClient) -> None:
    await operator.put("/id_tokens/Central/A", json=CARD)
    await operator.put("/id_tokens/Central/B", json={"status": "Blocked"})
    page = (await operator.get("/id_tokens", params={"group_id_token": "Fleet"})).json()
    assert [one["id_token"] for one in page["items"]] == ["A"]
    page = (await operator.get("/id_tokens", params={"status": "Blocked"})).json()
    assert [one["id_token"] for one in page["items"]] == ["B"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"status": "Perhaps"}, "status"),
        ({"expires_at": "2027-01-01T00:00:00"}, "expires_at"),
        ({"personal_message": {"content": "x" * 513}}, "personal_message.content"),
        ({"charging_priority": 10}, "charging_priority"),
        ({"colour": 1}, "colour"),
    ],
)
async def test_bad_fields_are_named(
    operator: httpx.AsyncClient, problem: Problem, change: dict[str, Any], field: str
) -> None:
    refused = problem(await operator.put("/id_tokens/Central/A", json={**CARD, **change}), 422)
    assert [error["field"] for error in refused["errors"]] == [field]


async def test_viewers_only_look(viewer: httpx.AsyncClient, problem: Problem) -> None:
    assert (await viewer.get("/id_tokens")).status_code == 200
    problem(await viewer.put("/id_tokens/Central/A", json=CARD), 403)
