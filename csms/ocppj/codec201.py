"""OCPP 2.0.1: wire payload ⇄ domain message, and requests and answers of our own calls.

Strict where the schema is: a bad payload becomes the CALLERROR of OCPP-J table 8 (see `faults`).
"""

from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec

from csms.domain import messages as m
from csms.domain import messages_certificates as mc
from csms.domain import messages_charging as mk
from csms.domain.transaction import TransactionEvent
from csms.domain.units import wire_time
from csms.ocppj import certificates201 as certificates
from csms.ocppj import inbound201 as inbound
from csms.ocppj import inbound201_charging as charging
from csms.ocppj import inbound201_device_model as device_model
from csms.ocppj import inbound201_people as people
from csms.ocppj import mending2x
from csms.ocppj import outbound201 as outbound
from csms.ocppj import types_v201 as wire
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
_NEEDS: Final[Mapping[m.NeedsStatus, Literal["Accepted", "Rejected", "Processing"]]] = {
    m.NeedsStatus.ACCEPTED: "Accepted",
    m.NeedsStatus.REJECTED: "Rejected",
    m.NeedsStatus.PROCESSING: "Processing",
    m.NeedsStatus.NO_CHARGING_PROFILE: "Rejected",
}


def decode(action: str, payload: bytes) -> m.Request | CallError:
    """The domain request of a station's CALL, or the CALLERROR to answer with."""
    return request_read(READERS, wire.REQUESTS, action, payload)


def transaction_event(payload: bytes) -> TransactionEvent:
    """A TransactionEvent from the ledger. Raises msgspec.MsgspecError if `payload` is none."""
    event = lenient_of_zone(READERS["TransactionEvent"], payload)
    assert isinstance(event, TransactionEvent)
    return event


def encode_answer(action: str, answer: object) -> bytes:
    """CALLRESULT payload of what a handler of `action` answered."""
    match answer:
        case mk.NotifyEVChargingScheduleAnswer(accepted=accepted):
            status: Literal["Accepted", "Rejected"] = "Accepted" if accepted else "Rejected"
            return _encode(wire.NotifyEVChargingScheduleResponse(status=status))
        case m.Acknowledged() | m.TransactionEventAnswer(info=None, total_cost=None):
            return b"{}"
        case m.TransactionEventAnswer():
            return _encode(outbound.transaction_event_answer(answer))
        case m.AuthorizeAnswer():
            return _encode(outbound.authorize_answer(answer))
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
            return _encode(wire.NotifyEVChargingNeedsResponse(status=_NEEDS[answer.status]))
        case (
            mc.SignCertificateAnswer()
            | mc.Get15118EVCertificateAnswer()
            | mc.GetCertificateStatusAnswer()
        ):
            return _encode(certificates.answer(answer))
        case m.DataTransferAnswer():
            return _encode(outbound.data_transfer_answer(answer))
        case _:
            raise TypeError(f"{type(answer).__name__} is no answer to {action}")


def encode_request(request: wire.Wire) -> bytes:
    """CALL payload of a request of ours."""
    return _encode(request)


def decode_response(action: str, payload: bytes) -> wire.Wire | CallError:
    """The station's answer to our `action`, or what is wrong with it."""
    return response_read(_RESPONSES[action], payload)


def request_from(action: str, values: Mapping[str, Any]) -> wire.Wire | CallError:
    """A request of ours from JSON values (an operator's), or what is wrong with them."""
    return request_made(wire.REQUESTS.get(action), values)


def _notice_reader(action: str, time: str | None = None) -> Reader[Any]:
    return notice_reader(action, wire.REQUESTS[action], time)


READERS: Final[Mapping[str, Reader[Any]]] = {
    "SignCertificate": reader(wire.SignCertificateRequest, certificates.sign_certificate),
    "SecurityEventNotification": _notice_reader("SecurityEventNotification", "timestamp"),
    "BootNotification": reader(
        wire.BootNotificationRequest, inbound.boot_notification, mending2x.boot_notification
    ),
    "NotifyReport": Reader(wire.NotifyReportRequest, device_model.notify_report),
    "Authorize": reader(wire.AuthorizeRequest, inbound.authorize),
    "TransactionEvent": Reader(wire.TransactionEventRequest, inbound.transaction_event),
    "Heartbeat": reader(wire.HeartbeatRequest, lambda _: m.Heartbeat()),
    "StatusNotification": reader(wire.StatusNotificationRequest, inbound.status_notification),
    "ReservationStatusUpdate": reader(
        wire.ReservationStatusUpdateRequest, people.reservation_status_update
    ),
    "MeterValues": reader(wire.MeterValuesRequest, inbound.meter_values),
    "NotifyEVChargingNeeds": reader(
        wire.NotifyEVChargingNeedsRequest, inbound.notify_ev_charging_needs
    ),
    "NotifyEVChargingSchedule": Reader(
        wire.NotifyEVChargingScheduleRequest, charging.notify_ev_charging_schedule
    ),
    "NotifyChargingLimit": Reader(wire.NotifyChargingLimitRequest, charging.notify_charging_limit),
    "ClearedChargingLimit": Reader(
        wire.ClearedChargingLimitRequest, charging.cleared_charging_limit
    ),
    "ReportChargingProfiles": Reader(
        wire.ReportChargingProfilesRequest, charging.report_charging_profiles
    ),
    "FirmwareStatusNotification": _notice_reader("FirmwareStatusNotification"),
    "PublishFirmwareStatusNotification": _notice_reader("PublishFirmwareStatusNotification"),
    "Get15118EVCertificate": reader(
        wire.Get15118EVCertificateRequest, certificates.get_15118_ev_certificate
    ),
    "GetCertificateStatus": reader(
        wire.GetCertificateStatusRequest, certificates.get_certificate_status
    ),
    "LogStatusNotification": _notice_reader("LogStatusNotification"),
    "NotifyMonitoringReport": Reader(
        wire.NotifyMonitoringReportRequest, device_model.notify_monitoring_report
    ),
    "NotifyEvent": Reader(wire.NotifyEventRequest, device_model.notify_event),
    "NotifyCustomerInformation": reader(
        wire.NotifyCustomerInformationRequest, people.notify_customer_information
    ),
    "NotifyDisplayMessages": reader(
        wire.NotifyDisplayMessagesRequest, people.notify_display_messages
    ),
    "DataTransfer": reader(wire.DataTransferRequest, people.data_transfer),
}
ACTIONS: Final = frozenset(READERS)
"""What stations may call here."""

_RESPONSES: Final = {
    action: msgspec.json.Decoder(kind).decode for action, kind in wire.RESPONSES.items()
}
