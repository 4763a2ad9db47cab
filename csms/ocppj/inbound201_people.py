"""OCPP 2.0.1 requests about reservations, displays, customers and vendors → domain messages."""

import msgspec

from csms.domain import messages as m
from csms.domain.facts_people import DisplayMessage
from csms.domain.messages_people import (
    NotifyCustomerInformation,
    NotifyDisplayMessages,
    ReservationStatusUpdate,
)
from csms.ocppj import types_v201 as wire
from csms.ocppj.inbound201 import given, utc


def reservation_status_update(
    request: wire.ReservationStatusUpdateRequest,
) -> ReservationStatusUpdate:
    """H04."""
    return ReservationStatusUpdate(
        reservation_id=request.reservation_id, status=request.reservation_update_status
    )


def notify_display_messages(request: wire.NotifyDisplayMessagesRequest) -> NotifyDisplayMessages:
    """O03, O04."""
    return NotifyDisplayMessages(
        request_id=request.request_id,
        messages=tuple(display_message(one) for one in given(request.message_info) or ()),
        more_follows=request.tbc is True,
    )


def display_message(told: wire.MessageInfoType) -> DisplayMessage:
    """MessageInfoType."""
    starts_at, ends_at = given(told.start_date_time), given(told.end_date_time)
    return DisplayMessage(
        message_id=told.id,
        priority=told.priority,
        state=given(told.state),
        starts_at=utc(starts_at) if starts_at else None,
        ends_at=utc(ends_at) if ends_at else None,
        transaction_id=given(told.transaction_id),
        message=msgspec.to_builtins(told),
    )


def notify_customer_information(
    request: wire.NotifyCustomerInformationRequest,
) -> NotifyCustomerInformation:
    """N09."""
    return NotifyCustomerInformation(
        request_id=request.request_id,
        seq_no=request.seq_no,
        generated_at=utc(request.generated_at),
        data=request.data,
        more_follows=request.tbc is True,
    )


def data_transfer(request: wire.DataTransferRequest) -> m.DataTransfer:
    """P02."""
    return m.DataTransfer(request.vendor_id, given(request.message_id), given(request.data))
