"""Settlements of payments by the API: listed for who sees to them, and what a person decides."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import httpx
import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.domain.authorization import AuthorizationStatus, Token, TokenRef
from csms.domain.ids import IdToken
from csms.store import settling, tokens
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
        "again_at": NOON, "reason": "no payment provider is set",
        "amount": None, "currency": None, **more,
    }  # fmt: skip


@pytest.fixture
async def kept(engine: AsyncEngine) -> None:
    """One of each that may need somebody, and some that do not."""
    rows = [row(status) for status in ("Due", "Settled", "Operator", "Station")]
    rows.append(row("Refused", amount=Decimal("9.00"), currency="GBP"))
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


async def test_what_was_refused_is_settled_in_other_words_under_another_key(
    operator: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    words = {"amount": "4.004", "psp_ref": "p-anew"}
    told = await decide(operator, "Refused", "settle", **words)
    assert told.status_code == 200, told.text
    one = told.json()
    assert (one["status"], one["psp_ref"], one["asked_as"]) == ("Due", "p-Refused", "p-anew")
    assert (one["amount"], one["currency"]) == ("4.00", "GBP")
    assert (await decide(operator, "Refused", "settle", **words)).json() == one, "told twice"
    async with engine.begin() as conn:
        due = await settling.claim(conn, NOON, 8)
        (noted,) = (await conn.execute(select(audit).where(audit.c.action.like("payment.%")))).all()
    (asked,) = (each for each in due if each.transaction_id == "tx-Refused")
    assert (asked.psp_ref, asked.amount, asked.revised) == ("p-anew", Decimal("4.00"), 1)
    assert asked.key != replace(asked, revised=0).key
    assert (noted.detail["asked_as"], noted.detail["amount"]) == ("p-anew", "4.00")


async def test_what_nobody_knows_the_cost_of_is_settled_for_what_a_person_says(
    operator: httpx.AsyncClient, problem: Problem
) -> None:
    fault = problem(await decide(operator, "Operator", "settle", amount="3.50"), 422)
    assert fault["errors"][0]["field"] == "currency"
    told = await decide(operator, "Operator", "settle", amount="3.50", currency="GBP")
    assert (told.json()["status"], told.json()["amount"]) == ("Due", "3.50")


@pytest.mark.parametrize(
    ("words", "status", "advice"),
    [
        ({"amount": "9.00"}, 409, "another amount or reference"),
        ({"psp_ref": "p-Refused"}, 409, "another amount or reference"),
        ({"currency": "EUR"}, 422, "another currency"),
        ({"amount": "-1"}, 422, "greater than or equal to 0"),
        ({"amount": "5.01", "psp_ref": "p-small"}, 422, "more than was reserved"),
        ({"psp_ref": "a b"}, 422, "pattern"),
        ({"psp_ref": "p-euros"}, 422, "what was reserved is in EUR"),
    ],
)
async def test_words_that_change_nothing_or_cannot_be_are_refused(
    operator: httpx.AsyncClient,
    engine: AsyncEngine,
    problem: Problem,
    words: dict[str, Any],
    status: int,
    advice: str,
) -> None:
    small = Token(
        ref=TokenRef(IdToken("p-small"), "DirectPayment"),
        status=AuthorizationStatus.ACCEPTED,
        paid_in=Decimal(5),
    )
    async with engine.begin() as conn:
        await tokens.put(conn, small, NOON)
        euros = TokenRef(IdToken("p-euros"), "DirectPayment")
        await tokens.put(conn, replace(small, ref=euros, paid_currency="EUR"), NOON)
    told = problem(await decide(operator, "Refused", "settle", **words), status)
    assert advice in str(told)


async def test_what_the_provider_may_have_taken_is_asked_for_in_the_same_words(
    operator: httpx.AsyncClient, engine: AsyncEngine, problem: Problem
) -> None:
    async with engine.begin() as conn:
        await conn.execute(
            update(payment_settling)
            .where(payment_settling.c.psp_ref == "p-Operator")
            .values(amount=Decimal("9.00"), currency="GBP")
        )
    told = problem(await decide(operator, "Operator", "settle", amount="8.00"), 409)
    assert "may have taken it" in told["detail"]
    assert (await decide(operator, "Operator", "settle", amount="9.00")).status_code == 200
