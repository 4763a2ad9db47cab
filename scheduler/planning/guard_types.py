"""What the guard is told each second, and what it answers."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from math import inf

from csms.domain.ids import ChargingStationId, EvseId, TransactionId
from scheduler.domain.bounds import ANY_POWER, Bounds
from scheduler.domain.lines import ANY_LINE, LineRatios
from scheduler.domain.reading import Sample
from scheduler.domain.site import Circuit

DEFIES = "defies"
"""The reason of an EVSE that does not do what it was told."""


class GuardMode(StrEnum):
    """`LIMIT`: a bound acted; `STALE`: the site meter is late, nothing rises; `WORST_CASE`: it is
    silent, everything is at its floor."""

    NORMAL = "normal"
    LIMIT = "limit"
    INSTRUCTION = "instruction"
    STALE = "stale"
    WORST_CASE = "worst_case"


class GateRule(StrEnum):
    """Why the gate changed what was wanted; the site file's `[dispatch]` has the figures."""

    RAMP = "ramp"
    FLEET_SHARE = "fleet_share"
    DWELL = "dwell"
    REVERSALS = "reversals"
    RANDOM_DELAY = "random_delay"
    NO_NUMBER = "no_number"


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What an EVSE was ordered before. `direction`: 1 charges, -1 gives, 0 neither was ordered;
    `direction_age_s`: since when; `reversals`: how often that changed in the last hour;
    `changed_age_s`: since plan or surplus last changed its power, inf: long; `lowered_age_s`: since
    a limit last lowered it."""

    direction: int = 0
    direction_age_s: float = inf
    reversals: int = 0
    changed_age_s: float = inf
    lowered_age_s: float = inf


NO_PAST = Past()


@dataclass(frozen=True, slots=True, kw_only=True)
class GateRules:
    """The site's dispatch rules for one step; as they stand here, all open. `ramp_w`: how far
    orders may rise in it, and fall; `edge_at`: when prices last changed, None: not of late. The
    rest is the site file's."""

    ramp_w: float = inf
    changed_ratio: float = 1.0
    dwell_s: float = 0.0
    reversals_per_h: int = 3600
    random_delay_s: float = 0.0
    edge_at: datetime | None = None


OPEN_GATE = GateRules()


@dataclass(frozen=True, slots=True, kw_only=True)
class EvseState:
    """One EVSE now. Powers without a sign word are magnitudes at the EVSE meter.

    `transaction_id`: its vehicle's. `setpoint_w`, `setpoint_until`: what was last ordered or
    confirmed, the higher where they differ, and `setpoint_low_w` the lower; `setpoint_age_s`: since
    when it holds (a renewed lease does not count), None: long.
    `ordered_w`: the newest order, whatever became of it; None: there is none in force.
    `followed_w`: the newest that was confirmed; None: not known. `defied`:
    whether what it did last, when it had had its time, was beyond what it was then told.
    `lease_ends`: whether it falls to its floor when a lease is over.
    `falls_w`, `rises_w`: how far it may go from its setpoint by itself, as it responds to the
    frequency.
    `planned_w`: the plan's setpoint now, None where the plan does not know the vehicle.
    `laxity_s`: how long charging could still wait and the vehicle be ready; ≤ 0 is urgent;
    `departure_known` False: it rests on a guess.
    `room_wh`: what the battery can still take; `spare_wh`: what it holds above its V2G floor.
    `max_charge_w`, `max_discharge_w`: the smaller of EVSE and vehicle; 0 discharge where the
    station may not (dialect `none`, fault) or the driver does not allow it. `line_ratios`: how much
    of its power each line of its circuit may carry. `step_w`: setpoints are multiples of it; 0: any
    will do. `past`: what the gate judges a change by.
    """

    station_id: ChargingStationId
    evse_id: EvseId
    circuit_id: str
    connected: bool
    plugged: bool
    max_charge_w: float
    transaction_id: TransactionId | None = None
    line_ratios: LineRatios = ANY_LINE
    max_discharge_w: float = 0.0
    min_charge_w: float = 0.0
    step_w: float = 0.0
    floor_w: float = 0.0
    power: Sample | None = None
    setpoint_w: float | None = None
    setpoint_low_w: float | None = None
    setpoint_until: datetime | None = None
    setpoint_age_s: float | None = None
    ordered_w: float | None = None
    followed_w: float | None = None
    defied: bool = False
    lease_ends: bool = True
    falls_w: float = 0.0
    rises_w: float = 0.0
    planned_w: float | None = None
    laxity_s: float = 0.0
    departure_known: bool = True
    room_wh: float = 0.0
    spare_wh: float = 0.0
    past: Past = NO_PAST

    @property
    def unheard_w(self) -> float:
        """What it may take without another word."""
        return self.floor_w if self.lease_ends else max(self.floor_w, self.max_charge_w)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreState:
    """The store now. `available` False: it does not answer, or refuses commands; `answered` False:
    not in this very step, so that nobody can count on it. `ordered_w`: what it was last told, which
    it may still be about to do; None: not known."""

    max_charge_w: float
    max_discharge_w: float
    min_energy_wh: float
    max_energy_wh: float
    energy_wh: float | None = None
    power: Sample | None = None
    ordered_w: float | None = None
    planned_w: float = 0.0
    available: bool = True
    answered: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardInput:
    """One second of a site. `import_bound_w`, `export_bound_w`: magnitudes, margin taken off;
    `rise_w`, `fall_w`: how far the site may move by itself, towards import or export, until the
    next step is answered. What is held is the bound less that.

    `metered` False: the site has no grid meter, and what is neither fleet nor store may take up to
    `load_max_w` and give up to `generation_max_w`, both magnitudes. `planned_grid_w`: the plan's
    site power now, None without a plan. `rest_w`: site power without store and fleet over the last
    steps, where each EVSE counts at `followed_w`; None: as it is now. `came_w`: what the fleet
    takes already, signed, of orders that are not confirmed yet, as far as that is known. `rebound`:
    what of site power is left beside an instruction that allows no rebound; its edge is the target
    where the plan would lie beyond it.
    `evse_fresh_s`: how long an EVSE's meter is believed; `evse_settle_s`: how long it takes to
    follow at most, `evse_follow_s`: as a rule. `hysteresis_w`: the headroom, or the surplus, that a
    rise needs beyond what holds it.
    `gate`: the rules for every change but those for a bound. `interval_s`: until the next step.
    """

    now: datetime
    import_bound_w: float
    export_bound_w: float
    circuits: tuple[Circuit, ...]
    evses: tuple[EvseState, ...]
    store: StoreState | None = None
    target_grid_w: float | None = None
    planned_grid_w: float | None = None
    rest_w: float | None = None
    came_w: float = 0.0
    rebound: Bounds = ANY_POWER
    grid: Sample | None = None
    load: Sample | None = None
    solar: Sample | None = None
    wind: Sample | None = None
    metered: bool = True
    rise_w: float = 0.0
    fall_w: float = 0.0
    load_max_w: float = 0.0
    generation_max_w: float = 0.0
    stale_after_s: float = 10.0
    worst_case_after_s: float = 30.0
    evse_fresh_s: float = 180.0
    evse_settle_s: float = 10.0
    evse_follow_s: float = 2.0
    hysteresis_w: float = 250.0
    gate: GateRules = OPEN_GATE
    interval_s: float = 1.0

    @property
    def import_aim_w(self) -> float:
        """The most to import, that the bound holds though the site rises."""
        return max(0.0, self.import_bound_w - self.rise_w)

    @property
    def export_aim_w(self) -> float:
        """The most to export, that the bound holds though the site falls."""
        return max(0.0, self.export_bound_w - self.fall_w)


@dataclass(frozen=True, slots=True, kw_only=True)
class EvseSetpoint:
    """What to hold at one EVSE, for the vehicle of `transaction_id`. `safety`: lowered for a bound,
    it goes before all else; `waits`: it is held below its floor, for others that have the room;
    `responds`: it may add to this by the frequency, for hardware, driver and battery bear that as
    long as a lease."""

    station_id: ChargingStationId
    evse_id: EvseId
    setpoint_w: float
    transaction_id: TransactionId | None = None
    safety: bool = False
    waits: bool = False
    responds: bool = False
    reason: str = "plan"


@dataclass(frozen=True, slots=True, kw_only=True)
class Acted:
    """A bound or rule that moved something. `bound`: import_bound, export_bound, instruction,
    surplus, stale, worst_case, or circuit:<id>, with its line where it is one line's limit, or a
    `GateRule` that held something back; `actuator`: store or fleet; `by_w`: signed; `evses`: how
    many, where a rule held them back."""

    bound: str
    actuator: str
    by_w: float
    evses: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardResult:
    """`evses`: every plugged EVSE of a connected station. `predicted_grid_w`: None unmeasured.

    `import_excess_w`, `export_excess_w`: what no actuator could keep within the bounds;
    `instruction_gap_w`: predicted site power less the target (0 without an instruction).
    """

    mode: GuardMode
    evses: tuple[EvseSetpoint, ...]
    store_setpoint_w: float | None
    predicted_grid_w: float | None
    acted: tuple[Acted, ...] = ()
    import_excess_w: float = 0.0
    export_excess_w: float = 0.0
    instruction_gap_w: float = 0.0
