"""Facts that only OCPP 2.1 knows: V2X leave, dynamic profiles, DER controls, streams, payment."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from csms.domain.der import DerControl
from csms.domain.facts import Fact
from csms.domain.ids import ChargingStationId, EvseId, IdToken, TransactionId
from csms.domain.messages_v21 import Battery, StreamValue
from csms.domain.meter import Magnitude


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyTransferAllowed(Fact):
    """Q02: what a station accepted to allow a running transaction; the newest `at` wins."""

    station_id: ChargingStationId
    transaction_id: TransactionId
    modes: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DynamicProfileSet(Fact):
    """K28: a profile of kind Dynamic is in force. `values` are an operator's own; None: a lease,
    whose values are those of the newest setpoint. `duration_s` counts from the last update."""

    station_id: ChargingStationId
    profile_id: int
    evse_id: EvseId
    transaction_id: TransactionId | None
    operation_mode: str
    duration_s: int | None
    values: Mapping[str, Any] | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DynamicProfileGone(Fact):
    """K28: the profile was replaced by one of another kind, or cleared."""

    station_id: ChargingStationId
    profile_id: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorityChargingTold(Fact):
    """K21, K22: is the priority profile of a transaction in use? The newest `at` wins."""

    station_id: ChargingStationId
    transaction_id: TransactionId
    activated: bool
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DerControlHeld(Fact):
    """R04: a station holds this control, because it took it or because it says so."""

    station_id: ChargingStationId
    control: DerControl
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DerControlsSuperseded(Fact):
    """R04: these are out of force; a control that nobody knows yet is none of them."""

    station_id: ChargingStationId
    control_ids: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DerControlRan(Fact):
    """R04: a scheduled control took effect (`started`), or ended."""

    station_id: ChargingStationId
    control_id: str
    started: bool
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DerControlsCleared(Fact):
    """R04: gone are all that match; None matches any."""

    station_id: ChargingStationId
    is_default: bool
    control_type: str | None
    control_id: str | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EventStreamOpened(Fact):
    """N11, N12: a stream is open with these parameters. `max_values` per message."""

    station_id: ChargingStationId
    stream_id: int
    variable_monitoring_id: int
    interval_s: int | None
    max_values: int | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EventStreamAdjusted(Fact):
    """N14: the station took new parameters; None: as before."""

    station_id: ChargingStationId
    stream_id: int
    interval_s: int | None
    max_values: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventStreamClosed(Fact):
    """N13."""

    station_id: ChargingStationId
    stream_id: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EventStreamRead(Fact):
    """N15: values of a stream, and how many more wait at the station."""

    station_id: ChargingStationId
    stream_id: int
    pending: int
    values: tuple[StreamValue, ...]
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BatterySwapped(Fact):
    """S: one step of a swap; a repeat is the same (request, event, serial number)."""

    station_id: ChargingStationId
    request_id: int
    event: str
    id_token: IdToken
    batteries: tuple[Battery, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentSettled(Fact):
    """C19–C22: what became of a payment. The newest `at` of a PSP reference wins."""

    station_id: ChargingStationId
    psp_ref: str
    status: str
    amount: Magnitude
    at: datetime
    transaction_id: TransactionId | None
    receipt_id: str | None
    receipt_url: str | None
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class StationTariffSet(Fact):
    """I07: a station holds this default tariff for an EVSE (0: all of them)."""

    station_id: ChargingStationId
    evse_id: int
    tariff_id: str
    kind: str
    payload: Mapping[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StationTariffCleared(Fact):
    """I10: this tariff is gone; `evse_id` None: from all EVSEs."""

    station_id: ChargingStationId
    tariff_id: str
    evse_id: int | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionTariffChanged(Fact):
    """I11: a running transaction costs by this tariff now."""

    station_id: ChargingStationId
    transaction_id: TransactionId
    tariff_id: str
    payload: Mapping[str, Any]
    at: datetime
