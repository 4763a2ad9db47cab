"""Users, their sessions, and the tokens of programs. Only hashes are stored.

Real time throughout: a login does not last longer because the site's clock runs fast.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import RowMapping, delete, func, or_, select, union_all, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from web.credentials import fingerprint, hash_password, new_secret
from web.roles import Principal, Role, Scope
from web.store import sites, vehicles
from web.store.tables import api_token, session, user

SHORTEST_PASSWORD = 10

# Asked with each request (see csms/store/direct.py): $1 the hash of what it carries, $2 now.
SESSION: Final = """SELECT session.*, "user".role FROM web.session
    JOIN web."user" ON "user".username = session.username
    WHERE session_hash = $1 AND expires_at > $2 AND disabled_at IS NULL"""
TOKEN: Final = """SELECT * FROM web.api_token WHERE token_hash = $1 AND revoked_at IS NULL
    AND coalesce(expires_at > $2, true)"""


class AccountRefused(ValueError):  # noqa: N818 - its text tells the administrator what to change
    """The account cannot be made as asked."""


async def create_user(conn: AsyncConnection, username: str, password: str, role: Role) -> None:
    """Add a user. Raises AccountRefused if the name is taken or the password too short."""
    if not username or len(username) > 64 or not username.isprintable():
        raise AccountRefused("give a username of 1 to 64 printable characters")
    if len(password) < SHORTEST_PASSWORD:
        raise AccountRefused(f"give a password of at least {SHORTEST_PASSWORD} characters")
    row = {
        "username": username,
        "password_hash": await hash_password(password),
        "role": Role(role).value,
    }
    added = await conn.execute(insert(user).values(row).on_conflict_do_nothing())
    if added.rowcount == 0:
        raise AccountRefused(f"there is a user {username!r} already")


async def create_token(
    conn: AsyncConnection,
    pepper: str,
    name: str,
    role: Role,
    scopes: Sequence[Scope] = (),
    site_ids: Sequence[str] = (),
    vehicle_ids: Sequence[str] = (),
) -> str:
    """Add an API token and return it: it is shown once, only its HMAC is kept.

    A token with scopes may do only what they say; its role is not used. One with sites may do it
    only there; one with scope `driver` speaks for the drivers of these vehicles and does nothing
    else. The name of a revoked token may be used again. Raises AccountRefused if the name is taken,
    or a site or vehicle unknown.
    """
    speaks = Scope.DRIVER in scopes
    if speaks != bool(vehicle_ids) or (speaks and (len(scopes) > 1 or site_ids)):
        raise AccountRefused("give scope driver with its vehicles, and nothing else")
    for vehicle_id in vehicle_ids:
        if await vehicles.get(conn, vehicle_id) is None:
            raise AccountRefused(f"there is no vehicle {vehicle_id!r}")
    unknown = set(site_ids) - set(await sites.ids(conn))
    if unknown:
        raise AccountRefused(f"there is no site {min(unknown)!r}")
    token = f"v2g_{new_secret()}"
    row = {
        "token_hash": fingerprint(pepper, token),
        "name": name,
        "role": Role(role).value,
        "scopes": [Scope(scope).value for scope in scopes],
        "site_ids": sorted(set(site_ids)) or None,
        "vehicle_ids": sorted(set(vehicle_ids)) or None,
    }
    await conn.execute(
        delete(api_token).where(api_token.c.name == name, api_token.c.revoked_at.is_not(None))
    )
    added = await conn.execute(insert(api_token).values(row).on_conflict_do_nothing())
    if added.rowcount == 0:
        raise AccountRefused(f"there is a token {name!r} already: revoke it first")
    return token


async def revoke_token(conn: AsyncConnection, name: str) -> bool:
    """Make the token useless at once; False if there is none of that name."""
    done = await conn.execute(
        update(api_token)
        .where(api_token.c.name == name, api_token.c.revoked_at.is_(None))
        .values(revoked_at=func.now())
    )
    return done.rowcount > 0


async def password_of(conn: AsyncConnection, username: str) -> str | None:
    """The stored hash of an enabled user's password."""
    query = select(user.c.password_hash).where(
        user.c.username == username, user.c.disabled_at.is_(None)
    )
    stored: str | None = await conn.scalar(query)
    return stored


async def open_session(
    conn: AsyncConnection, pepper: str, username: str, at: datetime, expires_at: datetime
) -> tuple[str, str]:
    """A new session: its id (for the cookie) and CSRF token. Old sessions past their end go."""
    session_id, csrf_token = new_secret(), new_secret()
    await conn.execute(delete(session).where(session.c.expires_at <= at))
    await conn.execute(
        insert(session).values(
            session_hash=fingerprint(pepper, session_id),
            username=username,
            csrf_token=csrf_token,
            created_at=at,
            expires_at=expires_at,
        )
    )
    return session_id, csrf_token


async def close_session(conn: AsyncConnection, session_hash: str) -> None:
    """Forget a session."""
    await conn.execute(delete(session).where(session.c.session_hash == session_hash))


async def by_session(conn: AsyncConnection, session_hash: str, at: datetime) -> Principal | None:
    """Who a live session belongs to."""
    return of_session((await conn.exec_driver_sql(SESSION, (session_hash, at))).mappings().first())


def of_session(row: RowMapping | Mapping[str, Any] | None) -> Principal | None:
    """The person that a row of `SESSION` tells of."""
    if row is None:
        return None
    return Principal(
        name=row["username"],
        is_token=False,
        role=Role(row["role"]),
        scopes=frozenset(),
        credential=row["session_hash"],
        expires_at=row["expires_at"],
        csrf_token=row["csrf_token"],
    )


async def by_token(conn: AsyncConnection, token_hash: str, at: datetime) -> Principal | None:
    """Who a valid API token belongs to."""
    return of_token((await conn.exec_driver_sql(TOKEN, (token_hash, at))).mappings().first())


def of_token(row: RowMapping | Mapping[str, Any] | None) -> Principal | None:
    """The program that a row of `TOKEN` tells of."""
    if row is None:
        return None
    return Principal(
        name=row["name"],
        is_token=True,
        role=None if row["scopes"] else Role(row["role"]),
        scopes=frozenset(Scope(scope) for scope in row["scopes"]),
        site_ids=None if row["site_ids"] is None else frozenset(row["site_ids"]),
        vehicle_ids=frozenset(row["vehicle_ids"] or ()),
        credential=row["token_hash"],
        expires_at=row["expires_at"],
    )


async def still_valid(
    conn: AsyncConnection, credentials: Collection[str], at: datetime
) -> frozenset[str]:
    """Which of these sessions and tokens still count: open streams end with theirs."""
    sessions = (
        select(session.c.session_hash)
        .join(user, user.c.username == session.c.username)
        .where(
            session.c.session_hash.in_(credentials),
            session.c.expires_at > at,
            user.c.disabled_at.is_(None),
        )
    )
    tokens = select(api_token.c.token_hash).where(
        api_token.c.token_hash.in_(credentials),
        api_token.c.revoked_at.is_(None),
        or_(api_token.c.expires_at.is_(None), api_token.c.expires_at > at),
    )
    return frozenset(await conn.scalars(union_all(sessions, tokens)))
