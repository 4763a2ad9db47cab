"""The sweep: what is due by the tables alone, so that a lost hint costs seconds and no more."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from scheduler.services.prove import is_due
from scheduler.services.replan import why_due
from scheduler.services.settle import to_settle
from scheduler.store import sites


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """Ids of the sites to plan, of those with signals to settle, and of those with intervals to
    judge."""

    replan: tuple[str, ...]
    settle: tuple[str, ...]
    prove: tuple[str, ...]


async def find_due(engine: AsyncEngine, *, now: datetime) -> Due:
    """Look through all sites; `now` is site time."""
    replan, settle, prove = list[str](), list[str](), list[str]()
    async with engine.connect() as conn:
        for site in await sites.load_all(conn):
            if await why_due(conn, site, now) is not None:
                replan.append(site.site_id)
            if await to_settle(conn, site.site_id, now):
                settle.append(site.site_id)
            if await is_due(conn, site.site_id, now):
                prove.append(site.site_id)
    return Due(replan=tuple(replan), settle=tuple(settle), prove=tuple(prove))
