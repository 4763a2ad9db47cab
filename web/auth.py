"""Who is asking, and may they: one policy per route, declared as its dependency.

A session is a cookie (HttpOnly, SameSite=Strict, Secure over https) plus a CSRF token in a header
on every unsafe method; a program sends a bearer token. Both live in real time.
"""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import HTTPConnection

from csms.clock import wall_now
from web.credentials import fingerprint, same
from web.errors import ApiError
from web.hub import TheHub, hub_of
from web.roles import Principal, Role, Scope
from web.store import accounts

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
CSRF_HEADER = "X-CSRF-Token"


class SessionCookie(APIKeyCookie):
    """The session cookie; its name carries the port of the hub."""

    async def __call__(self, request: HTTPConnection) -> str | None:
        return request.cookies.get((await hub_of(request)).cookie_name)


Bearer = Annotated[
    HTTPAuthorizationCredentials | None,
    Depends(HTTPBearer(auto_error=False, scheme_name="token", description="An API token.")),
]
Cookie = Annotated[
    str | None,
    Depends(
        SessionCookie(
            name="v2ghub_session_8000",
            auto_error=False,
            scheme_name="session",
            description="POST /session sets it; the number is the hub's port. "
            f"Unsafe methods also need the header {CSRF_HEADER}.",
        )
    ),
]


async def identify(hub: TheHub, bearer: Bearer, cookie: Cookie) -> Principal | None:
    """Who sent this request; None without valid credentials."""
    now = wall_now()
    if bearer is not None:
        token_hash = fingerprint(hub.pepper, bearer.credentials)
        return accounts.of_token(await hub.direct.row(accounts.TOKEN, token_hash, now))
    if cookie is None:
        return None
    session_hash = fingerprint(hub.pepper, cookie)
    return accounts.of_session(await hub.direct.row(accounts.SESSION, session_hash, now))


Caller = Annotated[Principal | None, Depends(identify)]


@dataclass(frozen=True, slots=True)
class Policy:
    """Lets in a principal whose role includes `role`, or who has `scope`."""

    role: Role | None = None
    scope: Scope | None = None

    async def __call__(self, request: Request, caller: Caller) -> Principal:
        """The principal. Raises 401 or 403."""
        if caller is None:
            raise ApiError(401)
        check_csrf(request, caller)
        allowed = (self.role is not None and caller.may(self.role)) or self.scope in caller.scopes
        if not allowed:
            raise ApiError(403, self.advice())
        check_site(request, caller)
        if caller.speaks_for_drivers:
            check_vehicle(request, caller)
        return caller

    def advice(self) -> str:
        """What a refused caller needs."""
        wanted = [f"role {self.role}"] if self.role else []
        wanted += [f"a token with scope {self.scope}"] if self.scope else []
        return f"This needs {' or '.join(wanted)}; ask an administrator."


def check_csrf(request: Request, caller: Principal) -> None:
    """A session's unsafe request must carry its token: another site's page cannot know it."""
    if caller.csrf_token is None or request.method in SAFE_METHODS:
        return
    if not same(request.headers.get(CSRF_HEADER, ""), caller.csrf_token):
        raise ApiError(
            403, f"Send the header {CSRF_HEADER} with the csrf_token of GET /api/v1/session.",
            name="csrf-token",
        )  # fmt: skip


def check_site(request: Request, caller: Principal) -> None:
    """A token for some sites may call the routes of those, and no route that is of no one site."""
    if caller.site_ids is None or request.path_params.get("site_id") in caller.site_ids:
        return
    raise ApiError(
        403, f"This token is good for /sites/… of {', '.join(sorted(caller.site_ids))} alone.",
        name="site-not-allowed",
    )  # fmt: skip


def check_vehicle(request: Request, caller: Principal) -> None:
    """A driver's token is good for that driver's vehicle; of others it does not even learn whether
    they are there."""
    if request.path_params.get("vehicle_id") not in caller.vehicle_ids:
        raise ApiError(
            403, "This token speaks for the driver of another vehicle.", name="vehicle-not-allowed"
        )


async def open_to_all() -> None:
    """The policy of a route that anybody may call; it tells nothing about a site."""


Public = Depends(open_to_all)
Viewer = Annotated[Principal, Depends(Policy(Role.VIEWER))]
Operator = Annotated[Principal, Depends(Policy(Role.OPERATOR))]
Admin = Annotated[Principal, Depends(Policy(Role.ADMIN))]
SignalReader = Annotated[Principal, Depends(Policy(Role.VIEWER, Scope.SIGNALS))]
SignalSender = Annotated[Principal, Depends(Policy(Role.OPERATOR, Scope.SIGNALS))]
PaymentTaker = Annotated[Principal, Depends(Policy(Role.OPERATOR, Scope.PAYMENTS))]
VehicleReader = Annotated[Principal, Depends(Policy(Role.VIEWER, Scope.DRIVER))]
VehicleTeller = Annotated[Principal, Depends(Policy(Role.OPERATOR, Scope.DRIVER))]
WeatherTeller = Annotated[Principal, Depends(Policy(Role.OPERATOR, Scope.WEATHER))]
