"""SiteSpec: the parts of a site file that a simulated site is built from.

The same file drives the hub; keys that only the hub needs are ignored here.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct


class ModbusAddress(Struct, frozen=True, kw_only=True):
    """Where the hub will look for a device; the simulator serves the unit id on its own port."""

    host: str
    port: int
    unit_id: int


class GridConnectionSpec(Struct, frozen=True, kw_only=True):
    """Limits are magnitudes in W at the connection meter."""

    import_limit_w: float
    export_limit_w: float
    meter: ModbusAddress | None = None


class SolarFarmSpec(Struct, frozen=True, kw_only=True):
    """`capacity_w` is AC; azimuth clockwise from north."""

    farm_id: str
    capacity_w: float
    tilt_deg: float
    azimuth_deg: float
    inverter: ModbusAddress | None = None


class WindFarmSpec(Struct, frozen=True, kw_only=True):
    """Turbines of one windpowerlib type."""

    farm_id: str
    capacity_w: float
    turbine_type: str
    hub_height_m: float
    inverter: ModbusAddress | None = None


class StoreSpec(Struct, frozen=True, kw_only=True):
    """The stationary battery; efficiencies are one way."""

    store_id: str
    capacity_wh: float
    max_charge_w: float
    max_discharge_w: float
    charge_efficiency_ratio: float = 0.95
    discharge_efficiency_ratio: float = 0.95
    min_soc_pct: float = 10.0
    max_soc_pct: float = 95.0
    inverter: ModbusAddress | None = None


class LoadSpec(Struct, frozen=True, kw_only=True):
    """48 local half-hours of a workday and of a free day; never above `max_w`."""

    max_w: float
    profile_w: tuple[float, ...]
    weekend_profile_w: tuple[float, ...] = ()
    meter: ModbusAddress | None = None


class StationGroupSpec(Struct, frozen=True, kw_only=True):
    """`count` stations of one model, one EVSE each."""

    prefix: str
    count: int
    vendor: str
    model: str
    max_charge_w: float
    max_discharge_w: float = 0.0
    min_charge_w: float = 1380.0
    phases: int | str | tuple[str, ...] = 3
    voltage_v: float = 230.0
    first: int = 1

    @property
    def phase_count(self) -> int:
        """How many phases each station uses."""
        if isinstance(self.phases, int):
            return self.phases
        return (self.phases if isinstance(self.phases, str) else self.phases[0]).count("L")


@dataclass(frozen=True, slots=True, kw_only=True)
class StationSpec:
    """One station with one EVSE; `index` counts over the whole site from 0."""

    station_id: str
    index: int
    vendor: str
    model: str
    max_charge_w: float
    max_discharge_w: float
    min_charge_w: float
    phases: int
    voltage_v: float


class SiteSpec(Struct, frozen=True, kw_only=True):
    """A site file as the simulator reads it."""

    site_id: str
    time_zone: str
    latitude_deg: float
    longitude_deg: float
    grid_connection: GridConnectionSpec
    load: LoadSpec
    solar: tuple[SolarFarmSpec, ...] = ()
    wind: tuple[WindFarmSpec, ...] = ()
    store: StoreSpec | None = None
    stations: tuple[StationGroupSpec, ...] = ()

    @property
    def zone(self) -> ZoneInfo:
        """The site's local time."""
        return ZoneInfo(self.time_zone)

    def station_specs(self) -> Iterator[StationSpec]:
        """Every station of the file, in its order."""
        index = 0
        for group in self.stations:
            for number in range(group.first, group.first + group.count):
                yield StationSpec(
                    station_id=f"{group.prefix}{number:02d}",
                    index=index,
                    vendor=group.vendor,
                    model=group.model,
                    max_charge_w=group.max_charge_w,
                    max_discharge_w=group.max_discharge_w,
                    min_charge_w=group.min_charge_w,
                    phases=group.phase_count,
                    voltage_v=group.voltage_v,
                )
                index += 1


def load_site(path: Path) -> SiteSpec:
    """The site file at `path`. Raises OSError, ValueError or msgspec.ValidationError."""
    return msgspec.convert(tomllib.loads(path.read_text()), SiteSpec)
