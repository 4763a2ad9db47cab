"""Settlements of payments by the API: listed for who sees to them, and what a person decides."""

from typing import Any

import httpx
import pytest
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.store.tables import payment_settling
from tests.web.conftest import People, Problem
from tests.web.seed import NOON, SITE, STATION
from web.roles import Role
from web.store.tables import audit

pytestmark = pytest.mark.integration


def row(status: str, station_id: str = STATION, **more: Any) -> dict[str, Any]:
    ended_at = None if status == "Due" else NOON
    return {
        "station_id": station_id, "transaction_id": f"tx-{status}", "psp_ref": f"p-{status}",
        "status": status, "due_at": NOON, "ended_at": ended_at, "attempts": 3,
        "again_at": NOON, "reason": "no payment provider is set", **more,
    }  # fmt: skip


@pytest.fixture
async def kept(engine: AsyncEngine) -> None:
    """One of each that may need somebody, and some that do not."""
    rows = [row(status) for status in ("Due", "Settled", "Operator", "Refused", "Station")]
    async with engine.begin() as conn:
        await conn.execute(insert(payment_settling), [*rows, row("Operator", "elsewhere")])


@pytest.fixture
async def operator(people: People, kept: None) -> httpx.AsyncClient:
    return await people.user(Role.OPERATOR)


async def decide(
    operator: httpx.AsyncClient, status: str, decision: str, **more: Any
) -> httpx.Response:
    path = f"/payments/settlements/{STATION}/tx-{status}"
    return await operator.post(path, json={"decision": decision, **more})


async def test_they_are_listed_by_what_became_of_them_and_by_site(
    viewer: httpx.AsyncClient, kept: None
) -> None:
    async def listed(*asked: tuple[str, str]) -> list[tuple[str, str]]:
        items = (await viewer.get("/payments", params=list(asked))).json()["items"]
        return sorted((one["station_id"], one["status"]) for one in items)

    assert len(await listed()) == 6
    left = await listed(("status", "Operator"))
    assert left == [("elsewhere", "Operator"), (STATION, "Operator")]
    theirs = await listed(("status", "Operator"), ("status", "Refused"), ("site_id", SITE))
    assert theirs == [(STATION, "Operator"), (STATION, "Refused")]


async def test_a_payment_that_was_left_to_an_operator_is_settled_again(
    operator: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    told = await decide(operator, "Operator", "settle")
    assert told.status_code == 200, told.text
    assert (told.json()["status"], told.json()["ended_at"], told.json()["reason"]) == (
        "Due", None, None,
    )  # fmt: skip
    async with engine.connect() as conn:
        mine = payment_settling.c.psp_ref == "p-Operator"
        here = payment_settling.c.station_id == STATION
        assert await conn.scalar(select(payment_settling.c.again_at).where(mine, here)) is None
    assert (await decide(operator, "Operator", "settle")).status_code == 200  # told twice
    async with engine.connect() as conn:
        (noted,) = (await conn.execute(select(audit).where(audit.c.action.like("payment.%")))).all()
    assert (noted.action, noted.object_id) == ("payment.settle", f"{STATION}/tx-Operator")
    assert (noted.detail["before"], noted.detail["psp_ref"]) == ("Operator", "p-Operator")


@pytest.mark.parametrize("status", ["Operator", "Refused"])
async def test_a_payment_is_written_off_for_a_reason(
    operator: httpx.AsyncClient, engine: AsyncEngine, status: str
) -> None:
    told = await decide(operator, status, "write_off", reason="paid in cash")
    assert told.status_code == 200, told.text
    assert (told.json()["status"], told.json()["reason"]) == ("WrittenOff", "paid in cash")
    assert told.json()["ended_at"] is not None
    assert (await decide(operator, status, "write_off", reason="other")).json() == told.json()
    async with engine.connect() as conn:
        details = list(await conn.scalars(select(audit.c.detail)))
    assert [one["reason"] for one in details if "psp_ref" in one] == ["paid in cash"]


async def test_without_a_reason_the_first_one_stays(operator: httpx.AsyncClient) -> None:
    told = (await decide(operator, "Operator", "write_off")).json()
    assert told["reason"] == "no payment provider is set"


@pytest.mark.parametrize(
    ("status", "decision"),
    [
        ("Settled", "settle"),
        ("Settled", "write_off"),
        ("Due", "write_off"),
        ("Station", "settle"),
        ("Refused", "settle"),  # it was asked, and would say the same
    ],
)
async def test_what_is_not_a_persons_to_decide_stays(
    operator: httpx.AsyncClient, problem: Problem, status: str, decision: str
) -> None:
    told = problem(await decide(operator, status, decision), 409)
    assert told["type"] == "urn:v2ghub:problem:settlement-is-decided"
    assert status in told["detail"]
    page = (await operator.get("/payments", params={"status": status})).json()
    assert f"p-{status}" in [one["psp_ref"] for one in page["items"]]


async def test_only_an_operator_decides_and_only_of_what_there_is(
    operator: httpx.AsyncClient, viewer: httpx.AsyncClient, problem: Problem
) -> None:
    problem(await decide(viewer, "Operator", "settle"), 403)
    problem(await decide(operator, "Nobody", "settle"), 404)
    problem(await decide(operator, "Operator", "forget"), 422)
