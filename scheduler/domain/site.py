"""Site: what a site file says, and the rules it must keep before the hub will run it.

Powers are magnitudes here (limits, capacities); signs begin where power flows. Structs refuse
unknown keys, so that a misspelt key in a site file is an error with its path, not a default.
"""

from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta, Struct

from scheduler.domain.dispatch import Dispatch
from scheduler.domain.lines import LineRatios, Lines, line_ratios

Power = Annotated[float, Meta(ge=0, le=1e10)]  # neither NaN nor Infinity is a power
Intensity = Annotated[float, Meta(ge=0, le=1e5)]
Energy = Annotated[float, Meta(gt=0)]
Ratio = Annotated[float, Meta(gt=0, le=1)]
Current = Annotated[float, Meta(gt=0, le=1e6)]
Phases = Annotated[int, Meta(ge=1, le=3)]
Voltage = Annotated[float, Meta(gt=0, le=1e6)]
Percent = Annotated[float, Meta(ge=0, le=100)]
Name = Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9_-]{0,39}$")]
LocalTime = Annotated[str, Meta(pattern="^([01][0-9]|2[0-3]):(00|30)$")]

HALF_HOURS = 48
GRAMS_PER_TONNE = 1e6


class ModbusDevice(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A SunSpec device: model chain from register 40000, unit id of the gateway."""

    host: str
    port: int
    unit_id: int


class GridConnection(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The one connection to the national grid; the controller holds the limits less `margin_w`."""

    import_limit_w: Power
    export_limit_w: Power
    margin_w: Power = 0.0
    meter: ModbusDevice | None = None


class Circuit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A node of the tree of feeders; `parent_id` None hangs it on the connection.

    `limit_a_per_phase`: what each of its lines carries, either way, None: `limit_w` says it all.
    It counts at `voltage_v`, phase to neutral: the lowest to be expected, for current rises as
    voltage falls.
    """

    circuit_id: Name
    limit_w: Power
    limit_a_per_phase: Current | None = None
    voltage_v: Voltage = 230.0
    parent_id: Name | None = None


class SolarFarm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """AC capacity; azimuth clockwise from north."""

    farm_id: Name
    capacity_w: Power
    tilt_deg: float
    azimuth_deg: float
    inverter: ModbusDevice | None = None


class WindFarm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Turbines of one kind, by their windpowerlib type."""

    farm_id: Name
    capacity_w: Power
    turbine_type: str
    hub_height_m: float
    inverter: ModbusDevice | None = None


class StationaryBattery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The store. Efficiencies are one way; `wear_gbp_per_kwh` counts discharged energy."""

    store_id: Name
    capacity_wh: Energy
    max_charge_w: Power
    max_discharge_w: Power
    charge_efficiency_ratio: Ratio = 0.95
    discharge_efficiency_ratio: Ratio = 0.95
    min_soc_pct: Percent = 10.0
    max_soc_pct: Percent = 95.0
    wear_gbp_per_kwh: float = 0.02
    inverter: ModbusDevice | None = None


class Load(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the site draws besides fleet and store. `profile_w`: 48 local half-hours of a workday,
    `weekend_profile_w` of a free day; `max_w` is never exceeded and is what the limits are
    checked against."""

    max_w: Power
    profile_w: Annotated[tuple[Power, ...], Meta(min_length=HALF_HOURS, max_length=HALF_HOURS)]
    weekend_profile_w: tuple[Power, ...] = ()
    meter: ModbusDevice | None = None


class FlexibleLoad(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the factory may run when it suits the site: `energy_wh` each day between `opens` and
    `closes` (local half-hours; the same: all day), at 0 or at `min_w` to `max_w`. One that is not
    `interruptible` is a batch: once begun it runs at `max_w` until it is done. It hangs on a
    circuit (its three lines alike), else on the connection, and is counted neither in `load` nor by
    its meter. The hub has no wire to it: the plan's `loads` are its schedule, for whoever runs
    it."""

    load_id: Name
    energy_wh: Energy
    max_w: Annotated[float, Meta(gt=0, le=1e10)]
    opens: LocalTime
    closes: LocalTime
    min_w: Power = 0.0
    interruptible: bool = True
    circuit_id: Name | None = None
    priority: Annotated[int, Meta(ge=0, le=9)] = 0


class Tariff(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Prices per local half-hour of the day. `surplus_value_gbp_per_kwh` is what energy beyond a
    vehicle's target is worth: above the export price, so that surplus goes to vehicles first.
    `carbon_g_per_kwh`: CO2 of imported energy, 48 local half-hours or none; a tonne of it costs
    `carbon_gbp_per_t`, which counts like a part of the import price.
    `demand_charge_gbp_per_kw`: of the highest half-hour's import of each local month."""

    import_gbp_per_kwh: Annotated[
        tuple[float, ...], Meta(min_length=HALF_HOURS, max_length=HALF_HOURS)
    ]
    export_gbp_per_kwh: Annotated[
        tuple[float, ...], Meta(min_length=HALF_HOURS, max_length=HALF_HOURS)
    ]
    surplus_value_gbp_per_kwh: float
    vehicle_wear_gbp_per_kwh: float = 0.04
    shortfall_gbp_per_kwh: float = 5.0
    carbon_g_per_kwh: tuple[Intensity, ...] = ()
    carbon_gbp_per_t: Annotated[float, Meta(ge=0)] = 0.0
    demand_charge_gbp_per_kw: Annotated[float, Meta(ge=0, le=1e4)] = 0.0


class Control(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the site is planned and held. Times are site time."""

    floor_w: Power = 1400.0
    lease_s: float = 600.0
    slot_s: int = 900
    horizon_slots: int = 144
    replan_s: float = 300.0
    sample_interval_s: int = 60
    default_stay_s: float = 8 * 3600.0
    default_energy_wh: float = 15_000.0
    v2g_floor_soc_pct: Percent = 30.0
    accept_unknown_tokens: bool = True
    stale_after_s: float = 10.0
    worst_case_after_s: float = 30.0


class StationGroup(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`count` stations named `prefix` + number (from `first`), one EVSE each, on one circuit.

    `phases`: how many each uses, if it is not known which; else their names (`"L2"`, `"L1L2L3"`),
    or several names that the stations have in turn (`["L1", "L2", "L3"]`). `step_w`, or `step_a`
    per phase: setpoints are multiples of it; 0: any will do.
    """

    prefix: str
    count: Annotated[int, Meta(ge=1, le=5000)]
    circuit_id: Name
    vendor: str
    model: str
    max_charge_w: Power
    max_discharge_w: Power = 0.0
    min_charge_w: Power = 1380.0
    phases: Phases | Lines | Annotated[tuple[Lines, ...], Meta(min_length=1)] = 3
    voltage_v: Voltage = 230.0
    step_w: Power = 0.0
    step_a: Annotated[float, Meta(ge=0, le=1e3)] = 0.0
    first: int = 1

    def phases_of(self, number: int) -> tuple[int, Lines | None]:
        """How many phases the station of this number uses, and which; None: not known."""
        if isinstance(self.phases, int):
            return self.phases, None
        turns = (self.phases,) if isinstance(self.phases, str) else self.phases
        lines = turns[(number - self.first) % len(turns)]
        return lines.count("L"), lines


class EvseSpec(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One EVSE as the site knows it: where it hangs, and its hardware bounds. `lines`: which of
    the circuit's lines its phases are, None: not known. `step_w`: setpoints are multiples of it."""

    station_id: str
    evse_id: int
    circuit_id: str
    max_charge_w: Power
    max_discharge_w: Power = 0.0
    min_charge_w: Power = 1380.0
    phases: int = 3
    lines: Lines | None = None
    voltage_v: float = 230.0
    step_w: float = 0.0

    @property
    def line_ratios(self) -> LineRatios:
        """How much of its power each line may carry."""
        return line_ratios(self.phases, self.lines or "")


class Site(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A site file."""

    site_id: Name
    name: str
    time_zone: str
    latitude_deg: float
    longitude_deg: float
    grid_connection: GridConnection
    circuits: tuple[Circuit, ...]
    load: Load
    tariff: Tariff
    control: Control = Control()
    dispatch: Dispatch = Dispatch()
    solar: tuple[SolarFarm, ...] = ()
    wind: tuple[WindFarm, ...] = ()
    store: StationaryBattery | None = None
    stations: tuple[StationGroup, ...] = ()
    flexible_loads: tuple[FlexibleLoad, ...] = ()

    def evses(self) -> Iterator[EvseSpec]:
        """The EVSEs of the file's station groups, in order."""
        for group in self.stations:
            for number in range(group.first, group.first + group.count):
                phases, lines = group.phases_of(number)
                yield EvseSpec(
                    station_id=f"{group.prefix}{number:02d}",
                    evse_id=1,
                    circuit_id=group.circuit_id,
                    max_charge_w=group.max_charge_w,
                    max_discharge_w=group.max_discharge_w,
                    min_charge_w=group.min_charge_w,
                    phases=phases,
                    lines=lines,
                    voltage_v=group.voltage_v,
                    step_w=group.step_w or group.step_a * phases * group.voltage_v,
                )
