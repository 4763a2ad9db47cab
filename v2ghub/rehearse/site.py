"""The site of a rehearsal: small enough that every limit binds, and any number of stations."""

import tomllib
from collections.abc import Mapping
from typing import Final

import msgspec

from scheduler.domain.site import Site
from scheduler.domain.site_rules import load_site
from simulator.site import SiteSpec
from v2ghub.rehearse.mix import Kind

SITE_ID: Final = "rehearsal"
NO_FLOOR_EVERY: Final = 4  # of all, one stands still when it is not heard
FLOOR_W: Final = 1_400.0
LOAD_W: Final = 3_000.0  # per station, at most; so are those that follow
ROOM_W: Final = 2_400.0  # beyond the largest load: under a quarter of what can be taken
BACK_W: Final = 3_000.0  # of export: under a third of what can be given
CIRCUIT_W: Final = 2_800.0  # of the fleet's; a vehicle alone may take four times as much
MARGIN_W: Final = 500.0
HORIZON_SLOTS: Final = 40  # longer than any visit; twice as far costs a tenth of the time
FORM: Final = """
site_id = "rehearsal"
name = "Rehearsal"
time_zone = "Europe/London"
latitude_deg = 54.92
longitude_deg = -1.47
[grid_connection]
import_limit_w = {import_w}
export_limit_w = {export_w}
margin_w = {margin_w}
meter = {{ host = "127.0.0.1", port = 5020, unit_id = 1 }}
[[circuits]]
circuit_id = "fleet"
limit_w = {fleet_w}
[[circuits]]
circuit_id = "bay"
parent_id = "fleet"
limit_w = {bay_w}
[[solar]]
farm_id = "roof"
capacity_w = {solar_w}
tilt_deg = 30
azimuth_deg = 180
inverter = {{ host = "127.0.0.1", port = 5020, unit_id = 11 }}
[store]
store_id = "store"
capacity_wh = {store_wh}
max_charge_w = {store_w}
max_discharge_w = {store_w}
inverter = {{ host = "127.0.0.1", port = 5020, unit_id = 31 }}
[load]
max_w = {load_w}
meter = {{ host = "127.0.0.1", port = 5020, unit_id = 41 }}
profile_w = {profile_w}
[tariff]
surplus_value_gbp_per_kwh = 0.05
import_gbp_per_kwh = {import_gbp}
export_gbp_per_kwh = {export_gbp}
[control]
floor_w = {floor_w}
lease_s = {lease_s}
horizon_slots = {horizon_slots}
sample_interval_s = 60
v2g_floor_soc_pct = 30
"""
GROUP: Final = """
[[stations]]
prefix = "{prefix}"
count = {count}
circuit_id = "{circuit_id}"
vendor = "V2GHubSim"
model = "{model}"
max_charge_w = 11_000
max_discharge_w = {back_w}
"""


def make_site(kinds: Mapping[Kind, int], lease_s: float) -> tuple[Site, SiteSpec]:
    """A site with so many stations of each kind, as the hub and as the simulator read it."""
    stations = sum(kinds.values())
    two_way = sum(count for kind, count in kinds.items() if kind.max_discharge_w)
    load_w = LOAD_W * stations
    peak = [0.5] * 14 + [0.8] * 4 + [0.97] * 16 + [0.9] * 6 + [0.6] * 8
    cheap, dear = 0.10, 0.45
    text = FORM.format(
        import_w=load_w + ROOM_W * stations,
        export_w=BACK_W * stations,
        margin_w=MARGIN_W,
        fleet_w=CIRCUIT_W * stations,
        bay_w=CIRCUIT_W * two_way,
        solar_w=5_000.0 * stations,
        store_wh=5_000.0 * stations,
        store_w=2_000.0 * stations,
        load_w=load_w,
        profile_w=[round(load_w * ratio) for ratio in peak],
        import_gbp=[cheap] * 14 + [0.2] * 18 + [dear] * 8 + [cheap] * 8,
        export_gbp=[0.05] * 32 + [0.30] * 8 + [0.05] * 8,
        floor_w=FLOOR_W,
        lease_s=lease_s,
        horizon_slots=HORIZON_SLOTS,
    )
    for kind, count in kinds.items():
        text += GROUP.format(
            prefix=kind.prefix, count=count, circuit_id="bay" if kind.max_discharge_w else "fleet",
            model=kind.model, back_w=kind.max_discharge_w,
        )  # fmt: skip
    return load_site(text), msgspec.convert(tomllib.loads(text), SiteSpec)


def version_of(kinds: Mapping[Kind, int], station_id: str) -> str:
    """Which OCPP a station of such a site speaks."""
    return next(kind.version for kind in kinds if station_id.startswith(kind.prefix))
