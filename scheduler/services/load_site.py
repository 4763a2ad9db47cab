"""A site file becomes a site: checked, stored, its EVSEs hung on it, and planned."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from csms.store import outbox
from scheduler.domain.errors import SiteRefused
from scheduler.domain.site import Site
from scheduler.domain.site_rules import load_site, problems_of, standing
from scheduler.store import sites

SITE_LOADED = "SiteLoaded"


async def load_site_file(engine: AsyncEngine, text: str, *, now: datetime) -> Site:
    """Load the site that `text` (TOML) describes, over an older one of the same id.

    Raises `SiteRefused` with every problem found; then nothing changed.
    """
    site = load_site(text)
    await store_site(engine, site, now=now)
    return site


async def store_site(engine: AsyncEngine, site: Site, *, now: datetime) -> None:
    """Store a site that was checked already, over an older one of the same id.

    Raises `SiteRefused` if it has no room for the stations that stand on it without being in its
    file; then nothing changed.
    """
    async with engine.begin() as conn:
        await sites.save(conn, site, now=now)
        await sites.assign(conn, site.site_id, site.evses())
        problems = problems_of(standing(site, await sites.evse_specs(conn, site.site_id)))
        if problems:
            raise SiteRefused(problems)
        await outbox.append(conn, SITE_LOADED, now, {}, site_id=site.site_id)
