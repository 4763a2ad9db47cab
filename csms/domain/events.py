"""What the CSMS tells the rest of the platform: fields may be added, never renamed or removed.

An event is a hint with a name and a key: whoever hears it reads the truth from the store.
"""

from dataclasses import dataclass
from datetime import datetime

from csms.domain.ids import ChargingStationId, EvseId, TransactionId


@dataclass(frozen=True, slots=True, kw_only=True)
class StationChanged:
    """A station connected, disconnected, booted, or reported what it can do."""

    station_id: ChargingStationId
    connected: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionChanged:
    """A transaction started, ended, or changed its EVSE, its token or its charging state."""

    station_id: ChargingStationId
    transaction_id: TransactionId
    evse_id: EvseId | None
    ended: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargingNeedsChanged:
    """A vehicle said what it needs (ISO 15118, NotifyEVChargingNeeds)."""

    station_id: ChargingStationId
    evse_id: EvseId
    departure_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetpointRefused:
    """A station refused a setpoint, or did something else than it accepted."""

    station_id: ChargingStationId
    evse_id: EvseId
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StationAlerted:
    """A monitor of severity 0 to 3 alerts, or what it alerted of is over (`cleared`)."""

    station_id: ChargingStationId
    evse_id: EvseId | None
    what: str
    severity: int
    cleared: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservationEnded:
    """A reservation ended unused; `status` (a ReservationStatus) says how."""

    station_id: ChargingStationId
    reservation_id: int
    status: str


Event = (
    StationChanged
    | TransactionChanged
    | ChargingNeedsChanged
    | SetpointRefused
    | StationAlerted
    | ReservationEnded
)
