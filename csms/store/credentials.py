"""Stations and their passwords: made by us, shown once, kept as HMAC-SHA256 under the pepper.

A slow hash would make a thousand stations that reconnect at once wait for minutes; our passwords
are long random texts that nobody guesses.
"""

import hmac
import re
import secrets
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.store.tables import charging_station, pepper

IDENTITY: Final = re.compile(r"[A-Za-z0-9*_=+|@.\-]{1,48}")  # identifierString, no colon (A00)
PASSWORD_BYTES: Final = 24
_NOBODY: Final = bytes(32)


def password_hmac(secret: str, station_id: str, password: str) -> bytes:
    """What we keep of a station's password."""
    return hmac.digest(secret.encode(), f"{station_id}\0{password}".encode(), "sha256")


async def is_first(conn: AsyncConnection, secret: str) -> bool:
    """Whether the books are kept under this pepper. Whoever asks first decides: of several that
    come at a time, one. Only a fingerprint is stored; who reads it knows no pepper."""
    ours = hmac.digest(secret.encode(), b"v2ghub:pepper", "sha256")
    await conn.execute(insert(pepper).values(fingerprint=ours).on_conflict_do_nothing())
    first = await conn.scalar(select(pepper.c.fingerprint))
    return first is not None and hmac.compare_digest(first, ours)


def is_identity(station_id: str) -> bool:
    """Whether a charging station may be called so."""
    return IDENTITY.fullmatch(station_id) is not None


async def add(
    conn: AsyncConnection,
    secret: str,
    station_id: str,
    *,
    password: str | None = None,
    floor_w: float | None = None,
    sample_interval_s: int | None = None,
) -> str | None:
    """Add a station; its password (32 characters unless given), or None if it exists already.

    Raises ValueError for an identity that OCPP does not allow.
    """
    if not is_identity(station_id):
        raise ValueError(f"{station_id!r} is not an OCPP identity: {IDENTITY.pattern}")
    password = password or secrets.token_urlsafe(PASSWORD_BYTES)
    given = {"floor_w": floor_w, "sample_interval_s": sample_interval_s}
    row = {
        "station_id": station_id,
        "password_hmac": password_hmac(secret, station_id, password),
        **{name: value for name, value in given.items() if value is not None},
    }
    added = insert(charging_station).values(row).on_conflict_do_nothing()
    done = await conn.execute(added.returning(charging_station.c.station_id))
    return password if done.first() else None


async def renew_password(conn: AsyncConnection, secret: str, station_id: str) -> str | None:
    """A new password for a station, or None if there is no such station."""
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    changed = await conn.execute(
        update(charging_station)
        .where(charging_station.c.station_id == station_id)
        .values(password_hmac=password_hmac(secret, station_id, password))
    )
    return password if changed.rowcount else None


async def verify(conn: AsyncConnection, secret: str, station_id: str, password: str) -> bool:
    """Whether the station exists and this is its password; takes as long either way."""
    query = select(charging_station.c.password_hmac).where(
        charging_station.c.station_id == station_id
    )
    kept = await conn.scalar(query) or _NOBODY
    return hmac.compare_digest(kept, password_hmac(secret, station_id, password))
