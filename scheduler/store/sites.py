"""Rows ⇄ Site, and which EVSE hangs where. The stored config is the site file."""

from collections.abc import Iterable
from datetime import datetime

import msgspec
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.store.device_model import say_supply_phases
from scheduler.domain.site import EvseSpec, Site
from scheduler.store.tables import site as site_table
from scheduler.store.tables import site_evse


async def save(conn: AsyncConnection, site: Site, *, now: datetime) -> None:
    """Insert the site, or replace its configuration."""
    row = {
        "site_id": site.site_id,
        "name": site.name,
        "config": msgspec.to_builtins(site),
        "loaded_at": now,
    }
    statement = insert(site_table).values(row)
    await conn.execute(
        statement.on_conflict_do_update(index_elements=["site_id"], set_=statement.excluded)
    )


async def load(conn: AsyncConnection, site_id: str) -> Site | None:
    """The site, or None if no such site was loaded."""
    config = await conn.scalar(select(site_table.c.config).where(site_table.c.site_id == site_id))
    return None if config is None else msgspec.convert(config, Site)


async def load_if_new(
    conn: AsyncConnection, site_id: str, known_at: datetime | None
) -> tuple[Site, datetime] | None:
    """The site and when it was loaded; None if that is `known_at`, or the site is gone."""
    found = await conn.execute(
        select(site_table.c.config, site_table.c.loaded_at).where(
            site_table.c.site_id == site_id, site_table.c.loaded_at.is_distinct_from(known_at)
        )
    )
    row = found.one_or_none()
    return None if row is None else (msgspec.convert(row.config, Site), row.loaded_at)


async def lock(conn: AsyncConnection, site_id: str) -> Site | None:
    """The site; whoever else locks it waits until our transaction ends."""
    config = await conn.scalar(
        select(site_table.c.config)
        .where(site_table.c.site_id == site_id)
        .with_for_update(key_share=True)
    )
    return None if config is None else msgspec.convert(config, Site)


async def load_all(conn: AsyncConnection) -> tuple[Site, ...]:
    """Every site, by its id."""
    rows = await conn.scalars(select(site_table.c.config).order_by(site_table.c.site_id))
    return tuple(msgspec.convert(config, Site) for config in rows)


async def assign(conn: AsyncConnection, site_id: str, specs: Iterable[EvseSpec]) -> None:
    """Hang EVSEs on the site; an EVSE has one place, so a new assignment moves it. The csms hears
    how many phases supply them."""
    specs = list(specs)
    rows = [{"site_id": site_id, **msgspec.to_builtins(spec)} for spec in specs]
    if not rows:
        return
    await say_supply_phases(conn, {(one.station_id, one.evse_id): one.phases for one in specs})
    statement = insert(site_evse).values(rows)
    await conn.execute(
        statement.on_conflict_do_update(
            index_elements=["station_id", "evse_id"], set_=statement.excluded
        )
    )


async def evse_specs(conn: AsyncConnection, site_id: str) -> tuple[EvseSpec, ...]:
    """The site's EVSEs, by station and number."""
    columns = [column for column in site_evse.c if column.name != "site_id"]
    rows = await conn.execute(
        select(*columns)
        .where(site_evse.c.site_id == site_id)
        .order_by(site_evse.c.station_id, site_evse.c.evse_id)
    )
    return tuple(EvseSpec(**row) for row in rows.mappings())
