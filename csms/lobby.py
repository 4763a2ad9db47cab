"""The sockets of this process, from the first packet to the last: caps on those that are not in
yet, and a ping for those that have gone silent.

A station sends its request with its first packets. Of too many sockets that say nothing the oldest
gives way, so that a slow or hostile client never keeps a station out. Handshakes beyond what can be
answered soon are told to come back: who waits too long has given up before the answer comes.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Any, Final

from websockets.asyncio.server import Server, ServerConnection
from websockets.protocol import State
from websockets.server import ServerProtocol

from csms.clock import monotonic_s

LOOKS_PER_INTERVAL: Final = 20
PATIENCE_S: Final = 5.0
BACKLOG: Final = 4_096  # connections that the kernel holds for us while we are busy
PING: Final = b"\x89\x00"  # a whole frame without payload (RFC 6455 §5.5.2)


@dataclass(slots=True)
class Lobby:
    """`half_open` sockets say nothing yet, in all and per address; `handshakes` are at the gate.

    When a thousand come at once each has spoken before we get to hear it: so more than
    `half_open_per_address` may be there for as long as `PATIENCE_S`.
    """

    half_open: int = 8_192
    half_open_per_address: int = 256
    handshakes: int = 1_000
    at_the_gate: int = 0
    sockets: "set[StationSocket]" = field(default_factory=set)
    silent: "dict[StationSocket, str]" = field(default_factory=dict)
    _of_address: "dict[str, dict[StationSocket, None]]" = field(default_factory=dict)

    def socket(self, protocol: ServerProtocol, server: Server, **more: Any) -> "StationSocket":
        """A connection of this lobby; what `websockets.serve` shall make its connections with."""
        return StationSocket(self, protocol, server, **more)

    def opened(self, socket: "StationSocket", address: str) -> None:
        """A socket came. Another one, that never spoke, may have to go."""
        self.sockets.add(socket)
        self.silent[socket] = address
        neighbours = self._of_address.setdefault(address, {})
        neighbours[socket] = None
        if len(neighbours) > self.half_open_per_address:
            oldest = next(iter(neighbours))
            if socket.heard_s - oldest.heard_s >= PATIENCE_S:
                self._show_out(oldest)
        if len(self.silent) > self.half_open:
            self._show_out(next(iter(self.silent)))

    def spoke(self, socket: "StationSocket") -> None:
        """Its request is here, or it is gone: it is not half open any more."""
        address = self.silent.pop(socket, None)
        if address is None:
            return
        neighbours = self._of_address[address]
        del neighbours[socket]
        if not neighbours:
            del self._of_address[address]

    def _show_out(self, socket: "StationSocket") -> None:
        self.spoke(socket)
        socket.transport.abort()

    async def keep_alive(self, interval_s: float) -> None:
        """For ever: ping who said nothing for an interval; who then says nothing for another is
        gone. Any byte is a sign of life: the pong of a station that we slow down may be long in
        coming."""
        while True:
            await asyncio.sleep(interval_s / LOOKS_PER_INTERVAL)
            now_s = monotonic_s()
            for socket in list(self.sockets):
                silent_s = now_s - socket.heard_s
                if silent_s >= 2 * interval_s:
                    socket.transport.abort()
                elif silent_s >= interval_s and socket.asked_s < socket.heard_s:
                    socket.ask(now_s)


class StationSocket(ServerConnection):
    """A connection that tells its lobby when it opens, speaks and ends."""

    def __init__(self, lobby: Lobby, protocol: ServerProtocol, server: Server, **more: Any) -> None:
        super().__init__(protocol, server, **more)
        self.heard_s = monotonic_s()
        self.asked_s = 0.0
        self._lobby = lobby

    def ask(self, now_s: float) -> None:
        """Send a ping, and wait for nothing."""
        if self.protocol.state is State.OPEN:
            self.asked_s = now_s
            self.transport.write(PING)

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        peer = transport.get_extra_info("peername")
        self._lobby.opened(self, str(peer[0]) if peer else "")

    def data_received(self, data: bytes) -> None:
        self.heard_s = monotonic_s()
        super().data_received(data)

    def process_event(self, event: Any) -> None:
        if self.request is None:
            self._lobby.spoke(self)
        super().process_event(event)

    def connection_lost(self, exc: Exception | None) -> None:
        self._lobby.spoke(self)
        self._lobby.sockets.discard(self)
        super().connection_lost(exc)
