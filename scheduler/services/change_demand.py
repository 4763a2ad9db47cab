"""A driver or operator says when a vehicle leaves and what it needs: stored, and planned anew."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from csms.store import outbox
from scheduler.store import vehicles
from scheduler.store.vehicles import Vehicle, VehicleRefusal

DEMAND_CHANGED = "DemandChanged"


async def change_demand(
    conn: AsyncConnection, vehicle: Vehicle, *, expected_version: int | None, now: datetime
) -> Vehicle | VehicleRefusal:
    """Store the vehicle (see `vehicles.put`) and leave an outbox row in the same transaction."""
    stored = await vehicles.put(conn, vehicle, expected_version=expected_version, now=now)
    if isinstance(stored, Vehicle):
        payload = {"vehicle_id": stored.vehicle_id, "version": stored.version}
        await outbox.append(conn, DEMAND_CHANGED, now, payload, site_id=stored.site_id)
    return stored
