"""A controller's books of one site: what its desk trades with the database in one transaction."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from csms.domain.commands import Command
from csms.store import commands, outbox
from scheduler.domain.signal import GridSignal
from scheduler.domain.site import Site
from scheduler.store import alarms, leases, live, plans, readings, signals, sites, states, turns
from scheduler.store import decisions as noted
from scheduler.store.alarms import AlarmCode, Complaint
from scheduler.store.decisions import Decision
from scheduler.store.live import LiveEvse
from scheduler.store.plans import StoredPlan
from scheduler.store.readings import SiteReading
from scheduler.store.states import SiteState
from scheduler.store.turns import Ordered

PLAN_DRIFTED = "PlanDrifted"


class PostgresBooks:
    """Implements `services.desk.Books`."""

    def __init__(self, engine: AsyncEngine, site_id: str) -> None:
        self._engine = engine
        self._site_id = site_id

    @asynccontextmanager
    async def begin(self) -> AsyncIterator["PostgresPage"]:
        """A transaction; all of it is stored at its end, or nothing."""
        async with self._engine.begin() as conn:
            yield PostgresPage(conn, self._site_id)


class PostgresPage:
    """Implements `services.desk.Page`."""

    def __init__(self, conn: AsyncConnection, site_id: str) -> None:
        self._conn = conn
        self._site_id = site_id

    async def acquire(self, holder: str, ttl_s: float) -> int | None:
        """As `leases.acquire`."""
        return await leases.acquire(self._conn, self._site_id, holder, ttl_s=ttl_s)

    async def release(self, holder: str) -> None:
        """As `leases.release`."""
        await leases.release(self._conn, self._site_id, holder)

    async def newer_site(self, loaded_at: datetime | None) -> tuple[Site, datetime] | None:
        """As `sites.load_if_new`."""
        return await sites.load_if_new(self._conn, self._site_id, loaded_at)

    async def append(self, kept: Sequence[SiteReading]) -> None:
        """As `readings.append`."""
        await readings.append(self._conn, self._site_id, kept)

    async def evses(self) -> tuple[LiveEvse, ...]:
        """As `live.evses`."""
        return await live.evses(self._conn, self._site_id)

    async def plan(self, known: StoredPlan | None) -> StoredPlan | None:
        """The newest plan without its reasons, read only when it is not `known`."""
        head = await plans.newest_head(self._conn, self._site_id)
        if known is not None and head is not None and known.head.plan_id == head.plan_id:
            return known
        return await plans.newest(self._conn, self._site_id, explained=False)

    async def signals(self, now: datetime) -> tuple[GridSignal, ...]:
        """Those that are live, once those that begin or end by `now` have."""
        await signals.advance(self._conn, self._site_id, now)
        return await signals.live(self._conn, self._site_id, now)

    async def note(self, decisions: Sequence[Decision]) -> None:
        """As `decisions.note`."""
        await noted.note(self._conn, self._site_id, decisions)

    async def end_decisions(self, now: datetime) -> None:
        """As `decisions.end_all`."""
        await noted.end_all(self._conn, self._site_id, now)

    async def orders_of_last_hour(self, now: datetime) -> tuple[Ordered, ...]:
        """As `turns.of_last_hour`."""
        return await turns.of_last_hour(self._conn, self._site_id, now)

    async def put_state(self, state: SiteState) -> None:
        """As `states.put`."""
        await states.put(self._conn, self._site_id, state)

    async def report(
        self, codes: set[AlarmCode], complaints: tuple[Complaint, ...], at: datetime
    ) -> None:
        """As `alarms.report`."""
        await alarms.report(self._conn, self._site_id, codes, complaints, now=at)

    async def order(self, ordered: Sequence[Command]) -> None:
        """As `commands.insert`."""
        await commands.insert(self._conn, ordered)

    async def tell_drift(self, what: str, now: datetime) -> None:
        """Why a new plan is worth making."""
        await outbox.append(self._conn, PLAN_DRIFTED, now, {"what": what}, site_id=self._site_id)
