"""What a hub needs in its database before its processes start. Each step may be repeated."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from csms.clock import wall_now
from csms.store import credentials
from csms.store.migration import upgrade
from scheduler.domain.site import Site
from scheduler.store import sites
from v2ghub.errors import HubError
from v2ghub.settings import EXAMPLE, LocalSettings, site_file
from v2ghub.sitefiles import read_sites, store
from v2ghub.state import HubFile
from web.credentials import fingerprint, verify_password
from web.roles import Role
from web.store import accounts
from web.store.migrations import SCHEMAS

ADMIN = "admin"
TOKEN = "v2ghub"


def migrate(database_url: str) -> None:
    """Bring all schemas up to date."""
    upgrade(database_url, SCHEMAS)


async def ensure_pepper(conn: AsyncConnection, pepper: str, settings: LocalSettings) -> None:
    """Passwords and tokens count under one pepper alone, so the first one wins. Raises `HubError`
    for another that a state folder made; one that is given is whoever gave it's to know."""
    first = await credentials.is_first(conn, pepper)
    if not first and settings.secret is None:
        raise HubError(
            f"the passwords in this database are kept under another secret than that of"
            f" {settings.state_dir}: set V2GHUB_SECRET to that of the first hub (its state folder's"
            " secret.key), or, if that is lost, to one of your own and make every password anew"
        )


async def ensure_sites(engine: AsyncEngine, named: Sequence[Site], now: datetime) -> list[str]:
    """Store the named sites; on books without any, the packaged example.

    Return the ids of all sites that are stored, the named ones first: each gets a controller.
    """
    async with engine.connect() as conn:
        known = await sites.load_all(conn)
    if not named and not known:
        named = [one.site for one in read_sites([site_file(EXAMPLE)])]
    for site in named:
        await store(engine, site, now)
    return list(dict.fromkeys(site.site_id for site in (*named, *known)))


async def ensure_admin(conn: AsyncConnection, known: HubFile) -> tuple[str, str]:
    """A user with role admin whose password we know: the known one, else a new one."""
    username, password = known.get("username"), known.get("password")
    if username and password and await _may_log_in(conn, username, password):
        return username, password
    password = secrets.token_urlsafe(12)
    taken = await accounts.password_of(conn, ADMIN) is not None
    username = f"{ADMIN}-{secrets.token_hex(3)}" if taken else ADMIN
    await accounts.create_user(conn, username, password, Role.ADMIN)
    return username, password


async def ensure_token(conn: AsyncConnection, pepper: str, known: HubFile) -> str:
    """An API token of role admin: the known one while it is valid, else a new one."""
    token = known.get("api_token")
    if token and await accounts.by_token(conn, fingerprint(pepper, token), wall_now()):
        return token
    await accounts.revoke_token(conn, TOKEN)
    return await accounts.create_token(conn, pepper, TOKEN, Role.ADMIN)


async def ensure_passwords(
    conn: AsyncConnection, pepper: str, station_ids: Iterable[str], known: Mapping[str, str]
) -> dict[str, str]:
    """Every station with a password that we know: the known one while it holds, else a new one."""
    return {one: await _password(conn, pepper, one, known.get(one)) for one in station_ids}


async def _password(conn: AsyncConnection, pepper: str, station_id: str, known: str | None) -> str:
    if known and await credentials.verify(conn, pepper, station_id, known):
        return known
    made = await credentials.add(conn, pepper, station_id)
    renewed = made or await credentials.renew_password(conn, pepper, station_id)
    if renewed is None:
        raise HubError(f"the station {station_id} was removed while it was being set up; try again")
    return renewed


async def _may_log_in(conn: AsyncConnection, username: str, password: str) -> bool:
    stored = await accounts.password_of(conn, username)
    return await verify_password(stored, password)
