"""The network between stations and csms: lines that delay, hang and break, and never reorder.

A line is what TCP gives: in order and once, late while it hangs, and whole frames lost only with
the line. What was said on an old line may come after what is said on a new one. A station that
hangs up is heard of when the news arrives; across a cut, when one side has given up.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from websockets.exceptions import ConnectionClosedError
from websockets.frames import CloseCode

from csms.lobby import Listener

DIAL_TIMEOUT_S: Final = 10.0
KEEPALIVE_S: Final = (20.0, 40.0)  # a client that hears no pong gives up after so long
GOODBYE_S: Final = 3.0
ORDER_S: Final = 1e-5  # timers of one instant have no order
Serve = Callable[["HubEnd", str, str], None]


@dataclass(slots=True)
class Weather:
    """How a station's line is now. `cut`: nothing comes through, and nobody is told."""

    delay_s: tuple[float, float] = (0.005, 0.08)
    cut: bool = False


@dataclass(slots=True, eq=False)
class Network:
    """Lines by station. `serve` hears each that the csms takes; None: nobody listens there."""

    random: Random
    serve: Serve | None = None
    weather: dict[str, Weather] = field(default_factory=dict)
    lines: dict[str, list["Line"]] = field(default_factory=dict)
    dialled: int = 0
    tap: Callable[[str, bytes], None] = lambda station_id, frame: None
    """Hears each frame that a station hears."""

    def of(self, station_id: str) -> Weather:
        """The weather of one station."""
        return self.weather.setdefault(station_id, Weather())

    @asynccontextmanager
    async def dial(self, url: str, subprotocol: str) -> AsyncIterator["StationEnd"]:
        """A station's way in; as `simulator.wire.by_network`."""
        station_id = url.rpartition("/")[2]
        weather = self.of(station_id)
        if weather.cut:
            await asyncio.sleep(DIAL_TIMEOUT_S)
            raise TimeoutError("no way through")
        await asyncio.sleep(self.random.uniform(*weather.delay_s))
        if self.serve is None:
            raise ConnectionRefusedError(station_id)
        line = Line(self, station_id)
        self.lines.setdefault(station_id, []).append(line)
        self.serve(line.hub, station_id, subprotocol)
        yield line.station
        line.station.gone = True

    def reset(self, station_id: str) -> None:
        """Break the line: both ends are told."""
        for line in list(self.lines.get(station_id, ())):
            line.break_off()

    def abandon(self, *, told: bool) -> None:
        """The csms is gone; `told`: its system says so to the stations."""
        for line in [line for lines in self.lines.values() for line in lines]:
            if told:
                line.break_off()
            else:
                line.fall_silent()

    def cut(self, station_id: str) -> None:
        """From now on nothing comes through, until `heal`."""
        self.of(station_id).cut = True
        for line in self.lines.get(station_id, ()):
            line.give_up_later()

    def heal(self, station_id: str) -> None:
        """What hung comes through now."""
        self.weather[station_id] = Weather()
        for line in list(self.lines.get(station_id, ())):
            line.flush()


@dataclass(slots=True, eq=False)
class Pipe:
    """One direction of a line."""

    line: "Line"
    deliver: Callable[[Any], None]
    last_s: float = 0.0
    held: list[Any] = field(default_factory=list)

    def put(self, thing: Any) -> None:
        """Something on its way."""
        if self.line.weather.cut or self.held:
            self.held.append(thing)
            return
        loop, network = asyncio.get_running_loop(), self.line.network
        at_s = loop.time() + network.random.uniform(*self.line.weather.delay_s)
        self.last_s = at_s = max(at_s, self.last_s + ORDER_S)
        loop.call_at(at_s, self._arrive, thing)

    def _arrive(self, thing: Any) -> None:
        if self.line.weather.cut or self.held:
            self.held.append(thing)
        else:
            self.deliver(thing)

    def flush(self) -> None:
        """The line no longer hangs."""
        held, self.held = self.held, []
        for thing in held:
            self.put(thing)


END: Final = object()  # the last thing on a pipe: the other side has gone
PING: Final = object()
PONG: Final = object()


class Line:
    """A connection with its two ends."""

    def __init__(self, network: Network, station_id: str) -> None:
        self.network, self.station_id = network, station_id
        network.dialled += 1
        self.number = network.dialled
        self.hub, self.station = HubEnd(self), StationEnd(self)
        self.up = Pipe(self, self.hub.heard)
        self.down = Pipe(self, self.station.heard)

    @property
    def weather(self) -> Weather:
        """As it is now."""
        return self.network.of(self.station_id)

    def break_off(self) -> None:
        """Both ends learn that the line is no more; what was on its way is lost."""
        for pipe in (self.up, self.down):
            pipe.held.clear()
            pipe.deliver = lambda thing: None
        self.hub.lost()
        self.station.lost()
        self.forget()

    def fall_silent(self) -> None:
        """The csms' end is no more, and nobody says so."""
        self.up.deliver = self.down.deliver = lambda thing: None
        self.hub.lost()
        after_s = self.network.random.uniform(*KEEPALIVE_S)
        asyncio.get_running_loop().call_later(after_s, self.station.lost)

    def give_up_later(self) -> None:
        """The station's keepalive ends a line that stays cut."""
        after_s = self.network.random.uniform(*KEEPALIVE_S)
        asyncio.get_running_loop().call_later(after_s, self._give_up)

    def _give_up(self) -> None:
        if self.weather.cut and not self.station.closed:
            self.station.lost()
            self.up.put(END)

    def flush(self) -> None:
        """Both directions."""
        self.up.flush()
        self.down.flush()

    def forget(self) -> None:
        """Once both ends are gone."""
        lines = self.network.lines.get(self.station_id, [])
        if self.hub.closed and self.station.closed and self in lines:
            lines.remove(self)


class StationEnd:
    """What `simulator.wire` takes for a WebSocket."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._frames: asyncio.Queue[Any] = asyncio.Queue()
        self.closed = self.gone = False

    async def send(self, frame: str) -> None:
        """Raises ConnectionClosedError once the line is no more."""
        if self.closed:
            raise ConnectionClosedError(None, None)
        self._line.up.put(frame.encode())

    async def close(self, code: int = CloseCode.NORMAL_CLOSURE) -> None:
        """Hang up."""
        if not self.closed:
            self._line.up.put(END)
            self.lost()

    def __aiter__(self) -> AsyncIterator[str | bytes]:
        return self

    async def __anext__(self) -> str | bytes:
        frame = await self._frames.get()
        if frame is END:
            raise StopAsyncIteration
        told: bytes = frame
        return told

    def heard(self, thing: Any) -> None:
        """A frame, a ping, or the end."""
        if self.closed:
            return
        if thing is PING:
            self._line.up.put(PONG)
        elif thing is END:
            self._line.up.put(END)
            self.lost()
        else:
            self._line.network.tap(self._line.station_id, thing)
            self._frames.put_nowait(thing)

    def lost(self) -> None:
        """The line is no more."""
        if not self.closed:
            self.closed = True
            self._frames.put_nowait(END)
            self._line.forget()


class HubEnd:
    """What `csms.connection` and `csms.lobby` take for a StationSocket; its own transport, too. Its
    hash is its number: sets of sockets have the same order each time."""

    paused = False

    def __init__(self, line: Line) -> None:
        self._line, self._number = line, line.number
        self._listener: Listener | None = None
        self._early: list[bytes] = []
        self.connection_lost_waiter: asyncio.Future[None]
        self.connection_lost_waiter = asyncio.get_running_loop().create_future()
        self.heard_s, self.asked_s = asyncio.get_running_loop().time(), 0.0
        self.transport = self.protocol = self
        self.close_rcvd: object | None = None
        self.closed = False

    def __hash__(self) -> int:
        return self._number

    def listen(self, listener: Listener) -> None:
        """From now on frames go to `listener`."""
        self._listener = listener
        early, self._early = self._early, []
        for frame in early:
            listener.hear(frame)

    def heard(self, thing: Any) -> None:
        """A frame, a pong, or the end."""
        if self.closed:
            return
        self.heard_s = asyncio.get_running_loop().time()
        if thing is END:
            self.close_rcvd = thing
            self.lost()
        elif thing is not PONG and self._listener is None:
            self._early.append(thing)
        elif thing is not PONG and self._listener is not None:
            self._listener.hear(thing)

    def say(self, frame: bytes) -> None:
        """Send."""
        if not self.closed:
            self._line.down.put(frame)

    def ask(self, now_s: float) -> None:
        """Ping."""
        self.asked_s = now_s
        if not self.closed:
            self._line.down.put(PING)

    async def close(self, code: int, reason: str) -> None:
        """Say goodbye, and wait a little for the other side's."""
        if self.closed:
            return
        self._line.down.put(END)
        await asyncio.wait([self.connection_lost_waiter], timeout=GOODBYE_S)
        self.abort()

    def abort(self) -> None:
        """Hang up at once."""
        if not self.closed:
            self._line.down.put(END)
            self.lost()

    def lost(self) -> None:
        """The line is no more."""
        if not self.closed:
            self.closed = True
            if not self.connection_lost_waiter.done():
                self.connection_lost_waiter.set_result(None)
            self._line.forget()

    def hold(self) -> None:
        """There is nothing to hold back."""

    def read_on(self) -> None:
        """Nor to let go."""

    async def drain(self) -> None:
        """Nothing waits to be sent."""
