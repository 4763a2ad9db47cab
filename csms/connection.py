"""One station's socket around one Peer: it moves frames, keeps time, and answers in order.

The station's calls are answered one after another; ours never wait for them. When the store is
away nothing is answered: the socket closes (1013) and the station keeps what it told. A station
that sends too fast is read more slowly: TCP holds it back, and nothing of it is lost.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

import orjson
import structlog
from websockets.frames import CloseCode

from csms.clock import Clock, monotonic_s
from csms.domain.commands import CommandPriority
from csms.domain.errors import CallRefused, CallTimeout, ConnectionLost, StoreUnavailable
from csms.domain.ids import ChargingStationId
from csms.domain.station import OcppVersion
from csms.limiter import Pace
from csms.lobby import StationSocket
from csms.ocppj.codecs import Codec, codec_of
from csms.ocppj.faults import SPELLINGS
from csms.ocppj.peer import (
    CallAnswered,
    CallError,
    CallFailed,
    CallReceived,
    ErrorCode,
    FrameRefused,
    Peer,
    ResultRefused,
    SendReceived,
    UnexpectedAnswer,
)
from csms.store.messages import Message, MessageLog

log = structlog.get_logger(__name__)

INBOX_LIMIT: Final = 64  # then we stop reading: TCP holds the station back
SHORTEST_CALL_S: Final = 2.0  # real time, however fast the site clock runs
SEND_RETRY_S: Final = 1.0  # nobody repeats a SEND: while the store is away we keep it
FRAME_BYTES: Final = 8_192  # a longer frame counts as several
SAY_SLOWED_EVERY_S: Final = 60.0

Answer = Callable[
    [OcppVersion, str, bytes, ChargingStationId, datetime], Awaitable[bytes | CallError]
]


@dataclass(frozen=True, slots=True)
class Services:
    """What every connection needs."""

    answer: Answer
    messages: MessageLog
    clock: Clock
    call_timeout_s: float
    max_frame_bytes: int
    frames_per_s: float
    frames_burst: float


class Connection:
    """Implements `registry.StationConnection`, `outbound.ports.StationCaller`, `lobby.Listener`."""

    def __init__(
        self,
        socket: StationSocket,
        station_id: ChargingStationId,
        epoch: int,
        version: OcppVersion,
        services: Services,
    ) -> None:
        self.station_id = station_id
        self.version = version
        self.epoch = epoch
        self._socket = socket
        self._services = services
        speaks_21 = version is OcppVersion.V21
        spellings = SPELLINGS.get(version, {})
        self._peer = Peer(services.call_timeout_s, services.max_frame_bytes, speaks_21, spellings)
        self._unread: deque[bytes] = deque()
        self._inbox: deque[CallReceived | SendReceived] = deque()
        self._filled, self._idle = asyncio.Event(), asyncio.Event()
        self._idle.set()
        self._slowed = self._holds = self._stopped = False
        self._pace = Pace(services.frames_burst, services.frames_per_s)
        self._silent_until_s = 0.0
        self._calls: dict[str, asyncio.Future[CallAnswered | CallFailed]] = {}
        self._actions: dict[str, str] = {}
        self._deadlines_changed = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._goodbye = (int(CloseCode.NORMAL_CLOSURE), "")
        self._log = log.bind(station_id=station_id, epoch=epoch)

    async def run(self) -> None:
        """Serve the station until its socket closes or `close` is called."""
        loops = (self._answer_calls(), self._keep_deadlines())
        self._tasks = [asyncio.create_task(loop) for loop in loops]
        self._socket.listen(self)
        ends = (*self._tasks, self._socket.connection_lost_waiter)
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await self.stop()
            await self._socket.close(*self._goodbye)

    async def close(self, code: int, reason: str) -> None:
        """End the connection; `run` then says goodbye with `code`."""
        self._goodbye = (code, reason)
        await self.stop()

    async def drain(self, code: int, reason: str, limit_s: float) -> None:
        """Answer what was read, for at most `limit_s`, then `close`."""
        with suppress(TimeoutError):
            async with asyncio.timeout(limit_s):
                await self._idle.wait()
        await self.close(code, reason)

    async def stop(self) -> None:
        """Stop reading and answering at once; whoever waits for an answer gets ConnectionLost."""
        self._stopped = True
        self._unread.clear()
        self._socket.read_on()  # the closing handshake
        for task in self._tasks:
            task.cancel()
        for outcome in await asyncio.gather(*self._tasks, return_exceptions=True):
            if isinstance(outcome, Exception):
                self._log.error("connection failed", exc_info=outcome)
        for failed in self._peer.close():
            self._settle(failed)

    async def call(
        self, action: str, request: Any, *, priority: CommandPriority, deadline_at: datetime
    ) -> Any:
        """Send a CALL and wait. Raises CallRefused, CallTimeout or ConnectionLost."""
        if self._tasks and all(task.done() for task in self._tasks):
            raise ConnectionLost(self.station_id)
        message_id = str(uuid4())
        answer = self._calls[message_id] = asyncio.get_running_loop().create_future()
        self._actions[message_id] = action
        codec = codec_of(self.version, request)
        payload = codec.encode_request(request)
        now_s = monotonic_s()
        self._peer.call(
            message_id,
            action,
            payload,
            priority=priority,
            deadline_s=now_s + self._real_seconds_until(deadline_at),
            now_s=now_s,
        )
        self._record("out", "call", action, message_id, payload)
        self._deadlines_changed.set()
        try:
            self._flush()
            return self._response(codec, action, await answer)
        finally:
            del self._calls[message_id], self._actions[message_id]

    def hear(self, message: bytes) -> None:
        """A frame came: look at it, unless others wait to be looked at."""
        if not self._stopped:
            self._unread.append(message)
            if len(self._unread) == 1:
                self.go_on()

    def go_on(self) -> None:
        """Look at what came, as far as pace, inbox and the station's own reading let us; while
        there is more we do not read on."""
        while self._unread and not self._is_held():
            frame = self._unread.popleft()
            now_s = monotonic_s()
            wait_s = self._pace.wait_s(1 + len(frame) // FRAME_BYTES, now_s)
            if wait_s > 0:
                self._slow_down(frame, wait_s, now_s)
            else:
                self._look(frame, now_s)
        if self._unread:
            self._socket.hold()
            self._holds = True
        elif self._holds:
            self._socket.read_on()
            self._holds = False

    def _is_held(self) -> bool:
        return self._slowed or len(self._inbox) >= INBOX_LIMIT or self._socket.paused

    def _slow_down(self, frame: bytes, wait_s: float, now_s: float) -> None:
        """There were too many frames: look at this one, and any other, after a while."""
        self._slowed = True
        asyncio.get_running_loop().call_later(wait_s, self._speed_up, frame)
        if now_s >= self._silent_until_s:
            self._silent_until_s = now_s + SAY_SLOWED_EVERY_S
            self._log.warning("station slowed", frames_per_s=self._services.frames_per_s)

    def _speed_up(self, frame: bytes) -> None:
        self._slowed = False
        if not self._stopped:
            self._look(frame, monotonic_s())
            self.go_on()

    def _look(self, frame: bytes, now_s: float) -> None:
        match self._peer.receive(frame, now_s):
            case CallReceived() as call:
                self._record("in", "call", call.action, call.message_id, call.payload)
                self._await_turn(call)
            case SendReceived() as sent:
                self._record("in", "send", sent.action, sent.message_id, sent.payload)
                self._await_turn(sent)
            case ResultRefused(message_id=message_id, code=code, description=why):
                told = orjson.dumps({"code": code, "description": why})
                self._record("in", "result_error", "", message_id, told)
                self._log.warning("answer refused", message_id=message_id, code=code)
            case CallAnswered() | CallFailed() as settled:
                self._settle(settled)
                self._deadlines_changed.set()
                self._flush()
            case FrameRefused(code=code, description=why):
                self._log.info("frame refused", code=code.value, why=why)
                self._flush()
            case UnexpectedAnswer(message_id=message_id):
                self._log.info("answer to no call", message_id=message_id)

    def _await_turn(self, call: CallReceived | SendReceived) -> None:
        self._inbox.append(call)
        self._idle.clear()
        self._filled.set()

    async def _answer_calls(self) -> None:
        try:
            while True:
                while self._inbox:
                    await self._answer_next(self._inbox.popleft())
                if self._unread:
                    self.go_on()
                    await asyncio.sleep(0)  # a station with much to say is not the only one
                if not self._inbox:
                    self._filled.clear()
                    self._idle.set()
                    await self._filled.wait()
        except StoreUnavailable:
            self._goodbye = (int(CloseCode.TRY_AGAIN_LATER), "try again later")

    async def _answer_next(self, call: CallReceived | SendReceived) -> None:
        if isinstance(call, SendReceived):
            await self._heed(call)
            return
        answer = await self._answer(call)
        if isinstance(answer, CallError):
            self._peer.refuse(call.message_id, answer)
            told = orjson.dumps({"code": answer.code, "description": answer.description})
            self._record("out", "error", call.action, call.message_id, told)
        else:
            self._peer.answer(call.message_id, answer)
            self._record("out", "result", call.action, call.message_id, answer)
        self._flush()
        if self._socket.paused:
            await self._socket.drain()

    async def _heed(self, sent: SendReceived) -> None:
        """Like a call, without an answer; in order, so later calls wait for it to be stored."""
        while True:
            with suppress(StoreUnavailable):
                answer = await self._answer(sent)
                break
            await asyncio.sleep(SEND_RETRY_S)
        if isinstance(answer, CallError):
            self._log.info("send refused", action=sent.action, code=answer.code)

    async def _answer(self, call: CallReceived | SendReceived) -> bytes | CallError:
        now = self._services.clock.now()
        try:
            return await self._services.answer(
                self.version, call.action, call.payload, self.station_id, now
            )
        except StoreUnavailable:
            raise
        except Exception:  # noqa: BLE001 - the edge of the socket
            self._log.exception("no answer", action=call.action, message_id=call.message_id)
            return CallError(ErrorCode.INTERNAL_ERROR, "see the log of the central system")

    async def _keep_deadlines(self) -> None:
        while True:
            self._deadlines_changed.clear()
            deadline_s = self._peer.deadline_s
            wait_s = None if deadline_s is None else max(0.0, deadline_s - monotonic_s())
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._deadlines_changed.wait()
            for failed in self._peer.expire(monotonic_s()):
                self._settle(failed)
            self._flush()

    def _flush(self) -> None:
        for frame in self._peer.frames_to_send():
            self._socket.say(frame)

    def _settle(self, settled: CallAnswered | CallFailed) -> None:
        action = self._actions.get(settled.message_id, "")
        if isinstance(settled, CallAnswered):
            self._record("in", "result", action, settled.message_id, settled.payload)
        elif settled.code not in ("Timeout", "Closed"):
            told = orjson.dumps({"code": settled.code, "description": settled.description})
            self._record("in", "error", action, settled.message_id, told)
        waiting = self._calls.get(settled.message_id)
        if waiting is not None and not waiting.done():
            waiting.set_result(settled)

    def _record(
        self, direction: str, kind: str, action: str, message_id: str, payload: bytes
    ) -> None:
        now = self._services.clock.now()
        self._services.messages.record(
            Message(self.station_id, now, direction, kind, action, message_id, payload)
        )

    def _real_seconds_until(self, deadline_at: datetime) -> float:
        clock = self._services.clock
        site_s = (deadline_at - clock.now()).total_seconds()
        return max(SHORTEST_CALL_S, clock.real_s(site_s))

    def _response(self, codec: Codec, action: str, settled: CallAnswered | CallFailed) -> Any:
        match settled:
            case CallAnswered(payload=payload):
                response = codec.decode_response(action, payload)
                if isinstance(response, CallError):
                    self._peer.refuse_result(settled.message_id, response)
                    self._deadlines_changed.set()  # its keeper sends what waits to be sent
                    raise CallTimeout(sent=True)  # it heard us, and we do not know what it means
                return response
            case CallFailed(code="Timeout" | "Unreadable", sent=sent):
                raise CallTimeout(sent=sent)
            case CallFailed(code="Closed", sent=True):
                raise ConnectionLost
            case CallFailed(code="Closed"):
                raise CallTimeout(sent=False)
            case CallFailed(code=code, description=description):
                raise CallRefused(code, description)
