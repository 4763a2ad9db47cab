"""Taking a command: one statement ends what is late or outdated, marks the most urgent of the rest
as sent, and tells what carrying it out needs to know."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import orjson

from csms.domain.commands import Command, CommandPriority
from csms.domain.discharge import NONE_LISTED, DischargeModels
from csms.domain.ids import ChargingStationId, EvseId
from csms.domain.quirks import NO_MODELS, QuirkTable
from csms.store.commands import REPLACING, command_of
from csms.store.direct import Direct
from csms.store.setpoints import TARGET, CommandTarget, target_of

# $1 station, $2 priorities, $3 now, $4 owner, $5 epoch.
_OUTDATED: Final = f"""(one.kind = ANY(ARRAY[{", ".join(f"'{kind}'" for kind in REPLACING)}])
    AND EXISTS (
        SELECT 1 FROM csms.command newer
        WHERE newer.station_id = one.station_id AND newer.status = 'pending'
            AND newer.evse_id IS NOT DISTINCT FROM one.evse_id AND newer.kind = one.kind
            AND newer.priority <= one.priority AND newer.deadline_at > $3
            AND (coalesce(newer.version, 0) > coalesce(one.version, 0)
                OR newer.version IS NOT DISTINCT FROM one.version
                    AND newer.created_at > one.created_at)))"""
_THEIRS: Final = "one.station_id = $1 AND one.status = 'pending' AND one.priority = ANY($2::int[])"
CLAIM: Final = f"""WITH ended AS (
    UPDATE csms.command one SET finished_at = $3,
        status = CASE WHEN one.deadline_at <= $3 THEN 'expired' ELSE 'superseded' END
    WHERE {_THEIRS} AND (one.deadline_at <= $3 OR {_OUTDATED})
), first AS (
    SELECT one.command_id FROM csms.command one
    WHERE {_THEIRS} AND one.deadline_at > $3 AND NOT {_OUTDATED}
    ORDER BY one.priority, one.created_at LIMIT 1 FOR UPDATE SKIP LOCKED
), claimed AS (
    UPDATE csms.command one SET status = 'sent', sent_at = $3, sent_by = $4
    FROM first WHERE one.command_id = first.command_id
        AND ($5::bigint IS NULL OR EXISTS (SELECT 1 FROM csms.charging_station
            WHERE station_id = $1 AND connection_epoch = $5))
    RETURNING one.*
) SELECT claimed.*, target.*, EXISTS (
    SELECT 1 FROM csms.command one WHERE {_THEIRS} AND one.command_id <> claimed.command_id
) AS more FROM claimed LEFT JOIN LATERAL (
    {TARGET.format(station="claimed.station_id", evse="claimed.evse_id", now="$3")}
) target ON true"""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A command that is ours to send, and what it is sent to (None: there is no such station);
    `more`: others of the priorities that were asked for may be waiting."""

    command: Command
    target: CommandTarget | None
    more: bool


async def claim_next(
    direct: Direct,
    station_id: ChargingStationId,
    now: datetime,
    priorities: Collection[CommandPriority] = tuple(CommandPriority),
    *,
    owner: str | None = None,
    epoch: int | None = None,
    models: QuirkTable = NO_MODELS,
    listed: DischargeModels = NONE_LISTED,
) -> Claimed | None:
    """The most urgent pending command of a station, marked sent by `owner`; late and outdated ones
    end. With `epoch`: None once the station has connected anew, to whichever process.

    Raises StoreUnavailable.
    """
    asked = (station_id, [int(one) for one in priorities], now, owner, epoch)
    row = await direct.row(CLAIM, *asked)
    if row is None:
        return None
    command = command_of({**row, "payload": orjson.loads(row["payload"])})
    return Claimed(command, target_of(row, models, listed), row["more"])


# A claim is known by when it was made: one at a time is made for a station.
RELEASE: Final = """UPDATE csms.command one SET status = 'pending', sent_at = NULL, sent_by = NULL
    FROM unnest($2::text[], $3::timestamptz[]) AS lost(station_id, at)
    WHERE one.station_id = lost.station_id AND one.sent_at = lost.at
        AND one.status = 'sent' AND one.sent_by = $1"""


async def release(
    direct: Direct, owner: str, claims: Collection[tuple[ChargingStationId, datetime]]
) -> None:
    """Let commands be claimed again whose claims (station, when) were committed, though `owner`
    never heard so: nothing was sent. Raises StoreUnavailable."""
    stations, times = [one for one, _ in claims], [at for _, at in claims]
    await direct.rows(RELEASE, owner, stations, times)


SETPOINT_SENT: Final = """INSERT INTO csms.evse AS kept
    (station_id, evse_id, setpoint_status, setpoint_at, updated_at, setpoint_version)
    VALUES ($1, $2, 'sent', $3, $3, $4)
    ON CONFLICT (station_id, evse_id) DO UPDATE SET setpoint_status = 'sent',
        setpoint_at = excluded.setpoint_at, updated_at = excluded.updated_at,
        setpoint_version = coalesce(excluded.setpoint_version, kept.setpoint_version)
    WHERE coalesce(excluded.setpoint_version > kept.setpoint_version, true)
    RETURNING 1"""


async def record_version(
    direct: Direct,
    station_id: ChargingStationId,
    evse_id: EvseId,
    version: int | None,
    now: datetime,
) -> bool:
    """A setpoint is about to be sent: from here on it may be in force. False, and nothing changes,
    if a newer one was sent meanwhile. Raises StoreUnavailable."""
    return bool(await direct.value(SETPOINT_SENT, station_id, evse_id, now, version))
