"""What a site file must keep beyond its shape, in sentences that say what to do."""

import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from math import isfinite
from zoneinfo import ZoneInfo

import msgspec

from scheduler.domain.circuits import limits_of_circuits, paths_of
from scheduler.domain.errors import SiteRefused
from scheduler.domain.site import (
    GRAMS_PER_TONNE,
    HALF_HOURS,
    Circuit,
    EvseSpec,
    FlexibleLoad,
    Site,
    SolarFarm,
    StationGroup,
    WindFarm,
)

LONGEST_SLOT_S = 1800
DAY_S = 86_400.0
SHORTEST_SLOT_S = 60
LONGEST_HORIZON_SLOTS = 700


def load_site(text: str) -> Site:
    """Parse a site file (TOML). Raises `SiteRefused` with every problem found."""
    try:
        table = tomllib.loads(text, parse_float=_finite)
    except tomllib.TOMLDecodeError as error:
        raise SiteRefused((f"This is not valid TOML: {error}.",)) from error
    wrong = tuple(_shape_problems(table))
    if wrong:
        raise SiteRefused(wrong)
    site = msgspec.convert(table, Site)
    problems = problems_of(site)
    if problems:
        raise SiteRefused(problems)
    return site


def _finite(text: str) -> object:
    """A TOML float as a number."""
    value = float(text)
    if not isfinite(value):
        raise SiteRefused((f"`{text}` stands for no number: give one, or remove its key.",))
    return value


def standing(site: Site, evses: Iterable[EvseSpec]) -> Site:
    """The site with these EVSEs in place of its file's, so that its rules judge them all."""
    groups = tuple(
        StationGroup(
            prefix=evse.station_id,
            count=1,
            circuit_id=evse.circuit_id,
            vendor="",
            model="",
            max_charge_w=evse.max_charge_w,
            max_discharge_w=evse.max_discharge_w,
            min_charge_w=evse.min_charge_w,
            phases=evse.lines or evse.phases,
            voltage_v=evse.voltage_v,
            step_w=evse.step_w,
        )
        for evse in evses
    )
    return msgspec.structs.replace(site, stations=groups)


def problems_of(site: Site) -> tuple[str, ...]:
    """Every rule that the site breaks, one sentence each; empty if it may run."""
    return (
        *_place_problems(site),
        *_circuit_problems(site.circuits),
        *_station_problems(site),
        *_unit_problems(site),
        *_store_problems(site),
        *_flexible_problems(site),
        *_series_problems(site),
        *_control_problems(site),
        *_dispatch_problems(site),
        *_limit_problems(site),
    )


def _shape_problems(table: dict[str, object]) -> Iterator[str]:
    """Keys and values that do not fit the file's form, each with its path."""
    fields = {field.encode_name: field for field in msgspec.structs.fields(Site)}
    for key in table.keys() - fields.keys():
        yield f"`{key}` is not a key of a site file: remove it or correct its spelling."
    for key, field in fields.items():
        if key not in table:
            if field.required:
                yield f"`{key}` is missing: add it."
            continue
        value = table[key]
        entries = value if isinstance(value, list) else [value]
        for number, entry in enumerate(entries):
            path = f"{key}[{number}]" if isinstance(value, list) else key
            try:
                msgspec.convert([entry] if isinstance(value, list) else entry, field.type)
            except msgspec.ValidationError as error:
                yield _in_words(path, str(error))


def _in_words(path: str, error: str) -> str:
    """`Expected X, got Y - at `$[0].limit_w`` as a sentence with the path in the file."""
    reason, _, where = error.partition(" - at `$")
    inner = where.rstrip("`").removeprefix("[0]").removeprefix("[...]")
    return f"`{path}{inner}`: {reason[:1].lower()}{reason[1:]}."


def _place_problems(site: Site) -> Iterator[str]:
    try:
        ZoneInfo(site.time_zone)
    except (KeyError, OSError, ValueError):
        yield (
            f"Time zone `{site.time_zone}` is unknown: use an IANA name such as `Europe/London`."
        )
    if not (-90 <= site.latitude_deg <= 90 and -180 <= site.longitude_deg <= 180):
        yield "latitude_deg must lie within ±90 and longitude_deg within ±180."


def _circuit_problems(circuits: tuple[Circuit, ...]) -> Iterator[str]:
    parents = {c.circuit_id: c.parent_id for c in circuits}
    for circuit_id in _repeated(c.circuit_id for c in circuits):
        yield f"Circuit `{circuit_id}` is there twice: give each circuit a name of its own."
    for circuit in circuits:
        if circuit.parent_id is not None and circuit.parent_id not in parents:
            yield (
                f"Circuit `{circuit.circuit_id}` hangs on `{circuit.parent_id}`, which is not "
                "there: add that circuit or correct parent_id."
            )
        if _in_a_ring(circuit.circuit_id, parents):
            yield (
                f"Circuit `{circuit.circuit_id}` hangs on itself by way of its parents: "
                "circuits must form a tree."
            )


def _in_a_ring(circuit_id: str, parents: dict[str, str | None]) -> bool:
    node = parents.get(circuit_id)
    for _ in range(len(parents)):
        if node is None or node == circuit_id:
            break
        node = parents.get(node)
    return node == circuit_id


def _station_problems(site: Site) -> Iterator[str]:
    known, paths = {c.circuit_id for c in site.circuits}, paths_of(site.circuits)
    for group in site.stations:
        if group.circuit_id not in known:
            yield (
                f"Stations `{group.prefix}…` hang on circuit `{group.circuit_id}`, which is not "
                "there: add that circuit or correct circuit_id."
            )
        if group.min_charge_w > group.max_charge_w:
            yield (
                f"Stations `{group.prefix}…`: min_charge_w {group.min_charge_w:.0f} is above "
                f"max_charge_w {group.max_charge_w:.0f}."
            )
        if group.step_w and group.step_a:
            yield f"Stations `{group.prefix}…`: give step_w or step_a, not both."
        for circuit in site.circuits:
            counts_a = circuit.limit_a_per_phase is not None
            below = circuit.circuit_id in paths.get(group.circuit_id, ())
            if counts_a and below and group.voltage_v < circuit.voltage_v:
                yield (
                    f"Stations `{group.prefix}…` run on {group.voltage_v:g} V, below the "
                    f"{circuit.voltage_v:g} V at which circuit `{circuit.circuit_id}` counts its "
                    "amperes: lower the circuit's voltage_v."
                )
    for station_id in _repeated(evse.station_id for evse in site.evses()):
        yield f"Station `{station_id}` is there twice: change `prefix` or `first` of one group."


def _unit_problems(site: Site) -> Iterator[str]:
    farms: tuple[SolarFarm | WindFarm, ...] = (*site.solar, *site.wind)
    for farm_id in _repeated(farm.farm_id for farm in farms):
        yield f"Farm `{farm_id}` is there twice: give each farm a name of its own."
    devices = [
        site.grid_connection.meter,
        site.load.meter,
        site.store.inverter if site.store else None,
        *(farm.inverter for farm in farms),
    ]
    addresses = [f"{d.host}:{d.port} unit {d.unit_id}" for d in devices if d is not None]
    for address in _repeated(addresses):
        yield f"Two devices share Modbus address {address}: each needs a unit_id of its own."
    for device in devices:
        if device and not (1 <= device.unit_id <= 247 and 1 <= device.port <= 65535):
            yield (
                f"Modbus device {device.host}:{device.port} unit {device.unit_id}: unit_id must "
                "be 1 to 247 and port 1 to 65535."
            )


def _store_problems(site: Site) -> Iterator[str]:
    store = site.store
    if store is not None and store.min_soc_pct >= store.max_soc_pct:
        yield (
            f"Store `{store.store_id}`: min_soc_pct {store.min_soc_pct:g} must be below "
            f"max_soc_pct {store.max_soc_pct:g}."
        )


def _flexible_problems(site: Site) -> Iterator[str]:
    limits_w = {c.circuit_id: c.limit_w for c in site.circuits}
    for load_id in _repeated(load.load_id for load in site.flexible_loads):
        yield f"Flexible load `{load_id}` is there twice: give each load a name of its own."
    for load in site.flexible_loads:
        name, open_s = f"Flexible load `{load.load_id}`", _open_s(load)
        if load.circuit_id is not None and load.circuit_id not in limits_w:
            yield (
                f"{name} hangs on circuit `{load.circuit_id}`, which is not there: add that "
                "circuit or correct circuit_id."
            )
        elif load.max_w > limits_w.get(load.circuit_id or "", site.grid_connection.import_limit_w):
            yield f"{name}: max_w {load.max_w:.0f} is above what its circuit or connection carries."
        if load.min_w > load.max_w:
            yield f"{name}: min_w {load.min_w:.0f} is above max_w {load.max_w:.0f}."
        if load.energy_wh * 3600.0 > load.max_w * open_s:
            yield (
                f"{name}: {load.energy_wh:.0f} Wh at {load.max_w:.0f} W do not fit between "
                f"{load.opens} and {load.closes}: open it longer or raise max_w."
            )


def _open_s(load: FlexibleLoad) -> float:
    """How long the window is on a day whose clocks stand still."""
    opens, closes = (int(at[:2]) * 3600 + int(at[3:]) * 60 for at in (load.opens, load.closes))
    return (closes - opens) % DAY_S or DAY_S


def _series_problems(site: Site) -> Iterator[str]:
    weekend = site.load.weekend_profile_w
    if weekend and len(weekend) != HALF_HOURS:
        yield f"load.weekend_profile_w has {len(weekend)} values: give {HALF_HOURS} or none."
    highest_w = max((*site.load.profile_w, *weekend))
    if highest_w > site.load.max_w:
        yield (
            f"load.max_w is {site.load.max_w:.0f} W, but a profile reaches {highest_w:.0f} W: "
            "max_w must not be below it."
        )
    yield from _price_problems(site)


def _price_problems(site: Site) -> Iterator[str]:
    tariff = site.tariff
    carbon = tariff.carbon_g_per_kwh
    if carbon and len(carbon) != HALF_HOURS:
        yield f"tariff.carbon_g_per_kwh has {len(carbon)} values: give {HALF_HOURS} or none."
    elif tariff.carbon_gbp_per_t and not carbon:
        yield "tariff.carbon_gbp_per_t needs tariff.carbon_g_per_kwh: add it, or remove the price."
    carbon_gbp_per_kwh = max(carbon, default=0.0) * tariff.carbon_gbp_per_t / GRAMS_PER_TONNE
    peak_gbp_per_kwh = tariff.demand_charge_gbp_per_kw / (site.control.slot_s / 3600.0)
    dearest_gbp = max(tariff.import_gbp_per_kwh) + carbon_gbp_per_kwh + peak_gbp_per_kwh
    if tariff.shortfall_gbp_per_kwh <= dearest_gbp:
        yield (
            f"tariff.shortfall_gbp_per_kwh must be above every import price with its carbon and "
            f"with the demand charge of one slot ({dearest_gbp:g}), or no vehicle would be charged "
            "at the dearest hour."
        )


def _control_problems(site: Site) -> Iterator[str]:
    control = site.control
    if not SHORTEST_SLOT_S <= control.slot_s <= LONGEST_SLOT_S or LONGEST_SLOT_S % control.slot_s:
        yield f"control.slot_s is {control.slot_s}: use 300, 900 or 1800 (a part of a half-hour)."
    if not 1 <= control.horizon_slots <= LONGEST_HORIZON_SLOTS:
        yield f"control.horizon_slots must lie within 1 and {LONGEST_HORIZON_SLOTS}."
    if control.lease_s < 60 or control.replan_s < 30 or control.sample_interval_s < 1:
        yield (
            "control: lease_s must be at least 60, replan_s at least 30 and sample_interval_s "
            "at least 1."
        )
    if not 0 < control.stale_after_s < control.worst_case_after_s < control.lease_s:
        yield (
            "control: stale_after_s must be above 0 and below worst_case_after_s, and that below "
            "lease_s."
        )


def _dispatch_problems(site: Site) -> Iterator[str]:
    """A ramp narrower than the least step of a charger would keep it at nothing for ever."""
    ramp_w, evses = site.dispatch.ramp_over_w_per_s(0.0), list(site.evses())
    least_w = max((max(evse.min_charge_w, evse.step_w) for evse in evses), default=0.0)
    if ramp_w < least_w:
        yield (
            f"dispatch.ramp_w_per_s is {ramp_w:.0f}, but a charger begins with "
            f"{least_w:.0f} W: make it at least that."
        )


def _limit_problems(site: Site) -> Iterator[str]:
    """What must hold when the hub is gone and every vehicle runs on its floor."""
    connection, floor_w = site.grid_connection, site.control.floor_w
    evses = list(site.evses())
    if connection.margin_w >= connection.import_limit_w:
        yield "grid_connection.margin_w leaves nothing of import_limit_w: make it smaller."
    if connection.export_limit_w and connection.margin_w > connection.export_limit_w:
        yield "grid_connection.margin_w is above export_limit_w: make it smaller."
    floors_w = sum(min(floor_w, evse.max_charge_w) for evse in evses)
    batches_w = sum(load.max_w for load in site.flexible_loads if not load.interruptible)
    largest_w = site.load.max_w + batches_w
    over_w = floors_w + largest_w - (connection.import_limit_w - connection.margin_w)
    if over_w > 0:
        yield (
            f"The floors of {len(evses)} EVSEs ({floors_w:.0f} W) and the largest load "
            f"({largest_w:.0f} W) exceed the import limit less its margin by {over_w:.0f} W: "
            "lower control.floor_w or load.max_w, or install fewer stations."
        )
    paths = paths_of(site.circuits)
    for limit in limits_of_circuits(site.circuits):
        below_w = sum(
            min(floor_w, evse.max_charge_w)
            * limit.carried_ratio(paths.get(evse.circuit_id, ()), evse.line_ratios)
            for evse in evses
        )
        if below_w > limit.limit_w:
            yield (
                f"The floors below circuit `{limit.limit_id}` ({below_w:.0f} W) exceed its "
                f"limit by {below_w - limit.limit_w:.0f} W: lower control.floor_w or move "
                "stations."
            )


def _repeated(names: Iterable[str]) -> list[str]:
    return sorted(name for name, times in Counter(names).items() if times > 1)
