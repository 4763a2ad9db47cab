"""A small world in the database for tests: a site, stations, sessions, readings as rows."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any

import msgspec
from sqlalchemy import insert, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.store import tables as csms
from scheduler.domain.site import (
    Circuit,
    Control,
    GridConnection,
    Load,
    Site,
    StationaryBattery,
    StationGroup,
    Tariff,
)
from scheduler.store import readings, sites
from scheduler.store import tables as scheduler
from scheduler.store.readings import Quality, SiteReading

NOON = datetime(2026, 6, 3, 12, tzinfo=UTC)


def yard(**changes: Any) -> Site:
    """Four bidirectional EVSEs behind a 60 kW feeder, a store, dear evenings, no renewables."""
    evening = [0.20] * 32 + [0.50] * 8 + [0.20] * 8
    site = Site(
        site_id="yard",
        name="Yard",
        time_zone="UTC",
        latitude_deg=54.9,
        longitude_deg=-1.5,
        grid_connection=GridConnection(import_limit_w=100_000, export_limit_w=50_000),
        circuits=(Circuit(circuit_id="feeder", limit_w=30_000),),
        load=Load(max_w=40_000, profile_w=(20_000.0,) * 48),
        tariff=Tariff(
            import_gbp_per_kwh=tuple(evening),
            export_gbp_per_kwh=tuple(price / 4 for price in evening),
            surplus_value_gbp_per_kwh=0.09,
        ),
        control=Control(horizon_slots=48),
        store=StationaryBattery(
            store_id="store", capacity_wh=50_000, max_charge_w=20_000, max_discharge_w=20_000
        ),
        stations=(
            StationGroup(
                prefix="yard-",
                count=4,
                circuit_id="feeder",
                vendor="V2GHubSim",
                model="Bidirectional-11",
                max_charge_w=11_000,
                max_discharge_w=10_000,
            ),
        ),
    )
    return msgspec.structs.replace(site, **changes)


@dataclass(frozen=True)
class World:
    """Writes what stations and meters would have told."""

    engine: AsyncEngine

    async def clear(self) -> None:
        """Nothing is left of an earlier test."""
        names = [str(t) for m in (csms.metadata, scheduler.metadata) for t in m.sorted_tables]
        async with self.engine.begin() as conn:
            await conn.execute(text(f"TRUNCATE {', '.join(names)} RESTART IDENTITY CASCADE"))

    async def has_site(self, site: Site, *, dialect: str = "negative_limit") -> Site:
        """The site is loaded and all its stations are connected, and have proven what they can."""
        async with self.engine.begin() as conn:
            await sites.save(conn, site, now=NOON)
            await sites.assign(conn, site.site_id, site.evses())
            rows = [
                {
                    "station_id": spec.station_id,
                    "password_hmac": b"",
                    "connected": True,
                    "discharge_dialect": dialect,
                    "discharge_proven_at": NOON,
                }
                for spec in site.evses()
            ]
            await conn.execute(insert(csms.charging_station), rows)
        return site

    async def plugs_in(
        self,
        station_id: str,
        *,
        token: str,
        at: datetime = NOON,
        soc_pct: float | None = None,
        power_w: float = 0.0,
        power_at: datetime | None = None,
        imported_wh: float = 0.0,
    ) -> str:
        """A transaction runs at EVSE 1 of the station; returns its id."""
        transaction_id = f"tx-{station_id}-{at:%H%M}"
        async with self.engine.begin() as conn:
            await conn.execute(
                insert(csms.transaction).values(
                    station_id=station_id,
                    transaction_id=transaction_id,
                    evse_id=1,
                    connector_id=1,
                    id_token=token,
                    started_at=at,
                    last_event_at=at,
                    imported_wh=imported_wh,
                    exported_wh=0.0,
                    charging_state="Charging",
                    event_count=1,
                )
            )
            row = {
                "station_id": station_id,
                "evse_id": 1,
                "transaction_id": transaction_id,
                "power_w": power_w,
                "power_at": power_at or at,
                "soc_pct": soc_pct,
                "soc_at": None if soc_pct is None else at,
                "updated_at": at,
            }
            await conn.execute(
                upsert(csms.evse)
                .values(row)
                .on_conflict_do_update(index_elements=["station_id", "evse_id"], set_=row)
            )
        await self.happens(station_id, at=at)
        return transaction_id

    async def meters(self, station_id: str, power_w: float, *, at: datetime) -> None:
        """The EVSE tells its power."""
        async with self.engine.begin() as conn:
            await conn.execute(
                update(csms.evse)
                .where(csms.evse.c.station_id == station_id)
                .values(power_w=power_w, power_at=at)
            )

    async def needs(self, station_id: str, *, at: datetime = NOON, **told: Any) -> None:
        """NotifyEVChargingNeeds came."""
        async with self.engine.begin() as conn:
            await conn.execute(
                insert(csms.charging_needs).values(station_id=station_id, evse_id=1, at=at, **told)
            )

    async def happens(self, station_id: str, *, at: datetime = NOON) -> None:
        """An outbox row about the station."""
        async with self.engine.begin() as conn:
            await conn.execute(
                insert(csms.outbox).values(
                    kind="TransactionChanged", station_id=station_id, at=at, payload={}
                )
            )

    async def measures(self, site: Site, grid_w: float, *, since: datetime, until: datetime,
                       every_s: float = 5.0, soc_pct: float | None = None) -> None:  # fmt: skip
        """Readings of the site meter, one each `every_s`, the last one at or after `until`."""
        count = ceil((until - since).total_seconds() / every_s) + 1
        rows = [
            SiteReading(
                at=since + timedelta(seconds=every_s * k),
                quality=Quality.MEASURED,
                grid_w=grid_w,
                load_w=20_000.0,
                store_w=0.0,
                store_soc_pct=soc_pct,
            )
            for k in range(count)
        ]
        async with self.engine.begin() as conn:
            await readings.append(conn, site.site_id, rows)
