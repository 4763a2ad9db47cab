from typing import Any

import httpx
import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.store.tables import evse, outbox, transaction
from scheduler.store.tables import plan_setpoint, vehicle
from tests.web.conftest import People, Problem
from tests.web.seed import NOON, SITE, SLOTS
from web.roles import Role, Scope
from web.store.tables import audit

pytestmark = pytest.mark.integration
VAN: dict[str, Any] = {
    "site_id": "ev36zero", "id_token": "TAG-8", "name": "Van 8", "capacity_wh": 60_000,
    "departure_at": "2026-06-01T17:00:00Z", "target_soc_pct": 80,
}  # fmt: skip


async def test_a_plugged_in_vehicle_says_where_it_is_and_when_it_is_ready(
    viewer: httpx.AsyncClient,
) -> None:
    answer = await viewer.get("/vehicles/van-7")
    van = answer.json()
    assert answer.headers["ETag"] == '"1"'
    assert van["plugged_in"] == {
        "station_id": "ev36-v2g-01", "evse_id": 1, "transaction_id": "tx-1",
        "since": "2026-06-01T11:00:00Z",
    }  # fmt: skip
    assert (van["soc_pct"], van["departure_at"]) == (50.0, "2026-06-01T17:00:00Z")
    # 25 kWh now, 40 kWh wanted (1 % early counts), 1.61 kWh per quarter: the tenth is enough.
    assert (van["ready"], van["ready_at"]) == ("on_track", "2026-06-01T14:30:00Z")
    assert van["shortfall_wh"] == 0


async def test_of_whom_nobody_told_a_need_the_plans_own_guess_counts(
    viewer: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    """The plan reckons with 9 kWh, by visits like this one; the site's default would be 15."""
    silent = {"departure_at": None, "target_soc_pct": None}
    energy_wh = [7000.0 + 500 * min(slot, 4) for slot in range(1, SLOTS + 1)]
    async with engine.begin() as conn:
        await conn.execute(update(vehicle).values(silent))
        await conn.execute(update(evse).values(soc_pct=None, soc_at=None))
        await conn.execute(update(plan_setpoint).values(energy_wh=energy_wh))
    van = (await viewer.get("/vehicles/van-7")).json()
    assert (van["ready"], van["shortfall_wh"]) == ("on_track", 0)
    async with engine.begin() as conn:
        why = {"shortfall_wh": 4000.0, "runs": []}
        await conn.execute(update(plan_setpoint).values(why=why))
    van = (await viewer.get("/vehicles/van-7")).json()
    assert (van["ready"], van["shortfall_wh"]) == ("at_risk", 4000)


async def test_transaction_ids_are_their_stations_own(
    operator: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    """Another vehicle in a transaction of the same id has no part in the first one's plan."""
    await operator.put("/vehicles/van-8", json=VAN)
    async with engine.begin() as conn:
        await conn.execute(
            insert(transaction).values(
                station_id="ev36-v2g-02", transaction_id="tx-1", evse_id=1, id_token="TAG-8",
                started_at=NOON, last_event_at=NOON, imported_wh=0.0, exported_wh=0.0,
                event_count=1,
            )
        )  # fmt: skip
    van = (await operator.get("/vehicles/van-8")).json()
    assert van["plugged_in"]["station_id"] == "ev36-v2g-02"
    assert (van["ready"], van["ready_at"]) == (None, None)


async def test_a_vehicle_is_created_then_replaced_and_planned_for(
    operator: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    created = await operator.put("/vehicles/van-8", json=VAN)
    assert (created.status_code, created.headers["ETag"]) == (201, '"1"')
    assert created.json()["demand_source"] == "operator"
    assert created.json()["plugged_in"] is None
    replaced = await operator.put("/vehicles/van-8", json={**VAN, "target_soc_pct": 90})
    assert (replaced.status_code, replaced.headers["ETag"]) == (200, '"2"')
    async with engine.connect() as conn:
        rows = await conn.execute(select(outbox.c.kind, outbox.c.site_id))
    assert rows.all().count(("DemandChanged", "ev36zero")) == 2


async def test_a_program_speaks_for_the_driver(people: People) -> None:
    program = await people.token("sim", Role.OPERATOR)
    created = await program.put("/vehicles/van-8", json=VAN)
    assert created.json()["demand_source"] == "driver"


async def test_a_change_needs_the_version_it_was_made_from(
    operator: httpx.AsyncClient, problem: Problem
) -> None:
    later = {"departure_at": "2026-06-01T18:30:00Z"}
    problem(await operator.patch("/vehicles/van-7", json=later), 428)
    problem(await operator.patch("/vehicles/van-7", json=later, headers={"If-Match": '"9"'}), 412)
    changed = await operator.patch("/vehicles/van-7", json=later, headers={"If-Match": '"1"'})
    assert changed.status_code == 200
    assert changed.headers["ETag"] == '"2"'
    assert changed.json()["departure_at"] == "2026-06-01T18:30:00Z"
    assert changed.json()["target_soc_pct"] == 80
    assert changed.json()["demand_source"] == "operator"
    problem(await operator.patch("/vehicles/van-7", json=later, headers={"If-Match": '"1"'}), 412)


async def test_a_boost_is_of_this_visit_and_can_be_taken_back(
    operator: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    asked = await operator.patch(
        "/vehicles/van-7", json={"boost": True}, headers={"If-Match": '"1"'}
    )
    assert (asked.json()["boost"], asked.json()["boost_until"]) == (True, None)
    async with engine.connect() as conn:
        assert await conn.scalar(select(outbox.c.kind).order_by(outbox.c.outbox_id.desc())) == (
            "DemandChanged"
        )
    until = {"boost_until": "2026-06-01T13:00:00Z"}
    timed = await operator.patch("/vehicles/van-7", json=until, headers={"If-Match": '"2"'})
    assert (timed.json()["boost"], timed.json()["boost_until"]) == (True, "2026-06-01T13:00:00Z")
    back = await operator.patch(
        "/vehicles/van-7", json={"boost": False}, headers={"If-Match": '"3"'}
    )
    assert (back.json()["boost"], back.json()["boost_until"]) == (False, None)
    both = until | {"boost": False}
    still = await operator.patch("/vehicles/van-7", json=both, headers={"If-Match": '"4"'})
    assert (still.json()["boost"], still.json()["boost_until"]) == (False, None)


async def test_not_today_lasts_until_the_local_day_is_over(operator: httpx.AsyncClient) -> None:
    paused = await operator.patch(
        "/vehicles/van-7", json={"v2g_paused": True}, headers={"If-Match": '"1"'}
    )
    assert paused.json()["v2g_paused_until"] == "2026-06-01T23:00:00Z"  # British summer time
    until = {"v2g_paused": True, "v2g_paused_until": "2026-06-01T15:00:00Z"}
    shorter = await operator.patch("/vehicles/van-7", json=until, headers={"If-Match": '"2"'})
    assert shorter.json()["v2g_paused_until"] == "2026-06-01T15:00:00Z"
    over = await operator.patch(
        "/vehicles/van-7", json={"v2g_paused": False}, headers={"If-Match": '"3"'}
    )
    assert over.json()["v2g_paused_until"] is None


async def test_null_forgets_and_what_is_not_sent_stays(operator: httpx.AsyncClient) -> None:
    changed = await operator.patch(
        "/vehicles/van-7", json={"name": None}, headers={"If-Match": '"1"'}
    )
    assert (changed.json()["name"], changed.json()["capacity_wh"]) == (None, 50_000)


async def test_create_only_and_replace_only(operator: httpx.AsyncClient, problem: Problem) -> None:
    only_new = {"If-None-Match": "*"}
    assert (await operator.put("/vehicles/v", json=VAN, headers=only_new)).status_code == 201
    problem(await operator.put("/vehicles/v", json=VAN, headers=only_new), 412)
    problem(await operator.put("/vehicles/w", json=VAN, headers={"If-Match": '"1"'}), 412)


async def test_one_token_belongs_to_one_vehicle(
    operator: httpx.AsyncClient, problem: Problem
) -> None:
    taken = await operator.put("/vehicles/van-9", json={**VAN, "id_token": "TAG-7"})
    assert problem(taken, 409)["type"] == "urn:v2ghub:problem:token-taken"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"target_soc_pct": 101}, "target_soc_pct"),
        ({"capacity_wh": -1}, "capacity_wh"),
        ({"departure_at": "2026-06-01T17:00:00"}, "departure_at"),
        ({"departure_at": "soon"}, "departure_at"),
        ({"site_id": "nowhere"}, "site_id"),
        ({"id_token": ""}, "id_token"),
        ({"battery": 1}, "battery"),
    ],
)
async def test_bad_fields_are_named(
    operator: httpx.AsyncClient, problem: Problem, change: dict[str, Any], field: str
) -> None:
    refused = problem(await operator.put("/vehicles/van-8", json={**VAN, **change}), 422)
    assert [error["field"] for error in refused["errors"]] == [field]
    assert all(error["message"] for error in refused["errors"])


async def test_the_list_goes_page_by_page(operator: httpx.AsyncClient) -> None:
    for number in range(5):
        body = {**VAN, "id_token": f"T-{number}"}
        await operator.put(f"/vehicles/a-{number}", json=body)
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 2, "site_id": "ev36zero"}
    while True:
        page = (await operator.get("/vehicles", params=query)).json()
        assert len(page["items"]) <= 2
        seen += [vehicle["vehicle_id"] for vehicle in page["items"]]
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
    assert seen == ["a-0", "a-1", "a-2", "a-3", "a-4", "van-7"]


async def test_an_unknown_vehicle_is_not_found(
    operator: httpx.AsyncClient, problem: Problem
) -> None:
    problem(await operator.get("/vehicles/none"), 404)
    problem(await operator.patch("/vehicles/none", json={}, headers={"If-Match": '"1"'}), 404)


@pytest.fixture
async def driver(people: People) -> httpx.AsyncClient:
    """The app of the van's driver."""
    return await people.token("app", Role.VIEWER, Scope.DRIVER, vehicle_ids=("van-7",))


@pytest.mark.parametrize(
    "wish",
    [
        {"departure_at": "2026-06-01T15:30:00Z", "target_soc_pct": 90},
        {"requested_wh": 12_000},
        {"boost": True, "boost_until": "2026-06-01T13:00:00Z"},
        {"v2g_paused": True},
    ],
)
async def test_a_drivers_app_says_the_drivers_wishes(
    driver: httpx.AsyncClient, engine: AsyncEngine, wish: dict[str, Any]
) -> None:
    """It is in the audit, as the app's word."""
    seen = await driver.get("/vehicles/van-7")
    told = await driver.patch(
        "/vehicles/van-7", json=wish, headers={"If-Match": seen.headers["ETag"]}
    )
    assert told.status_code == 200, told.text
    assert told.json()["demand_source"] == "driver"
    assert {name: told.json()[name] for name in wish if name != "v2g_paused"} == {
        name: value for name, value in wish.items() if name != "v2g_paused"
    }
    async with engine.connect() as conn:
        last = (await conn.execute(select(audit).order_by(audit.c.audit_id.desc()))).first()
    assert last is not None
    assert (last.actor, last.action, last.object_id) == ("token:app", "vehicle.change", "van-7")


@pytest.mark.parametrize(
    "field", [{"v2g_allowed": False}, {"v2g_floor_soc_pct": 1}, {"id_token": "TAG-9"},
              {"site_id": "other"}, {"max_charge_w": 1}, {"name": "Mine"}]
)  # fmt: skip
async def test_a_drivers_app_changes_nothing_else_of_its_vehicle(
    driver: httpx.AsyncClient, problem: Problem, field: dict[str, Any]
) -> None:
    wish = {"target_soc_pct": 90} | field
    answer = await driver.patch("/vehicles/van-7", json=wish, headers={"If-Match": '"1"'})
    assert str(problem(answer, 403)["type"]).endswith(":field-not-allowed")
    assert (await driver.get("/vehicles/van-7")).json()["target_soc_pct"] == 80.0


async def test_a_drivers_app_sees_no_other_vehicle_not_even_whether_it_is_there(
    driver: httpx.AsyncClient, operator: httpx.AsyncClient, problem: Problem
) -> None:
    van = {"site_id": SITE, "id_token": "TAG-8", "name": "Van 8"}
    assert (await operator.put("/vehicles/van-8", json=van)).status_code == 201
    for vehicle_id in ("van-8", "van-9"):
        for method, wish in (("GET", None), ("PATCH", {"boost": True})):
            answer = await driver.request(
                method, f"/vehicles/{vehicle_id}", json=wish, headers={"If-Match": '"1"'}
            )
            assert str(problem(answer, 403)["type"]).endswith(":vehicle-not-allowed")
    problem(await driver.get("/vehicles"), 403)
    problem(await driver.put("/vehicles/van-7", json=van | {"id_token": "TAG-7"}), 403)
