"""Commands to stations: rows that wait, are sent once, and end in one of a few ways.

Whoever wants a command writes it (`insert`) in a transaction of its own and then hints the station
id on the bus; the csms that owns the connection takes it (`claims.claim`). A row that was sent
when its process died ends as `unknown`: it may have reached the station. Its next life says so, or
any other process once its heartbeat is too old (`orphans_become_unknown`).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, func, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.domain.commands import Command, CommandKind, CommandPriority, CommandStatus
from csms.domain.ids import ChargingStationId, EvseId
from csms.store.tables import charging_station, command, command_version_seq

PENDING = command.c.status == CommandStatus.PENDING
# Of these kinds only the newest matters, per station and EVSE.
REPLACING = (CommandKind.SET_SETPOINT, CommandKind.PROVISION)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCommand:
    """A command and what became of it."""

    command: Command
    status: CommandStatus
    reason: str | None
    response: dict[str, Any] | None
    sent_at: datetime | None
    finished_at: datetime | None


async def insert(conn: AsyncConnection, commands: Sequence[Command]) -> None:
    """Add pending commands to `conn`'s transaction; one whose id is known is left as it is."""
    if not commands:
        return
    rows = [row_of(one) for one in commands]
    await conn.execute(pg_insert(command).on_conflict_do_nothing(), rows)


async def next_version(conn: AsyncConnection) -> int:
    """A fence for setpoints whose sender holds no lease (it lies below every leased one)."""
    return (await conn.execute(select(command_version_seq.next_value()))).scalar_one()


async def waiting_stations(conn: AsyncConnection, owner: str) -> list[ChargingStationId]:
    """The stations that `owner` holds and that have pending commands."""
    station = charging_station.c
    query = select(command.c.station_id).distinct()
    query = query.join(charging_station, station.station_id == command.c.station_id)
    return list(await conn.scalars(query.where(PENDING, station.connection_owner == owner)))


async def _end(conn: AsyncConnection, which: Any, status: CommandStatus, at: datetime) -> int:
    ended = await conn.execute(update(command).where(which).values(status=status, finished_at=at))
    return ended.rowcount


async def expire(conn: AsyncConnection, now: datetime) -> int:
    """End pending commands past their deadline, of all stations; how many there were."""
    late = and_(PENDING, command.c.deadline_at <= now)
    return await _end(conn, late, CommandStatus.EXPIRED, now)


async def sent_become_unknown(conn: AsyncConnection, owner: str, now: datetime) -> int:
    """After a restart of `owner`: what it had sent may have reached its stations."""
    sent = and_(command.c.status == CommandStatus.SENT, command.c.sent_by == owner)
    return await _end(conn, sent, CommandStatus.UNKNOWN, now)


async def orphans_become_unknown(
    conn: AsyncConnection, living: Collection[str], now: datetime
) -> int:
    """Likewise for every owner that is not among the `living`."""
    gone = func.coalesce(command.c.sent_by, "").not_in(living)
    sent = and_(command.c.status == CommandStatus.SENT, gone)
    return await _end(conn, sent, CommandStatus.UNKNOWN, now)


async def get(conn: AsyncConnection, command_id: UUID) -> StoredCommand | None:
    """One command, or None."""
    found = await _read(conn, select(command).where(command.c.command_id == command_id))
    return found[0] if found else None


async def list_for(
    conn: AsyncConnection,
    station_id: ChargingStationId,
    *,
    limit: int = 100,
    before: datetime | None = None,
) -> list[StoredCommand]:
    """The newest commands of a station, newest first, created before `before`."""
    query = select(command).where(command.c.station_id == station_id)
    if before is not None:
        query = query.where(command.c.created_at < before)
    return await _read(conn, query.order_by(command.c.created_at.desc()).limit(limit))


async def _read(conn: AsyncConnection, query: Select[Any]) -> list[StoredCommand]:
    rows = await conn.execute(query)
    return [
        StoredCommand(
            command=command_of(row),
            status=CommandStatus(row["status"]),
            reason=row["reason"],
            response=row["response"],
            sent_at=row["sent_at"],
            finished_at=row["finished_at"],
        )
        for row in rows.mappings()
    ]


def row_of(one: Command) -> dict[str, Any]:
    """The row of a new command."""
    return {
        "command_id": one.command_id,
        "station_id": one.station_id,
        "evse_id": one.evse_id,
        "kind": one.kind.value,
        "payload": one.payload,
        "priority": int(one.priority),
        "version": one.version,
        "requested_by": one.requested_by,
        "created_at": one.created_at,
        "deadline_at": one.deadline_at,
    }


def command_of(row: Mapping[str, Any]) -> Command:
    """The command a row holds."""
    return Command(
        command_id=row["command_id"],
        station_id=ChargingStationId(row["station_id"]),
        kind=CommandKind(row["kind"]),
        payload=row["payload"],
        priority=CommandPriority(row["priority"]),
        created_at=row["created_at"],
        deadline_at=row["deadline_at"],
        evse_id=None if row["evse_id"] is None else EvseId(row["evse_id"]),
        version=row["version"],
        requested_by=row["requested_by"],
    )
