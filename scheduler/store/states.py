"""Site state: what the controller holds at the moment and why; one row per site, overwritten."""

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from scheduler.store.tables import site_state as table


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteState:
    """Bounds are magnitudes at the connection, after margin and envelopes; `explanation` is a list
    of `{code, detail}` for people."""

    at: datetime
    mode: str
    import_bound_w: float
    export_bound_w: float
    target_grid_w: float | None = None
    store_setpoint_w: float | None = None
    plan_version: int | None = None
    signal_id: UUID | None = None
    explanation: list[dict[str, Any]] = field(default_factory=list)


async def put(conn: AsyncConnection, site_id: str, state: SiteState) -> None:
    """Write the state; only the holder of the site's lease calls this."""
    statement = insert(table).values({"site_id": site_id, **asdict(state)})
    await conn.execute(
        statement.on_conflict_do_update(index_elements=["site_id"], set_=statement.excluded)
    )


async def get(conn: AsyncConnection, site_id: str) -> SiteState | None:
    """The state, or None before the controller's first cycle."""
    columns = [column for column in table.c if column.name != "site_id"]
    row = (
        (await conn.execute(select(*columns).where(table.c.site_id == site_id)))
        .mappings()
        .one_or_none()
    )
    return None if row is None else SiteState(**row)
