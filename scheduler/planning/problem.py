"""What is to be planned, as arrays with no solver names; `pose` makes it from domain objects.

Vehicles are rows and slots columns; powers are at the meter, energies in the battery.

What a plan costs, in the order in which wishes give way, and where that is tested:
- energy, GBP per kWh imported, exported and of surplus taken: `test_oracle`, `test_chance`
- CO2, GBP per t of imported energy: `test_carbon`; demand charge, GBP per kW: `test_demand_charge`
- wear, GBP per kWh discharged: `test_oracle`; waiting, GBP per kWh and hour: `test_make`
- energy and room that an instruction may need, GBP per kWh missing: `test_capability`
- comfort, GBP per kWh short at departure or of a load, ranked: `test_make`, `test_loads`
- contract, GBP per kWh beside an instruction: `test_make`; beyond a baseline beside it:
  `test_rebound`; of power (W) and energy (Wh) kept for a call of reserve: `test_reserve`
- the connection's limits less its margin and envelopes, GBP per kWh beyond: `test_make`

What holds always:
- stored energy (Wh) from slot to slot, capacity, V2G floor: `test_random_sites`, `test_check`
- powers (W) of EVSE and vehicle, one direction at a time, none out of who cannot: `test_check`
- taper (W over Wh), minimum power (W), whole steps (W): `test_make`, `test_round`, `test_steps`
- dwell before a turn (s): `test_turns`
- circuits, in W and A per phase, into vehicles and out of them: `test_make`, `test_phases`
- a flexible load's window, energy (Wh) and batch: `test_loads`
"""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from scheduler.domain.demand import Demand, ExpectedDemand
from scheduler.domain.forecast import Forecast
from scheduler.domain.plan import GbpPerKwh, GramsPerKwh, PlanPrices, WattHours, Watts
from scheduler.domain.site import Site

Hours = npt.NDArray[np.float64]
Ratios = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

CALM = 1e-5  # GBP per kWh and hour: sooner is better


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserve:
    """Power to be had on call in each slot, beyond the plan, and the energy of the longest call
    (slots,)."""

    power_w: Watts
    energy_wh: WattHours

    @property
    def hours(self) -> Hours:
        """How long a call may last, 0 where there is none."""
        hours: Hours = self.energy_wh / np.maximum(self.power_w, 1e-9)
        return hours


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanningInput:
    """All that a plan depends on. Arrays have `slots` entries, the forecast's too (same grid); the
    first slot holds `now`.

    `import_max_w`, `export_max_w`: magnitudes, the connection less its margin and every envelope.
    `grid_target_w`: signed site power an instruction asks for, NaN where none does.
    `rebound_max_w`, `rebound_min_w`: what site power must not exceed, or fall below, beside an
    instruction that allows no rebound; infinite in other slots, None: in all.
    `asked_by`, `import_by`: the external id of the instruction behind these or the target, and of
    the envelope that narrows the import; "" where there is none, nothing if not told.
    `reserve_down`, `reserve_up`: by what site power must be able to fall below the plan, and to
    rise above it; None: by nothing.
    `store_energy_wh`: None where there is no store or it cannot be reached: it stays at 0 W.
    `prices`: those of the plan before, with which the search for a large fleet begins.
    `carbon_g_per_kwh`: CO2 of imported energy, None where nobody tells it. `loads_done_wh`: what
    each flexible load of the site has got in the window that is open now; nothing if not told.
    `peak_so_far_w`: the highest half-hour's import of the local month of `now`.
    `expected`: who is not here yet; planned for as far as nobody here misses anything by it.
    """

    now: datetime
    starts_at: datetime
    slot_s: int
    slots: int
    site: Site
    demands: tuple[Demand, ...]
    forecast: Forecast
    store_energy_wh: float | None
    import_gbp_per_kwh: GbpPerKwh
    export_gbp_per_kwh: GbpPerKwh
    import_max_w: Watts
    export_max_w: Watts
    grid_target_w: Watts
    carbon_g_per_kwh: GramsPerKwh | None = None
    prices: PlanPrices | None = None
    loads_done_wh: tuple[float, ...] = ()
    peak_so_far_w: float = 0.0
    expected: tuple[ExpectedDemand, ...] = ()
    rebound_max_w: Watts | None = None
    rebound_min_w: Watts | None = None
    asked_by: tuple[str, ...] = ()
    import_by: tuple[str, ...] = ()
    reserve_down: Reserve | None = None
    reserve_up: Reserve | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Vehicles:
    """One row per demand. `(n,)` arrays but for those marked `(n, slots)`.

    `step_w`: charger setpoints are multiples of it, 0: any; so are `min_charge_w` and the most.
    `reserve_wh`: what no plan may go below. `shortfall_gbp_per_kwh` ranks the targets;
    `haste_gbp_per_kwh` is what an hour of waiting costs; `extra_gbp_per_kwh` is what a kWh beyond
    the target is worth, less than any kWh of import. Above `taper_wh` the charging power falls in
    a straight line to `taper_end_w` when full.
    """

    present_h: Hours  # (n, slots)
    charge_max_w: Watts  # (n, slots)
    discharge_max_w: Watts  # (n, slots)
    floor_w: Watts  # (n, slots)
    min_charge_w: Watts
    step_w: Watts
    start_wh: WattHours
    target_wh: WattHours
    capacity_wh: WattHours
    reserve_wh: WattHours
    taper_wh: WattHours
    taper_end_w: Watts
    charge_ratio: Ratios
    discharge_ratio: Ratios
    shortfall_gbp_per_kwh: GbpPerKwh
    haste_gbp_per_kwh: GbpPerKwh
    extra_gbp_per_kwh: float
    wear_gbp_per_kwh: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """The stationary battery. `keep_gbp_per_kwh`: what a kWh left at the end is worth;
    `least_wh` and `most_wh` (slots,): what it should hold at a slot's end: `min_wh` and more, and
    `max_wh` or less, where an instruction may need more than the forecast says, or less.
    `call_least_wh`, `call_most_wh`: the same for a call of reserve, by contract. What power it
    holds for one is not in `charge_max_w`, `discharge_max_w` (slots,)."""

    start_wh: float
    min_wh: float
    least_wh: WattHours
    most_wh: WattHours
    call_least_wh: WattHours
    call_most_wh: WattHours
    max_wh: float
    charge_max_w: Watts
    discharge_max_w: Watts
    charge_ratio: float
    discharge_ratio: float
    wear_gbp_per_kwh: float
    keep_gbp_per_kwh: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Peak:
    """A period of a demand charge: its `slots` (slots,), the highest import so far, and what a kW
    above it costs."""

    slots: Mask
    so_far_w: float
    gbp_per_kw: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Arrays per slot. A circuit stands in a row for its power, and in one more for each of its
    lines that has a limit (`yard L1`). `below[c, i]`: how much of vehicle i's power counts in row
    c; `circuit_limit_w` is what may flow back; `circuit_max_w` is less by the floors of the EVSEs
    without a vehicle, or what the floors alone take where that is more. `slot_h` of the first slot
    is what is left of it. `target_w` is NaN where there is no instruction. `kept_max_w`,
    `kept_min_w`: the most and the least site power by contract, infinite where there is none; they
    give way like an instruction, and ask for nothing that the connection's limits forbid.
    `buy_gbp_per_kwh` is the import price with what its CO2 costs; `expected_gbp_per_kwh` is that to
    plan with: less where surplus may come. `rise_w`, `fall_w`: how far load less generation may lie
    above and below its median (p90, p10); `import_plan_w` is what of the import limit a plan may
    count on. `dwell_s`: how long a vehicle charges before it may give, and gives before it may
    charge. `call_down_w`, `call_up_w`: what the connection keeps free for a call of reserve, a
    contract likewise. `asked_by`, `import_by`: as in the input, one per slot."""

    slot_h: Hours
    load_w: Watts
    solar_w: Watts
    wind_w: Watts
    rise_w: Watts
    fall_w: Watts
    import_max_w: Watts
    import_plan_w: Watts
    export_max_w: Watts
    target_w: Watts
    kept_max_w: Watts
    kept_min_w: Watts
    import_gbp_per_kwh: GbpPerKwh
    export_gbp_per_kwh: GbpPerKwh
    carbon_g_per_kwh: GramsPerKwh | None
    buy_gbp_per_kwh: GbpPerKwh
    expected_gbp_per_kwh: GbpPerKwh
    contract_gbp_per_kwh: float
    limit_gbp_per_kwh: float
    circuit_ids: tuple[str, ...]
    circuit_limit_w: Watts  # (circuits,)
    circuit_max_w: Watts  # (circuits, slots)
    below: Ratios  # (circuits, n)
    vehicles: Vehicles
    store: Store | None
    dwell_s: float
    call_down_w: Watts
    call_up_w: Watts
    asked_by: tuple[str, ...]
    import_by: tuple[str, ...]
    peaks: tuple[Peak, ...] = ()

    @property
    def slots(self) -> int:
        """How many slots there are."""
        return len(self.slot_h)

    @property
    def most_w(self) -> Watts:
        """The most that the site may draw with no promise broken but an instruction's."""
        return np.minimum(self.import_max_w - self.call_up_w, self.kept_max_w)

    @property
    def least_w(self) -> Watts:
        """The least likewise, signed."""
        return np.maximum(self.call_down_w - self.export_max_w, self.kept_min_w)

    @property
    def forced_w(self) -> Watts:
        """Site power that flows whatever is planned: load less generation, and floors."""
        forced_w: Watts = self.load_w - self.generation_w + self.vehicles.floor_w.sum(axis=0)
        return forced_w

    @property
    def generation_w(self) -> Watts:
        """Solar and wind together, positive."""
        return self.solar_w + self.wind_w
