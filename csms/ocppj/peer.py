"""OCPP-J for one connection, without I/O: frames in, events out; the shell moves the bytes.

Rules that live here and nowhere else: one CALL of ours is in flight at a time, the rest wait by
priority, and their deadline includes the wait; a late or unknown answer is reported, never matched;
a frame we cannot read is answered (briefly, without echo), an answer is never answered, save by
the CALLRESULTERROR of OCPP 2.1, and a SEND never. (OCPP-J 2.0.1 and 2.1, part 4 §4.)
"""

import heapq
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import count
from typing import Annotated, Any, Final, Literal

import msgspec

from csms.domain.commands import CommandPriority
from csms.ocppj import guard

CALL: Final = 2
CALL_RESULT: Final = 3
CALL_ERROR: Final = 4
CALL_RESULT_ERROR: Final = 5
SEND: Final = 6
UNREADABLE_ID: Final = "-1"
MAX_ID_LENGTH: Final = 36


class ErrorCode(StrEnum):
    """OCPP-J 2.0.1 table 8."""

    FORMAT_VIOLATION = "FormatViolation"
    GENERIC_ERROR = "GenericError"
    INTERNAL_ERROR = "InternalError"
    MESSAGE_TYPE_NOT_SUPPORTED = "MessageTypeNotSupported"
    NOT_IMPLEMENTED = "NotImplemented"
    NOT_SUPPORTED = "NotSupported"
    OCCURRENCE_CONSTRAINT_VIOLATION = "OccurrenceConstraintViolation"
    PROPERTY_CONSTRAINT_VIOLATION = "PropertyConstraintViolation"
    PROTOCOL_ERROR = "ProtocolError"
    RPC_FRAMEWORK_ERROR = "RpcFrameworkError"
    SECURITY_ERROR = "SecurityError"
    TYPE_CONSTRAINT_VIOLATION = "TypeConstraintViolation"


class CallError(msgspec.Struct, frozen=True, gc=False):
    """What a CALLERROR says; the description is ours, short, and never quotes the payload."""

    code: str
    description: str = ""


class CallReceived(msgspec.Struct, frozen=True, gc=False):
    """The station calls; `payload` is its JSON object. Answer it with `answer` or `refuse`."""

    message_id: str
    action: str
    payload: bytes


class SendReceived(msgspec.Struct, frozen=True, gc=False):
    """The station sends (2.1): like a call, but it must not be answered."""

    message_id: str
    action: str
    payload: bytes


class ResultRefused(msgspec.Struct, frozen=True, gc=False):
    """The station could not read an answer of ours (CALLRESULTERROR, 2.1)."""

    message_id: str
    code: str
    description: str


class CallAnswered(msgspec.Struct, frozen=True, gc=False):
    """CALLRESULT to the call in flight."""

    message_id: str
    payload: bytes


class CallFailed(msgspec.Struct, frozen=True, gc=False):
    """Our call got no good answer. Not `sent`: the station never saw it.

    `code` is the station's CALLERROR code, or "Timeout", "Closed" or "Unreadable" (ours).
    """

    message_id: str
    code: str
    description: str = ""
    sent: bool = True


class UnexpectedAnswer(msgspec.Struct, frozen=True, gc=False):
    """An answer that no call of ours waits for: late, repeated or made up."""

    message_id: str


class FrameRefused(msgspec.Struct, frozen=True, gc=False):
    """A frame that was no message; its CALLERROR, unless it was a SEND, is already among the frames
    to send."""

    message_id: str
    code: ErrorCode
    description: str


PeerEvent = (
    CallReceived
    | SendReceived
    | CallAnswered
    | CallFailed
    | ResultRefused
    | UnexpectedAnswer
    | FrameRefused
)

_MessageId = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_ID_LENGTH)]
_read_call: Final = msgspec.json.Decoder(tuple[Literal[2], _MessageId, str, msgspec.Raw]).decode
_read_send: Final = msgspec.json.Decoder(tuple[Literal[6], _MessageId, str, msgspec.Raw]).decode
_read_result: Final = msgspec.json.Decoder(tuple[Literal[3], _MessageId, msgspec.Raw]).decode
_encode: Final = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True, order=True)
class _Waiting:
    priority: CommandPriority
    order: int
    message_id: str = field(compare=False)
    action: str = field(compare=False)
    payload: bytes = field(compare=False)
    deadline_s: float = field(compare=False)


@dataclass(slots=True)
class Peer:
    """Times are seconds of one monotonic clock. `receive` never raises, whatever the bytes.

    `speaks_21`: SEND and CALLRESULTERROR are known, both ways.
    """

    answer_timeout_s: float = 30.0
    max_frame_bytes: int = 262_144
    speaks_21: bool = False
    error_codes: Mapping[str, str] = field(default_factory=dict)
    """How the codes of table 8 are spelled here, where it is not so."""
    _waiting: list[_Waiting] = field(default_factory=list)
    _order: "count[int]" = field(default_factory=count)
    _in_flight: str | None = None
    _in_flight_until_s: float = 0.0
    _to_send: list[bytes] = field(default_factory=list)

    def receive(self, frame: str | bytes, now_s: float) -> PeerEvent:
        """Take one text frame (bytes are its UTF-8) and say what it means."""
        try:
            raw = frame if isinstance(frame, bytes) else frame.encode()
        except UnicodeEncodeError:
            return self._refused(None, "not UTF-8")
        if len(raw) > self.max_frame_bytes:
            return self._broken(raw, "frame too long", now_s)
        if guard.is_clean(raw):
            try:
                if raw.startswith(b"[2"):
                    _, message_id, action, payload = _read_call(raw)
                    if (body := bytes(payload)).startswith(b"{"):
                        return CallReceived(message_id, action, body)
                if raw.startswith(b"[3"):
                    _, message_id, payload = _read_result(raw)
                    if (body := bytes(payload)).startswith(b"{"):
                        return self._answered(message_id, body, now_s)
            except msgspec.ValidationError:
                pass  # a proper look finds the words for it
        return self._look(raw, now_s)

    def call(
        self,
        message_id: str,
        action: str,
        payload: bytes,
        *,
        priority: CommandPriority,
        deadline_s: float,
        now_s: float,
    ) -> None:
        """Queue a CALL. It fails as "Timeout" at `deadline_s`, waiting or in flight.

        `message_id` must be new for this station, also across connections (part 4 §4.1.4).
        """
        entry = _Waiting(priority, next(self._order), message_id, action, payload, deadline_s)
        heapq.heappush(self._waiting, entry)
        self._start_next(now_s)

    def answer(self, message_id: str, payload: bytes) -> None:
        """CALLRESULT; `payload` is a JSON object."""
        self._to_send.append(b"[3,%b,%b]" % (_encode(message_id), payload))

    def refuse(self, message_id: str, error: CallError) -> None:
        """CALLERROR, at most 1 kB."""
        code = self.error_codes.get(error.code, error.code)
        head = [CALL_ERROR, message_id[:MAX_ID_LENGTH], code, error.description[:160], {}]
        self._to_send.append(_encode(head))

    def refuse_result(self, message_id: str, error: CallError) -> None:
        """CALLRESULTERROR to an answer that we cannot read; before 2.1 there is none to send."""
        if self.speaks_21:
            head = [CALL_RESULT_ERROR, message_id, error.code, error.description[:160], {}]
            self._to_send.append(_encode(head))

    def expire(self, now_s: float) -> tuple[CallFailed, ...]:
        """Fail every call whose time is over; call this at `deadline_s`."""
        failed = []
        if self._in_flight is not None and now_s >= self._in_flight_until_s:
            failed.append(CallFailed(self._in_flight, "Timeout", "no answer in time"))
            self._in_flight = None
        failed.extend(
            CallFailed(entry.message_id, "Timeout", "not sent in time", sent=False)
            for entry in sorted(self._waiting)
            if now_s >= entry.deadline_s
        )
        self._waiting = [entry for entry in self._waiting if now_s < entry.deadline_s]
        heapq.heapify(self._waiting)
        self._start_next(now_s)
        return tuple(failed)

    @property
    def deadline_s(self) -> float | None:
        """When to call `expire` next; None if nothing is outstanding."""
        deadlines = [entry.deadline_s for entry in self._waiting]
        if self._in_flight is not None:
            deadlines.append(self._in_flight_until_s)
        return min(deadlines, default=None)

    def frames_to_send(self) -> list[bytes]:
        """Frames (UTF-8 of a text message) to send now, in order; each is handed out once."""
        frames, self._to_send = self._to_send, []
        return frames

    def close(self) -> tuple[CallFailed, ...]:
        """The connection is gone: fail everything that is outstanding."""
        failed = [] if self._in_flight is None else [CallFailed(self._in_flight, "Closed")]
        failed += [CallFailed(e.message_id, "Closed", sent=False) for e in sorted(self._waiting)]
        self._in_flight = None
        self._waiting.clear()
        self._to_send.clear()
        return tuple(failed)

    def _start_next(self, now_s: float) -> None:
        if self._in_flight is not None or not self._waiting:
            return
        entry = heapq.heappop(self._waiting)
        self._in_flight = entry.message_id
        self._in_flight_until_s = min(entry.deadline_s, now_s + self.answer_timeout_s)
        message_id, action = _encode(entry.message_id), _encode(entry.action)
        self._to_send.append(b"[2,%b,%b,%b]" % (message_id, action, entry.payload))

    def _look(self, raw: bytes, now_s: float) -> PeerEvent:
        try:
            message = guard.read(raw)
        except guard.FrameFault as fault:
            return self._broken(raw, str(fault), now_s)
        if not isinstance(message, list) or not message or type(message[0]) is not int:
            return self._refused(_id_of(message), "not an OCPP-J message")
        kind, message_id = message[0], _id_of(message)
        if kind in (CALL_RESULT, CALL_ERROR):
            return self._look_at_answer(message, message_id, now_s)
        if self.speaks_21 and kind in (SEND, CALL_RESULT_ERROR):
            return _sent(raw, message_id) if kind == SEND else _result_error(message, message_id)
        if kind != CALL:
            code = ErrorCode.MESSAGE_TYPE_NOT_SUPPORTED
            return self._refused(message_id, "unknown message type", code)
        if message_id is None:
            return self._refused(None, "the message id is not a string of 1 to 36 characters")
        if len(message) != 4 or not isinstance(message[2], str):
            return self._refused(message_id, "a CALL is [2, id, action, payload]")
        if not isinstance(message[3], dict):
            return self._refused(message_id, "payload is not an object", ErrorCode.FORMAT_VIOLATION)
        try:
            *_, payload = _read_call(raw)
        except msgspec.MsgspecError:
            return self._refused(message_id, "not JSON", ErrorCode.FORMAT_VIOLATION)
        return CallReceived(message_id, message[2], bytes(payload))

    def _look_at_answer(
        self, message: list[Any], message_id: str | None, now_s: float
    ) -> PeerEvent:
        match message:
            case [3, str(), dict(payload)] if message_id:
                return self._answered(message_id, _dump(payload), now_s)
            case [4, str(), str(code), *rest]:
                description = rest[0] if rest and isinstance(rest[0], str) else ""
                return self._failed(message_id, code[:50], description[:255], now_s)
            case _:
                return self._failed(message_id, "Unreadable", "not a proper answer", now_s)

    def _broken(self, raw: bytes, why: str, now_s: float) -> PeerEvent:
        kind, message_id = guard.head(raw)
        if self.speaks_21 and kind in (SEND, CALL_RESULT_ERROR):
            return _dropped(message_id, why)
        if kind in (CALL_RESULT, CALL_ERROR):
            return self._failed(message_id, "Unreadable", why, now_s)
        readable = kind == CALL and message_id is not None
        code = ErrorCode.FORMAT_VIOLATION if readable else ErrorCode.RPC_FRAMEWORK_ERROR
        return self._refused(message_id, why, code)

    def _refused(
        self, message_id: str | None, why: str, code: ErrorCode = ErrorCode.RPC_FRAMEWORK_ERROR
    ) -> FrameRefused:
        refused_id = UNREADABLE_ID if message_id is None else message_id
        self.refuse(refused_id, CallError(code, why))
        return FrameRefused(refused_id, code, why)

    def _answered(self, message_id: str, payload: bytes, now_s: float) -> PeerEvent:
        if message_id != self._in_flight:
            return UnexpectedAnswer(message_id)
        self._in_flight = None
        self._start_next(now_s)
        return CallAnswered(message_id, payload)

    def _failed(
        self, message_id: str | None, code: str, description: str, now_s: float
    ) -> PeerEvent:
        """An error without a readable id can only mean the call in flight: it must not hang."""
        about = self._in_flight if message_id in (None, UNREADABLE_ID) else message_id
        if about is None or about != self._in_flight:
            return UnexpectedAnswer(message_id or UNREADABLE_ID)
        self._in_flight = None
        self._start_next(now_s)
        return CallFailed(about, code, description)


def _sent(raw: bytes, message_id: str | None) -> PeerEvent:
    try:
        _, sent_id, action, payload = _read_send(raw)
    except msgspec.MsgspecError:
        return _dropped(message_id, "a SEND is [6, id, action, payload]")
    if not (body := bytes(payload)).startswith(b"{"):
        return _dropped(message_id, "payload is not an object")
    return SendReceived(sent_id, action, body)


def _result_error(message: list[Any], message_id: str | None) -> PeerEvent:
    match message:
        case [5, str(), str(code), *rest] if message_id:
            description = rest[0] if rest and isinstance(rest[0], str) else ""
            return ResultRefused(message_id, code[:50], description[:255])
        case _:
            return _dropped(message_id, "not a proper CALLRESULTERROR")


def _dropped(message_id: str | None, why: str) -> FrameRefused:
    """Nobody waits for an answer, so there is none."""
    refused_id = UNREADABLE_ID if message_id is None else message_id
    return FrameRefused(refused_id, ErrorCode.FORMAT_VIOLATION, why)


def _id_of(message: object) -> str | None:
    match message:
        case [_, str(message_id), *_] if 0 < len(message_id) <= MAX_ID_LENGTH:
            return message_id
        case _:
            return None


def _dump(payload: dict[str, Any]) -> bytes:
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
