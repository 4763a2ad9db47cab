"""Long work at stations as stored: its request ids, its state, and what the station said of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.domain.facts_jobs import JobKind
from csms.store.tables import job_request_seq, station_job, station_job_status

LARGEST_REQUEST_ID = 2**31 - 1

job = station_job.c
said = station_job_status.c


@dataclass(frozen=True, slots=True)
class Said:
    """A line of a job's timeline."""

    at: datetime
    status: str
    detail: dict[str, Any]


async def next_request_id(conn: AsyncConnection) -> int:
    """One that no job of ours has had (for two thousand million jobs)."""
    number: int = (await conn.execute(select(job_request_seq.next_value()))).scalar_one()
    return number % LARGEST_REQUEST_ID


async def get(
    conn: AsyncConnection, station_id: str, kind: JobKind, request_id: int
) -> dict[str, Any] | None:
    """The job's row, or None."""
    query = select(station_job).where(
        job.station_id == station_id, job.kind == kind, job.request_id == request_id
    )
    row = (await conn.execute(query)).mappings().first()
    return None if row is None else dict(row)


async def timeline(
    conn: AsyncConnection, station_id: str, kind: JobKind, request_id: int
) -> list[Said]:
    """What the station answered and told, in order."""
    query = (
        select(said.at, said.status, said.detail)
        .where(said.station_id == station_id, said.kind == kind, said.request_id == request_id)
        .order_by(said.at)
    )
    return [Said(*row) for row in await conn.execute(query)]
