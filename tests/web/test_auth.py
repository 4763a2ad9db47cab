"""Every route has a policy, and every role gets through exactly where its policy says."""

from collections.abc import Iterator

import httpx
import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.routing import Mount

from tests.web.conftest import PASSWORD, PEPPER, People, Problem
from web.auth import Policy, open_to_all
from web.roles import Role, Scope
from web.store.accounts import AccountRefused, create_token, create_user, revoke_token
from web.store.tables import api_token, audit, session

pytestmark = pytest.mark.integration

# What anybody may ask; everything else needs to say who it is.
PUBLIC = {
    ("POST", "/api/v1/session"),
    ("GET", "/api/v1/session"),
    ("DELETE", "/api/v1/session"),
    ("GET", "/health/live"),
    ("GET", "/health/ready"),
    ("GET", "/metrics"),
    *(
        (method, f"/api/v1/uploads/{{token}}{name}")  # the token lets a station in, once
        for method in ("PUT", "POST")
        for name in ("", "/{filename}")
    ),
    *((method, "/api/v1/logs/{upload_id}/file") for method in ("PUT", "POST")),  # or as a password
}
EXAMPLE = {
    "site_id": "ev36zero",
    "station_id": "ev36-v2g-01",
    "evse_id": "1",
    "transaction_id": "tx-1",
    "vehicle_id": "van-7",
    "command_id": "00000000-0000-0000-0000-000000000000",
    "signal_id": "00000000-0000-0000-0000-000000000000",
    "upload_id": "00000000-0000-0000-0000-000000000000",
    "approval_id": "00000000-0000-0000-0000-000000000000",
    "campaign_id": "00000000-0000-0000-0000-000000000000",
    "token": "made-up",
    "request_id": "1",
    "name": "pausing",
    "type": "Central",
    "id_token": "card-1",
    "psp_ref": "psp-1",
    "tariff_id": "day",
    "certificate_id": "1",
    "filename": "log.tar.gz",
}


def calls(dependant: Dependant) -> Iterator[object]:
    yield dependant.call
    for inner in dependant.dependencies:
        yield from calls(inner)


def policies(app: FastAPI) -> dict[tuple[str, str], Policy | None]:
    """(method, path) → its policy, None where it is open to all; a route without one fails."""
    found: dict[tuple[str, str], Policy | None] = {}
    for route in iter_route_contexts(app.routes):
        if isinstance(route.route, Mount) or route.path == app.openapi_url:
            continue
        policy = [call for call in calls(route.dependant) if isinstance(call, Policy)]
        is_open = open_to_all in calls(route.dependant)
        for method in route.methods:
            assert len(policy) + is_open == 1, f"give {method} {route.path} one policy"
            found[method, route.path] = policy[0] if policy else None
    return found


def test_every_route_declares_its_policy(app: FastAPI) -> None:
    found = policies(app)
    assert {route for route, policy in found.items() if policy is None} == PUBLIC
    assert len(found) > 30


async def test_each_role_gets_through_exactly_where_the_policy_says(
    app: FastAPI, people: People
) -> None:
    clients = {
        "nobody": (await people.nobody(), None, frozenset[Scope]()),
        "viewer": (await people.token("v", Role.VIEWER), Role.VIEWER, frozenset[Scope]()),
        "operator": (await people.token("o", Role.OPERATOR), Role.OPERATOR, frozenset[Scope]()),
        "admin": (await people.token("a", Role.ADMIN), Role.ADMIN, frozenset[Scope]()),
        "grid": (await people.token("g", Role.ADMIN, Scope.SIGNALS), None, {Scope.SIGNALS}),
        "driver": (
            await people.token("d", Role.ADMIN, Scope.DRIVER, vehicle_ids=("van-7",)),
            None,
            {Scope.DRIVER},
        ),
        "kiosk": (await people.token("k", Role.ADMIN, Scope.PAYMENTS), None, {Scope.PAYMENTS}),
    }
    for (method, path), policy in policies(app).items():
        if policy is None or path.endswith("/stream"):
            continue
        url = f"http://hub{path.format(**EXAMPLE)}"
        for who, (client, role, scopes) in clients.items():
            status = (await client.request(method, url, json={})).status_code
            allowed = (policy.role and role and role.includes(policy.role)) or (
                policy.scope in scopes
            )
            wanted = "allowed" if allowed else "401" if who == "nobody" else "403"
            got = str(status) if status in (401, 403) else "allowed"
            assert got == wanted, f"{who}: {method} {path} gave {status}"


async def test_the_stream_is_for_viewers(people: People, grid: httpx.AsyncClient) -> None:
    assert (await (await people.nobody()).get("/stream")).status_code == 401
    assert (await grid.get("/stream")).status_code == 403


async def test_login_sets_a_cookie_that_scripts_cannot_read(people: People) -> None:
    client = await people.user(Role.OPERATOR)
    answer = await client.post("/session", json={"username": "operator", "password": PASSWORD})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "max-age=43200" in cookie
    assert "secure" not in cookie
    who = (await client.get("/session")).json()
    assert (who["username"], who["role"]) == ("operator", "operator")
    assert who["csrf_token"] == answer.json()["csrf_token"]


async def test_the_cookie_is_secure_over_https(people: People, app: FastAPI) -> None:
    await people.user(Role.VIEWER)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="https://hub/api/v1") as client:
        answer = await client.post("/session", json={"username": "viewer", "password": PASSWORD})
    assert "secure" in answer.headers["set-cookie"].lower()
    assert answer.headers["strict-transport-security"]


async def test_a_login_makes_a_new_session_and_ends_the_old_one(
    people: People, engine: AsyncEngine
) -> None:
    client = await people.user(Role.VIEWER)
    before = dict(client.cookies)
    await client.post("/session", json={"username": "viewer", "password": PASSWORD})
    assert dict(client.cookies) != before
    old = await people.nobody()
    old.cookies.update(before)
    assert (await old.get("/sites")).status_code == 401
    async with engine.connect() as conn:
        assert len((await conn.execute(select(session))).all()) == 1


async def test_only_hashes_of_secrets_are_stored(people: People, engine: AsyncEngine) -> None:
    client = await people.user(Role.VIEWER)
    program = await people.token("t", Role.VIEWER)
    secrets = [*client.cookies.values(), program.headers["Authorization"].removeprefix("Bearer ")]
    async with engine.connect() as conn:
        rows = [*await conn.execute(select(session)), *await conn.execute(select(api_token))]
    assert len(rows) == 2
    assert not [secret for secret in secrets if secret in str(rows)]


async def test_after_logging_out_the_cookie_is_worth_nothing(
    viewer: httpx.AsyncClient, people: People
) -> None:
    cookies = dict(viewer.cookies)
    assert (await viewer.delete("/session")).status_code == 204
    old = await people.nobody()
    old.cookies.update(cookies)
    assert (await old.get("/session")).status_code == 401


async def test_a_session_ends_in_real_time(viewer: httpx.AsyncClient, engine: AsyncEngine) -> None:
    assert (await viewer.get("/sites")).status_code == 200
    async with engine.begin() as conn:
        await conn.execute(text("UPDATE web.session SET expires_at = now()"))
    assert (await viewer.get("/sites")).status_code == 401


async def test_a_disabled_user_is_out_at_once(
    viewer: httpx.AsyncClient, engine: AsyncEngine, problem: Problem
) -> None:
    async with engine.begin() as conn:
        await conn.execute(text('UPDATE web."user" SET disabled_at = now()'))
    assert (await viewer.get("/sites")).status_code == 401
    again = await viewer.post("/session", json={"username": "viewer", "password": PASSWORD})
    problem(again, 401)


async def test_an_unsafe_request_of_a_session_needs_its_csrf_token(
    operator: httpx.AsyncClient, problem: Problem
) -> None:
    for wrong in ("", "x" * 43):
        answer = await operator.post("/sites/ev36zero/replan", headers={"X-CSRF-Token": wrong})
        assert problem(answer, 403)["type"] == "urn:v2ghub:problem:csrf-token"
    assert (await operator.post("/sites/ev36zero/replan")).status_code == 202


async def test_an_unknown_user_gets_the_same_answer_as_a_wrong_password(people: People) -> None:
    await people.user(Role.VIEWER)
    client = await people.nobody()
    wrong = await client.post("/session", json={"username": "viewer", "password": "wrong word"})
    unknown = await client.post("/session", json={"username": "nobody", "password": "wrong word"})
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.content == unknown.content


async def test_guessing_is_stopped_before_any_hash_is_made(
    people: People, problem: Problem, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await people.nobody()
    hashes = 0

    def count(stored_hash: str, password: str) -> bool:
        nonlocal hashes
        hashes += 1
        return False

    monkeypatch.setattr("web.credentials._verify", count)
    wrong = {"username": "admin", "password": "a guess of mine"}
    statuses = [(await client.post("/session", json=wrong)).status_code for _ in range(30)]
    assert statuses[:10] == [401] * 10
    assert set(statuses[11:]) == {429}
    assert hashes <= 11
    refused = await client.post("/session", json=wrong)
    problem(refused, 429)
    assert 1 <= int(refused.headers["Retry-After"]) <= 7


async def test_logging_in_rightly_is_not_limited(people: People) -> None:
    client = await people.user(Role.VIEWER)
    login = {"username": "viewer", "password": PASSWORD}
    assert {(await client.post("/session", json=login)).status_code for _ in range(15)} == {200}


async def test_a_revoked_or_unknown_token_is_refused(
    people: People, engine: AsyncEngine, problem: Problem
) -> None:
    client = await people.token("robot", Role.VIEWER)
    assert (await client.get("/session")).json()["username"] == "robot"
    async with engine.begin() as conn:
        assert await revoke_token(conn, "robot")
        assert not await revoke_token(conn, "robot")
    refused = await client.get("/sites")
    problem(refused, 401)
    assert refused.headers["WWW-Authenticate"] == "Bearer"
    client.headers["Authorization"] = "Bearer v2g_unknown"
    problem(await client.get("/sites"), 401)


async def test_accounts_that_cannot_be_made_say_why(app: FastAPI, engine: AsyncEngine) -> None:
    async with engine.begin() as conn:
        await create_user(conn, "ada", PASSWORD, Role.ADMIN)
        with pytest.raises(AccountRefused, match="already"):
            await create_user(conn, "ada", PASSWORD, Role.VIEWER)
        with pytest.raises(AccountRefused, match="at least 10"):
            await create_user(conn, "bob", "short", Role.VIEWER)
        first = await create_token(conn, "pepper", "sim", Role.OPERATOR)
        with pytest.raises(AccountRefused, match="revoke"):
            await create_token(conn, "pepper", "sim", Role.OPERATOR)
        await revoke_token(conn, "sim")
        assert await create_token(conn, "pepper", "sim", Role.OPERATOR) != first
        with pytest.raises(AccountRefused, match="no site 'moon'"):
            await create_token(conn, "pepper", "far", Role.VIEWER, (), ("moon",))


async def test_state_changes_leave_an_audit_row(
    operator: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    await operator.post("/sites/ev36zero/replan")
    async with engine.connect() as conn:
        rows = (await conn.execute(select(audit.c.actor, audit.c.action, audit.c.object_id))).all()
    assert ("user:operator", "session.open", "operator") in rows
    assert ("user:operator", "site.replan", "ev36zero") in rows


async def test_a_drivers_token_needs_its_vehicles_and_takes_nothing_else(
    app: FastAPI, engine: AsyncEngine
) -> None:
    asked: list[tuple[tuple[Scope, ...], tuple[str, ...], tuple[str, ...]]] = [
        ((Scope.DRIVER,), (), ()),
        ((), (), ("van-7",)),
        ((Scope.SIGNALS,), (), ("van-7",)),
        ((Scope.DRIVER, Scope.SIGNALS), (), ("van-7",)),
        ((Scope.DRIVER,), ("ev36zero",), ("van-7",)),
        ((Scope.DRIVER,), (), ("van-7", "nobody's")),
    ]
    for scopes, site_ids, vehicle_ids in asked:
        async with engine.connect() as conn:
            with pytest.raises(AccountRefused):
                await create_token(conn, PEPPER, "app", Role.VIEWER, scopes, site_ids, vehicle_ids)
