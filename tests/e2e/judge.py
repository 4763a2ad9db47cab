"""What the plant and the stations say themselves; the hub's own books are not asked."""

import tomllib
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.e2e.hub import ROOT, Hub
from v2ghub.rehearse.breaker import Breaker

SITE: dict[str, Any] = tomllib.loads((ROOT / "sites/ev36zero.toml").read_text())
DAY = datetime(2026, 3, 24, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def at(clock: str) -> datetime:
    """A time of the demo's first day, in UTC (which is local time in March)."""
    hour, minute = map(int, clock.split(":"))
    return DAY.replace(hour=hour, minute=minute)


def over_connection(hub: Hub) -> list[tuple[str, float]]:
    """Samples of the plant's own meter beyond the import or export limit less its margin."""
    limits = SITE["grid_connection"]
    import_w, export_w = (
        limits[name] - limits["margin_w"] for name in ("import_limit_w", "export_limit_w")
    )
    return [
        (row["at"], row["grid_w"])
        for row in hub.records("plant")
        if not -export_w <= row["grid_w"] <= import_w
    ]


def carried_w(hub: Hub, free_w: float = 0.0) -> dict[tuple[str, str], float]:
    """By (minute, circuit) what the EVSEs below it took, less what they gave; one without a vehicle
    counts as `free_w`."""
    parents = {c["circuit_id"]: c.get("parent_id") for c in SITE["circuits"]}
    prefixes = {group["prefix"]: group["circuit_id"] for group in SITE["stations"]}
    sums: dict[tuple[str, str], float] = defaultdict(float)
    for row in hub.records("stations"):
        circuit = next(c for prefix, c in prefixes.items() if row["station_id"].startswith(prefix))
        while circuit is not None:
            sums[row["at"], circuit] += row["power_w"] if row["vehicle_id"] else free_w
            circuit = parents[circuit]
    return sums


def over_circuits(hub: Hub) -> list[tuple[str, str, float]]:
    """Minutes in which the EVSEs below a circuit took, or gave, more than its limit."""
    limits = {c["circuit_id"]: c["limit_w"] for c in SITE["circuits"]}
    sums = carried_w(hub)
    return [
        (when, circuit, power_w)
        for (when, circuit), power_w in sums.items()
        if abs(power_w) > limits[circuit] * 1.001
    ]


def taken_of_surplus(hub: Hub) -> tuple[float, float]:
    """(Wh that vehicles and store took, Wh of surplus) over all seconds with surplus."""
    taken_wh = surplus_wh = 0.0
    for row in hub.records("plant"):
        surplus_w = row["solar_w"] + row["wind_w"] - row["load_w"]
        if surplus_w > 0:
            surplus_wh += surplus_w / 3600
            taken_wh += min(surplus_w, max(0.0, row["store_w"] + row["fleet_w"])) / 3600
    return taken_wh, surplus_wh


def exported_wh(hub: Hub) -> float:
    """How far the export registers of all EVSEs rose: energy that vehicles gave."""
    first: dict[str, float] = {}
    last: dict[str, float] = {}
    for row in hub.records("stations"):
        first.setdefault(row["station_id"], row["export_wh"])
        last[row["station_id"]] = row["export_wh"]
    return sum(last[station] - first[station] for station in last)


def mean_grid_w(hub: Hub, start: datetime, end: datetime) -> float:
    """Mean of the plant meter's samples in [start, end)."""
    inside = [
        row["grid_w"]
        for row in hub.records("plant")
        if start <= datetime.fromisoformat(row["at"]) < end
    ]
    return sum(inside) / len(inside)


def beyond_breaker(hub: Hub) -> list[tuple[str, float]]:
    """Samples of the plant's meter at which a breaker of the connection's size may have tripped."""
    limits = SITE["grid_connection"]
    ways = ((1, limits["import_limit_w"]), (-1, limits["export_limit_w"]))
    breakers = [(sign, Breaker(limit_w)) for sign, limit_w in ways]
    return [
        (row["at"], row["grid_w"])
        for row in hub.records("plant")
        if not all(one.carry(sign * row["grid_w"], 1.0) for sign, one in breakers)
    ]


def gave_below_floor(hub: Hub) -> list[tuple[str, str, float]]:
    """Minutes in which a vehicle gave though it held less than the V2G floor, less what a vehicle's
    gauge rounds and a minute takes."""
    floor_pct = SITE["control"]["v2g_floor_soc_pct"] - 1.5
    return [
        (row["at"], row["station_id"], row["soc_pct"])
        for row in hub.records("stations")
        if row["power_w"] < -100 and row["soc_pct"] is not None and row["soc_pct"] < floor_pct
    ]


def energy_off(hub: Hub) -> list[tuple[str, str, float, float]]:
    """Transactions whose energy in the books is not what the station's registers rose by until
    their last event, each way: (station, transaction, books, registers), in Wh. Registers are known
    by the minute, and a little later than events: so much at full power may lie between."""
    told = hub.every("/transactions", site_id=hub.site, limit=200)
    spans: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in hub.records("stations"):
        if row["transaction_id"] is not None:
            spans[row["station_id"], row["transaction_id"]].append(row)
    most_w = max(group["max_charge_w"] for group in SITE["stations"])
    off = []
    for one in told:
        key, last_at = (one["station_id"], one["transaction_id"]), one["last_event_at"]
        until = datetime.fromisoformat(last_at) + MINUTE
        rows = [r for r in spans[key] if datetime.fromisoformat(r["at"]) <= until]
        if not rows:
            continue  # it has not lasted to a full minute that is written down
        unknown = 2 * MINUTE + max(until - datetime.fromisoformat(rows[-1]["at"]), timedelta(0))
        for name, register in (("imported_wh", "import_wh"), ("exported_wh", "export_wh")):
            rose_wh = rows[-1][register] - rows[0][register]
            if abs(one[name] - rose_wh) > unknown / timedelta(hours=1) * most_w:
                off.append((*key, one[name], rose_wh))
    return off


def sent_out_of_order(hub: Hub) -> list[tuple[str, str]]:
    """Setpoints that a station confirmed after one that was decided later."""
    stale: list[tuple[str, str]] = []
    for station in hub.every("/stations", site_id=hub.site, limit=200):
        told = [
            command
            for command in hub.every("/commands", station_id=station["station_id"], limit=200)
            if command["kind"] == "SetSetpoint" and command["status"] == "confirmed"
        ]
        newest = ""
        for command in sorted(told, key=lambda one: str(one["sent_at"])):
            if command["created_at"] < newest:
                stale.append((command["station_id"], command["command_id"]))
            newest = max(newest, command["created_at"])
    return stale
