"""The outbox: what happened, written in the transaction that made it happen.

Ids are in commit order (writers of outbox rows commit one after another), so whoever has read up
to an id has missed nothing below it. The relay tells the newest id on the bus: a hint.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

import structlog
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from csms.bus import EVENTS, Bus
from csms.domain.events import Event
from csms.store.engine import is_outage
from csms.store.tables import outbox

log = structlog.get_logger(__name__)

COMMIT_ORDER_LOCK: Final = 0x5632_4701
RELAY_LOCK: Final = 0x5632_4702
SWEEP_S: Final = 1.0  # for rows of other processes, which wake nobody here
GATHER_S: Final = 0.05  # one hint tells of many rows
MOST_AT_ONCE: Final = 10_000
IN_COMMIT_ORDER = text(f"SELECT pg_advisory_xact_lock({COMMIT_ORDER_LOCK})")
ONE_RELAY_AT_A_TIME = text(f"SELECT pg_advisory_xact_lock({RELAY_LOCK})")


async def append(
    conn: AsyncConnection,
    kind: str,
    at: datetime,
    payload: dict[str, Any],
    station_id: str | None = None,
    site_id: str | None = None,
) -> int:
    """Add a row to `conn`'s transaction and return its id. Do it last: other writers wait."""
    await conn.execute(IN_COMMIT_ORDER)
    row = insert(outbox).values(
        kind=kind, at=at, payload=payload, station_id=station_id, site_id=site_id
    )
    outbox_id: int = (await conn.execute(row.returning(outbox.c.outbox_id))).scalar_one()
    return outbox_id


async def tell(conn: AsyncConnection, event: Event, at: datetime) -> int:
    """`append` a csms event."""
    kind = type(event).__name__
    return await append(conn, kind, at, asdict(event), station_id=event.station_id)


async def tell_all(conn: AsyncConnection, events: Sequence[Event], at: datetime) -> None:
    """`tell` many at once."""
    if not events:
        return
    rows = [
        {
            "kind": type(event).__name__,
            "at": at,
            "payload": asdict(event),
            "station_id": event.station_id,
        }
        for event in events
    ]
    await conn.execute(IN_COMMIT_ORDER)
    await conn.execute(insert(outbox), rows)


async def newest_id(conn: AsyncConnection) -> int:
    """The id of the newest row, 0 if there is none."""
    return await conn.scalar(select(func.max(outbox.c.outbox_id))) or 0


class Relay:
    """Publishes the newest unpublished id, when woken and each second; a dead bus costs nothing.

    Relays of several processes take turns, so that none marks the rows that another is marking.
    """

    def __init__(self, engine: AsyncEngine, bus: Bus, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._bus = bus
        self._now = now
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """There are new rows."""
        self._woken.set()

    async def run(self) -> None:
        """Relay for ever."""
        while True:
            try:
                await self.relay_once()
            except Exception as error:
                if not is_outage(error):
                    raise
                log.warning("outbox relay waits for the database", error=type(error).__name__)
            with suppress(TimeoutError):
                async with asyncio.timeout(SWEEP_S):
                    await self._woken.wait()
            await asyncio.sleep(GATHER_S)
            self._woken.clear()

    async def relay_once(self) -> int | None:
        """Publish the newest unpublished id, if any; rows are marked only if the bus took it."""
        newest = None
        while (told := await self._relay_some()) is not None:
            newest, marked = told
            if marked < MOST_AT_ONCE:
                break
        return newest

    async def _relay_some(self) -> tuple[int, int] | None:
        """The id that was told and how many rows were marked, the oldest first: after an outage of
        the bus there may be millions, and nobody waits for a lock on all of them."""
        unpublished = outbox.c.published_at.is_(None)
        newest_unpublished = select(func.max(outbox.c.outbox_id)).where(unpublished)
        async with self._engine.begin() as conn:
            if await conn.scalar(newest_unpublished) is None:
                return None
            await conn.execute(ONE_RELAY_AT_A_TIME)
            newest: int | None = await conn.scalar(newest_unpublished)
            if newest is None or not await self._bus.publish(EVENTS, str(newest)):
                return None
            some = select(outbox.c.outbox_id).where(unpublished, outbox.c.outbox_id <= newest)
            oldest = some.order_by(outbox.c.outbox_id).limit(MOST_AT_ONCE)
            marked = await conn.execute(
                update(outbox)
                .where(outbox.c.outbox_id.in_(oldest))
                .values(published_at=self._now())
            )
        return newest, marked.rowcount
