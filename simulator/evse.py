"""Evse: one outlet with its meter, the vehicle at it, and the transaction that runs. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from simulator.sessions import Session, Tells
from simulator.site import StationSpec
from simulator.vehicle import SECONDS_PER_HOUR, Vehicle


class ChargingState(StrEnum):
    """ChargingStateEnumType. `CHARGING` also while the vehicle gives power back."""

    CHARGING = "Charging"
    EV_CONNECTED = "EVConnected"
    SUSPENDED_EV = "SuspendedEV"
    SUSPENDED_EVSE = "SuspendedEVSE"
    IDLE = "Idle"


@dataclass(slots=True)
class RunningTransaction:
    """What the station remembers of the transaction at an EVSE."""

    transaction_id: str
    started_at: datetime
    id_token: str
    remote_start_id: int | None = None
    next_seq_no: int = 0
    charging_state: ChargingState = ChargingState.EV_CONNECTED

    def take_seq_no(self) -> int:
        """The number of the next event."""
        self.next_seq_no += 1
        return self.next_seq_no - 1


@dataclass(slots=True)
class Occupant:
    """The vehicle at an EVSE and what its driver wants. `remaining_wh` was asked for, at the
    meter, when it was plugged in here; `stopped`: by the CSMS, for good."""

    vehicle: Vehicle
    session: Session | None = None
    remaining_wh: float = 0.0
    stopped: bool = False

    @property
    def tells(self) -> Tells:
        """Who tells the hub what this vehicle needs."""
        return self.session.tells if self.session else Tells.NOTHING


@dataclass(slots=True)
class Evse:
    """EVSE 1 of a station. Registers never fall; power is + into the vehicle."""

    spec: StationSpec
    evse_id: int = 1
    import_wh: float = 0.0
    export_wh: float = 0.0
    power_w: float = 0.0
    offered_w: float = 0.0
    operative: bool = True
    occupant: Occupant | None = None
    transaction: RunningTransaction | None = None

    @property
    def connector_status(self) -> str:
        """ConnectorStatusEnumType."""
        if self.occupant is not None:
            return "Occupied"
        return "Available" if self.operative else "Unavailable"

    @property
    def soc_pct(self) -> float | None:
        """State of charge of the vehicle that is plugged in, or None."""
        return 100.0 * self.occupant.vehicle.soc_ratio if self.occupant else None

    @property
    def started_at(self) -> datetime | None:
        """When its transaction began, None without one."""
        return self.transaction.started_at if self.transaction else None

    def step(self, limit_w: float | None, step_s: float) -> None:
        """Run for `step_s` under `limit_w` (negative: discharge; None: no limit)."""
        if self.occupant is None or self.transaction is None:
            self.power_w = self.offered_w = 0.0
            if self.occupant is not None:
                self.occupant.vehicle.step(0.0, step_s)
            return
        most_w = self.spec.max_charge_w
        wanted_w = most_w if limit_w is None else limit_w
        self.offered_w = min(most_w, max(0.0 - self.spec.max_discharge_w, wanted_w))
        self.power_w = self.occupant.vehicle.step(self.offered_w, step_s)
        energy_wh = self.power_w * step_s / SECONDS_PER_HOUR
        if energy_wh >= 0:
            self.import_wh += energy_wh
        else:
            self.export_wh -= energy_wh

    def charging_state_now(self) -> ChargingState:
        """What the transaction's charging state should be after a step."""
        if self.occupant is None:
            return ChargingState.IDLE
        if self.power_w != 0:
            return ChargingState.CHARGING
        if 0 <= self.offered_w < self.occupant.vehicle.spec.min_charge_w:
            return ChargingState.SUSPENDED_EVSE
        return ChargingState.SUSPENDED_EV
