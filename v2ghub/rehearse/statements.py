"""The single statements of the csms' hot path, answered by the tables in memory.

Each answers a statement of `csms.store` by its text, with the rows that PostgreSQL would return:
`tests/v2ghub/rehearse` holds both to the same scenes.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson

from csms.domain.commands import CommandPriority, CommandStatus
from csms.domain.device_model import VariableKey
from csms.store.claims import CLAIM, RELEASE, SETPOINT_SENT
from csms.store.commands import REPLACING, row_of
from csms.store.stations import STATE, TRIGGERED
from csms.store.transactions import LEDGER, UNPROJECTED
from v2ghub.rehearse.database import Database
from v2ghub.rehearse.processes import Process
from v2ghub.rehearse.tables import LEDGER_COLUMNS, CommandRow, EvseRow, Tables

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
    station_id: str,
    priorities: Sequence[int],
    now: datetime,
    owner: str,
    epoch: int | None,
) -> Answers:
    """End what is late or outdated, take the most urgent of the rest."""
    theirs = [
        row for row in tables.commands.values()
        if row.command.station_id == station_id and row.status is CommandStatus.PENDING
    ]  # fmt: skip
    asked = [row for row in theirs if int(row.command.priority) in priorities]
    left = []
    for row in asked:
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
    return [{**command, **_target(tables, first, now), "more": len(asked) > 1}]


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
    told = (station.vendor, station.model, station.firmware_version)
    return {
        "of_station": station_id,
        **{name: getattr(station, name) for name in names.split()},
        "device": " ".join(word for word in told if word is not None),
        "transaction_id": place.transaction_id,
        "setpoint_w": place.setpoint_w,
        "setpoint_version": place.setpoint_version,
        "setpoint_at": place.setpoint_at,
        "in_force": in_force,
        "quirks_learned": None,
        "quirks_set": None,
        "rate_units": variables.get(RATE_UNIT),
        "supply_phases": _phases(tables, station_id, evse_id or 0),
        "v2x_variables": None,
        "energy_transfer": None,
        "frequency_response": None,
    }


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


def _setpoint_sent(
    tables: Tables, station_id: str, evse_id: int, now: datetime, version: int | None
) -> Answers:
    """The fence: a version that is not above the last one sent changes nothing."""
    kept = tables.evse((station_id, evse_id))
    known = kept.setpoint_version
    if version is not None and known is not None and version <= known:
        return []
    kept.setpoint_status, kept.setpoint_at = "sent", now
    kept.setpoint_version = known if version is None else version
    tables.touch(station_id)
    return [{"fenced": 1}]


def priorities_of(priorities: Collection[CommandPriority]) -> list[int]:
    """As the statement takes them."""
    return [int(one) for one in priorities]


STATEMENTS: Final[dict[str, Any]] = {
    LEDGER: _ledger,
    UNPROJECTED: _unprojected,
    STATE: _state,
    TRIGGERED: _triggered,
    CLAIM: _claim,
    RELEASE: _release,
    SETPOINT_SENT: _setpoint_sent,
}
