"""What the plant and the stations say themselves; the hub's own books are not asked."""

import tomllib
from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

from tests.e2e.hub import ROOT, Hub

SITE: dict[str, Any] = tomllib.loads((ROOT / "sites/ev36zero.toml").read_text())
DAY = datetime(2026, 3, 24, tzinfo=UTC)


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
