"""The database of the rehearsal: tables in memory that the facts of the journal are folded into.

The rows are the journal's own (`csms.store.rows`), and where a statement says how two rows of one
batch merge, rows here merge so, whenever they come. What the hub reads of them is as PostgreSQL
would answer; what nobody reads here is not kept.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson

from csms.domain.charging_state import ChargingState
from csms.domain.commands import Command, CommandStatus
from csms.domain.device_model import ACTUAL, VariableKey
from csms.domain.events import Event
from csms.domain.facts import (
    ChargingNeedsTold,
    CommandAsked,
    ConnectorStatusChanged,
    Fact,
    ReadingsTaken,
    StationBooted,
    StationProvisioned,
    Told,
    TransactionEventStored,
    TransactionProjected,
    VariablesReported,
)
from csms.domain.facts_charging import ChargingProfileGone, ChargingProfileHeld
from csms.domain.facts_clock import ClockMeasured
from csms.domain.facts_commands import CommandEnded, SetpointEnded
from csms.domain.facts_device_model import MessageTriggered
from csms.domain.facts_evidence import TransactionStatusTold
from csms.domain.facts_quirks import QuirkLearned
from csms.domain.v2x import V2X_CHARGING
from csms.store.commands import command_of
from csms.store.memory_charging import charging_state
from csms.store.rows import grouped, rows_of
from csms.store.statements import commands as of_commands
from csms.store.statements import core, evidence, quirks
from csms.store.statements.kinds import Row, Statement
from scheduler.domain.signal import GridSignal
from scheduler.store.plans import StoredPlan
from scheduler.store.turns import LOOKED_AT, Ordered
from scheduler.store.vehicles import Vehicle
from v2ghub.rehearse.abilities import v2x_dialect

Place = tuple[str, int]
KEPT: Final = (
    ClockMeasured, CommandAsked, CommandEnded, ConnectorStatusChanged, ChargingNeedsTold,
    QuirkLearned, ReadingsTaken, SetpointEnded, StationBooted, StationProvisioned, Told,
    TransactionEventStored, TransactionProjected, TransactionStatusTold,
)  # fmt: skip
LIVE_COLUMNS: Final = (
    "updated_at", "power_w", "power_at", "import_wh", "export_wh", "register_at", "soc_pct",
    "soc_at",
)  # fmt: skip
TRANSACTION_COLUMNS: Final = (
    "station_id", "transaction_id", "event_count", "evse_id", "connector_id", "id_token",
    "started_at", "ended_at", "last_event_at", "imported_wh", "exported_wh", "charging_state",
    "stopped_reason", "remote_start_id", "reservation_id", "flags",
)  # fmt: skip
STARTED_AT: Final = TRANSACTION_COLUMNS.index("started_at")
ENDED_AT: Final = TRANSACTION_COLUMNS.index("ended_at")
LEDGER_COLUMNS: Final = (
    "station_id", "transaction_id", "seq_no", "event_type", "at", "content_hash", "received_at",
    "trigger_reason", "offline", "ocpp_version", "payload", "flags",
)  # fmt: skip
RECEIVED_AT: Final = LEDGER_COLUMNS.index("received_at")


@dataclass(slots=True)
class StationRow:
    """`csms.charging_station`."""

    station_id: str
    floor_w: float
    sample_interval_s: int
    vendor: str | None = None
    model: str | None = None
    firmware_version: str | None = None
    registration_status: str | None = None
    provisioned: bool = False
    booted_at: datetime | None = None
    discharge_dialect: str = "none"
    discharge_dialect_listed: str | None = None
    discharge_fault: str | None = None
    discharge_proven_at: datetime | None = None
    clock_off_s: float | None = None
    setpoint_holds_s: int | None = None
    ocpp_version: str | None = None
    connected: bool = False
    owner: str | None = None
    epoch: int = 0
    last_seen_at: datetime | None = None

    @property
    def device(self) -> str:
        """Hardware and firmware."""
        told = (self.vendor, self.model, self.firmware_version)
        return " ".join(word for word in told if word is not None)


@dataclass(slots=True)
class EvseRow:
    """`csms.evse`; `live` is a row of the statement LIVE."""

    live: Row | None = None
    transaction_id: str | None = None
    setpoint_status: str | None = None
    setpoint_at: datetime | None = None
    setpoint_w: float | None = None
    setpoint_until: datetime | None = None
    setpoint_version: int | None = None
    composite_w: float | None = None

    def value(self, name: str) -> Any:
        """A live value."""
        return None if self.live is None else self.live[2 + LIVE_COLUMNS.index(name)]


@dataclass(slots=True)
class CommandRow:
    """`csms.command`."""

    command: Command
    status: CommandStatus = CommandStatus.PENDING
    sent_at: datetime | None = None
    sent_by: str | None = None


@dataclass(slots=True)
class Lease:
    """`controller_lease`; times are those of the database's machine."""

    holder: str = ""
    epoch: int = 0
    expires_s: float = 0.0


@dataclass(slots=True)
class Tables:
    """What is durable. `changed` counts the changes of what is known of each station."""

    stations: dict[str, StationRow] = field(default_factory=dict)
    evses: dict[Place, EvseRow] = field(default_factory=dict)
    transactions: dict[tuple[str, str], Row] = field(default_factory=dict)
    ledger: dict[tuple[str, str], dict[Row, Row]] = field(default_factory=dict)
    readings: dict[Place, dict[Row, Row]] = field(default_factory=dict)
    """Of each EVSE, in the order they came, by (at, context)."""
    numbers: dict[tuple[str, str], int] = field(default_factory=dict)
    """Transaction ids of OCPP 1.6 by (station id, start)."""
    quirks: dict[tuple[str, str, str], Row] = field(default_factory=dict)
    """By (station id, name, source)."""
    needs: dict[Place, Row] = field(default_factory=dict)
    variables: dict[str, dict[VariableKey, str]] = field(default_factory=dict)
    spelt: dict[VariableKey, VariableKey] = field(default_factory=dict)
    """How stations spell the variables that they tell."""
    charging: dict[str, ChargingState] = field(default_factory=dict)
    triggered: dict[tuple[str, str], datetime] = field(default_factory=dict)
    commands: dict[UUID, CommandRow] = field(default_factory=dict)
    known_commands: set[UUID] = field(default_factory=set)
    changed: dict[str, int] = field(default_factory=dict)
    vehicles: dict[str, Vehicle] = field(default_factory=dict)
    """By token."""
    vehicle_changes: int = 0
    outbox: list[tuple[str, str]] = field(default_factory=list)
    """(kind, station id)."""
    plan: StoredPlan | None = None
    lease: Lease = field(default_factory=Lease)
    signals: dict[str, GridSignal] = field(default_factory=dict)
    """By external id, each in its newest revision."""
    turns: deque[Ordered] = field(default_factory=deque)
    """The setpoints of the last hour that were no mere renewals."""
    ordered: Callable[[Command], None] = lambda command: None
    """Hears each setpoint that a controller orders."""
    decided: Callable[[int | None], None] = lambda plan_version: None
    """Hears by which plan a controller decided."""

    def store(self, facts: list[Fact]) -> None:
        """All facts of one commit."""
        for fact in facts:
            self._fold(fact)
        for statement, rows in grouped(rows_of(f for f in facts if isinstance(f, KEPT))).items():
            for row in rows:
                self._row(statement, row)

    def ask(self, command: Command) -> None:
        """A pending command; one that is known is left as it is."""
        if command.command_id not in self.known_commands:
            self.known_commands.add(command.command_id)
            self.commands[command.command_id] = CommandRow(command)

    def put(self, vehicle: Vehicle) -> None:
        """What a driver tells of his vehicle."""
        self.vehicles[vehicle.id_token] = vehicle
        self.vehicle_changes += 1
        self.outbox.append(("DemandChanged", ""))

    def live_signals(self, now: datetime) -> tuple[GridSignal, ...]:
        """As `scheduler.store.signals.live`."""
        asking = [one for one in self.signals.values() if one.binds_until > now]
        return tuple(sorted(asking, key=lambda one: (one.priority, one.starts_at)))

    def order(self, command: Command) -> None:
        """A setpoint of a controller."""
        self.ask(command)
        self.ordered(command)
        assert command.evse_id is not None
        setpoint_w, at = command.payload["setpoint_w"], command.created_at
        while self.turns and self.turns[0].at <= at - LOOKED_AT:
            self.turns.popleft()
        place = (command.station_id, command.evse_id)
        before = [one for one in self.turns if (one.station_id, one.evse_id) == place]
        if not before or before[-1].setpoint_w != setpoint_w:
            reason = command.payload["reason"]
            told = Ordered(
                station_id=command.station_id, evse_id=command.evse_id, at=at,
                setpoint_w=setpoint_w, reason=reason,
            )  # fmt: skip
            self.turns.append(told)

    def end(self, command_id: UUID) -> None:
        """A command that needs nobody any more."""
        self.commands.pop(command_id, None)

    def evse(self, place: Place) -> EvseRow:
        """The row of an EVSE, made if there is none."""
        return self.evses.setdefault(place, EvseRow())

    def touch(self, station_id: str) -> None:
        """Something about a station is new."""
        self.changed[station_id] = self.changed.get(station_id, 0) + 1

    def _fold(self, fact: Fact) -> None:
        match fact:
            case ChargingProfileHeld() | ChargingProfileGone():
                before = self.charging.get(fact.station_id, ChargingState())
                self.charging[fact.station_id] = charging_state(fact.station_id, [fact], before)
            case VariablesReported():
                told = self.variables.setdefault(fact.station_id, {})
                for one in fact.rows:
                    if one.value is not None and one.attribute == ACTUAL:
                        told[(key := _key(one)).folded()] = one.value
                        self.spelt[key.folded()] = key
                if any(one.component == V2X_CHARGING for one in fact.rows):
                    self._find_dialect(fact.station_id)
            case MessageTriggered():
                self.triggered[fact.station_id, fact.action] = fact.at

    def _row(self, statement: Statement, row: Row) -> None:
        if statement is core.OUTBOX:
            self.outbox.append((row[0], row[1]))
            return
        self.touch(row[0])
        match statement:
            case core.TRANSACTION_EVENT:
                self.ledger.setdefault(row[:2], {}).setdefault(row[:6], row)
            case core.TRANSACTION:
                _merge(self.transactions, statement, row)
            case core.CHARGING_NEEDS:
                _merge(self.needs, statement, row)
            case core.READING:
                self.readings.setdefault(row[:2], {}).setdefault(row[2:4], row)
            case quirks.QUIRK:
                _merge(self.quirks, statement, row)
            case core.COMMAND:
                named = dict(zip(core.COMMAND_COLUMNS.split(), row, strict=True))
                self.ask(command_of({**named, "payload": orjson.loads(named["payload"])}))
            case of_commands.COMMAND_ENDED:
                self.end(row[0])
            case evidence.TRANSACTION_LOST:
                self._lost(row[:2])
            case _:
                self._of_place(statement, row)

    def _of_place(self, statement: Statement, row: Row) -> None:
        match statement:
            case core.BOOTED:
                self._booted(row)
            case core.PROVISIONED:
                self.stations[row[0]].provisioned = True
            case core.CLOCK:
                self.stations[row[0]].clock_off_s = row[1]
            case core.LIVE:
                evse = self.evse(row[:2])
                evse.live = row if evse.live is None else statement.merge(evse.live, row)
            case core.EVSE_TRANSACTION:
                self._newest_transaction(row[:2])
            case of_commands.SETPOINT_ENDED:
                self._setpoint_ended(row)

    def tell(self, event: Event, at: datetime) -> None:
        """A row of the outbox."""
        self.store([Told(event=event, at=at)])

    def _lost(self, key: Row) -> None:
        """It will never be ended by its station."""
        kept = self.transactions.get(key)
        if kept is not None and kept[ENDED_AT] is None:
            row = list(kept)
            row[ENDED_AT] = row[TRANSACTION_COLUMNS.index("last_event_at")]
            self.transactions[key] = tuple(row)

    def _booted(self, row: Row) -> None:
        station = self.stations[row[0]]
        before = (station.vendor, station.model, station.firmware_version)
        _, station.booted_at, vendor, model, firmware, _, status, provisioned, listed, holds_s = row
        station.vendor, station.model, station.firmware_version = vendor, model, firmware
        station.registration_status, station.provisioned = status, provisioned
        station.setpoint_holds_s = holds_s
        faulty = station.discharge_fault is not None
        station.discharge_dialect_listed = listed
        station.discharge_dialect = "none" if faulty else listed or "none"
        if before != (vendor, model, firmware):
            station.discharge_proven_at = None

    def _find_dialect(self, station_id: str) -> None:
        """As `statements.v21.V2X_DIALECT`."""
        station = self.stations[station_id]
        if station.discharge_fault is None and station.discharge_dialect_listed is None:
            told = self.variables[station_id]
            station.discharge_dialect = v2x_dialect(told, station.ocpp_version)

    def lease_ends(self, station_id: str) -> bool:
        """As `scheduler.store.live.run_out`: an operator's word, else what was learned."""
        told = self.quirk(station_id, "lease_ends", "operator")
        if told is None:
            told = self.quirk(station_id, "lease_ends", "learned")
        return told is not False

    def say(self, station_id: str, name: str, value: Any, at: datetime) -> None:
        """An operator's word on a quirk."""
        key = (station_id, name, "operator")
        self.quirks[key] = (*key, orjson.dumps(value), at, "", "")

    def quirk(self, station_id: str, name: str, source: str) -> Any:
        """Its value, if it holds for the device that the station is; else None."""
        row = self.quirks.get((station_id, name, source))
        if row is None or (source != "operator" and row[6] != self.stations[station_id].device):
            return None
        return orjson.loads(row[3])

    def _newest_transaction(self, place: Place) -> None:
        """The one that started last, as long as it has not ended."""
        there = [
            dict(zip(TRANSACTION_COLUMNS, row, strict=True))
            for row in self.transactions.values()
            if (row[0], row[3]) == place
        ]
        newest = max(there, key=lambda one: (one["started_at"], one["transaction_id"]), default={})
        running = newest and newest["ended_at"] is None
        if place in self.evses:
            self.evses[place].transaction_id = newest["transaction_id"] if running else None

    def _setpoint_ended(self, row: Row) -> None:
        kept = self.evses.get(row[:2])
        status, at, setpoint_w, until, composite_w, version = row[2:]
        if kept is None:
            return
        if None not in (version, kept.setpoint_version) and version < kept.setpoint_version:
            return
        kept.setpoint_status, kept.setpoint_at = status, at
        if until is not None and (composite_w is not None or kept.setpoint_w != setpoint_w):
            kept.composite_w = composite_w
        if setpoint_w is not None:
            kept.setpoint_w = setpoint_w
        if until is not None:
            kept.setpoint_until = until


def _merge(rows: dict[Any, Row], statement: Statement, row: Row) -> None:
    key = row[: statement.key_size]
    rows[key] = statement.merge(rows[key], row) if key in rows else row


def _key(one: Any) -> VariableKey:
    return VariableKey(
        component=one.component,
        variable=one.variable,
        component_instance=one.component_instance,
        variable_instance=one.variable_instance,
        evse_id=one.evse_id,
        connector_id=one.connector_id,
    )
