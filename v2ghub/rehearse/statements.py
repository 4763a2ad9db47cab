"""The single statements of the csms' hot path, answered by the tables in memory.

Each answers a statement of `csms.store` by its text, with the rows that PostgreSQL would return:
`tests/v2ghub/rehearse` holds both to the same scenes.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import orjson

from csms.domain.commands import CommandStatus
from csms.domain.device_model import VariableKey
from csms.store.claims import CLAIM, RELEASE, SETPOINTS_SENT
from csms.store.commands import REPLACING, row_of
from csms.store.quirks import LEASES_OVER
from csms.store.statements.kinds import Row
from csms.store.stations import STATE, TRIGGERED
from csms.store.transaction_ids import BEGUN_BY, NUMBER, OPEN_AT
from csms.store.transactions import LEDGER, UNPROJECTED
from v2ghub.rehearse.abilities import v2x_variables
from v2ghub.rehearse.database import Database
from v2ghub.rehearse.processes import Process
from v2ghub.rehearse.tables import (
    ENDED_AT,
    LEDGER_COLUMNS,
    RECEIVED_AT,
    STARTED_AT,
    CommandRow,
    EvseRow,
    Place,
    Tables,
)

Answers = list[dict[str, Any]]
RATE_UNIT: Final = VariableKey(component="SmartChargingCtrlr", variable="RateUnit").folded()


@dataclass(slots=True)
class MemoryDirect:
    """Stands in for `csms.store.direct.Direct` of one life of a process."""

    database: Database
    process: Process

    async def rows(self, sql: str, *values: Any) -> Answers:
        """What the statement returns. Raises StoreUnavailable."""
        answer = STATEMENTS[sql]
        return await self.database.do(self.process, lambda tables: answer(tables, *values))

    async def row(self, sql: str, *values: Any) -> dict[str, Any] | None:
        """The first of them."""
        found = await self.rows(sql, *values)
        return found[0] if found else None

    async def value(self, sql: str, *values: Any) -> Any:
        """The first column of the first of them."""
        found = await self.row(sql, *values)
        return None if found is None else next(iter(found.values()))


def _ledger(tables: Tables, station_id: str, transaction_id: str) -> Answers:
    key = (station_id, transaction_id)
    projected = tables.transactions.get(key)
    lines = sorted(tables.ledger.get(key, {}).values(), key=lambda row: row[2])
    return [
        {
            **(named := dict(zip(LEDGER_COLUMNS, row, strict=True))),
            "flags": named["flags"].split(",") if named["flags"] else [],
            "projected_count": None if projected is None else projected[2],
        }
        for row in lines
    ]


def _unprojected(tables: Tables, most: int) -> list[Any]:
    found = []
    for key, lines in tables.ledger.items():
        projected = tables.transactions.get(key)
        if projected is None or projected[2] != len(lines):
            found.append(key)
    return found


def _state(tables: Tables, station_id: str) -> Answers:
    station = tables.stations.get(station_id)
    if station is None:
        return []
    names = "registration_status provisioned floor_w sample_interval_s vendor model"
    told = {name: getattr(station, name) for name in f"{names} firmware_version".split()}
    evse_ids = sorted(evse_id for one, evse_id in tables.evses if one == station_id and evse_id)
    return [{**told, "boot_policy": "provision", "evse_ids": evse_ids}]


def _triggered(
    tables: Tables, station_id: str, action: str, since: datetime, status: str
) -> Answers:
    at = tables.triggered.get((station_id, action))
    pending = tables.stations[station_id].registration_status == status
    return [{"found": 1}] if pending and at is not None and at >= since else []


def _claim(
    tables: Tables,
    stations: Sequence[str],
    priorities: Sequence[int],
    now: datetime,
    owner: str,
    epochs: Sequence[int | None],
) -> Answers:
    """Of each station: end what is late or outdated, take the most urgent of the rest."""
    asked = zip(stations, priorities, epochs, strict=True)
    return [one for told in asked for one in _claim_one(tables, *told, now, owner)]


def _claim_one(
    tables: Tables, station_id: str, bits: int, epoch: int | None, now: datetime, owner: str
) -> Answers:
    theirs = [
        row for row in tables.commands.values()
        if row.command.station_id == station_id and row.status is CommandStatus.PENDING
    ]  # fmt: skip
    left = []
    for row in [row for row in theirs if bits >> row.command.priority & 1]:
        if row.command.deadline_at <= now or any(_replaces(one, row, now) for one in theirs):
            tables.end(row.command.command_id)
        else:
            left.append(row)
    if not left or (epoch is not None and tables.stations[station_id].epoch != epoch):
        return []
    first = min(left, key=lambda row: (row.command.priority, row.command.created_at))
    first.status, first.sent_at, first.sent_by = CommandStatus.SENT, now, owner
    command = row_of(first.command)
    command["payload"] = orjson.dumps(command["payload"])
    return [{**command, **_target(tables, first, now), "more": len(left) > 1}]


def _replaces(newer: CommandRow, row: CommandRow, now: datetime) -> bool:
    one, other = newer.command, row.command
    if one is other or other.kind not in REPLACING or one.kind is not other.kind:
        return False
    if one.evse_id != other.evse_id or one.priority > other.priority or one.deadline_at <= now:
        return False
    later = one.version == other.version and one.created_at > other.created_at
    return (one.version or 0) > (other.version or 0) or later


def _target(tables: Tables, row: CommandRow, now: datetime) -> dict[str, Any]:
    """The columns of `csms.store.setpoints.TARGET`."""
    station_id, evse_id = row.command.station_id, row.command.evse_id
    station = tables.stations[station_id]
    place = tables.evses.get((station_id, evse_id or 0), EvseRow())
    variables = tables.variables.get(station_id, {})
    in_force = (
        place.setpoint_status == CommandStatus.CONFIRMED
        and place.setpoint_until is not None
        and place.setpoint_until > now
    )
    names = "vendor model firmware_version ocpp_version discharge_dialect discharge_proven_at"
    names += " floor_w sample_interval_s registration_status"
    return {
        "of_station": station_id,
        **{name: getattr(station, name) for name in names.split()},
        "device": station.device,
        "transaction_id": place.transaction_id,
        "setpoint_w": place.setpoint_w,
        "setpoint_version": place.setpoint_version,
        "setpoint_at": place.setpoint_at,
        "in_force": in_force,
        "quirks_learned": _quirks(tables, station_id, "learned"),
        "quirks_set": _quirks(tables, station_id, "operator"),
        "rate_units": variables.get(RATE_UNIT),
        "supply_phases": _phases(tables, station_id, evse_id or 0),
        "v2x_variables": orjson.dumps(v2x_variables(variables, tables.spelt, evse_id or 0)),
        "energy_transfer": _energy_transfer(tables, station_id, evse_id or 0),
        "frequency_response": None,
    }


def _quirks(tables: Tables, station_id: str, source: str) -> bytes:
    names = [key[1] for key in tables.quirks if (key[0], key[2]) == (station_id, source)]
    told = {name: tables.quirk(station_id, name, source) for name in names}
    return orjson.dumps({name: value for name, value in told.items() if value is not None})


def _energy_transfer(tables: Tables, station_id: str, evse_id: int) -> str | None:
    """What the vehicle of the running transaction asked for."""
    needs = tables.needs.get((station_id, evse_id))
    place = tables.evses.get((station_id, evse_id))
    running = tables.transactions.get((station_id, (place and place.transaction_id) or ""))
    if needs is None or running is None or _began(tables, running) > needs[2]:
        return None
    told: str | None = needs[10]
    return told


def _began(tables: Tables, running: Row) -> datetime:
    """By the clock that is behind, the station's or ours."""
    heard = [row[RECEIVED_AT] for row in tables.ledger.get(running[:2], {}).values()]
    at: datetime = min([running[STARTED_AT], *heard])
    return at


def _phases(tables: Tables, station_id: str, evse_id: int) -> str | None:
    told = tables.variables.get(station_id, {})
    for component, number in (("EVSE", evse_id), ("ChargingStation", 0)):
        key = VariableKey(component=component, variable="SupplyPhases", evse_id=number).folded()
        if key in told:
            return told[key]
    return None


def _release(
    tables: Tables, owner: str, stations: Collection[str], times: Collection[datetime]
) -> Answers:
    lost = set(zip(stations, times, strict=True))
    for row in tables.commands.values():
        mine = row.status is CommandStatus.SENT and row.sent_by == owner
        if mine and (row.command.station_id, row.sent_at) in lost:
            row.status, row.sent_at, row.sent_by = CommandStatus.PENDING, None, None
    return []


def _setpoints_sent(
    tables: Tables,
    stations: Sequence[str],
    evse_ids: Sequence[int],
    now: datetime,
    versions: Sequence[int | None],
) -> Answers:
    """The fence: a version that is not above the last one sent changes nothing."""
    sent = []
    for station_id, evse_id, version in zip(stations, evse_ids, versions, strict=True):
        kept = tables.evse((station_id, evse_id))
        known = kept.setpoint_version
        if version is not None and known is not None and version <= known:
            continue
        kept.setpoint_status, kept.setpoint_at = "sent", now
        kept.setpoint_version = known if version is None else version
        tables.touch(station_id)
        sent.append({"station_id": station_id, "evse_id": evse_id})
    return sent


def _number(tables: Tables, station_id: str, start_hash: str, given_at: datetime) -> Answers:
    number = tables.numbers.setdefault((station_id, start_hash), len(tables.numbers) + 1)
    return [{"transaction_number": number}]


def _open_at(tables: Tables, station_id: str, evse_id: int) -> Answers:
    place = tables.evses.get((station_id, evse_id))
    return [] if place is None else [{"transaction_id": place.transaction_id}]


def _begun_by(tables: Tables, station_id: str, evse_id: int, at: datetime) -> Answers:
    begun = [
        row for row in tables.transactions.values()
        if (row[0], row[3]) == (station_id, evse_id) and row[STARTED_AT] <= at
    ]  # fmt: skip
    newest = sorted(begun, key=lambda row: row[STARTED_AT], reverse=True)
    return [{"transaction_id": row[1]} for row in newest[:1]]


def _leases_over(tables: Tables, owner: str, settled_s: float) -> Answers:
    """Leases that were confirmed and ran out while their transaction went on."""
    found = []
    for (station_id, evse_id), place in sorted(tables.evses.items()):
        station, until = tables.stations[station_id], place.setpoint_until
        running = tables.transactions.get((station_id, place.transaction_id or ""))
        power_at = place.value("power_at")
        ours = station.owner == owner and station.connected
        if not ours or place.setpoint_status != CommandStatus.CONFIRMED or running is None:
            continue
        if until is None or place.setpoint_at is None or place.value("power_w") is None:
            continue
        said = tables.quirk(station_id, "lease_ends", "operator") is not None
        over = power_at > until + timedelta(seconds=settled_s)
        if said or not over or running[ENDED_AT] or _began(tables, running) >= place.setpoint_at:
            continue
        found.append(
            {
                "station_id": station_id,
                "setpoint_w": place.setpoint_w,
                "setpoint_until": until,
                "power_w": place.value("power_w"),
                "power_at": power_at,
                "floor_w": station.floor_w,
                "device": station.device,
                "before_w": _before_w(tables, (station_id, evse_id), place, station.floor_w),
                "known": tables.quirk(station_id, "lease_ends", "learned"),
            }
        )
    return found


def _before_w(tables: Tables, key: Place, place: EvseRow, floor_w: float) -> float | None:
    """The power under the lease that lay furthest from the floor."""
    assert place.setpoint_at is not None
    assert place.setpoint_until is not None
    told_w = [
        row[6] for row in tables.readings.get(key, {}).values()
        if place.setpoint_at < row[2] <= place.setpoint_until and row[6] is not None
    ]  # fmt: skip
    return max(told_w, key=lambda power_w: abs(power_w - floor_w), default=None)


STATEMENTS: Final[dict[str, Any]] = {
    LEDGER: _ledger,
    UNPROJECTED: _unprojected,
    STATE: _state,
    TRIGGERED: _triggered,
    CLAIM: _claim,
    RELEASE: _release,
    SETPOINTS_SENT: _setpoints_sent,
    NUMBER: _number,
    OPEN_AT: _open_at,
    BEGUN_BY: _begun_by,
    LEASES_OVER: _leases_over,
}
