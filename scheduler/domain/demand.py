"""Demand: what one plugged-in vehicle needs, in energies of its own battery.

Where a vehicle tells no state of charge, energies count from plug-in: `energy_wh` is what it has
taken since, `capacity_wh` what it asked for, and it cannot discharge (`max_discharge_w` is 0).
"""

from dataclasses import dataclass
from datetime import datetime

from csms.domain.ids import ChargingStationId, EvseId, TransactionId
from scheduler.domain.lines import ANY_LINE, LineRatios

FULL_CHARGE_RATIO = 0.1  # share of the charging power that a full battery still takes


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """Energy by departure at one EVSE; powers are magnitudes at the EVSE meter.

    `max_charge_w`, `max_discharge_w`: the smaller of EVSE and vehicle. `floor_w`: what the EVSE
    takes whatever it is told while its vehicle accepts energy (a station out of reach runs on its
    floor profile); 0 where setpoints are obeyed. A higher `priority` is served first.
    `departure_known` False: nobody told when it leaves, `departure_at` is a guess: it is charged
    soon rather than cheaply; `boost`: likewise, for its driver wants it now. `charging`: it has
    leave for more than its floor now.
    `step_w`: setpoints are whole multiples of it; 0: any will do.
    `line_ratios`: how much of its power L1, L2 and L3 may each carry; by default, all.
    """

    station_id: ChargingStationId
    evse_id: EvseId
    circuit_id: str
    vehicle_id: str
    transaction_id: TransactionId
    departure_at: datetime
    energy_wh: float
    target_wh: float
    capacity_wh: float
    v2g_floor_wh: float
    max_charge_w: float
    max_discharge_w: float = 0.0
    min_charge_w: float = 0.0
    floor_w: float = 0.0
    charge_efficiency_ratio: float = 0.92
    discharge_efficiency_ratio: float = 0.92
    taper_soc_ratio: float = 0.8
    priority: int = 0
    soc_known: bool = False
    departure_known: bool = True
    boost: bool = False
    charging: bool = False
    line_ratios: LineRatios = ANY_LINE
    step_w: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedDemand:
    """What is expected at one feeder of vehicles that are not here yet: one with a chance of
    `chance_ratio`, or on the mean so many where several may come for one stay. On that mean they
    need `energy_wh` together and take `max_charge_w` at most (at the meter).
    Nothing is commanded by it."""

    circuit_id: str
    arrives_at: datetime
    departure_at: datetime
    chance_ratio: float
    energy_wh: float
    max_charge_w: float
