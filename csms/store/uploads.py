"""Logs that stations upload to us (N01): each wish has a token that is good for one upload.

Only the token's hash is kept here; the file lies under the state dir by the upload's id.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.store.tables import log_upload, station_job

TOKEN_BYTES = 24

upload = log_upload.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A log that somebody wants."""

    upload_id: UUID
    station_id: str
    request_id: int
    log_type: str
    command_id: UUID
    requested_by: str
    created_at: datetime
    expires_at: datetime


UPLOADS: Select[Any] = select(
    *[column for column in log_upload.columns if column.name != "token_hash"],
    station_job.c.status.label("status"),
).outerjoin(
    station_job,
    (station_job.c.station_id == upload.station_id)
    & (station_job.c.request_id == upload.request_id)
    & (station_job.c.kind == "GetLog"),
)


def new_token() -> str:
    """A secret that fits into a URL."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def token_hash(token: str) -> bytes:
    """Tokens are long and random: one round is enough."""
    return hashlib.sha256(token.encode()).digest()


async def expect(conn: AsyncConnection, wanted: Upload, token: str) -> None:
    """From now on `token` is good for this upload."""
    row = {name: getattr(wanted, name) for name in wanted.__slots__}
    await conn.execute(insert(log_upload).values(token_hash=token_hash(token), **row))


async def awaited(conn: AsyncConnection, token: str, now: datetime) -> UUID | None:
    """The upload that `token` is good for; None: none, it came already, or it is too late."""
    query = select(upload.upload_id).where(
        upload.token_hash == token_hash(token),
        upload.received_at.is_(None),
        upload.expires_at > now,
    )
    found: UUID | None = await conn.scalar(query)
    return found


async def received(
    conn: AsyncConnection, upload_id: UUID, now: datetime, size_bytes: int, sha256: str
) -> bool:
    """The file is here; False if another one was faster."""
    done = await conn.execute(
        update(log_upload)
        .where(upload.upload_id == upload_id, upload.received_at.is_(None))
        .values(received_at=now, size_bytes=size_bytes, sha256=sha256)
    )
    return bool(done.rowcount)


async def get(conn: AsyncConnection, upload_id: UUID) -> dict[str, Any] | None:
    """One upload with the status that the station told."""
    row = (await conn.execute(UPLOADS.where(upload.upload_id == upload_id))).mappings().first()
    return None if row is None else dict(row)
