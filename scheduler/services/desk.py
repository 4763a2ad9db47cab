"""The controller's side of the database: one transaction per cycle, apart from the loop that holds.

Each transaction begins by renewing the lease, so a controller that has lost it writes nothing.
While the database is away the last picture stays in use and readings are kept for later; the store
is commanded no longer than the lease surely lasts, for then a standby may command it.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from csms.bus import COMMANDS
from csms.clock import monotonic_s
from csms.domain.commands import Command
from csms.store.engine import is_outage
from scheduler.domain.signal import GridSignal
from scheduler.domain.site import Site
from scheduler.planning.guard_types import EvseSetpoint
from scheduler.planning.profiles import dispatch
from scheduler.services.complaints import CONTROLLER_CODES
from scheduler.services.cycle import Picture
from scheduler.services.orders import Orders
from scheduler.services.turns import Turns
from scheduler.store.alarms import AlarmCode, Complaint
from scheduler.store.decisions import Decision
from scheduler.store.live import LiveEvse
from scheduler.store.plans import StoredPlan
from scheduler.store.readings import SiteReading
from scheduler.store.states import SiteState
from scheduler.store.turns import Ordered

log = structlog.get_logger(__name__)

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
    decisions: tuple[Decision, ...] = ()


class Page(Protocol):
    """One transaction of a site's books."""

    async def acquire(self, holder: str, ttl_s: float) -> int | None:
        """Take or renew the lease for `ttl_s` real seconds; its epoch, or None."""

    async def release(self, holder: str) -> None:
        """Give the lease up."""

    async def newer_site(self, loaded_at: datetime | None) -> tuple[Site, datetime] | None:
        """The site, if it was loaded at another time."""

    async def append(self, kept: Sequence[SiteReading]) -> None:
        """Readings; those known already change nothing."""

    async def evses(self) -> tuple[LiveEvse, ...]:
        """The live picture."""

    async def plan(self, known: StoredPlan | None) -> StoredPlan | None:
        """The newest plan; `known` if it is that."""

    async def signals(self, now: datetime) -> tuple[GridSignal, ...]:
        """Those that are live."""

    async def note(self, decisions: Sequence[Decision]) -> None:
        """What was not let pass; a decision told again goes on or ends."""

    async def end_decisions(self, now: datetime) -> None:
        """Those of a controller that is gone end here."""

    async def orders_of_last_hour(self, now: datetime) -> tuple[Ordered, ...]:
        """The changes that were ordered in the hour before `now`, oldest first."""

    async def put_state(self, state: SiteState) -> None:
        """What the controller holds now."""

    async def report(
        self, codes: set[AlarmCode], complaints: tuple[Complaint, ...], at: datetime
    ) -> None:
        """From `at` on the open alarms of these codes are exactly these."""

    async def order(self, ordered: Sequence[Command]) -> None:
        """Commands for the csms to take; those known already change nothing."""

    async def tell_drift(self, what: str, now: datetime) -> None:
        """Why a new plan is worth making."""


class Books(Protocol):
    """The books of one site. An outage is any error that `is_outage` knows."""

    def begin(self) -> AbstractAsyncContextManager[Page]:
        """A transaction; all of it is stored at its end, or nothing."""


class Hints(Protocol):
    """Where hints are published."""

    async def publish(self, channel: str, *texts: str) -> bool:
        """Whether the hints were taken."""


@dataclass(slots=True)
class Desk:
    """`picture` is None until the lease is ours; `site` is the newest that was loaded.

    `wanted` is set when there is something to trade. `slack_s`: what trading with database and
    csms takes at most, in site time; `lease_ttl_s`: real time.
    """

    books: Books
    bus: Hints
    site: Site
    holder: str
    lease_ttl_s: float
    slack_s: float
    orders: Orders = field(default_factory=Orders)
    turns: Turns = field(default_factory=Turns)
    picture: Picture | None = None
    away: bool = False
    wanted: asyncio.Event = field(default_factory=asyncio.Event)
    _epoch: int | None = None
    _taken_over: bool = False
    _leads_until_s: float = 0.0
    _loaded_at: datetime | None = None
    _counter: int = 0
    _report: Report | None = None
    _readings: deque[SiteReading] = field(default_factory=lambda: deque(maxlen=KEPT_READINGS))
    _complaints: tuple[Complaint, ...] | None = None
    _drift: str | None = None
    _decisions: deque[Decision] = field(default_factory=deque)

    def hand_in(self, report: Report, reading: SiteReading) -> None:
        """Leave a cycle's outcome for the next transaction; a newer report replaces an older."""
        self._report = report
        self._drift = report.drift or self._drift
        self._decisions.extend(report.decisions)
        self._readings.append(reading)
        self.wanted.set()

    def leads_for_s(self) -> float:
        """For how many real seconds nobody else can have the lease; 0 if that is not sure.

        Counted from before the renewal was sent, on the clock that never steps.
        """
        return max(0.0, self._leads_until_s - monotonic_s())

    @property
    def fresh_s(self) -> float:
        """How long a decision may be sent, in site time."""
        return max(self.site.dispatch.fresh_s, self.slack_s)

    async def sync(self, now: datetime) -> None:
        """Write what was handed in and read the picture anew; an outage is noted, not raised."""
        report, began_s = self._report, monotonic_s()
        loaded: tuple[Site, datetime] | None = None
        decisions = tuple(self._decisions)
        kept = [self._readings[i] for i in range(min(len(self._readings), READINGS_AT_ONCE))]
        try:
            async with asyncio.timeout(PATIENCE_S), self.books.begin() as page:
                epoch = await page.acquire(self.holder, self.lease_ttl_s)
                if epoch is None:
                    self._stand_by()
                    return
                if epoch != self._epoch:
                    self._lead(epoch)
                if not self._taken_over:
                    await self._take_over(page, now)
                loaded = await page.newer_site(self._loaded_at)
                await page.note(decisions)
                ordered, picture = await self._exchange(page, epoch, report, kept, now)
        except Exception as error:
            if not is_outage(error):
                raise
            self._note_outage(error)
            return
        self._taken_over = True
        for _ in decisions:
            self._decisions.popleft()
        if loaded is not None:
            self.site, self._loaded_at = loaded
        self._leads_until_s = began_s + (1.0 - LEASE_MARGIN_RATIO) * self.lease_ttl_s
        await self._committed(report, kept, ordered, picture)

    async def release(self) -> None:
        """Give the lease to a standby at once."""
        async with asyncio.timeout(PATIENCE_S), self.books.begin() as page:
            await page.release(self.holder)

    async def _exchange(
        self,
        page: Page,
        epoch: int,
        report: Report | None,
        kept: Sequence[SiteReading],
        now: datetime,
    ) -> tuple[tuple[Command, ...], Picture]:
        await page.append(kept)
        picture = Picture(
            signals=await page.signals(now),
            evses=await page.evses(),
            plan=await page.plan(self.picture.plan if self.picture else None),
        )
        ordered: tuple[Command, ...] = ()
        if report is not None:
            await page.put_state(report.state)
            if report.complaints != self._complaints:
                await page.report(CONTROLLER_CODES, report.complaints, report.at)
            ordered = self._dispatch(epoch, report, picture.evses, now)
            await page.order(ordered)
        if self._drift is not None:
            await page.tell_drift(self._drift, now)
        return ordered, picture

    def _dispatch(
        self, epoch: int, report: Report, picture: tuple[LiveEvse, ...], now: datetime
    ) -> tuple[Command, ...]:
        if now - report.at > timedelta(seconds=self.fresh_s):
            return ()  # decided before an outage: the next cycle decides anew
        held = [self.orders.held(evse, now) for evse in picture]
        ordered = dispatch(
            [one for one in held if one is not None],
            report.setpoints,
            now,
            self.site.control.lease_s,
            epoch << 32 | self._counter + 1,
            min(self.fresh_s, self.site.control.lease_s / 2),
            {
                (evse.station_id, evse.evse_id): float(evse.setpoint_holds_s)
                for evse in picture
                if evse.setpoint_holds_s is not None
            },
        )
        self._counter += len(ordered)  # spent even if this transaction fails: no fence serves twice
        return ordered

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
        self.turns.remember(ordered)
        for _ in kept:
            self._readings.popleft()
        self._drift = None
        if report is not None:
            self._complaints = report.complaints
            if self._report is report:
                self._report = None
        if ordered:
            stations = dict.fromkeys(command.station_id for command in ordered)
            await self.bus.publish(COMMANDS, *stations)

    def _lead(self, epoch: int) -> None:
        log.info("leading the site", site_id=self.site.site_id, epoch=epoch)
        self._epoch, self._counter, self._taken_over = epoch, 0, False

    async def _take_over(self, page: Page, now: datetime) -> None:
        """Begin where another stopped, again until it is stored: what was ordered before counts for
        the gate."""
        self.turns = Turns()
        await page.end_decisions(now)
        for ordered in await page.orders_of_last_hour(now):
            self.turns.add(ordered)

    def _stand_by(self) -> None:
        if self._epoch is not None:
            log.warning("lease lost", site_id=self.site.site_id)
        self._leads_until_s = 0.0
        self._epoch = self.picture = self._report = self._complaints = self._drift = None
        self._readings.clear()
        self._decisions.clear()

    def _note_outage(self, error: Exception) -> None:
        if not self.away:
            log.warning(
                "database away, holding on with what is known",
                site_id=self.site.site_id,
                error=type(error).__name__,
            )
        self.away = True
