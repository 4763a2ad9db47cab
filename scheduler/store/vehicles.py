"""Rows ⇄ Vehicle. Every change raises `version`, by which two writers notice each other.

A vehicle nobody told us of is created when its token is first seen (`demand_source` is None then);
such a row gives way to the vehicle that somebody later registers with that token.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import RowMapping, delete, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.domain.ids import IdToken
from csms.domain.v2x import energy_transfers
from csms.store.v21 import allow_energy_transfer
from scheduler.store.tables import vehicle as table


class DemandSource(StrEnum):
    """Who said when the vehicle leaves and what it needs; the driver's word wins."""

    DRIVER = "driver"
    STATION = "station"
    OPERATOR = "operator"


class VehicleRefusal(StrEnum):
    """Why a vehicle was not stored."""

    VERSION_CONFLICT = "version_conflict"
    TOKEN_TAKEN = "token_taken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Vehicle:
    """A vehicle as the site knows it; None where nobody said. `target_soc_pct` counts where the
    state of charge is known, else `requested_wh` from plug-in.

    `boost_at`: when the driver asked to charge at once, at full power: until the target is reached,
    or `boost_until`. `v2g_paused_until`: nothing is taken from it before.
    """

    vehicle_id: str
    site_id: str
    id_token: IdToken
    name: str | None = None
    capacity_wh: float | None = None
    max_charge_w: float | None = None
    max_discharge_w: float | None = None
    v2g_allowed: bool = True
    v2g_floor_soc_pct: float | None = None
    v2g_paused_until: datetime | None = None
    boost_at: datetime | None = None
    boost_until: datetime | None = None
    departure_at: datetime | None = None
    target_soc_pct: float | None = None
    requested_wh: float | None = None
    demand_source: str | None = None
    version: int = 1


COLUMNS = [column for column in table.c if column.name != "updated_at"]


def vehicle_from(row: RowMapping) -> Vehicle:
    """A row of the table as a Vehicle."""
    return Vehicle(**row)


async def get(conn: AsyncConnection, vehicle_id: str, *, lock: bool = False) -> Vehicle | None:
    """The vehicle; with `lock` its row stays ours until the transaction ends."""
    query = select(*COLUMNS).where(table.c.vehicle_id == vehicle_id)
    row = (await conn.execute(query.with_for_update() if lock else query)).mappings().one_or_none()
    return None if row is None else vehicle_from(row)


async def by_token(conn: AsyncConnection, id_token: IdToken) -> Vehicle | None:
    """The vehicle that presents this token."""
    row = (
        (await conn.execute(select(*COLUMNS).where(table.c.id_token == id_token)))
        .mappings()
        .one_or_none()
    )
    return None if row is None else vehicle_from(row)


async def put(
    conn: AsyncConnection, vehicle: Vehicle, *, expected_version: int | None, now: datetime
) -> Vehicle | VehicleRefusal:
    """Create or replace; with `expected_version` only over that very version (0: only create).

    Returns the vehicle with its new version, or why it was not stored.
    """
    before = await get(conn, vehicle.vehicle_id, lock=True)
    version = 0 if before is None else before.version
    if expected_version is not None and expected_version != version:
        return VehicleRefusal.VERSION_CONFLICT
    holder = await by_token(conn, vehicle.id_token)
    if holder is not None and holder.vehicle_id != vehicle.vehicle_id:
        if holder.demand_source is not None or holder.name is not None:
            return VehicleRefusal.TOKEN_TAKEN
        await conn.execute(delete(table).where(table.c.vehicle_id == holder.vehicle_id))
    row = {**asdict(vehicle), "version": version + 1, "updated_at": now}
    if before is None:
        made = upsert(table).values(row).on_conflict_do_nothing().returning(table.c.vehicle_id)
        if await conn.scalar(made) is None:  # somebody else made it, or saw its token, just now
            return await put(conn, vehicle, expected_version=expected_version, now=now)
    else:
        await conn.execute(
            update(table).where(table.c.vehicle_id == vehicle.vehicle_id).values(row)
        )
    leave = energy_transfers(v2x=vehicle.v2g_allowed)
    await allow_energy_transfer(conn, vehicle.id_token, leave, now)
    return Vehicle(**{**asdict(vehicle), "version": version + 1})


async def see_tokens(
    conn: AsyncConnection, site_id: str, tokens: set[IdToken], *, now: datetime
) -> None:
    """Create a vehicle for each token that nobody registered; its id is the token."""
    if not tokens:
        return
    rows = [
        {"vehicle_id": token, "site_id": site_id, "id_token": token, "updated_at": now}
        for token in sorted(tokens)
    ]
    await conn.execute(upsert(table).values(rows).on_conflict_do_nothing())
