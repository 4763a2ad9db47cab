"""A depot of any size for the dispatch benches: its site file, its rows as a csms leaves them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from csms.store import tables as csms
from scheduler.domain.site import Site
from scheduler.domain.site_rules import load_site
from scheduler.store import sites
from scheduler.store import tables as scheduler
from tests.scheduler.sunspec_plant import Unit

GRID, STORE, LOAD = 1, 31, 41
FEEDER = 100
LOAD_W, LOAD_MAX_W, CONNECTION_W = 1_000.0, 1_800.0, 6_000.0  # per station
STORE_W, STORE_WH = 500.0, 1_000.0


def depot_text(
    stations: int,
    *,
    site_id: str = "depot",
    modbus_port: int = 5020,
    connection_w: float = CONNECTION_W,
) -> str:
    """A site file: every second charger gives power back, a hundred hang on a feeder that carries
    `connection_w` for each, and the connection as much; a store, no generation."""
    feeders = [range(first, min(first + FEEDER, stations)) for first in range(0, stations, FEEDER)]
    prices = [0.2] * 32 + [0.4] * 8 + [0.2] * 8
    lines = [
        f'site_id = "{site_id}"',
        'name = "Depot"',
        'time_zone = "UTC"',
        "latitude_deg = 54.9",
        "longitude_deg = -1.5",
        "[grid_connection]",
        f"import_limit_w = {connection_w * stations}",
        f"export_limit_w = {connection_w * stations}",
        f"margin_w = {20.0 * stations}",
        f"meter = {_device(modbus_port, GRID)}",
        "[load]",
        f"max_w = {LOAD_MAX_W * stations}",
        f"profile_w = {[LOAD_W * stations] * 48}",
        f"meter = {_device(modbus_port, LOAD)}",
        "[store]",
        'store_id = "store"',
        f"capacity_wh = {STORE_WH * stations}",
        f"max_charge_w = {STORE_W * stations}",
        f"max_discharge_w = {STORE_W * stations}",
        f"inverter = {_device(modbus_port, STORE)}",
        "[tariff]",
        "surplus_value_gbp_per_kwh = 0.09",
        f"import_gbp_per_kwh = {prices}",
        f"export_gbp_per_kwh = {[price / 4 for price in prices]}",
        "[control]",
        "lease_s = 300",
    ]
    for number, feeder in enumerate(feeders):
        lines += [
            "[[circuits]]",
            f'circuit_id = "f{number}"',
            f"limit_w = {connection_w * len(feeder)}",
            *_group(site_id, number, "V2X-11", feeder[::2], 10_000.0),
            *_group(site_id, number, "AC-11", feeder[1::2], 0.0),
        ]
    return "\n".join(lines)


def _device(port: int, unit_id: int) -> str:
    return f'{{ host = "127.0.0.1", port = {port}, unit_id = {unit_id} }}'


def _group(site_id: str, feeder: int, model: str, places: range, discharge_w: float) -> list[str]:
    if not places:
        return []
    return [
        "[[stations]]",
        f'prefix = "{site_id}-{feeder:03}-{model[:2].lower()}-"',
        f"count = {len(places)}",
        f'circuit_id = "f{feeder}"',
        'vendor = "V2GHubSim"',
        f'model = "{model}"',
        "max_charge_w = 11_000",
        f"max_discharge_w = {discharge_w}",
    ]


async def fill(engine: AsyncEngine, site: Site, now: datetime, **station: Any) -> None:
    """The site is loaded; at each station, accepted and as `station` says, a vehicle is plugged in
    whose driver has told what it needs."""
    rows = [_place(number, spec, now) for number, spec in enumerate(site.evses())]
    async with engine.begin() as conn:
        await sites.save(conn, site, now=now)
        await sites.assign(conn, site.site_id, site.evses())
        stations = [
            {"station_id": row.station_id, "password_hmac": b"", "floor_w": site.control.floor_w}
            | station
            for row in rows
        ]
        await conn.execute(insert(csms.charging_station), stations)
        await _insert(conn, csms.transaction, [row.transaction for row in rows])
        await _insert(conn, csms.evse, [row.evse for row in rows])
        vehicles = [row.vehicle | {"site_id": site.site_id} for row in rows]
        await _insert(conn, scheduler.vehicle, vehicles)
        told = {"kind": "TransactionChanged", "station_id": rows[0].station_id, "payload": {}}
        await conn.execute(insert(csms.outbox).values(told | {"at": now}))
    async with engine.connect() as plain:
        conn = await plain.execution_options(isolation_level="AUTOCOMMIT")
        await conn.execute(text("ANALYZE"))


@dataclass(frozen=True)
class _Rows:
    station_id: str
    transaction: dict[str, Any]
    evse: dict[str, Any]
    vehicle: dict[str, Any]


def _place(number: int, spec: Any, now: datetime) -> _Rows:
    since, place = now - timedelta(hours=1), {"station_id": spec.station_id, "evse_id": 1}
    transaction_id, token = f"tx-{number}", f"token-{spec.station_id}"
    soc_pct = 35.0 + number % 40
    return _Rows(
        spec.station_id,
        place
        | {
            "transaction_id": transaction_id,
            "connector_id": 1,
            "id_token": token,
            "started_at": since,
            "last_event_at": now,
            "imported_wh": 3_000.0,
            "exported_wh": 0.0,
            "charging_state": "Charging",
            "event_count": 60,
        },
        place
        | {
            "transaction_id": transaction_id,
            "power_w": 1_400.0,
            "power_at": now,
            "soc_pct": soc_pct,
            "soc_at": now,
            "updated_at": now,
        },
        {
            "vehicle_id": f"v-{spec.station_id}",
            "id_token": token,
            "name": "",
            "capacity_wh": 60_000.0,
            "max_charge_w": 11_000.0,
            "max_discharge_w": 10_000.0,
            "v2g_allowed": spec.max_discharge_w > 0,
            "departure_at": now + timedelta(hours=3 + number % 9),
            "target_soc_pct": 85.0,
            "version": 1,
            "updated_at": now,
        },
    )


async def _insert(conn: AsyncConnection, table: Any, rows: list[dict[str, Any]]) -> None:
    await conn.execute(insert(table), rows)


def depot(stations: int, **more: Any) -> Site:
    """The same as the hub reads it."""
    return load_site(depot_text(stations, **more))


@dataclass
class Meters:
    """The depot's Modbus devices. The load is what `load_w` says; the store does as it is told."""

    stations: int
    load_w: float = 0.0
    fleet_w: float = 0.0

    def __post_init__(self) -> None:
        self.grid = Unit(GRID).with_model(1).with_model(213, W=0)
        self.load = Unit(LOAD).with_model(1).with_model(213, W=0)
        self.store = (
            Unit(STORE)
            .with_model(1)
            .with_model(113, W=0)
            .with_model(704, WSet_SF=3, WSet=0)
            .with_model(713, Pct_SF=-1, WH_SF=3, SoC=60, WHRtg=STORE_WH * self.stations)
        )
        for unit in self.units:
            unit.before_read = self.show

    @property
    def units(self) -> tuple[Unit, ...]:
        return (self.grid, self.load, self.store)

    def show(self) -> None:
        """Put what flows into the registers."""
        store_w = -(self.store.value(704, "WSet") or 0.0)
        self.load.put(213, "W", self.load_w)
        self.store.put(113, "W", -store_w)
        self.grid.put(213, "W", self.load_w + self.fleet_w + store_w)
