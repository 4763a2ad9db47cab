"""Wire: one station's WebSocket to the CSMS (OCPP-J), for ever: connect, talk, connect again.

One call of ours is in flight at a time; calls of the CSMS are answered at once. Time-outs and
pauses here are real time, unlike everything inside the station.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from datetime import datetime
from random import Random
from typing import Final, Protocol
from uuid import uuid4

import orjson
import structlog
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.frames import CloseCode
from websockets.typing import Subprotocol

from simulator import requests
from simulator.call import Call
from simulator.faults import skewed
from simulator.profiles import JsonObject
from simulator.station import Station
from simulator.tongues import TONGUES, Tongue

log = structlog.get_logger(__name__)

CALL, CALL_RESULT, CALL_ERROR = 2, 3, 4
FIRST_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 8.0
ANSWER_TIMEOUT_S: Final = 30.0
OPEN_TIMEOUT_S: Final = 10.0
CLOSE_TIMEOUT_S: Final = 2.0


class Socket(Protocol):
    """An open WebSocket; each raises ConnectionClosed once it is not."""

    def __aiter__(self) -> AsyncIterator[str | bytes]: ...

    async def send(self, frame: str) -> None: ...

    async def close(self, code: int = CloseCode.NORMAL_CLOSURE) -> None: ...


Dial = Callable[[str, str], AbstractAsyncContextManager[Socket]]


def by_network(url: str, subprotocol: str) -> AbstractAsyncContextManager[Socket]:
    """A socket to `url`. Entering raises OSError, TimeoutError or WebSocketException."""
    return connect(
        url,
        subprotocols=[Subprotocol(subprotocol)],
        compression=None,
        open_timeout=OPEN_TIMEOUT_S,
        close_timeout=CLOSE_TIMEOUT_S,
        proxy=None,
    )


class Wire:
    """Moves the frames of `station` to and from `url` (which ends in its identity). `now` is the
    time that the station has been stepped to."""

    def __init__(
        self,
        station: Station,
        url: str,
        password: str,
        now: Callable[[], datetime],
        random: Random,
        version: str | None = None,
        dial: Dial = by_network,
    ) -> None:
        scheme, _, rest = url.partition("://")
        self._url = f"{scheme}://{station.spec.station_id}:{password}@{rest}"
        self._station = station
        self._version = version or station.model.ocpp_version
        self.tongue: Tongue = TONGUES[self._version](station)
        self._answering: set[asyncio.Task[None]] = set()
        self._now = now
        self._random = random
        self._dial = dial
        self._work = asyncio.Event()
        self._pause_s = FIRST_PAUSE_S
        self._in_flight: tuple[str, asyncio.Future[Sequence[object]]] | None = None
        self._log = log.bind(station_id=station.spec.station_id)
        station.wake = self._work.set

    async def run(self) -> None:
        """Keep a connection until cancelled; after a failure wait longer each time, with jitter."""
        while True:
            await self._reboot()
            try:
                async with self._dial(self._url, f"ocpp{self._version}") as socket:
                    await self._talk(socket)
            except (OSError, TimeoutError, WebSocketException) as error:
                self._log.debug("not connected", error=str(error) or type(error).__name__)
            await asyncio.sleep(self._pause_s * self._random.uniform(0.5, 1.0))
            self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)

    async def _reboot(self) -> None:
        """Be away for as long as a restart of the station takes."""
        while self._station.rebooting_until is not None:
            await self._work.wait()
            self._work.clear()

    async def _talk(self, socket: Socket) -> None:
        self._station.connected(self._now())
        sender = asyncio.create_task(self._send_calls(socket))
        try:
            async for frame in socket:
                await self._received(socket, frame)
        finally:
            for task in (sender, *self._answering):
                task.cancel()
            await asyncio.gather(sender, *self._answering, return_exceptions=True)
            await socket.close(CloseCode.GOING_AWAY)
            self._station.disconnected(self._now())

    async def _send_calls(self, socket: Socket) -> None:
        """Make the station's calls, one after the other; closes the socket when it must end."""
        try:
            while self._station.rebooting_until is None:
                call = self._station.next_call(self._now())
                if call is None:
                    await self._work.wait()
                    self._work.clear()
                else:
                    await self._call(socket, call)
        except ConnectionClosed:
            return
        except TimeoutError:
            self._log.warning("no answer in time")
        await socket.close()

    async def _call(self, socket: Socket, call: Call) -> None:
        if not call.sent:  # what is said again says the same
            call.payload = skewed(call.payload, self._station.faults)
        told = self.tongue.say(call)
        if told is None:
            self._station.unsaid(call)
            return
        action, payload = told
        message_id = str(uuid4())
        answered: asyncio.Future[Sequence[object]] = asyncio.get_running_loop().create_future()
        self._in_flight = message_id, answered
        call.sent = True
        try:
            await socket.send(_text([CALL, message_id, action, payload]))
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                answer = await answered
        finally:
            self._in_flight = None
        self._pause_s = FIRST_PAUSE_S
        self._settle(call, answer)

    def _settle(self, call: Call, answer: Sequence[object]) -> None:
        now = self._now()
        match answer:
            case [3, _, dict() as payload]:
                try:
                    self._station.answered(call, self.tongue.heard(call, payload), now)
                except (KeyError, ValueError, TypeError) as error:
                    self._station.failed(call, f"unreadable answer: {error!r}", now)
            case [4, _, code, *_]:
                self._station.failed(call, str(code), now)

    async def _received(self, socket: Socket, frame: str | bytes) -> None:
        match _parsed(frame):
            case [2, str() as message_id, str() as action, dict() as payload]:
                await self._reply(socket, self._answer(message_id, action, payload))
                self._work.set()
            case [3, str() as message_id, dict()] | [4, str() as message_id, str(), *_] as answer:
                self._take(message_id, answer)
            case _:
                await socket.send(_text([CALL_ERROR, "-1", "RpcFrameworkError", "", {}]))

    async def _reply(self, socket: Socket, frame: str) -> None:
        faults = self._station.faults
        if faults.mute:
            return
        if not faults.answers_after_s:
            await socket.send(frame)
            return
        task = asyncio.create_task(_send_late(socket, frame, faults.answers_after_s))
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    def _take(self, message_id: str, answer: Sequence[object]) -> None:
        if self._in_flight is not None and self._in_flight[0] == message_id:
            if not self._in_flight[1].done():
                self._in_flight[1].set_result(answer)
        else:
            self._station.incident("answer_to_nothing", message_id)

    def _answer(self, message_id: str, action: str, payload: JsonObject) -> str:
        try:
            result = self.tongue.hear(action, payload, self._now())
        except requests.CallRefusedError as refused:
            return _text([CALL_ERROR, message_id, refused.code, "", {}])
        return _text([CALL_RESULT, message_id, result])


async def _send_late(socket: Socket, frame: str, after_s: float) -> None:
    await asyncio.sleep(after_s)
    with suppress(ConnectionClosed):
        await socket.send(frame)


def _text(frame: list[object]) -> str:
    return orjson.dumps(frame).decode()


def _parsed(frame: str | bytes) -> object:
    try:
        return orjson.loads(frame)
    except orjson.JSONDecodeError:
        return None
