"""The sockets of this process, from the first packet to the last: caps on those that are not in
yet, a ping for those that have gone silent, and whole messages for those who listen.

A station sends its request with its first packets. Of too many sockets that say nothing the oldest
gives way, so that a slow or hostile client never keeps a station out. Handshakes beyond what can be
answered soon are told to come back: who waits too long has given up before the answer comes.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from websockets.asyncio.server import Server, ServerConnection
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.server import ServerProtocol

from csms.clock import monotonic_s

LOOKS_PER_INTERVAL: Final = 20
PATIENCE_S: Final = 5.0
BACKLOG: Final = 4_096  # connections that the kernel holds for us while we are busy
PING: Final = b"\x89\x00"  # a whole frame without payload (RFC 6455 §5.5.2)
TEXT: Final = 0x81  # the first byte of a text message that is one frame (RFC 6455 §5.2)
EARLY: Final = 16  # messages before somebody listens
DATA: Final = (Opcode.TEXT, Opcode.BINARY, Opcode.CONT)


class Listener(Protocol):
    """Hears a socket: no task of its own stands between the wire and whoever reads the message."""

    def hear(self, message: bytes) -> None:
        """A whole message came."""

    def go_on(self) -> None:
        """The other side has taken what waited to be sent."""


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
            self.look(interval_s)

    def look(self, interval_s: float) -> None:
        """Once. Who was not asked is not gone, however long this process stood still."""
        now_s = monotonic_s()
        for socket in list(self.sockets):
            if socket.asked_s > socket.heard_s:
                if now_s - socket.asked_s >= interval_s:
                    socket.transport.abort()
            elif now_s - socket.heard_s >= interval_s:
                socket.ask(now_s)


class StationSocket(ServerConnection):
    """A connection that tells its lobby when it opens, speaks and ends; its messages go to who
    listens, and until somebody does they wait on the wire."""

    def __init__(self, lobby: Lobby, protocol: ServerProtocol, server: Server, **more: Any) -> None:
        super().__init__(protocol, server, **more)
        self.heard_s = monotonic_s()
        self.asked_s = 0.0
        self._lobby = lobby
        self._listener: Listener | None = None
        self._early: list[bytes] = []
        self._parts: list[bytes] = []

    def listen(self, listener: Listener) -> None:
        """From now on messages go to `listener`, those first that came before."""
        self._listener = listener
        self.read_on()
        early, self._early = self._early, []
        for message in early:
            listener.hear(message)

    def ask(self, now_s: float) -> None:
        """Send a ping, if its handshake is over, and wait for nothing."""
        self.asked_s = now_s
        if self.protocol.state is State.OPEN:
            self.transport.write(PING)

    def say(self, message: bytes) -> None:
        """Send a text message, as one frame, unless the socket is closing; wait for nothing. What
        is not taken is `paused`, then `drain` waits."""
        if self.protocol.state is not State.OPEN or self.transport.is_closing():
            return
        if (size := len(message)) < 126:
            head = bytes((TEXT, size))
        elif size < 65_536:
            head = bytes((TEXT, 126)) + size.to_bytes(2)
        else:
            head = bytes((TEXT, 127)) + size.to_bytes(8)
        self.transport.write(head + message)

    def hold(self) -> None:
        """Read no more for now: TCP holds the station back."""
        if not self.transport.is_closing():
            self.transport.pause_reading()

    def read_on(self) -> None:
        """Read again."""
        if not self.transport.is_closing():
            self.transport.resume_reading()

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
        elif event.opcode in DATA:
            self._part(event)
            return
        super().process_event(event)

    def _part(self, frame: Frame) -> None:
        message = bytes(frame.data)
        if self._parts or not frame.fin:
            self._parts.append(message)
            if not frame.fin:
                return
            message, self._parts = b"".join(self._parts), []
        if self._listener is not None:
            self._listener.hear(message)
        else:
            self._early.append(message)
            if len(self._early) == EARLY:
                self.hold()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._listener is not None:
            self._listener.go_on()

    def connection_lost(self, exc: Exception | None) -> None:
        self._lobby.spoke(self)
        self._lobby.sockets.discard(self)
        super().connection_lost(exc)
