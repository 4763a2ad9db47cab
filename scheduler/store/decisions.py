"""The audit trail of the controller: what it did not let pass as it was wanted, one row each time
from when it began until it ended."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import delete, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from scheduler.store.tables import decision as table


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """`rule`: the bound or rule, as in `Acted`; `most_w`: the furthest that it moved fleet or store
    from what was wanted, signed; `evses`: the most at once; `ended_at` None: it goes on."""

    began_at: datetime
    rule: str
    actuator: str
    most_w: float
    evses: int = 0
    ended_at: datetime | None = None


async def note(conn: AsyncConnection, site_id: str, decisions: Sequence[Decision]) -> None:
    """Store these; of one that was told twice the later word holds."""
    newest = {(one.began_at, one.rule, one.actuator): one for one in decisions}
    if not newest:
        return
    statement = insert(table).values([{"site_id": site_id, **asdict(d)} for d in newest.values()])
    told = {name: statement.excluded[name] for name in ("ended_at", "most_w", "evses")}
    keys = ["site_id", "began_at", "rule", "actuator"]
    await conn.execute(statement.on_conflict_do_update(index_elements=keys, set_=told))


async def end_all(conn: AsyncConnection, site_id: str, now: datetime) -> None:
    """Nothing that was decided before goes on."""
    going_on = (table.c.site_id == site_id) & table.c.ended_at.is_(None)
    await conn.execute(update(table).where(going_on).values(ended_at=now))


async def prune(conn: AsyncConnection, *, before: datetime, most: int) -> int:
    """Delete what ended before then, at most so many rows; how many. What goes on stays."""
    key = list(table.primary_key)
    over = (table.c.began_at < before) & (table.c.ended_at < before)
    old = select(*key).where(over).limit(most)
    return (await conn.execute(delete(table).where(tuple_(*key).in_(old)))).rowcount
