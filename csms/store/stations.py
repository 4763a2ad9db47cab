"""Stations as stored: what handlers ask of them, and who holds their connection.

A connection is known by its epoch, which rises with each `connect`: whoever holds an older one has
been taken over, and its teardown changes nothing.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.domain import questions
from csms.domain.errors import StationUnknown
from csms.domain.events import StationChanged
from csms.domain.ids import ChargingStationId
from csms.domain.messages import RegistrationStatus
from csms.domain.station import BootPolicy, Device, OcppVersion
from csms.handlers.ports import StationState
from csms.store import commands, outbox
from csms.store.direct import Direct
from csms.store.tables import charging_station

station = charging_station.c
MOST_ASKED: Final = 20
"""A station has a few EVSEs; of more transactions that never ended, the newest are asked for."""

CONNECTED = text(
    """UPDATE csms.charging_station kept SET connected = true, connection_owner = :owner,
    connection_epoch = kept.connection_epoch + told.times, ocpp_version = told.version,
    connected_at = :now, last_seen_at = :now, clock_off_s = NULL
    FROM unnest(CAST(:ids AS text[]), CAST(:times AS int[]), CAST(:versions AS text[]))
        AS told(station_id, times, version)
    WHERE kept.station_id = told.station_id
    RETURNING kept.station_id, kept.connection_epoch"""
)
HELD = """WITH held AS (
        SELECT kept.station_id, kept.connection_epoch, kept.connected
        FROM csms.charging_station kept
        JOIN unnest(CAST(:ids AS text[]), CAST(:epochs AS bigint[])) AS told(station_id, epoch)
            ON kept.station_id = told.station_id AND kept.connection_epoch = told.epoch
        ORDER BY kept.station_id FOR UPDATE OF kept
    ), changed AS (
        UPDATE csms.charging_station kept SET {change} FROM held
        WHERE kept.station_id = held.station_id
    )
    SELECT * FROM held"""
DISCONNECTED = text(HELD.format(change="connected = false"))
STILL_OURS = text(HELD.format(change="connected = true, last_seen_at = :now"))
STILL_OPEN = text(
    """SELECT told.station_id, open.transaction_id, open.evse_id
    FROM unnest(CAST(:ids AS text[])) AS told(station_id), LATERAL (
        SELECT transaction_id, evse_id FROM csms.transaction one
        WHERE one.station_id = told.station_id AND one.ended_at IS NULL
        ORDER BY one.started_at DESC LIMIT :most
    ) open"""
)

STATE: Final = """SELECT registration_status, provisioned, floor_w, sample_interval_s, boot_policy,
    vendor, model, firmware_version, ARRAY(
        SELECT evse_id FROM csms.evse place
        WHERE place.station_id = station.station_id AND evse_id > 0 ORDER BY evse_id
    ) AS evse_ids FROM csms.charging_station station WHERE station_id = $1"""
TRIGGERED: Final = """SELECT 1 FROM csms.triggered_message
    JOIN csms.charging_station USING (station_id)
    WHERE station_id = $1 AND action = $2 AND at >= $3 AND registration_status = $4"""


class PostgresStations:
    """Implements `handlers.ports.Stations`."""

    def __init__(self, direct: Direct) -> None:
        self._direct = direct
        self._accepted: set[ChargingStationId] = set()

    async def is_accepted(self, station_id: ChargingStationId) -> bool:
        """Whether its last boot was accepted. Raises StoreUnavailable, StationUnknown."""
        if station_id in self._accepted:
            return True
        state = await self.state(station_id)
        if state.registration_status == RegistrationStatus.ACCEPTED:
            self._accepted.add(station_id)
        return station_id in self._accepted

    def forget(self, station_id: ChargingStationId) -> None:
        """It booted, came or went: ask the database again."""
        self._accepted.discard(station_id)

    async def state(self, station_id: ChargingStationId) -> StationState:
        """The stored state. Raises StoreUnavailable, StationUnknown."""
        row = await self._direct.row(STATE, station_id)
        if row is None:
            raise StationUnknown(station_id)
        return _state_of(row)

    async def asked_for(self, station_id: ChargingStationId, action: str, since: datetime) -> bool:
        """Whether it is Pending and we asked it for this message (TriggerMessage) at or after
        `since`. Raises StoreUnavailable."""
        status = RegistrationStatus.PENDING.value
        return bool(await self._direct.value(TRIGGERED, station_id, action, since, status))


def _state_of(row: Mapping[str, Any]) -> StationState:
    known = row["vendor"] is not None and row["model"] is not None
    return StationState(
        registration_status=row["registration_status"],
        provisioned=row["provisioned"],
        floor_w=row["floor_w"],
        sample_interval_s=row["sample_interval_s"],
        evse_ids=tuple(row["evse_ids"]),
        boot_policy=BootPolicy(row["boot_policy"]),
        device=Device(
            vendor=row["vendor"], model=row["model"], firmware_version=row["firmware_version"]
        )
        if known
        else None,
    )


async def set_boot_policy(conn: AsyncConnection, station_id: str, policy: BootPolicy) -> bool:
    """How the station's next boot is received; False if there is no such station."""
    changed = await conn.execute(
        update(charging_station)
        .where(station.station_id == station_id)
        .values(boot_policy=policy.value)
    )
    return bool(changed.rowcount)


async def connect(
    conn: AsyncConnection,
    asked: Sequence[tuple[ChargingStationId, str]],
    *,
    owner: str,
    now: datetime,
) -> list[int | None]:
    """Make `owner` hold the connections of stations that speak these OCPP versions; for each its
    epoch, None if there is no such station. One that is named twice has two epochs, in order."""
    times, versions = Counter(one for one, _ in asked), dict(asked)
    told = {
        "ids": list(times),
        "times": list(times.values()),
        "versions": [versions[one] for one in times],
        "owner": owner,
        "now": now,
    }
    rows = await conn.execute(CONNECTED, told)
    newest: dict[ChargingStationId, int] = {row.station_id: row.connection_epoch for row in rows}
    speak_20 = {one: epoch for one, epoch in newest.items() if versions[one] != OcppVersion.V16}
    await _ask_what_became_of_them(conn, speak_20, now)
    await _tell(conn, list(newest), now, connected=True)
    next_epochs = {one: epoch - times[one] for one, epoch in newest.items()}
    epochs: list[int | None] = []
    for station_id, _ in asked:
        if station_id in next_epochs:
            next_epochs[station_id] += 1
        epochs.append(next_epochs.get(station_id))
    return epochs


async def _ask_what_became_of_them(
    conn: AsyncConnection, epochs: Mapping[ChargingStationId, int], now: datetime
) -> None:
    """After each reconnect: does every transaction that we hold open still run (E14)?"""
    told = {"ids": list(epochs), "most": MOST_ASKED}
    asked = [
        questions.transaction_status(
            station_id, transaction_id, evse_id, f"epoch {epochs[station_id]}", now
        )
        for station_id, transaction_id, evse_id in await conn.execute(STILL_OPEN, told)
    ]
    await commands.insert(conn, asked)


async def disconnect(
    conn: AsyncConnection, gone: Sequence[tuple[ChargingStationId, int]], now: datetime
) -> list[bool]:
    """The connections with these epochs are gone; False for each that a newer one has replaced."""
    told = {"ids": [one for one, _ in gone], "epochs": [epoch for _, epoch in gone]}
    held = (await conn.execute(DISCONNECTED, told)).all()
    await _tell(conn, [one.station_id for one in held if one.connected], now, connected=False)
    newest = {(one.station_id, one.connection_epoch) for one in held}
    return [one in newest for one in gone]


async def seen(
    conn: AsyncConnection, epochs: Mapping[ChargingStationId, int], now: datetime
) -> set[ChargingStationId]:
    """These connections live, also those that others took for gone; the stations among them that
    have connected anew."""
    told = {"ids": list(epochs), "epochs": list(epochs.values()), "now": now}
    held = (await conn.execute(STILL_OURS, told)).all()
    await _tell(conn, [one.station_id for one in held if not one.connected], now, connected=True)
    return set(epochs) - {one.station_id for one in held}


async def release_previous(
    conn: AsyncConnection, owner: str, now: datetime
) -> list[ChargingStationId]:
    """Stations that a previous life of `owner` held are no longer connected."""
    return await _release(conn, station.connection_owner == owner, now)


async def release_orphans(
    conn: AsyncConnection, living: Collection[str], now: datetime
) -> list[ChargingStationId]:
    """Stations whose owner is not among the `living` processes are no longer connected."""
    return await _release(conn, station.connection_owner.not_in(living), now)


async def release_unseen(
    conn: AsyncConnection, owner: str, unseen_since: datetime, now: datetime
) -> list[ChargingStationId]:
    """Stations of `owner`, who lives and has not seen them since `unseen_since`: their end came
    while the store was away."""
    mine = station.connection_owner == owner
    return await _release(conn, and_(mine, station.last_seen_at < unseen_since), now)


async def _release(
    conn: AsyncConnection, which: ColumnElement[bool], now: datetime
) -> list[ChargingStationId]:
    released = await conn.scalars(
        update(charging_station)
        .where(station.connected, which)
        .values(connected=False)
        .returning(station.station_id)
    )
    station_ids = [ChargingStationId(one) for one in released]
    await _tell(conn, station_ids, now, connected=False)
    return station_ids


async def _tell(
    conn: AsyncConnection, station_ids: list[ChargingStationId], now: datetime, *, connected: bool
) -> None:
    events = [StationChanged(station_id=one, connected=connected) for one in station_ids]
    await outbox.tell_all(conn, events, now)
