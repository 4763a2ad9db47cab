"""The controller's side of the database: one transaction per cycle, apart from the loop that holds.

Each transaction begins by renewing the lease, so a controller that has lost it writes nothing.
While the database is away the last picture stays in use and readings are kept for later; the store
is commanded no longer than the lease surely lasts, for then a standby may command it.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from csms.bus import COMMANDS, Bus
from csms.clock import monotonic_s
from csms.domain.commands import Command
from csms.store import commands, outbox
from csms.store.engine import is_outage
from scheduler.domain.site import Site
from scheduler.planning.guard_types import EvseSetpoint
from scheduler.planning.profiles import dispatch
from scheduler.services.complaints import CONTROLLER_CODES
from scheduler.services.cycle import Picture
from scheduler.services.orders import Orders
from scheduler.store import alarms, leases, live, plans, readings, signals, sites, states
from scheduler.store.alarms import Complaint
from scheduler.store.live import LiveEvse
from scheduler.store.plans import StoredPlan
from scheduler.store.readings import SiteReading
from scheduler.store.states import SiteState

log = structlog.get_logger(__name__)

PLAN_DRIFTED = "PlanDrifted"
PATIENCE_S = 3.0
KEPT_READINGS = 50_000
LEASE_MARGIN_RATIO = 0.2  # of the lease: what is on its way when it ends, and clocks that drift
READINGS_AT_ONCE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What one cycle found and wants. `drift`: why a new plan is worth making."""

    at: datetime
    state: SiteState
    setpoints: tuple[EvseSetpoint, ...]
    complaints: tuple[Complaint, ...]
    drift: str | None = None


@dataclass(slots=True)
class Desk:
    """`picture` is None until the lease is ours; `site` is the newest that was loaded.

    `deadline_s`: how long at most, in site time, a setpoint may wait to be sent; `lease_ttl_s`:
    real time.
    """

    engine: AsyncEngine
    bus: Bus
    site: Site
    holder: str
    lease_ttl_s: float
    deadline_s: float
    orders: Orders = field(default_factory=Orders)
    picture: Picture | None = None
    away: bool = False
    handed_in: asyncio.Event = field(default_factory=asyncio.Event)
    _epoch: int | None = None
    _leads_until_s: float = 0.0
    _loaded_at: datetime | None = None
    _counter: int = 0
    _report: Report | None = None
    _readings: deque[SiteReading] = field(default_factory=lambda: deque(maxlen=KEPT_READINGS))
    _complaints: tuple[Complaint, ...] | None = None
    _drift: str | None = None

    def hand_in(self, report: Report, reading: SiteReading) -> None:
        """Leave a cycle's outcome for the next transaction; a newer report replaces an older."""
        self._report = report
        self._drift = report.drift or self._drift
        self._readings.append(reading)
        self.handed_in.set()

    def leads_for_s(self) -> float:
        """For how many real seconds nobody else can have the lease; 0 if that is not sure.

        Counted from before the renewal was sent, on the clock that never steps.
        """
        return max(0.0, self._leads_until_s - monotonic_s())

    async def sync(self, now: datetime) -> None:
        """Write what was handed in and read the picture anew; an outage is noted, not raised."""
        report, began_s = self._report, monotonic_s()
        loaded: tuple[Site, datetime] | None = None
        kept = [self._readings[i] for i in range(min(len(self._readings), READINGS_AT_ONCE))]
        try:
            async with asyncio.timeout(PATIENCE_S), self.engine.begin() as conn:
                epoch = await leases.acquire(
                    conn, self.site.site_id, self.holder, ttl_s=self.lease_ttl_s
                )
                if epoch is None:
                    self._stand_by()
                    return
                self._lead(epoch)
                loaded = await sites.load_if_new(conn, self.site.site_id, self._loaded_at)
                ordered, picture = await self._exchange(conn, epoch, report, kept, now)
        except Exception as error:
            if not is_outage(error):
                raise
            self._note_outage(error)
            return
        if loaded is not None:
            self.site, self._loaded_at = loaded
        self._leads_until_s = began_s + (1.0 - LEASE_MARGIN_RATIO) * self.lease_ttl_s
        await self._committed(report, kept, ordered, picture)

    async def release(self) -> None:
        """Give the lease to a standby at once."""
        async with asyncio.timeout(PATIENCE_S), self.engine.begin() as conn:
            await leases.release(conn, self.site.site_id, self.holder)

    async def _exchange(
        self,
        conn: AsyncConnection,
        epoch: int,
        report: Report | None,
        kept: Sequence[SiteReading],
        now: datetime,
    ) -> tuple[tuple[Command, ...], Picture]:
        site_id = self.site.site_id
        await readings.append(conn, site_id, kept)
        await signals.advance(conn, site_id, now)
        picture = Picture(
            evses=await live.evses(conn, site_id),
            plan=await self._plan(conn),
            signals=await signals.live(conn, site_id, now),
        )
        ordered: tuple[Command, ...] = ()
        if report is not None:
            await states.put(conn, site_id, report.state)
            if report.complaints != self._complaints:
                await alarms.report(
                    conn, site_id, CONTROLLER_CODES, report.complaints, now=report.at
                )
            ordered = self._dispatch(epoch, report, picture.evses, now)
            await commands.insert(conn, ordered)
        if self._drift is not None:
            await outbox.append(conn, PLAN_DRIFTED, now, {"what": self._drift}, site_id=site_id)
        return ordered, picture

    def _dispatch(
        self, epoch: int, report: Report, picture: tuple[LiveEvse, ...], now: datetime
    ) -> tuple[Command, ...]:
        if now - report.at > timedelta(seconds=self.deadline_s):
            return ()  # decided before an outage: the next cycle decides anew
        held = [self.orders.held(evse, now) for evse in picture]
        ordered = dispatch(
            [one for one in held if one is not None],
            report.setpoints,
            now,
            self.site.control.lease_s,
            epoch << 32 | self._counter + 1,
            min(self.deadline_s, self.site.control.lease_s / 2),
        )
        self._counter += len(ordered)  # spent even if this transaction fails: no fence serves twice
        return ordered

    async def _plan(self, conn: AsyncConnection) -> StoredPlan | None:
        """The newest plan, read whole only when it is new."""
        known = self.picture.plan if self.picture else None
        head = await plans.newest_head(conn, self.site.site_id)
        if known is not None and head is not None and known.head.plan_id == head.plan_id:
            return known
        return await plans.newest(conn, self.site.site_id)

    async def _committed(
        self,
        report: Report | None,
        kept: Sequence[SiteReading],
        ordered: tuple[Command, ...],
        picture: Picture,
    ) -> None:
        if self.away:
            log.info("database is back", site_id=self.site.site_id)
        self.away, self.picture = False, picture
        self.orders.remember(ordered, picture.evses)
        for _ in kept:
            self._readings.popleft()
        self._drift = None
        if report is not None:
            self._complaints = report.complaints
            if self._report is report:
                self._report = None
        for station_id in {command.station_id for command in ordered}:
            await self.bus.publish(COMMANDS, station_id)

    def _lead(self, epoch: int) -> None:
        if epoch != self._epoch:
            log.info("leading the site", site_id=self.site.site_id, epoch=epoch)
            self._epoch, self._counter = epoch, 0

    def _stand_by(self) -> None:
        if self._epoch is not None:
            log.warning("lease lost", site_id=self.site.site_id)
        self._leads_until_s = 0.0
        self._epoch = self.picture = self._report = self._complaints = self._drift = None
        self._readings.clear()

    def _note_outage(self, error: Exception) -> None:
        if not self.away:
            log.warning(
                "database away, holding on with what is known",
                site_id=self.site.site_id,
                error=type(error).__name__,
            )
        self.away = True
