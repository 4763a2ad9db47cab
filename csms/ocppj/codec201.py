"""OCPP 2.0.1: wire payload ⇄ domain message, and requests and answers of our own calls.

Strict where the schema is: a bad payload becomes the CALLERROR of OCPP-J table 8 (see `faults`).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, TypeVar

import msgspec

from csms.domain import messages as m
from csms.domain.authorization import AuthorizationStatus
from csms.domain.transaction import TransactionEvent
from csms.domain.units import wire_time
from csms.ocppj import inbound201 as inbound
from csms.ocppj import types_v201 as wire
from csms.ocppj.faults import fault_of
from csms.ocppj.peer import CallError, ErrorCode

ZONE_MISSING: Final = "time_zone_missing"

_W = TypeVar("_W")
_R = TypeVar("_R")
_encode: Final = msgspec.json.Encoder().encode
_UNZONED: Final = re.compile(rb'("\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?)"')


def decode(action: str, payload: bytes) -> m.Request | CallError:
    """The domain request of a station's CALL, or the CALLERROR to answer with."""
    reader = _READERS.get(action)
    if reader is None:
        if action in wire.REQUESTS:
            return CallError(ErrorCode.NOT_SUPPORTED, "action not supported")
        return CallError(ErrorCode.NOT_IMPLEMENTED, "no such action in OCPP 2.0.1")
    try:
        return _lenient_of_zone(reader, payload)
    except msgspec.MsgspecError as fault:
        return fault_of(fault)


def transaction_event(payload: bytes) -> TransactionEvent:
    """A TransactionEvent from the ledger. Raises msgspec.MsgspecError if `payload` is none."""
    return _lenient_of_zone(_transaction_event, payload)


def encode_answer(action: str, answer: object) -> bytes:
    """CALLRESULT payload of what a handler of `action` answered."""
    match answer:
        case m.Acknowledged() if action == "NotifyEVChargingSchedule":
            return _encode(wire.NotifyEVChargingScheduleResponse(status="Accepted"))
        case m.Acknowledged() | m.TransactionEventAnswer(id_token_status=None):
            return b"{}"
        case m.TransactionEventAnswer(id_token_status=AuthorizationStatus() as status):
            return _encode(wire.TransactionEventResponse(id_token_info=_token_info(status)))
        case m.AuthorizeAnswer(status=status):
            return _encode(wire.AuthorizeResponse(id_token_info=_token_info(status)))
        case m.HeartbeatAnswer(now=now):
            return _encode(wire.HeartbeatResponse(current_time=wire_time(now)))
        case m.BootNotificationAnswer():
            return _encode(
                wire.BootNotificationResponse(
                    current_time=wire_time(answer.now),
                    interval=answer.interval_s,
                    status=answer.status.value,
                )
            )
        case m.NotifyEVChargingNeedsAnswer():
            return _encode(wire.NotifyEVChargingNeedsResponse(status=answer.status.value))
        case m.DataTransferAnswer():
            return _encode({"status": answer.status})
        case _:
            raise TypeError(f"{type(answer).__name__} is no answer to {action}")


def encode_request(request: wire.Wire) -> bytes:
    """CALL payload of a request of ours."""
    return _encode(request)


def decode_response(action: str, payload: bytes) -> wire.Wire | CallError:
    """The station's answer to our `action`, or what is wrong with it."""
    try:
        return _lenient_of_zone(_RESPONSES[action], payload)
    except msgspec.MsgspecError as fault:
        return fault_of(fault)


def request_from(action: str, values: Mapping[str, Any]) -> wire.Wire | CallError:
    """A request of ours from JSON values (an operator's), or what is wrong with them."""
    try:
        return msgspec.convert(dict(values), wire.REQUESTS[action])
    except msgspec.ValidationError as fault:
        return fault_of(fault)


def _lenient_of_zone(read: Callable[[bytes], _R], payload: bytes) -> _R:
    """Times without a zone are read as UTC: some stations leave the Z out."""
    try:
        return read(payload)
    except msgspec.ValidationError as fault:
        if "timezone" not in str(fault):
            raise
    told = read(_UNZONED.sub(rb'\1Z"', payload))
    if isinstance(told, TransactionEvent):
        return replace(told, payload=payload, flags=(*told.flags, ZONE_MISSING))
    return told


def _token_info(status: AuthorizationStatus) -> wire.IdTokenInfoType:
    return wire.IdTokenInfoType(status=status.value)


def _reader(kind: type[_W], convert: Callable[[_W], m.Request]) -> Callable[[bytes], m.Request]:
    read = msgspec.json.Decoder(kind).decode
    return lambda payload: convert(read(payload))


def _notice_reader(action: str, time: str | None = None) -> Callable[[bytes], m.Request]:
    """A message that is kept as told, once it is valid; `time` names its own time, if any."""
    validate = msgspec.json.Decoder(wire.REQUESTS[action]).decode
    as_told = msgspec.json.Decoder(dict[str, Any]).decode

    def read(payload: bytes) -> m.Notice:
        request = validate(payload)
        at: datetime | None = inbound.utc(getattr(request, time)) if time else None
        return m.Notice(kind=action, payload=as_told(payload), at=at)

    return read


_read_transaction_event: Final = msgspec.json.Decoder(wire.TransactionEventRequest).decode


def _transaction_event(payload: bytes) -> TransactionEvent:
    return inbound.transaction_event(_read_transaction_event(payload), payload)


_READERS: Final[Mapping[str, Callable[[bytes], m.Request]]] = {
    "SecurityEventNotification": _notice_reader("SecurityEventNotification", "timestamp"),
    "BootNotification": _reader(wire.BootNotificationRequest, inbound.boot_notification),
    "NotifyReport": _reader(wire.NotifyReportRequest, inbound.notify_report),
    "Authorize": _reader(wire.AuthorizeRequest, inbound.authorize),
    "TransactionEvent": _transaction_event,
    "Heartbeat": _reader(wire.HeartbeatRequest, lambda _: m.Heartbeat()),
    "StatusNotification": _reader(wire.StatusNotificationRequest, inbound.status_notification),
    "MeterValues": _reader(wire.MeterValuesRequest, inbound.meter_values),
    "NotifyEVChargingNeeds": _reader(
        wire.NotifyEVChargingNeedsRequest, inbound.notify_ev_charging_needs
    ),
    "NotifyEVChargingSchedule": _notice_reader("NotifyEVChargingSchedule"),
    "NotifyChargingLimit": _notice_reader("NotifyChargingLimit"),
    "ClearedChargingLimit": _notice_reader("ClearedChargingLimit"),
    "ReportChargingProfiles": _notice_reader("ReportChargingProfiles"),
    "FirmwareStatusNotification": _notice_reader("FirmwareStatusNotification"),
    "LogStatusNotification": _notice_reader("LogStatusNotification"),
    "NotifyEvent": _notice_reader("NotifyEvent", "generated_at"),
    "DataTransfer": _reader(wire.DataTransferRequest, inbound.data_transfer),
}
ACTIONS: Final = frozenset(_READERS)
"""What stations may call here."""

_RESPONSES: Final = {
    action: msgspec.json.Decoder(kind).decode for action, kind in wire.RESPONSES.items()
}
