"""Commands as lists; they are written through `csms.store.commands`, but for those that somebody
waits for alone: one statement does all of it (`ask`)."""

from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.domain.commands import Command
from csms.store.direct import Direct
from csms.store.engine import dump_json
from csms.store.tables import command
from web.store.idempotency import CLAIM_WITH, KEPT, Claim
from web.store.paging import Rows, Slice, read_page

_ANSWER: Final = """SELECT $3::text, $4::text, $5::text, $6::int, $7::jsonb
    FROM place WHERE has_station AND has_evse"""
ASK: Final = f"""WITH place AS (
    SELECT EXISTS (SELECT FROM csms.charging_station WHERE station_id = $1) AS has_station,
        coalesce($2::int, 0) = 0
        OR EXISTS (SELECT FROM scheduler.site_evse WHERE station_id = $1 AND evse_id = $2)
        OR EXISTS (SELECT FROM csms.evse WHERE station_id = $1 AND evse_id = $2)
        OR EXISTS (SELECT FROM csms.connector WHERE station_id = $1 AND evse_id = $2) AS has_evse
), claimed AS (
    {CLAIM_WITH.format(answer=_ANSWER, kept="$8::interval")}
), asked AS (
    INSERT INTO csms.command (command_id, station_id, evse_id, kind, payload, priority,
        requested_by, created_at, deadline_at)
    SELECT $9::uuid, $1, $2, $10::text, $11::jsonb, $12::int, $3, $13::timestamptz,
        $14::timestamptz FROM claimed
), noted AS (
    INSERT INTO web.audit (actor, action, object_id, detail)
    SELECT $3, $15::text, $1, $16::jsonb FROM claimed
) SELECT has_station, has_evse, EXISTS (SELECT FROM claimed) AS is_new FROM place"""


class Asked(NamedTuple):
    """Whether the station and its EVSE are known, and the key was free: only then it is written."""

    has_station: bool
    has_evse: bool
    is_new: bool


async def ask(
    direct: Direct,
    wanted: Command,
    detail: dict[str, Any],
    claim: Claim,
    status_code: int,
    answer: dict[str, Any],
) -> Asked:
    """Write a pending command, a row of the audit with `detail`, and the answer under its key: all
    or nothing, durable on return. Raises StoreUnavailable."""
    row = await direct.row(
        ASK,
        wanted.station_id,
        wanted.evse_id,
        *claim,
        status_code,
        dump_json(answer),
        KEPT,
        wanted.command_id,
        wanted.kind.value,
        dump_json(wanted.payload),
        int(wanted.priority),
        wanted.created_at,
        wanted.deadline_at,
        action_of(wanted),
        dump_json(detail),
    )
    assert row is not None
    return Asked(*row)


def action_of(wanted: Command) -> str:
    """Its name in the audit."""
    return f"command.{wanted.kind}"


async def page(
    conn: AsyncConnection, part: Slice, *, station_id: str | None = None, kind: str | None = None
) -> Rows:
    """Commands, newest first."""
    query = select(command)
    if station_id is not None:
        query = query.where(command.c.station_id == station_id)
    if kind is not None:
        query = query.where(command.c.kind == kind)
    keys = [command.c.created_at, command.c.command_id]
    return await read_page(conn, query, keys, part, newest_first=True)


async def get(conn: AsyncConnection, command_id: UUID) -> dict[str, Any] | None:
    """One command, or None."""
    query = select(command).where(command.c.command_id == command_id)
    row = (await conn.execute(query)).mappings().first()
    return None if row is None else dict(row)
