"""What this process tells the others of the stations it holds, and what it learns from them.

The truth is PostgreSQL's: owner and epoch of each connection, and a heartbeat of each process. The
bus makes it quick: a newer connection elsewhere is heard of at once, and commands find their owner.
A process whose heartbeat is older than `GONE_AFTER` is gone: the others let go of what it held.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine
from websockets.frames import CloseCode

from csms.batches import Batches
from csms.bus import COMMANDS, CONNECTIONS, LEASE_S, Bus
from csms.clock import Clock
from csms.domain.errors import StationUnknown, StoreUnavailable
from csms.domain.ids import ChargingStationId
from csms.domain.station import OcppVersion
from csms.registry import Registry
from csms.store import commands, heartbeat, stations
from csms.store.engine import outage_named

log = structlog.get_logger(__name__)

BEAT_EVERY_S: Final = 2.0
GONE_AFTER: Final = timedelta(seconds=15)
SEEN_EVERY_S: Final = 20.0
UNSEEN_AFTER_S: Final = 5 * SEEN_EVERY_S
# Hints in one go: a thousand stations that come back must not hold up the loop.
AT_ONCE: Final = 500


@dataclass(slots=True)
class Presence:
    """One of `process`, the same name in each of its lives."""

    process: str
    engine: AsyncEngine
    bus: Bus
    clock: Clock
    registry: Registry
    _coming: Batches[tuple[ChargingStationId, str], int | None] = field(init=False)
    _going: Batches[tuple[ChargingStationId, int], bool] = field(init=False)
    _came: deque[ChargingStationId] = field(default_factory=deque)
    somebody_died: asyncio.Event = field(default_factory=asyncio.Event)
    _somebody_came: asyncio.Event = field(default_factory=asyncio.Event)
    _steady: tuple[datetime, datetime] | None = None  # our beats, without a gap: first and last

    def __post_init__(self) -> None:
        self._coming = Batches(self._connect)
        self._going = Batches(self._disconnect)

    async def came(self, station_id: ChargingStationId, version: OcppVersion) -> int:
        """We hold the station's newest connection; its epoch.

        Raises StoreUnavailable and StationUnknown.
        """
        epoch = await self._coming.ask((station_id, version.value))
        if epoch is None:
            raise StationUnknown(station_id)
        return epoch

    async def went(self, station_id: ChargingStationId, epoch: int) -> bool:
        """A connection is gone; False if a newer one has replaced it, here or elsewhere.

        Raises StoreUnavailable: then its time in the store runs out.
        """
        return await self._going.ask((station_id, epoch))

    async def _connect(
        self, asked: Sequence[tuple[ChargingStationId, str]]
    ) -> Sequence[int | None]:
        with outage_named():
            async with self.engine.begin() as conn:
                now = self.clock.now()
                return await stations.connect(conn, asked, owner=self.process, now=now)

    async def _disconnect(self, gone: Sequence[tuple[ChargingStationId, int]]) -> Sequence[bool]:
        with outage_named():
            async with self.engine.begin() as conn:
                return await stations.disconnect(conn, gone, self.clock.now())

    async def claim_previous_life(self) -> None:
        """We live; what our previous life held is no longer connected, what it had sent is unknown.

        Raises StoreUnavailable.
        """
        now = self.clock.now()
        with outage_named():
            await heartbeat.beat(self.engine, self.process)
            async with self.engine.begin() as conn:
                await commands.sent_become_unknown(conn, self.process, now)
                await stations.release_previous(conn, self.process, now)

    def changed(self, station_id: ChargingStationId) -> None:
        """A station came or went here."""
        if self.registry.get(station_id) is not None:
            self._came.append(station_id)
            self._somebody_came.set()

    async def announce(self) -> None:
        """Tell the others of each station that came here, for ever."""
        while True:
            await self._somebody_came.wait()
            if not self._came:
                self._somebody_came.clear()
                continue
            came = [self._came.popleft() for _ in range(min(AT_ONCE, len(self._came)))]
            held = {one: here.epoch for one in came if (here := self.registry.get(one))}
            await self.bus.lease(COMMANDS, held, self.process)
            hints = [f"{station_id} {epoch}" for station_id, epoch in held.items()]
            await self.bus.publish_all(CONNECTIONS, hints)

    async def listen(self) -> None:
        """Let go of each station that came to another process after it came here, for ever."""
        async for _, told in self.bus.listen(CONNECTIONS):
            station_id, _, epoch = told.rpartition(" ")
            connection = self.registry.get(ChargingStationId(station_id))
            if connection is not None and epoch.isdecimal() and int(epoch) > connection.epoch:
                await self._let_go(connection.station_id, connection.epoch)

    async def keep(self) -> None:
        """Renew what we hold, for ever."""
        while True:
            await asyncio.sleep(SEEN_EVERY_S)
            with suppress(StoreUnavailable), outage_named():
                await self.renew()

    async def renew(self) -> None:
        """Say what we hold; let go of what was taken."""
        now, held = self.clock.now(), self.registry.epochs()
        silence = timedelta(seconds=UNSEEN_AFTER_S * self.clock.speed_ratio)
        async with self.engine.begin() as conn:
            lost = await stations.seen(conn, held, now)
            await stations.release_unseen(conn, self.process, now - silence, now)
        for station_id in lost:
            await self._let_go(station_id, held[station_id])

    async def keep_leases(self) -> None:
        """Renew what we hold on the bus, for ever, a few at a time."""
        while True:
            held = list(self.registry.epochs())
            for start in range(0, len(held), AT_ONCE):
                await self.bus.lease(COMMANDS, held[start : start + AT_ONCE], self.process)
            await asyncio.sleep(LEASE_S / 3)

    async def beat(self, detail: dict[str, Any]) -> None:
        """Say that we live, for ever, and let go of what belongs to processes that do not."""
        while True:
            with suppress(StoreUnavailable), outage_named():
                told = {"connections": len(self.registry), **detail}
                at = await heartbeat.beat(self.engine, self.process, told)
                if self.may_judge(at):
                    await self.bury()
            await asyncio.sleep(BEAT_EVERY_S)

    def may_judge(self, now: datetime) -> bool:
        """Whether who is silent `now`, as we have just beaten, is gone. All beats and this time are
        of the database's clock: those of two machines may differ by more than a lease.

        A database that was away, a machine that slept, a clock that was set: each makes everybody
        silent. So we judge once we have beaten steadily for as long as we give the others.
        """
        first, last = self._steady or (now, now)
        self._steady = (first if abs(now - last) <= GONE_AFTER / 2 else now, now)
        return now - self._steady[0] >= GONE_AFTER

    async def bury(self) -> None:
        """Let go of what the processes held whose lease is over."""
        now = self.clock.now()
        async with self.engine.begin() as conn:
            living = await heartbeat.living(conn, GONE_AFTER)
            await commands.orphans_become_unknown(conn, living, now)
            for station_id in await stations.release_orphans(conn, living, now):
                log.warning("station of a process that is gone", station_id=station_id)
                self.somebody_died.set()

    async def _let_go(self, station_id: ChargingStationId, epoch: int) -> None:
        """Unless it has come back here meanwhile, with a newer epoch."""
        connection = self.registry.get(station_id)
        if connection is not None and connection.epoch == epoch:
            log.info("station went to another process", station_id=station_id)
            await connection.close(CloseCode.POLICY_VIOLATION, "connected elsewhere")
