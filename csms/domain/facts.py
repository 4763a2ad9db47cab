"""Facts: what a handler asks the journal to make durable before the station is answered.

A handler never writes: it returns from `Journal.commit` once its facts are stored, all of them or
none. Each fact is idempotent: told twice, it changes nothing the second time.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from msgspec import Struct

from csms.domain.commands import Command
from csms.domain.device_model import Characteristics
from csms.domain.events import Event
from csms.domain.ids import ChargingStationId, ConnectorId, EvseId, IdToken, TransactionId
from csms.domain.meter import MeterReading
from csms.domain.station import OcppVersion


class Fact:
    """Anything that the journal can make durable; the store has rows for each kind of it."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StationBooted(Fact):
    """What a BootNotification says, and the registration status we answer with."""

    station_id: ChargingStationId
    at: datetime
    vendor: str
    model: str
    firmware_version: str | None = None
    serial_number: str | None = None
    registration_status: str
    provisioned: bool
    discharge_dialect: str | None = None
    """The allow-list's for this model; None: it is not listed."""
    setpoint_holds_s: int | None = None
    """How long the model follows a setpoint without another word; None: as long as it is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StationProvisioned(Fact):
    """Floor profile and measurands are set: the station's next boot is accepted."""

    station_id: ChargingStationId
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorStatusChanged(Fact):
    """StatusNotification: the newest `at` wins."""

    station_id: ChargingStationId
    evse_id: EvseId
    connector_id: ConnectorId
    status: str
    at: datetime


class TransactionEventStored(Fact, Struct, frozen=True, kw_only=True, gc=False):
    """One line of the ledger. Its key is (station, transaction, seq_no, type, at, content_hash)."""

    station_id: ChargingStationId
    transaction_id: TransactionId
    seq_no: int
    event_type: str
    at: datetime
    content_hash: str
    received_at: datetime
    trigger_reason: str
    offline: bool
    ocpp_version: OcppVersion
    payload: bytes
    flags: tuple[str, ...] = ()


class TransactionProjected(Fact, Struct, frozen=True, kw_only=True, gc=False):
    """The transaction as all its events so far tell it; recomputable from the ledger."""

    station_id: ChargingStationId
    transaction_id: TransactionId
    evse_id: EvseId | None
    connector_id: ConnectorId | None
    id_token: IdToken | None
    started_at: datetime
    ended_at: datetime | None
    last_event_at: datetime
    imported_wh: float
    exported_wh: float
    charging_state: str | None
    stopped_reason: str | None
    event_count: int
    remote_start_id: int | None = None
    reservation_id: int | None = None
    flags: tuple[str, ...] = ()


class ReadingsTaken(Fact, Struct, frozen=True, kw_only=True, gc=False):
    """Meter values of one EVSE (EVSE 0: the station's main meter), inside a transaction or not."""

    station_id: ChargingStationId
    evse_id: EvseId
    received_at: datetime
    readings: tuple[MeterReading, ...]
    transaction_id: TransactionId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VariablesReported(Fact):
    """What a station told of its device model, in whatever message (`told_by`, an action)."""

    station_id: ChargingStationId
    at: datetime
    rows: tuple["VariableRow", ...]
    characteristics: tuple[Characteristics, ...] = ()
    told_by: str = "NotifyReport"


@dataclass(frozen=True, slots=True, kw_only=True)
class VariableRow:
    """One attribute of one variable of the device model; None where the message did not say."""

    component: str
    variable: str
    value: str | None
    component_instance: str = ""
    variable_instance: str = ""
    evse_id: int = 0
    connector_id: int = 0
    attribute: str = "Actual"
    mutability: str | None = None
    persistent: bool | None = None
    constant: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargingNeedsTold(Fact):
    """NotifyEVChargingNeeds: what the vehicle at an EVSE asks for; None where it did not say."""

    station_id: ChargingStationId
    evse_id: EvseId
    at: datetime
    departure_at: datetime | None = None
    energy_wh: float | None = None
    capacity_wh: float | None = None
    soc_pct: float | None = None
    max_charge_w: float | None = None
    max_discharge_w: float | None = None
    target_soc_pct: float | None = None
    requested_energy_transfer: str | None = None
    payload: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Noticed(Fact):
    """Something a station tells that is neither energy nor status: alarms, security, firmware,
    logs, outside limits, profiles it holds. `kind` is the OCPP action."""

    station_id: ChargingStationId
    kind: str
    at: datetime
    received_at: datetime
    severity: str = "info"
    payload: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandAsked(Fact):
    """A command that a handler leaves for the station (it never calls it itself)."""

    command: Command


@dataclass(frozen=True, slots=True, kw_only=True)
class Told(Fact):
    """An event for the rest of the platform: an outbox row in the same transaction."""

    event: Event
    at: datetime
