"""Taking commands: one statement ends what is late or outdated, marks the most urgent of the rest
of each station as sent, and tells what carrying them out needs to know."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import orjson
import structlog

from csms.domain.commands import Command, CommandPriority
from csms.domain.discharge import NONE_LISTED, DischargeModels
from csms.domain.ids import ChargingStationId, EvseId
from csms.domain.quirks import NO_MODELS, QuirkTable
from csms.store.commands import REPLACING, command_of
from csms.store.direct import Direct
from csms.store.setpoints import TARGET, CommandTarget, target_of

log = structlog.get_logger(__name__)

# $1 stations, $2 their priorities, a bit for each, $3 now, $4 owner, $5 their epochs.
_OUTDATED: Final = f"""(one.kind = ANY(ARRAY[{", ".join(f"'{kind}'" for kind in REPLACING)}])
    AND EXISTS (
        SELECT 1 FROM csms.command newer
        WHERE newer.station_id = one.station_id AND newer.status = 'pending'
            AND newer.evse_id IS NOT DISTINCT FROM one.evse_id AND newer.kind = one.kind
            AND newer.priority <= one.priority AND newer.deadline_at > $3
            AND (coalesce(newer.version, 0) > coalesce(one.version, 0)
                OR newer.version IS NOT DISTINCT FROM one.version
                    AND newer.created_at > one.created_at)))"""
CLAIM: Final = f"""WITH theirs AS MATERIALIZED (
    SELECT one.command_id, one.station_id, one.priority, one.created_at, asked.epoch,
        one.deadline_at <= $3 AS late, {_OUTDATED} AS outdated
    FROM unnest($1::text[], $2::int[], $5::bigint[]) AS asked(station_id, priorities, epoch)
    JOIN csms.command one ON one.station_id = asked.station_id AND one.status = 'pending'
        AND asked.priorities >> one.priority & 1 = 1
    FOR UPDATE OF one SKIP LOCKED
), ended AS (
    UPDATE csms.command one SET finished_at = $3,
        status = CASE WHEN theirs.late THEN 'expired' ELSE 'superseded' END
    FROM theirs WHERE one.command_id = theirs.command_id AND (theirs.late OR theirs.outdated)
), waiting AS (
    SELECT *, row_number() OVER first AS place, count(*) OVER (PARTITION BY station_id) AS number
    FROM theirs WHERE NOT late AND NOT outdated
    WINDOW first AS (PARTITION BY station_id ORDER BY priority, created_at)
), claimed AS (
    UPDATE csms.command one SET status = 'sent', sent_at = $3, sent_by = $4
    FROM waiting WHERE one.command_id = waiting.command_id AND waiting.place = 1
        AND (waiting.epoch IS NULL OR EXISTS (SELECT 1 FROM csms.charging_station station
            WHERE station.station_id = waiting.station_id
                AND station.connection_epoch = waiting.epoch))
    RETURNING one.*, waiting.number > 1 AS more
) SELECT claimed.*, target.* FROM claimed LEFT JOIN LATERAL (
    {TARGET.format(station="claimed.station_id", evse="claimed.evse_id", now="$3")}
) target ON true"""


@dataclass(frozen=True, slots=True)
class Asking:
    """For commands of which station, and of which priorities; with `epoch`, for none once the
    station has connected anew, to whichever process."""

    station_id: ChargingStationId
    priorities: Collection[CommandPriority] = tuple(CommandPriority)
    epoch: int | None = None


@dataclass(frozen=True, slots=True)
class Claimed:
    """A command that is ours to send, and what it is sent to (None: there is no such station);
    `more`: others of the priorities that were asked for may be waiting."""

    command: Command
    target: CommandTarget | None
    more: bool


async def claim(
    direct: Direct,
    asked: Sequence[Asking],
    now: datetime,
    *,
    owner: str | None = None,
    models: QuirkTable = NO_MODELS,
    listed: DischargeModels = NONE_LISTED,
) -> list[Claimed]:
    """The most urgent pending command of each station, marked sent by `owner`; late and outdated
    ones end. No station is asked for twice.

    Raises StoreUnavailable.
    """
    rows = await direct.rows(
        CLAIM,
        [one.station_id for one in asked],
        [sum(1 << priority for priority in one.priorities) for one in asked],
        now,
        owner,
        [one.epoch for one in asked],
    )
    claimed = []
    for row in rows:
        try:
            command = command_of({**row, "payload": orjson.loads(row["payload"])})
            claimed.append(Claimed(command, target_of(row, models, listed), row["more"]))
        except Exception:  # the edge of one row: the others are ours, too
            log.exception("command not read", command_id=str(row["command_id"]))
    return claimed


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


SETPOINTS_SENT: Final = """INSERT INTO csms.evse AS kept
    (station_id, evse_id, setpoint_status, setpoint_at, updated_at, setpoint_version)
    SELECT station_id, evse_id, 'sent', $3, $3, version
    FROM unnest($1::text[], $2::int[], $4::bigint[]) AS told(station_id, evse_id, version)
    ON CONFLICT (station_id, evse_id) DO UPDATE SET setpoint_status = 'sent',
        setpoint_at = excluded.setpoint_at, updated_at = excluded.updated_at,
        setpoint_version = coalesce(excluded.setpoint_version, kept.setpoint_version)
    WHERE coalesce(excluded.setpoint_version > kept.setpoint_version, true)
    RETURNING station_id, evse_id"""
Versions = Mapping[tuple[ChargingStationId, EvseId], int | None]


async def record_versions(
    direct: Direct, versions: Versions, now: datetime
) -> set[tuple[ChargingStationId, EvseId]]:
    """Setpoints are about to be sent: from here on they may be in force. At which EVSEs that is
    so; where a newer one was sent meanwhile nothing changes. Raises StoreUnavailable."""
    places = sorted(versions)  # whoever locks rows in one order never waits in a ring
    stations, evse_ids = [one for one, _ in places], [one for _, one in places]
    numbers = [versions[place] for place in places]
    rows = await direct.rows(SETPOINTS_SENT, stations, evse_ids, now, numbers)
    return {(row["station_id"], row["evse_id"]) for row in rows}
