"""How a codec reads a payload: a message type of one version, and what it becomes in the domain.

OCPP 2.1 repeats the fields of 2.0.1, so one conversion serves both: `of` reads another version's
type by the same conversion.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

import msgspec

from csms.domain import messages as m
from csms.domain.transaction import TransactionEvent
from csms.ocppj.faults import fault_of
from csms.ocppj.inbound201 import utc
from csms.ocppj.peer import CallError, ErrorCode

ZONE_MISSING: Final = "time_zone_missing"

_W = TypeVar("_W")
_R = TypeVar("_R")
_UNZONED: Final = re.compile(rb'("\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?)"')
_as_told: Final = msgspec.json.Decoder(dict[str, Any]).decode


@dataclass(frozen=True, slots=True)
class Reader(Generic[_W]):
    """`convert` hears the valid request and the wire's own text. Raises msgspec.MsgspecError."""

    kind: type[_W]
    convert: Callable[[_W, bytes], m.Request]
    mend: Callable[[bytes], bytes | None] | None = None
    """What was probably meant by a text that is not valid; None: no idea."""
    _decode: Callable[[bytes], _W] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_decode", msgspec.json.Decoder(self.kind).decode)

    def __call__(self, payload: bytes) -> m.Request:
        try:
            return self.convert(self._decode(payload), payload)
        except msgspec.ValidationError:
            if self.mend is None or (meant := self.mend(payload)) is None:
                raise
            return self.convert(self._decode(meant), meant)

    def of(self, kind: type[_W]) -> "Reader[_W]":
        """The same message of another version, whose type has all fields that this one has."""
        return Reader(kind, self.convert, self.mend)


def reader(
    kind: type[_W],
    convert: Callable[[_W], m.Request],
    mend: Callable[[bytes], bytes | None] | None = None,
) -> Reader[_W]:
    """A message that `convert` makes a domain request of."""
    return Reader(kind, lambda request, _: convert(request), mend)


def notice_reader(action: str, kind: type[_W], time: str | None = None) -> Reader[_W]:
    """A message that is kept as told, once it is valid; `time` names its own time, if any."""

    def notice(request: _W, payload: bytes) -> m.Notice:
        at: datetime | None = utc(getattr(request, time)) if time else None
        return m.Notice(kind=action, payload=_as_told(payload), at=at)

    return Reader(kind, notice)


def lenient_of_zone(read: Callable[[bytes], _R], payload: bytes) -> _R:
    """Times without a zone are read as UTC: some stations leave the Z out."""
    try:
        return read(payload)
    except msgspec.ValidationError as fault:
        if "timezone" not in str(fault):
            raise
    told = read(_UNZONED.sub(rb'\1Z"', payload))
    if isinstance(told, TransactionEvent):
        return msgspec.structs.replace(told, payload=payload, flags=(*told.flags, ZONE_MISSING))
    return told


def request_read(
    readers: Mapping[str, Reader[Any]], known: Mapping[str, object], action: str, payload: bytes
) -> m.Request | CallError:
    """The domain request of a station's CALL; `known` are all actions of its version."""
    read = readers.get(action)
    if read is None:
        if action in known:
            return CallError(ErrorCode.NOT_SUPPORTED, "action not supported")
        return CallError(ErrorCode.NOT_IMPLEMENTED, "no such action in this version of OCPP")
    try:
        return lenient_of_zone(read, payload)
    except msgspec.MsgspecError as fault:
        return fault_of(fault)


def request_made(kind: type[_W] | None, values: Mapping[str, Any]) -> _W | CallError:
    """A request of ours from JSON values (an operator's), or what is wrong with them; `kind` is
    None for an action that the version does not have."""
    if kind is None:
        return CallError(ErrorCode.NOT_SUPPORTED, "no such action in this version of OCPP")
    try:
        return msgspec.convert(dict(values), kind)
    except msgspec.ValidationError as fault:
        return fault_of(fault)


def response_read(read: Callable[[bytes], _R], payload: bytes) -> _R | CallError:
    """The station's answer to a call of ours, or what is wrong with it."""
    try:
        return lenient_of_zone(read, payload)
    except msgspec.MsgspecError as fault:
        return fault_of(fault)
