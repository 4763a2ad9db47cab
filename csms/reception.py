"""From an admitted socket to a Connection that is its station's only one: the newest."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

import structlog
from websockets.frames import CloseCode

from csms.clock import monotonic_s
from csms.connection import Connection, Services
from csms.domain.errors import StationUnknown, StoreUnavailable
from csms.domain.facts import Noticed
from csms.domain.ids import ChargingStationId
from csms.domain.station import OcppVersion
from csms.handlers.ports import Journal
from csms.limiter import Limiter
from csms.lobby import StationSocket
from csms.registry import Registry

log = structlog.get_logger(__name__)


class Arrivals(Protocol):
    """Who holds which station. Both raise StoreUnavailable."""

    async def came(self, station_id: ChargingStationId, version: OcppVersion) -> int:
        """We hold the station's newest connection; its epoch. Raises StationUnknown."""

    async def went(self, station_id: ChargingStationId, epoch: int) -> bool:
        """A connection is gone; False if a newer one has replaced it."""


@dataclass(slots=True)
class Reception:
    """Keeps one connection per station. `forget` hears of each station whose transactions another
    connection may have written; while not `is_open`, nobody new is served."""

    arrivals: Arrivals
    registry: Registry
    journal: Journal
    services: Services
    forget: Callable[[ChargingStationId], None]
    is_open: bool = True
    _contested: Limiter = field(default_factory=lambda: Limiter(burst=3, per_s=3 / 60))

    async def serve(
        self, socket: StationSocket, station_id: ChargingStationId, version: OcppVersion
    ) -> None:
        """Serve a station until its socket closes, or a newer one takes over."""
        try:
            epoch = await self.arrivals.came(station_id, version)
        except StoreUnavailable:
            await socket.close(CloseCode.TRY_AGAIN_LATER, "try again later")
            return
        except StationUnknown:
            await socket.close(CloseCode.POLICY_VIOLATION, "no such station")
            return
        connection = Connection(socket, station_id, epoch, version, self.services)
        if not await self._take_over(station_id, epoch):
            await socket.close(CloseCode.POLICY_VIOLATION, "a newer connection was faster")
            return
        self.forget(station_id)
        self.registry.add(connection)
        log.info("station connected", station_id=station_id, epoch=epoch)
        try:
            if not self.is_open:
                await socket.close(CloseCode.GOING_AWAY, "restarting")
            await connection.run()
        finally:
            self.registry.remove(connection)
            await asyncio.shield(self._disconnected(connection, socket))

    async def _take_over(self, station_id: ChargingStationId, epoch: int) -> bool:
        """Stop the older connection; False if there is a newer one already.

        The newest authenticated socket wins at once: waiting for a ping of the old one would only
        keep the true station out. The closing handshake is the ping (see `_disconnected`).
        """
        while (other := self.registry.get(station_id)) is not None:
            if other.epoch > epoch:
                return False
            await other.close(CloseCode.POLICY_VIOLATION, "taken over by a newer connection")
            self.registry.remove(other)
        return True

    async def _disconnected(self, connection: Connection, socket: StationSocket) -> None:
        """Record the end; two live devices with one identity are worth a notice, and an alarm if
        they take the connection from each other again and again."""
        station_id, now = connection.station_id, self.services.clock.now()
        log.info("station gone", station_id=station_id, epoch=connection.epoch)
        with suppress(StoreUnavailable):
            was_newest = await self.arrivals.went(station_id, connection.epoch)
            if not was_newest and socket.protocol.close_rcvd is not None:
                is_new = self._contested.allows(station_id, monotonic_s())
                self._contested.charge(station_id, monotonic_s())
                notice = Noticed(
                    station_id=station_id,
                    kind="ConnectionTakenOver",
                    at=now,
                    received_at=now,
                    severity="warning" if is_new else "critical",
                    payload={"epoch": connection.epoch, "old_connection_was_alive": True},
                )
                await self.journal.commit([notice])
