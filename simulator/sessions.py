"""Sessions: who parks where, from when to when, and wants how much. No clock, no network.

Every site day replays real workplace days of the same weekday (data/ATTRIBUTION.md): wall-clock
times move to the site's zone. A request that the station could not deliver in the stay is cut,
never invented. Same site, date and seed: same sessions.
"""

import csv
import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files
from typing import Final

import numpy as np

from simulator.noise import generator
from simulator.site import SiteSpec, StationSpec
from simulator.vehicle import VehicleSpec, possible_energy_wh

SAMPLE: Final = "acn-caltech-sample.csv.gz"
WORKDAY_SESSIONS: Final = 34
FEWEST_SESSIONS: Final = {True: 2, False: 20}  # by "is weekend"; drops the garage's holidays
FEASIBLE_RATIO: Final = 0.95
LATEST_V2G_ARRIVAL_HOUR: Final = 14
CORRECTION: Final = timedelta(minutes=30)


class Tells(StrEnum):
    """Who tells the hub departure and target."""

    DRIVER = "driver"
    STATION = "station"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One stay of one vehicle at one station. Energy is counted at the EVSE meter."""

    station_id: str
    vehicle: VehicleSpec
    arrival_at: datetime
    departure_at: datetime
    estimated_departure_at: datetime
    requested_wh: float
    arrival_soc_ratio: float
    target_soc_ratio: float
    tells: Tells

    @property
    def told_departure_at(self) -> datetime:
        """What the driver tells: the estimate of the data, corrected by a driver who sees that he
        leaves earlier, or more than 30 minutes later, than that."""
        return _told_departure(self.arrival_at, self.estimated_departure_at, self.departure_at)


@dataclass(frozen=True, slots=True)
class _Stay:
    """A row of the data, moved to a date and zone."""

    arrival_at: datetime
    departure_at: datetime
    estimated_departure_at: datetime
    requested_wh: float

    @property
    def mean_w(self) -> float:
        return self.requested_wh * 3600.0 / (self.departure_at - self.arrival_at).total_seconds()


@dataclass(frozen=True, slots=True)
class _Row:
    arrival: datetime
    departure: datetime
    estimated_departure: datetime
    requested_wh: float


def day_sessions(site: SiteSpec, day: date, seed: int) -> tuple[Session, ...]:
    """The sessions that begin on the local `day`, by arrival; at most one per station."""
    random = generator(seed, "sessions", site.site_id, day.toordinal())
    stations = list(site.station_specs())
    stays = _pooled_stays(site, day, len(stations), random)
    sessions = [
        _session(site, station, stay, seed, day) for station, stay in _assigned(stations, stays)
    ]
    return tuple(sorted(sessions, key=lambda session: session.arrival_at))


def vehicle_of(site: SiteSpec, station: StationSpec, seed: int) -> VehicleSpec:
    """The vehicle that parks at `station` every day it comes."""
    random = generator(seed, "vehicle", site.site_id, station.index)
    two_way = station.max_discharge_w > 0
    capacity_wh = random.choice([40_000, 62_000] if two_way else [40_000, 52_000, 64_000, 77_000])
    strong = two_way or random.random() < 0.7
    return VehicleSpec(
        vehicle_id=f"{site.site_id}-ev-{station.index + 1:03d}",
        id_token=f"EV{int(random.integers(1 << 32)):08X}",
        capacity_wh=float(capacity_wh),
        max_charge_w=station.max_charge_w if strong else min(7_360.0, station.max_charge_w),
        max_discharge_w=station.max_discharge_w,
        min_charge_w=station.min_charge_w,
        charge_efficiency_ratio=round(float(random.uniform(0.91, 0.935)), 3),
        discharge_efficiency_ratio=round(float(random.uniform(0.91, 0.935)), 3),
    )


def _session(site: SiteSpec, station: StationSpec, stay: _Stay, seed: int, day: date) -> Session:
    """Arrival state of charge follows from the request; the target from what is feasible of it."""
    random = generator(seed, "driver", site.site_id, station.index, day.toordinal())
    vehicle = vehicle_of(site, station, seed)
    wish_ratio = random.uniform(0.75, 0.90)
    asked_ratio = stay.requested_wh * vehicle.charge_efficiency_ratio / vehicle.capacity_wh
    arrival_ratio = max(0.12, wish_ratio - asked_ratio)
    told_at = _told_departure(stay.arrival_at, stay.estimated_departure_at, stay.departure_at)
    possible_wh = possible_energy_wh(
        vehicle,
        arrival_ratio * vehicle.capacity_wh,
        station.max_charge_w,
        (told_at - stay.arrival_at).total_seconds(),
    )
    room_wh = (wish_ratio - arrival_ratio) * vehicle.capacity_wh / vehicle.charge_efficiency_ratio
    requested_wh = float(round(min(stay.requested_wh, room_wh, FEASIBLE_RATIO * possible_wh)))
    gained_ratio = requested_wh * vehicle.charge_efficiency_ratio / vehicle.capacity_wh
    return Session(
        station_id=station.station_id,
        vehicle=vehicle,
        arrival_at=stay.arrival_at,
        departure_at=stay.departure_at,
        estimated_departure_at=stay.estimated_departure_at,
        requested_wh=requested_wh,
        arrival_soc_ratio=arrival_ratio,
        target_soc_ratio=arrival_ratio + gained_ratio,
        tells=_tells(float(random.random())),
    )


def _tells(draw: float) -> Tells:
    if draw < 0.70:
        return Tells.DRIVER
    return Tells.STATION if draw < 0.90 else Tells.NOTHING


def _told_departure(arrival: datetime, estimated: datetime, departure: datetime) -> datetime:
    earliest = max(departure - CORRECTION, arrival + (departure - arrival) / 2)
    return max(earliest, min(estimated, departure))


def _assigned(
    stations: Sequence[StationSpec], stays: Sequence[_Stay]
) -> list[tuple[StationSpec, _Stay]]:
    """Those who stay into the evening park in the V2G bay, those in a hurry at the strongest
    stations that are left."""
    two_way = [station for station in stations if station.max_discharge_w > 0]
    one_way = [station for station in stations if station.max_discharge_w <= 0]
    one_way.sort(key=lambda station: (-station.max_charge_w, station.index))
    late = sorted(
        stays,
        key=lambda stay: (stay.arrival_at.hour < LATEST_V2G_ARRIVAL_HOUR, stay.departure_at),
        reverse=True,
    )
    share = len(two_way) if one_way else len(stays)
    hurried = sorted(late[share:], key=lambda stay: -stay.mean_w)
    return [*zip(two_way, late[:share], strict=False), *zip(one_way, hurried, strict=False)]


def _pooled_stays(
    site: SiteSpec, day: date, stations: int, random: np.random.Generator
) -> list[_Stay]:
    """Whole real days of this weekday until a workday fills the stations; a free day pools as many
    days and stays as thin as it was."""
    days = _days_by_weekday()[day.weekday()]
    order = random.permutation(len(days))
    wanted = -(-stations // WORKDAY_SESSIONS)
    rows: list[_Row] = []
    for position, index in enumerate(order):
        if position >= wanted and (day.weekday() >= 5 or len(rows) >= stations):
            break
        rows.extend(days[index])
    chosen = random.permutation(len(rows))[:stations]
    return [_moved(rows[index], day, site) for index in sorted(chosen)]


def _moved(row: _Row, day: date, site: SiteSpec) -> _Stay:
    shift = timedelta(days=(day - row.arrival.date()).days)
    arrival, departure, estimated = (
        (at + shift).replace(tzinfo=site.zone)
        for at in (row.arrival, row.departure, row.estimated_departure)
    )
    return _Stay(arrival, departure, estimated, row.requested_wh)


@lru_cache(maxsize=1)
def _days_by_weekday() -> dict[int, list[list[_Row]]]:
    """The sample's days, by weekday; days with next to no sessions left out."""
    days: dict[date, list[_Row]] = {}
    packed = files("simulator").joinpath("data", SAMPLE).read_bytes()
    for record in csv.DictReader(gzip.decompress(packed).decode().splitlines()):
        row = _Row(
            datetime.fromisoformat(record["arrival"]),
            datetime.fromisoformat(record["departure"]),
            datetime.fromisoformat(record["estimated_departure"]),
            float(record["requested_kwh"]) * 1000.0,
        )
        days.setdefault(row.arrival.date(), []).append(row)
    by_weekday: dict[int, list[list[_Row]]] = {weekday: [] for weekday in range(7)}
    for day, rows in sorted(days.items()):
        if len(rows) >= FEWEST_SESSIONS[day.weekday() >= 5]:
            by_weekday[day.weekday()].append(rows)
    return by_weekday
