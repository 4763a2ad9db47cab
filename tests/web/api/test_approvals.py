"""Two people for what is dangerous: one asks, another approves, and it is done once."""

import asyncio
from datetime import datetime, timedelta

import httpx
import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.store.tables import command
from scheduler.services.load_site import load_site_file
from tests.web.conftest import People, Problem, approve, ask, key
from tests.web.seed import NOON, ROOT, SITE, STATION
from web.roles import Role
from web.store.tables import approval, audit

pytestmark = pytest.mark.integration

UPDATE = {
    "station_id": STATION,
    "kind": "UpdateFirmware",
    "payload": {"requestId": 1, "firmware": {"location": "https://firmware.example/x"}},
}
WISH = {"commands": [UPDATE]}


async def sent(engine: AsyncEngine) -> int:
    async with engine.connect() as conn:
        return await conn.scalar(select(func.count()).select_from(command)) or 0


async def test_one_asks_another_approves_and_it_is_done(
    admin: httpx.AsyncClient, second: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    asked = await ask(admin, "commands", WISH)
    assert asked.status_code == 201, asked.text
    assert (asked.json()["status"], asked.json()["asked_by"]) == ("waiting", "user:admin")
    waits_until = datetime.fromisoformat(asked.json()["asked_at"]) + timedelta(minutes=15)
    assert datetime.fromisoformat(asked.json()["expires_at"]) == waits_until
    assert await sent(engine) == 0
    (waiting,) = (await second.get("/approvals", params={"waiting": True})).json()["items"]
    assert waiting == asked.json()
    done = (await approve(second, asked)).json()
    assert (done["status"], done["decided_by"]) == ("done", "user:second")
    assert [one["kind"] for one in done["answer"]["commands"]] == ["UpdateFirmware"]
    assert await sent(engine) == 1
    assert (await second.get("/approvals", params={"waiting": True})).json()["items"] == []
    async with engine.connect() as conn:
        actions = list(await conn.scalars(select(audit.c.action).order_by(audit.c.audit_id)))
    assert actions[-3:] == ["approval.ask", "command.UpdateFirmware", "approval.approve"]


async def test_alone_it_is_refused_with_the_way_to_ask(
    admin: httpx.AsyncClient, problem: Problem, engine: AsyncEngine
) -> None:
    told = problem(await admin.post("/commands", json=UPDATE, headers=key()), 403)
    assert str(told["type"]).endswith(":approval-needed")
    assert await sent(engine) == 0


async def test_nobody_approves_what_they_asked_for(
    admin: httpx.AsyncClient, second: httpx.AsyncClient, problem: Problem, engine: AsyncEngine
) -> None:
    told = problem(await approve(admin, await ask(admin, "commands", WISH)), 403)
    assert str(told["type"]).endswith(":own-approval")
    assert await sent(engine) == 0


async def test_what_was_not_looked_at_is_not_approved(
    admin: httpx.AsyncClient, second: httpx.AsyncClient, problem: Problem, engine: AsyncEngine
) -> None:
    looked_at = await ask(admin, "commands", WISH)
    other = await ask(admin, "commands", {"commands": [UPDATE, UPDATE]})
    path = f"/approvals/{other.json()['approval_id']}/approve"
    body = {"payload_hash": looked_at.json()["payload_hash"]}
    told = problem(await second.post(path, json=body), 409)
    assert str(told["type"]).endswith(":payload-changed")
    assert await sent(engine) == 0


async def test_of_two_who_approve_at_once_one_does_it(
    admin: httpx.AsyncClient, second: httpx.AsyncClient, people: People, engine: AsyncEngine
) -> None:
    third = await people.user(Role.ADMIN, "third")
    asked = await ask(admin, "commands", WISH)
    answers = await asyncio.gather(*(approve(who, asked) for who in (second, third, second)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    assert await sent(engine) == 1


async def test_after_a_quarter_of_an_hour_it_is_over(
    admin: httpx.AsyncClient, second: httpx.AsyncClient, problem: Problem, engine: AsyncEngine
) -> None:
    asked = await ask(admin, "commands", WISH)
    async with engine.begin() as conn:
        await conn.execute(update(approval).values(expires_at=func.now()))
    told = problem(await approve(second, asked), 409)
    assert "expired" in str(told["detail"])
    assert await sent(engine) == 0


async def test_who_asked_may_take_it_back(
    admin: httpx.AsyncClient, second: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    asked = await ask(admin, "commands", WISH)
    answer = await admin.post(f"/approvals/{asked.json()['approval_id']}/refuse")
    assert answer.json()["status"] == "refused"
    assert (await approve(second, asked)).status_code == 409
    assert await sent(engine) == 0


async def test_a_secret_is_told_to_the_station_alone(
    admin: httpx.AsyncClient, second: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    name = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}
    told = {"setVariableData": [name | {"attributeValue": "swordfish-swordfish"}]}
    one = {"station_id": STATION, "kind": "SetVariables", "payload": told}
    asked = await ask(admin, "commands", {"commands": [one]})
    listed = await second.get("/approvals")
    done = await approve(second, asked)
    assert [answer.status_code for answer in (asked, listed, done)] == [201, 200, 200]
    assert not [one for one in (asked, listed, done) if "swordfish" in one.text]
    async with engine.connect() as conn:
        assert await conn.scalar(select(command.c.payload)) == told


async def test_with_one_administrator_the_refusal_says_how_to_make_a_second(
    admin: httpx.AsyncClient, problem: Problem
) -> None:
    told = problem(await ask(admin, "commands", WISH), 409)
    assert str(told["type"]).endswith(":second-admin-needed")
    assert "v2ghub user add" in str(told["detail"])


async def test_a_token_is_no_person(
    admin: httpx.AsyncClient, second: httpx.AsyncClient, people: People, problem: Problem
) -> None:
    program = await people.token("robot", Role.ADMIN)
    problem(await ask(program, "commands", WISH), 403)
    problem(await approve(program, await ask(admin, "commands", WISH)), 403)


async def test_what_can_never_be_done_is_not_asked_for(
    admin: httpx.AsyncClient, second: httpx.AsyncClient, problem: Problem
) -> None:
    unknown = {"commands": [UPDATE | {"station_id": "nobody"}]}
    problem(await ask(admin, "commands", unknown), 404)
    problem(await ask(admin, "commands", {"commands": []}), 422)


async def test_a_v2g_floor_below_the_sites_takes_two(
    admin: httpx.AsyncClient, second: httpx.AsyncClient, problem: Problem
) -> None:
    etag = (await admin.get("/vehicles/van-7")).headers["ETag"]
    for floor_pct, status in ((30.0, 200), (29.0, 403)):
        etag = (await admin.get("/vehicles/van-7")).headers["ETag"]
        answer = await admin.patch(
            "/vehicles/van-7", json={"v2g_floor_soc_pct": floor_pct}, headers={"If-Match": etag}
        )
        assert answer.status_code == status, answer.text
    version = (await admin.get("/vehicles/van-7")).json()["version"]
    wish = {"vehicle_id": "van-7", "version": version, "v2g_floor_soc_pct": 0.0}
    done = await approve(second, await ask(admin, "vehicle.v2g_floor", wish))
    assert done.status_code == 200, done.text
    assert (await admin.get("/vehicles/van-7")).json()["v2g_floor_soc_pct"] == 0
    stale = await approve(second, await ask(admin, "vehicle.v2g_floor", wish))
    problem(stale, 412)


LIMIT = {
    "external_id": "feeder-3", "revision": 0, "kind": "envelope", "priority": 0,
    "starts_at": "2026-06-01T13:00:00Z", "ends_at": "2026-06-01T13:30:00Z", "import_max_w": 150_000,
}  # fmt: skip


async def test_a_limit_that_another_set_takes_two_to_lift(
    admin: httpx.AsyncClient,
    second: httpx.AsyncClient,
    grid: httpx.AsyncClient,
    problem: Problem,
) -> None:
    signals = f"/sites/{SITE}/signals"
    theirs = (await grid.post(signals, json=LIMIT)).json()["signal_id"]
    told = problem(await admin.delete(f"{signals}/{theirs}"), 403)
    assert str(told["type"]).endswith(":approval-needed")
    assert "signal.cancel" in str(told["detail"])
    asked = await ask(admin, "signal.cancel", {"site_id": SITE, "signal_id": theirs})
    assert (await grid.get(f"{signals}/{theirs}")).json()["status"] == "accepted"
    done = (await approve(second, asked)).json()
    assert (done["status"], done["answer"]["status"]) == ("done", "cancelled")
    problem(await ask(admin, "signal.cancel", {"site_id": "none", "signal_id": theirs}), 404)


async def test_ones_own_limit_and_anothers_instruction_one_person_lifts(
    operator: httpx.AsyncClient, grid: httpx.AsyncClient
) -> None:
    signals = f"/sites/{SITE}/signals"
    own = (await operator.post(signals, json=LIMIT)).json()["signal_id"]
    less = {**LIMIT, "kind": "instruction", "import_max_w": None, "delta_w": -1000}
    theirs = (await grid.post(signals, json=less)).json()["signal_id"]
    button = (
        await operator.post(f"/sites/{SITE}/emergency", json={"reason": "smoke"}, headers=key())
    ).json()
    for signal_id in (own, theirs, button["signal_id"]):
        assert (await operator.delete(f"{signals}/{signal_id}")).json()["status"] == "cancelled"


async def test_a_floor_of_another_site_is_none_of_this_one(
    admin: httpx.AsyncClient, engine: AsyncEngine, problem: Problem
) -> None:
    depot = (ROOT / "sites" / "depot.toml").read_text()
    lower = depot.replace("[control]", "[control]\nv2g_floor_soc_pct = 5")
    await load_site_file(engine, lower, now=NOON)
    for change, status in (
        ({"site_id": "depot", "v2g_floor_soc_pct": 5}, 200),
        ({"site_id": SITE}, 403),
        ({"site_id": SITE, "v2g_floor_soc_pct": None}, 200),
    ):
        etag = (await admin.get("/vehicles/van-7")).headers["ETag"]
        answer = await admin.patch("/vehicles/van-7", json=change, headers={"If-Match": etag})
        assert answer.status_code == status, answer.text
