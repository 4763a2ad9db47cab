"""Payments of a kiosk by the API: taken once, seen by who took them."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.store import tables, tariffs
from csms.store.tables import charging_station
from tests.web.conftest import People, Problem
from tests.web.seed import NOON, STATION
from web.roles import Role, Scope

pytestmark = pytest.mark.integration
Tariff = Callable[[str, str, str], Awaitable[None]]
PAID: dict[str, Any] = {
    "psp_ref": "PSP-1",
    "station_id": STATION,
    "evse_id": 1,
    "amount": "25.00",
    "currency": "GBP",
    "max_time_s": 3600,
}


@pytest.fixture
async def kiosk(people: People, engine: AsyncEngine) -> httpx.AsyncClient:
    """A program that takes payments for a station of OCPP 2.1."""
    async with engine.begin() as conn:
        of_station = charging_station.c.station_id == STATION
        await conn.execute(update(charging_station).where(of_station).values(ocpp_version="2.1"))
    return await people.token("kiosk", Role.VIEWER, Scope.PAYMENTS)


async def test_c24_fr01_a_payment_starts_one_transaction(
    kiosk: httpx.AsyncClient, people: People
) -> None:
    taken = await kiosk.post("/payments", json=PAID)
    assert taken.status_code == 202, taken.text
    told = taken.json()
    assert (told["psp_ref"], told["amount"], told["start_status"]) == ("PSP-1", "25.00", "pending")
    assert told["settlements"] == []
    again = await kiosk.post("/payments", json=PAID | {"amount": "25"})
    assert (again.status_code, again.json()["command_id"]) == (200, told["command_id"])
    operator = await people.user(Role.OPERATOR)
    (command,) = (await operator.get("/commands", params={"station_id": STATION})).json()["items"]
    assert command["kind"] == "RequestStartTransaction"
    assert command["payload"] == {
        "idToken": {"idToken": "PSP-1", "type": "DirectPayment"},
        "evseId": 1,
    }
    token = (await operator.get("/id_tokens/DirectPayment/PSP-1")).json()
    assert (token["places"], token["paid_in"]) == ({STATION: [1]}, "25.00")
    assert token["limits"] == {
        "max_cost": "25.00", "max_energy_wh": None, "max_time_s": 3600, "max_soc_pct": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    "other", [{"amount": "26.00"}, {"evse_id": None}, {"max_time_s": 60}, {"max_soc_pct": 80}]
)
async def test_other_words_under_the_same_reference_are_refused(
    kiosk: httpx.AsyncClient, problem: Problem, other: dict[str, Any]
) -> None:
    await kiosk.post("/payments", json=PAID)
    told = problem(await kiosk.post("/payments", json=PAID | other), 409)
    assert told["type"] == "urn:v2ghub:problem:payment-differs"


async def test_a_kiosk_sees_its_own_payments_alone(
    kiosk: httpx.AsyncClient, people: People, problem: Problem
) -> None:
    await kiosk.post("/payments", json=PAID)
    assert (await kiosk.get("/payments/psp-1")).status_code == 200
    other = await people.token("other", Role.VIEWER, Scope.PAYMENTS)
    problem(await other.get("/payments/PSP-1"), 404)
    problem(await other.post("/payments", json=PAID), 409)
    problem(await other.get("/payments"), 403)
    operator = await people.user(Role.OPERATOR)
    assert (await operator.get("/payments/PSP-1")).status_code == 200


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"station_id": "nobody"}, 404),
        ({"evse_id": 9}, 404),
        ({"station_id": "ev36-v2g-02"}, 422),
        ({"amount": "0"}, 422),
        ({"amount": "NaN"}, 422),
        ({"psp_ref": "a b"}, 422),
        ({"currency": "pounds"}, 422),
    ],
    ids=[
        "no station",
        "no EVSE",
        "no OCPP 2.1",
        "nothing",
        "no amount",
        "no identifier",
        "no currency",
    ],
)
async def test_what_cannot_be_a_payment_is_refused_and_nothing_is_kept(
    kiosk: httpx.AsyncClient, problem: Problem, change: dict[str, Any], status: int
) -> None:
    wanted = PAID | change
    problem(await kiosk.post("/payments", json=wanted), status)
    assert (await kiosk.get("/payments/PSP-1")).status_code == 404


@pytest.fixture
def tariff(engine: AsyncEngine) -> Tariff:
    """Puts a tariff of that currency in force."""

    async def put(scope: str, key: str, currency: str) -> None:
        tariff_id = f"{scope}-{key}"
        row = {"tariff_id": tariff_id, "definition": {"currency": currency}, "updated_at": NOON}
        async with engine.begin() as conn:
            await conn.execute(insert(tables.tariff).values(row))
            await tariffs.use(conn, scope, key, tariff_id)

    return put


@pytest.mark.parametrize(
    ("in_force", "evse_id", "status"),
    [
        ([], 1, 202),  # nobody knows
        ([("default", "", "GBP")], 1, 202),
        ([("default", "", "EUR")], 1, 422),
        ([("default", "", "EUR"), ("station", STATION, "GBP")], 1, 202),
        ([("station", STATION, "GBP"), ("evse", f"{STATION}/1", "EUR")], 1, 422),
        ([("station", STATION, "EUR"), ("evse", f"{STATION}/1", "GBP")], 1, 202),
        ([("station", STATION, "GBP"), ("evse", f"{STATION}/1", "EUR")], None, 422),
        ([("station", STATION, "GBP"), ("evse", f"{STATION}9/1", "EUR")], None, 202),
    ],
)
async def test_what_is_reserved_is_money_in_which_it_will_cost(
    kiosk: httpx.AsyncClient,
    tariff: Tariff,
    in_force: list[tuple[str, str, str]],
    evse_id: int | None,
    status: int,
) -> None:
    for one in in_force:
        await tariff(*one)
    told = await kiosk.post("/payments", json=PAID | {"evse_id": evse_id})
    assert told.status_code == status, told.text
    if status == 422:
        (fault,) = told.json()["errors"]
        assert fault["field"] == "currency"
        assert "EUR" in fault["message"]
        assert (await kiosk.get("/payments/PSP-1")).status_code == 404  # nothing is kept


async def test_without_a_tariff_of_ours_the_stations_own_says_the_currency(
    kiosk: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    row = {
        "station_id": STATION, "evse_id": 0, "tariff_id": "own", "kind": "DefaultTariff",
        "payload": {"tariffId": "own", "currency": "EUR"}, "at": NOON,
    }  # fmt: skip
    async with engine.begin() as conn:
        await conn.execute(insert(tables.station_tariff).values(row))
    told = await kiosk.post("/payments", json=PAID)
    assert told.status_code == 422
    assert "EUR" in told.json()["errors"][0]["message"]
    euros = PAID | {"currency": "EUR"}
    assert (await kiosk.post("/payments", json=euros)).status_code == 202
    other = await kiosk.post("/payments", json=PAID | {"max_time_s": 60})
    assert other.status_code == 409
