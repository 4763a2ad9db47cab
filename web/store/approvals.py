"""What one administrator asked for and another is to approve. Real time: it is people who wait."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import RowMapping, case, exists, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from web.roles import Role
from web.store.paging import Rows, Slice, read_page
from web.store.tables import approval as table
from web.store.tables import user

WAITS: Final = timedelta(minutes=15)


class ApprovalStatus(StrEnum):
    """`DONE`: approved, and with that carried out; `EXPIRED`: nobody decided in time."""

    WAITING = "waiting"
    DONE = "done"
    REFUSED = "refused"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is asked. `payload_hash` stands for every byte of action and payload."""

    approval_id: UUID
    action: str
    payload: dict[str, Any]
    payload_hash: str
    reason: str
    asked_by: str


_OVER = (table.c.status == ApprovalStatus.WAITING) & (table.c.expires_at <= func.now())
_STATUS = case((_OVER, ApprovalStatus.EXPIRED.value), else_=table.c.status).label("status")
_COLUMNS = [column for column in table.c if column.name != "status"]


async def ask(conn: AsyncConnection, wish: Wish) -> None:
    """Store a wish that waits for `WAITS`."""
    row = {name: getattr(wish, name) for name in Wish.__slots__}
    await conn.execute(insert(table).values(**row, expires_at=func.now() + WAITS))


async def get(conn: AsyncConnection, approval_id: UUID, *, lock: bool = False) -> RowMapping | None:
    """The row, its status as of now; with `lock` nobody else decides until we committed."""
    query = select(*_COLUMNS, _STATUS).where(table.c.approval_id == approval_id)
    rows = await conn.execute(query.with_for_update() if lock else query)
    return rows.mappings().one_or_none()


async def page(conn: AsyncConnection, part: Slice, *, waiting: bool | None = None) -> Rows:
    """Newest first; `waiting`: only those that can still be approved, or only the others."""
    query = select(*_COLUMNS, _STATUS)
    if waiting is not None:
        query = query.where((_STATUS == ApprovalStatus.WAITING) == waiting)
    keys = [table.c.asked_at, table.c.approval_id]
    return await read_page(conn, query, keys, part, newest_first=True)


async def decide(
    conn: AsyncConnection,
    approval_id: UUID,
    status: ApprovalStatus,
    decided_by: str,
    answer: dict[str, Any] | None = None,
) -> None:
    """Close a wish that is ours by its lock."""
    values = {"status": status, "decided_by": decided_by, "decided_at": func.now()}
    mine = table.c.approval_id == approval_id
    await conn.execute(update(table).where(mine).values(**values, answer=answer))


async def has_second_admin(conn: AsyncConnection, username: str) -> bool:
    """Whether there is another administrator who could approve."""
    other = (user.c.username != username) & (user.c.role == Role.ADMIN.value)
    return bool(await conn.scalar(select(exists().where(other, user.c.disabled_at.is_(None)))))
