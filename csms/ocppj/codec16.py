"""OCPP 1.6J with its security extension: wire payload ⇄ domain message, and our own calls.

1.6 has no TransactionEvent: the ledger keeps the text of the message that told of the event, and
`transaction_event` knows which of them it is by its fields.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from csms.domain import messages as m
from csms.domain import messages_certificates as mc
from csms.domain.authorization import AuthorizationStatus, IdTokenInfo
from csms.domain.transaction import TransactionEvent
from csms.domain.units import wire_time
from csms.ocppj import inbound16 as inbound
from csms.ocppj import types_v16 as wire
from csms.ocppj.mending16 import MENDED, mended
from csms.ocppj.peer import CallError
from csms.ocppj.reading import (
    Reader,
    lenient_of_zone,
    notice_reader,
    reader,
    request_made,
    request_read,
    response_read,
)

_encode: Final = msgspec.json.Encoder().encode
_fields_of: Final = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def decode(action: str, payload: bytes) -> m.Request | CallError:
    """The domain request of a station's CALL, or the CALLERROR to answer with."""
    told = request_read(READERS, wire.REQUESTS, action, payload)
    if not isinstance(told, CallError) or action not in READERS:
        return told
    try:
        return _of_mended(READERS[action], payload)
    except msgspec.MsgspecError:
        return told


def transaction_event(payload: bytes) -> TransactionEvent:
    """An event from the ledger. Raises msgspec.MsgspecError if `payload` is none."""
    fields = _fields_of(payload)
    read = next((read for field, read in _EVENTS if field in fields), None)
    if read is None:
        raise msgspec.ValidationError("no message about a transaction")
    try:
        told = lenient_of_zone(read, payload)
    except msgspec.ValidationError:
        told = _of_mended(read, payload)
    event = told.event if isinstance(told, m.StartTransaction) else told
    assert isinstance(event, TransactionEvent)
    return event


def encode_answer(action: str, answer: object) -> bytes:
    """CALLRESULT payload of what a handler of `action` answered."""
    match answer:
        case m.Acknowledged() | m.TransactionEventAnswer(info=None):
            return b"{}"
        case m.TransactionEventAnswer(info=IdTokenInfo() as info):
            return _encode(wire.StopTransactionResponse(id_tag_info=id_tag_info(info)))
        case m.StartTransactionAnswer(number=number, event=event):
            info = event.info or IdTokenInfo(status=AuthorizationStatus.ACCEPTED)
            return _encode(
                wire.StartTransactionResponse(id_tag_info=id_tag_info(info), transaction_id=number)
            )
        case m.AuthorizeAnswer(info=info):
            return _encode(wire.AuthorizeResponse(id_tag_info=id_tag_info(info)))
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
        case m.DataTransferAnswer():
            return _encode(_data_transfer(answer))
        case mc.SignCertificateAnswer(accepted=accepted):
            return _encode({"status": "Accepted" if accepted else "Rejected"})
        case _:
            raise TypeError(f"{type(answer).__name__} is no answer to {action}")


def encode_request(request: wire.Wire) -> bytes:
    """CALL payload of a request of ours."""
    return _encode(request)


def decode_response(action: str, payload: bytes) -> wire.Wire | CallError:
    """The station's answer to our `action`, or what is wrong with it."""
    return response_read(_RESPONSES[action], payload)


def request_from(action: str, values: Mapping[str, Any]) -> wire.Wire | CallError:
    """A request of ours from JSON values, or what is wrong with them."""
    return request_made(wire.REQUESTS[action], values)


def _data_transfer(answer: m.DataTransferAnswer) -> dict[str, Any]:
    """4.3. `data` is text here; anything else goes as its JSON."""
    if answer.data is None:
        return {"status": answer.status}
    as_text = answer.data if isinstance(answer.data, str) else _encode(answer.data).decode()
    return {"status": answer.status, "data": as_text}


def id_tag_info(info: IdTokenInfo) -> wire.IdTagInfoType:
    """7.17. A parent that does not fit into 20 characters is not told."""
    expires_at, group = info.cache_expires_at, info.group
    fits = group is not None and len(group.id_token) <= LONGEST_ID_TAG
    return wire.IdTagInfoType(
        status=id_tag_status(info.status),
        expiry_date=msgspec.UNSET if expires_at is None else wire_time(expires_at),
        parent_id_tag=group.id_token if group is not None and fits else msgspec.UNSET,
    )


def id_tag_status(status: str) -> wire.IdTagInfoStatusEnumType:
    """AuthorizationStatusEnumType in the five words of 7.2: what 1.6 has no word for is Blocked,
    a token that nobody knows is Invalid."""
    return _STATUSES.get(status, "Blocked")


LONGEST_ID_TAG: Final = 20
"""IdToken is a CiString20Type (7.28)."""
_STATUSES: Final[Mapping[str, wire.IdTagInfoStatusEnumType]] = {
    "Accepted": "Accepted",
    "ConcurrentTx": "ConcurrentTx",
    "Expired": "Expired",
    "Invalid": "Invalid",
    "Unknown": "Invalid",
}


def _of_mended(read: Reader[Any], payload: bytes) -> m.Request:
    """The request in a mended text; an event is flagged, and keeps the text as it came."""
    told = lenient_of_zone(read, mended(payload))
    match told:
        case TransactionEvent():
            return _flagged(told, payload)
        case m.StartTransaction(event=event):
            return m.StartTransaction(_flagged(event, payload))
    return told


def _flagged(event: TransactionEvent, payload: bytes) -> TransactionEvent:
    return replace(event, payload=payload, flags=(*event.flags, MENDED))


_START: Final = Reader(wire.StartTransactionRequest, inbound.start_transaction)
_STOP: Final = Reader(wire.StopTransactionRequest, inbound.stop_transaction)
_METER_VALUES: Final = Reader(wire.MeterValuesRequest, inbound.meter_values)
_STATE: Final = Reader(wire.StatusNotificationRequest, inbound.charging_state_changed)
_EVENTS: Final[tuple[tuple[str, Reader[Any]], ...]] = (
    ("meterStart", _START),
    ("meterStop", _STOP),
    ("meterValue", _METER_VALUES),
    ("errorCode", _STATE),
)
"""A required field that no other message has → the message."""

READERS: Final[Mapping[str, Reader[Any]]] = {
    "SignCertificate": reader(wire.SignCertificateRequest, inbound.sign_certificate),
    "SecurityEventNotification": notice_reader(
        "SecurityEventNotification", wire.SecurityEventNotificationRequest, "timestamp"
    ),
    "BootNotification": reader(wire.BootNotificationRequest, inbound.boot_notification),
    "Authorize": reader(wire.AuthorizeRequest, inbound.authorize),
    "StartTransaction": _START,
    "StopTransaction": _STOP,
    "Heartbeat": reader(wire.HeartbeatRequest, lambda _: m.Heartbeat()),
    "StatusNotification": Reader(wire.StatusNotificationRequest, inbound.status_notification),
    "MeterValues": _METER_VALUES,
    "FirmwareStatusNotification": notice_reader(
        "FirmwareStatusNotification", wire.FirmwareStatusNotificationRequest
    ),
    "SignedFirmwareStatusNotification": notice_reader(
        "FirmwareStatusNotification", wire.SignedFirmwareStatusNotificationRequest
    ),
    "LogStatusNotification": notice_reader(
        "LogStatusNotification", wire.LogStatusNotificationRequest
    ),
    "DiagnosticsStatusNotification": reader(
        wire.DiagnosticsStatusNotificationRequest, inbound.diagnostics_status
    ),
    "DataTransfer": reader(wire.DataTransferRequest, inbound.data_transfer),
}
ACTIONS: Final = frozenset(READERS)
"""What stations may call here."""

_RESPONSES: Final = {
    action: msgspec.json.Decoder(kind).decode for action, kind in wire.RESPONSES.items()
}
