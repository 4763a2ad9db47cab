"""Log in, see who I am, log out."""

from datetime import timedelta
from typing import Annotated

from fastapi import Request, Response
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from csms.clock import monotonic_s, wall_now
from csms.store.engine import outage_named
from web.api.models import Answer
from web.api.routing import api_router
from web.auth import Caller, Public, check_csrf
from web.credentials import fingerprint, verify_password
from web.errors import ApiError
from web.hub import Hub, TheHub, Transaction
from web.roles import Principal, Role, Scope
from web.store import accounts, audit

router = api_router("/session", "session", 429)


class Login(BaseModel):
    """Username and password of a person; programs use API tokens."""

    model_config = ConfigDict(json_schema_extra={"examples": [
        {"username": "operator", "password": "correct horse battery"}
    ]})  # fmt: skip

    username: Annotated[str, Field(min_length=1, max_length=64)]
    password: Annotated[SecretStr, Field(min_length=1, max_length=1024)]


class Session(Answer):
    """Who I am. `csrf_token` goes into the header X-CSRF-Token of POST, PUT, PATCH and DELETE."""

    username: str
    role: Role | None
    scopes: list[Scope]
    csrf_token: str | None


def session_of(who: Principal) -> Session:
    """The answer for a principal."""
    return Session(
        username=who.name, role=who.role, scopes=sorted(who.scopes), csrf_token=who.csrf_token
    )


@router.post("", dependencies=[Public], summary="Log in")
async def log_in(login: Login, request: Request, response: Response, hub: TheHub) -> Session:
    """Sets the session cookie. The id is always a new one; a session sent along ends."""
    keys = (f"address:{request.client.host if request.client else ''}", f"user:{login.username}")
    take_tries(hub, keys)
    if not await password_is_right(hub, login):
        hub.metrics.login_refused()
        raise ApiError(401, "Wrong username or password.", name="wrong-login")
    for key in keys:
        hub.logins.give_back(key)
    now = wall_now()
    lifetime = timedelta(hours=hub.settings.session_hours)
    old = request.cookies.get(hub.cookie_name)
    with outage_named():
        async with hub.engine.begin() as conn:
            if old is not None:
                await accounts.close_session(conn, fingerprint(hub.pepper, old))
            session_id, _ = await accounts.open_session(
                conn, hub.pepper, login.username, now, now + lifetime
            )
            await audit.record(conn, f"user:{login.username}", "session.open", login.username, {})
            who = await accounts.by_session(conn, fingerprint(hub.pepper, session_id), now)
    if who is None:
        raise ApiError(401, "The account was disabled just now.", name="wrong-login")
    response.set_cookie(
        hub.cookie_name,
        session_id,
        max_age=int(lifetime.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return session_of(who)


def take_tries(hub: Hub, keys: tuple[str, ...]) -> None:
    """Before any hashing: as many tries as the limiter leaves to this address and this name."""
    wait_s = max(hub.logins.take(key, monotonic_s()) for key in keys)
    if wait_s > 0:
        hub.metrics.login_refused()
        raise ApiError(429, headers={"Retry-After": str(int(wait_s) + 1)})


async def password_is_right(hub: Hub, login: Login) -> bool:
    """As slow for an unknown user as for a wrong password, and no connection held meanwhile."""
    with outage_named():
        async with hub.engine.connect() as conn:
            stored = await accounts.password_of(conn, login.username)
    return await verify_password(stored, login.password.get_secret_value())


@router.get("", dependencies=[Public], summary="Who am I")
async def who_am_i(caller: Caller) -> Session:
    """Of a session or of an API token; 401 without either."""
    if caller is None:
        raise ApiError(401)
    return session_of(caller)


@router.delete("", dependencies=[Public], status_code=204, summary="Log out")
async def log_out(request: Request, response: Response, caller: Caller, work: Transaction) -> None:
    """Ends the session; open streams end with it. A token has nothing to log out of."""
    if caller is None:
        raise ApiError(401)
    check_csrf(request, caller)
    if not caller.is_token:
        await accounts.close_session(work.conn, caller.credential)
        await audit.record(work.conn, caller.actor, "session.close", caller.name, {})
    response.delete_cookie(work.hub.cookie_name, httponly=True, samesite="strict")
