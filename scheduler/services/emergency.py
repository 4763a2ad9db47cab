"""Emergency reduction: one person, one click, and the site takes no more than it must.

It is an envelope of the highest priority, so that planner, guard and console know it already; it
holds until somebody lifts it, which is to cancel it. It is acknowledged without a plan: nothing
may delay it.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from csms.store import outbox
from scheduler.domain.signal import GridSignal, SignalKind, SignalStatus
from scheduler.domain.site import Site
from scheduler.services.accept_signal import SIGNAL_ACCEPTED
from scheduler.store import live, readings, signals
from scheduler.store.readings import SiteReading
from scheduler.store.signals import StoredSignal

EMERGENCY: Final = "emergency"
FRESH: Final = timedelta(minutes=1)
UNTIL_LIFTED: Final = timedelta(days=3650)


async def reduce(
    conn: AsyncConnection, site: Site, import_max_w: float | None, *, now: datetime
) -> StoredSignal:
    """Hold the site's import at `import_max_w` from now on, or, None, at what is left of it with
    every vehicle that is there, or may be, at its floor. A later call replaces an earlier one of
    the same site."""
    await signals.take_turns(conn, site.site_id, EMERGENCY)
    before = await signals.newest_revision(conn, site.site_id, EMERGENCY, EMERGENCY)
    if import_max_w is None:
        evses = await live.evses(conn, site.site_id)
        floors_w = sum(evse.floor_w for evse in evses if evse.transaction or not evse.connected)
        import_max_w = least_import_w(
            site, await readings.newest(conn, site.site_id), floors_w, now
        )
    if before is not None and before.status in signals.LIVE:
        await signals.set_status(
            conn, before.signal.signal_id, SignalStatus.SUPERSEDED, settled_at=now
        )
    signal = GridSignal(
        signal_id=uuid4(),
        site_id=site.site_id,
        operator=EMERGENCY,
        external_id=EMERGENCY,
        revision=1 if before is None else before.signal.revision + 1,
        kind=SignalKind.ENVELOPE,
        priority=0,
        starts_at=now,
        ends_at=now + UNTIL_LIFTED,
        import_max_w=import_max_w,
    )
    unknown = dict.fromkeys(("available_down_w", "available_up_w", "requested_w", "deliverable_w"))
    told = unknown | {"feasible": True, "text": "Held at once, until it is lifted."}
    stored = await signals.insert_signal(conn, signal, told, now=now)
    payload = {"signal_id": str(signal.signal_id), "revision": signal.revision}
    await outbox.append(conn, SIGNAL_ACCEPTED, now, payload, site_id=site.site_id)
    return stored


def least_import_w(site: Site, newest: SiteReading | None, floors_w: float, now: datetime) -> float:
    """Site power with the fleet at its floors and the store at rest, as the meters say; the
    largest load where they say nothing, and the margin that is kept off it."""
    rest_w = site.load.max_w
    if newest is not None and newest.grid_w is not None and now - newest.at < FRESH:
        fleet_w = (newest.fleet_charge_w or 0.0) - (newest.fleet_discharge_w or 0.0)
        rest_w = newest.grid_w - fleet_w - (newest.store_w or 0.0)
    return max(0.0, rest_w + floors_w) + site.grid_connection.margin_w
