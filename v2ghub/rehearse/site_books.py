"""The books of a controller in memory: one lease, the live picture, the newest plan, and orders.

As in PostgreSQL the lease's row is its holder's until the transaction ends, and one that is silent
in it for `CUT_OFF_S` is cut off.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from csms.domain.commands import Command
from csms.domain.errors import StoreUnavailable
from csms.domain.ids import ChargingStationId, EvseId, IdToken, TransactionId
from scheduler.domain.signal import GridSignal
from scheduler.domain.site import EvseSpec, Site
from scheduler.store.alarms import AlarmCode, Complaint
from scheduler.store.decisions import Decision
from scheduler.store.live import LiveEvse, Needs, OpenTransaction
from scheduler.store.plans import StoredPlan
from scheduler.store.readings import SiteReading
from scheduler.store.states import SiteState
from scheduler.store.turns import Ordered
from v2ghub.rehearse.database import Database
from v2ghub.rehearse.processes import Process
from v2ghub.rehearse.tables import TRANSACTION_COLUMNS, EvseRow, StationRow, Tables

CUT_OFF_S: Final = 4.0
NO_ROW: Final = EvseRow()


@dataclass(slots=True)
class Pictures:
    """The live picture of a site; of an EVSE it is made anew only when something changed."""

    evses: Sequence[EvseSpec]
    _made: dict[str, tuple[object, LiveEvse]] = field(default_factory=dict)

    def of(self, tables: Tables) -> tuple[LiveEvse, ...]:
        """Every EVSE."""
        return tuple(self._live(tables, spec) for spec in self.evses)

    def _live(self, tables: Tables, spec: EvseSpec) -> LiveEvse:
        station = tables.stations[spec.station_id]
        mark = (
            tables.changed.get(spec.station_id),
            station.connected,
            station.last_seen_at,
            station.discharge_proven_at,
            tables.vehicle_changes,
        )
        made = self._made.get(spec.station_id)
        if made is None or made[0] != mark:
            made = self._made[spec.station_id] = mark, live_evse(tables, spec, station)
        return made[1]


def live_evse(tables: Tables, spec: EvseSpec, station: StationRow) -> LiveEvse:
    """As `scheduler.store.live.evses` reads one."""
    place = (spec.station_id, spec.evse_id)
    row = tables.evses.get(place, NO_ROW)
    running = _running(tables, place)
    needs = tables.needs.get(place)
    token = running.id_token if running else None
    return LiveEvse(
        station_id=ChargingStationId(spec.station_id),
        evse_id=EvseId(spec.evse_id),
        circuit_id=spec.circuit_id,
        phases=spec.phases,
        lines=spec.lines,
        step_w=spec.step_w,
        max_charge_w=spec.max_charge_w,
        max_discharge_w=spec.max_discharge_w,
        min_charge_w=spec.min_charge_w,
        connected=station.connected,
        last_seen_at=station.last_seen_at,
        booted_at=station.booted_at,
        discharge_dialect=station.discharge_dialect,
        discharge_fault=station.discharge_fault,
        floor_w=station.floor_w,
        sample_interval_s=station.sample_interval_s,
        power_w=row.value("power_w"),
        power_at=row.value("power_at"),
        soc_pct=row.value("soc_pct"),
        soc_at=row.value("soc_at"),
        setpoint_w=row.setpoint_w,
        setpoint_until=row.setpoint_until,
        setpoint_version=row.setpoint_version,
        setpoint_status=row.setpoint_status,
        setpoint_at=row.setpoint_at,
        composite_w=row.composite_w,
        transaction=running,
        needs=None if needs is None else Needs(
            at=needs[2], departure_at=needs[3], energy_wh=needs[4], capacity_wh=needs[5],
            soc_pct=needs[6], max_charge_w=needs[7],
        ),
        vehicle=None if token is None else tables.vehicles.get(token),
        setpoint_holds_s=station.setpoint_holds_s,
        clock_off_s=station.clock_off_s,
        lease_ends=tables.lease_ends(spec.station_id),
    )  # fmt: skip


def _running(tables: Tables, place: tuple[str, int]) -> OpenTransaction | None:
    """The one that began last of those that have not ended."""
    named = [
        dict(zip(TRANSACTION_COLUMNS, row, strict=True))
        for row in tables.transactions.values()
        if (row[0], row[3]) == place
    ]
    open_ones = [one for one in named if one["ended_at"] is None]
    if not open_ones:
        return None
    newest: dict[str, Any] = max(open_ones, key=lambda one: one["started_at"])
    return OpenTransaction(
        transaction_id=TransactionId(newest["transaction_id"]),
        id_token=None if newest["id_token"] is None else IdToken(newest["id_token"]),
        started_at=newest["started_at"],
        last_event_at=newest["last_event_at"],
        imported_wh=newest["imported_wh"],
        exported_wh=newest["exported_wh"],
        charging_state=newest["charging_state"],
    )


@dataclass(slots=True)
class MemoryBooks:
    """Implements `services.desk.Books` for one life of a controller."""

    database: Database
    process: Process
    pictures: Pictures

    @asynccontextmanager
    async def begin(self) -> AsyncIterator["MemoryPage"]:
        """All of it at the end, or nothing."""
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        tables = await self.database.do(self.process, lambda tables: tables)
        page = MemoryPage(tables, self.pictures, loop.time())
        yield page

        def written(tables: Tables) -> None:
            cut_off = loop.time() - began_s > CUT_OFF_S
            if cut_off or (page.holder and tables.lease.holder != page.holder):
                raise StoreUnavailable("cut off")
            for write in page.writes:
                write(tables)

        await self.database.do(self.process, written)


@dataclass(slots=True)
class MemoryPage:
    """Implements `services.desk.Page`. `writes` are done at its end."""

    tables: Tables
    pictures: Pictures
    now_s: float
    holder: str = ""
    writes: list[Callable[[Tables], None]] = field(default_factory=list)

    async def acquire(self, holder: str, ttl_s: float) -> int | None:
        """As `scheduler.store.leases.acquire`."""
        lease = self.tables.lease
        if lease.holder != holder:
            if lease.expires_s >= self.now_s:
                return None
            lease.holder, lease.epoch = holder, lease.epoch + 1
        lease.expires_s, self.holder = self.now_s + ttl_s, holder
        return lease.epoch

    async def release(self, holder: str) -> None:
        """To whoever comes first."""
        if self.tables.lease.holder == holder:
            self.tables.lease.expires_s = self.now_s

    async def newer_site(self, loaded_at: datetime | None) -> tuple[Site, datetime] | None:
        """The site stays."""
        return None

    async def append(self, kept: Sequence[SiteReading]) -> None:
        """Nobody settles here."""

    async def evses(self) -> tuple[LiveEvse, ...]:
        """The live picture."""
        return self.pictures.of(self.tables)

    async def plan(self, known: StoredPlan | None) -> StoredPlan | None:
        """The newest."""
        return self.tables.plan

    async def signals(self, now: datetime) -> tuple[GridSignal, ...]:
        """Those that ask something now or later."""
        return self.tables.live_signals(now)

    async def note(self, decisions: Sequence[Decision]) -> None:
        """Nobody looks."""

    async def end_decisions(self, now: datetime) -> None:
        """Nobody looks."""

    async def orders_of_last_hour(self, now: datetime) -> tuple[Ordered, ...]:
        """As `scheduler.store.turns.of_last_hour`."""
        return tuple(self.tables.turns)

    async def put_state(self, state: SiteState) -> None:
        """Nobody looks but at the plan that it was decided by."""
        self.writes.append(lambda tables: tables.decided(state.plan_version))

    async def report(
        self, codes: set[AlarmCode], complaints: tuple[Complaint, ...], at: datetime
    ) -> None:
        """Nobody listens."""

    async def order(self, ordered: Sequence[Command]) -> None:
        """Commands for the csms to take."""

        def asked(tables: Tables) -> None:
            for command in ordered:
                tables.order(command)

        self.writes.append(asked)

    async def tell_drift(self, what: str, now: datetime) -> None:
        """A reason to plan."""
        self.writes.append(lambda tables: tables.outbox.append(("PlanDrifted", "")))
