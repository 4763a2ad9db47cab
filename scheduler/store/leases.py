"""The controller's lease on a site, with a fencing epoch that rises whenever the holder changes.

Times are the database's own real time: the machines need not agree on the clock. The row is locked
until the holder's transaction ends, so one that falls silent in it is cut off by the server.
"""

from datetime import timedelta

from sqlalchemy import case, func, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from scheduler.store.tables import controller_lease as table

SILENT_FOR = "4s"  # longer than a controller's transaction ever lasts
# A server before 17 knows the second only, which does not see one silent between two messages.
CUT_OFF_IN_TIME = text(
    "SELECT set_config(name, :silent_for, true) FROM pg_settings"
    " WHERE name IN ('transaction_timeout', 'idle_in_transaction_session_timeout')"
)


async def acquire(conn: AsyncConnection, site_id: str, holder: str, *, ttl_s: float) -> int | None:
    """Take or renew the lease for `ttl_s` real seconds; its epoch, or None while another holds it.

    One statement does it, so that of two who ask at once one gets it.
    """
    await conn.execute(CUT_OFF_IN_TIME, {"silent_for": SILENT_FOR})
    expires_at = func.clock_timestamp() + timedelta(seconds=ttl_s)
    statement = insert(table).values(site_id=site_id, holder=holder, epoch=1, expires_at=expires_at)
    mine = table.c.holder == statement.excluded.holder
    epoch: int | None = await conn.scalar(
        statement.on_conflict_do_update(
            index_elements=["site_id"],
            set_={
                "holder": statement.excluded.holder,
                "epoch": table.c.epoch + case((mine, 0), else_=1),
                "expires_at": statement.excluded.expires_at,
            },
            where=mine | (table.c.expires_at < func.clock_timestamp()),
        ).returning(table.c.epoch)
    )
    return epoch


async def release(conn: AsyncConnection, site_id: str, holder: str) -> None:
    """Give the lease up, so that a standby need not wait for its end."""
    await conn.execute(
        update(table)
        .where(table.c.site_id == site_id, table.c.holder == holder)
        .values(expires_at=func.clock_timestamp())
    )
