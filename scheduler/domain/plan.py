"""Plan: who takes or gives how many W in each slot, and why. Arrays are float64, one per slot."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from csms.domain.ids import ChargingStationId, EvseId, TransactionId

Watts = npt.NDArray[np.float64]
WattHours = npt.NDArray[np.float64]
GbpPerKwh = npt.NDArray[np.float64]
Grams = npt.NDArray[np.float64]
GramsPerKwh = npt.NDArray[np.float64]


class PlanStatus(StrEnum):
    """How the plan came about; every status may be sent, none means 'no plan'."""

    OPTIMAL = "optimal"
    TIME_LIMIT = "time_limit"
    FALLBACK = "fallback"


class WhyCode(StrEnum):
    """The constraint or price behind a setpoint; the console has a sentence for each."""

    NOTHING_TO_DO = "nothing_to_do"
    DEPARTURE = "departure"
    SURPLUS = "surplus"
    CHEAP_SLOT = "cheap_slot"
    WAITS_FOR_CHEAPER = "waits_for_cheaper"
    CIRCUIT_LIMIT = "circuit_limit"
    CONNECTION_LIMIT = "connection_limit"
    PEAK_DISCHARGE = "peak_discharge"
    INSTRUCTION = "instruction"
    V2G_FLOOR = "v2g_floor"
    EVSE_LIMIT = "evse_limit"
    TAPER = "taper"
    FULL = "full"
    FALLBACK_RULE = "fallback_rule"


class RunnerUpAction(StrEnum):
    """What could be done instead; the console has a sentence for each. THEN is another slot."""

    CHARGE_THEN = "charge_then"
    CHARGE_LESS = "charge_less"
    CHARGE_NOW = "charge_now"  # rather than in the other slot
    CHARGE_MORE = "charge_more"
    GIVE_NOW = "give_now"  # and charge it back in the other slot
    GIVE_THEN = "give_then"
    KEEP = "keep"  # and charge less in the other slot, or leave with more


@dataclass(frozen=True, slots=True, kw_only=True)
class RunnerUp:
    """The next best thing to do: what each kWh of it would cost more, in the plan's prices."""

    action: RunnerUpAction
    slot: int | None
    extra_gbp_per_kwh: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """Reason of a run of slots: what binds (`detail` names it), its worth, until when, and what
    else could be done. `price_slot`: the slot whose price decides, where a price does."""

    code: WhyCode
    first_slot: int
    last_slot: int
    detail: str = ""
    cost_gbp_per_kwh: float = 0.0
    price_slot: int | None = None
    runner_up: RunnerUp | None = None


class FixChange(StrEnum):
    """What could be changed for a vehicle that the plan leaves short."""

    LATER_DEPARTURE = "later_departure"
    LOWER_TARGET = "lower_target"
    MORE_POWER = "more_power"
    DROP_INSTRUCTION = "drop_instruction"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """A change that would have a vehicle ready, all else as planned, and what the energy for it
    would cost. `late_s` after the departure told, `less_wh` below the target, `more_w` over the
    circuit `where` (the connection where it is empty), in the slots in which it counts."""

    change: FixChange
    cost_gbp: float
    late_s: float = 0.0
    less_wh: float = 0.0
    more_w: float = 0.0
    where: str = ""
    first_slot: int | None = None
    last_slot: int | None = None

    def told(self) -> dict[str, Any]:
        """What it says, as data: without what belongs to other changes."""
        told: dict[str, Any] = {"change": self.change.value, "cost_gbp": self.cost_gbp}
        sizes = {"late_s": self.late_s, "less_wh": self.less_wh, "more_w": self.more_w}
        told |= {name: size for name, size in sizes.items() if size}
        if self.first_slot is not None:
            told |= {
                "where": self.where,
                "first_slot": self.first_slot,
                "last_slot": self.last_slot,
            }
        return told


@dataclass(frozen=True, slots=True, kw_only=True)
class EvsePlan:
    """Setpoints of one EVSE (+ into the vehicle) and the energy it leads to at each slot's end.
    `fixes`: what would help a vehicle that is short, the cheapest first."""

    station_id: ChargingStationId
    evse_id: EvseId
    vehicle_id: str
    transaction_id: TransactionId
    departure_at: datetime
    setpoint_w: Watts
    energy_wh: WattHours
    shortfall_wh: float
    why: tuple[Why, ...]
    fixes: tuple[Fix, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanPrices:
    """What one kWh more would cost in each slot: at the connection (slots,), and what each circuit
    adds for a kWh into vehicles and takes for one out of them (circuits, slots). The next plan
    begins its search with them."""

    starts_at: datetime
    slot_s: int
    circuit_ids: tuple[str, ...]
    site_gbp_per_kwh: GbpPerKwh
    charge_gbp_per_kwh: GbpPerKwh
    discharge_gbp_per_kwh: GbpPerKwh


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadPlan:
    """Schedule of a flexible load. `done_wh`: what its window had got when the plan was made;
    `energy_wh`: what the window of each slot has got at the slot's end; `shortfall_wh`: what the
    windows that close within the plan will miss."""

    load_id: str
    power_w: Watts
    energy_wh: WattHours
    done_wh: float
    shortfall_wh: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Site series share the slots; `grid_w` + is import, `store_w` + is charging. `carbon_g`: CO2
    of what is imported in each slot, None where the site's file does not tell the intensity.
    `gap_ratio`: how much more than the least possible it may cost, of its cost with all wishes that
    went unmet; None where nothing is proven."""

    starts_at: datetime
    slot_s: int
    status: PlanStatus
    solve_s: float
    objective_gbp: float
    grid_w: Watts
    load_w: Watts
    solar_w: Watts
    wind_w: Watts
    curtailed_w: Watts
    store_w: Watts
    store_energy_wh: WattHours
    fleet_w: Watts
    import_gbp_per_kwh: GbpPerKwh
    export_gbp_per_kwh: GbpPerKwh
    evses: tuple[EvsePlan, ...]
    notes: tuple[dict[str, Any], ...] = field(default=())
    carbon_g: Grams | None = None
    gap_ratio: float | None = None
    prices: PlanPrices | None = None
    loads: tuple[LoadPlan, ...] = ()

    @property
    def slots(self) -> int:
        """How many slots the plan has."""
        return len(self.grid_w)

    def slot_at(self, now: datetime) -> int | None:
        """Index of the slot that `now` falls in, or None outside the plan."""
        index = (now - self.starts_at) // timedelta(seconds=self.slot_s)
        return index if 0 <= index < self.slots else None
