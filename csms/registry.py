"""Which stations are connected to this process. One station has one connection: the newest."""

from collections.abc import Callable
from typing import Any, Protocol

from csms.domain.commands import CommandPriority
from csms.domain.ids import ChargingStationId
from csms.domain.station import OcppVersion


class StationConnection(Protocol):
    """What others may do with a connection: call the station, and close it."""

    @property
    def station_id(self) -> ChargingStationId: ...

    @property
    def epoch(self) -> int: ...

    @property
    def version(self) -> OcppVersion: ...

    async def call(
        self, action: str, request: Any, *, priority: CommandPriority, deadline_at: Any
    ) -> Any: ...

    async def close(self, code: int, reason: str) -> None: ...

    async def drain(self, code: int, reason: str, limit_s: float) -> None: ...


class Registry:
    """The connections of this process; `watch` hears each station that comes or goes."""

    def __init__(self) -> None:
        self._connections: dict[ChargingStationId, StationConnection] = {}
        self._watchers: list[Callable[[ChargingStationId], None]] = []

    def watch(self, watcher: Callable[[ChargingStationId], None]) -> None:
        """Call `watcher` with the station's id on each change."""
        self._watchers.append(watcher)

    def get(self, station_id: ChargingStationId) -> StationConnection | None:
        """The station's connection, if it is ours."""
        return self._connections.get(station_id)

    def all(self) -> list[StationConnection]:
        """Every connection."""
        return list(self._connections.values())

    def epochs(self) -> dict[ChargingStationId, int]:
        """The epoch of every connection."""
        return {one.station_id: one.epoch for one in self._connections.values()}

    def add(self, connection: StationConnection) -> None:
        """From now on this is the station's connection."""
        self._connections[connection.station_id] = connection
        self._tell(connection.station_id)

    def remove(self, connection: StationConnection) -> None:
        """The connection is gone; a newer one of the same station stays."""
        if self._connections.get(connection.station_id) is connection:
            del self._connections[connection.station_id]
            self._tell(connection.station_id)

    def _tell(self, station_id: ChargingStationId) -> None:
        for watcher in self._watchers:
            watcher(station_id)

    def __len__(self) -> int:
        return len(self._connections)
