"""OCPP 2.1: all that 2.0.1 says, read by 2.1's own types, and what 2.1 adds.

A field or a message is converted in one place: here stands only what 2.0.1 does not have.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from csms.domain import messages as m
from csms.domain import messages_certificates as mc
from csms.domain import messages_v21 as m21
from csms.domain.transaction import TransactionEvent
from csms.ocppj import codec201
from csms.ocppj import inbound21 as inbound
from csms.ocppj import types_v21 as wire
from csms.ocppj.outbound21 import revocation, tariff_type, transaction_limit
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
REQUESTS: Final[Mapping[str, type[wire.Wire]]] = wire.REQUESTS | {
    "NotifyPeriodicEventStream": wire.NotifyPeriodicEventStream
}
"""All 91 actions; the one that is only ever a SEND has no response."""


def decode(action: str, payload: bytes) -> m.Request | CallError:
    """The domain request of a station's CALL or SEND, or the CALLERROR it deserves."""
    return request_read(READERS, REQUESTS, action, payload)


def transaction_event(payload: bytes) -> TransactionEvent:
    """A TransactionEvent from the ledger. Raises msgspec.MsgspecError if `payload` is none."""
    event = lenient_of_zone(READERS["TransactionEvent"], payload)
    assert isinstance(event, TransactionEvent)
    return event


def encode_answer(action: str, answer: object) -> bytes:
    """CALLRESULT payload of what a handler of `action` answered."""
    match answer:
        case m.Acknowledged() if action == "OpenPeriodicEventStream":
            return _encode(wire.OpenPeriodicEventStreamResponse(status="Accepted"))
        case m.AuthorizeAnswer() if answer.allowed_energy_transfer or answer.tariff:
            told = msgspec.json.decode(codec201.encode_answer(action, answer))
            tariff = None if answer.tariff is None else tariff_type(answer.tariff)
            transfers = answer.allowed_energy_transfer or None
            return _encode(told | _present(allowedEnergyTransfer=transfers, tariff=tariff))
        case m.TransactionEventAnswer(limit=limit) if limit:
            told = msgspec.json.decode(codec201.encode_answer(action, answer))
            return _encode(told | {"transactionLimit": transaction_limit(limit)})
        case m.NotifyEVChargingNeedsAnswer(status=status):
            return _encode(wire.NotifyEVChargingNeedsResponse(status=status.value))
        case mc.Get15118EVCertificateAnswer(remaining=int() as remaining):
            told = msgspec.json.decode(codec201.encode_answer(action, answer))
            return _encode(told | {"remainingContracts": remaining})
        case m21.PullDynamicScheduleUpdateAnswer():
            return _encode(_schedule_update(answer))
        case m21.NotifySettlementAnswer(receipt_id=receipt_id, receipt_url=url):
            return _encode(_present(receiptId=receipt_id, receiptUrl=url))
        case m21.GetCertificateChainStatusAnswer(certificates=told):
            return _encode({"certificateStatus": [revocation(one) for one in told]})
        case m21.VatNumberValidationAnswer():
            return _encode(_vat_answer(answer))
        case _:
            return codec201.encode_answer(action, answer)


def encode_request(request: Any) -> bytes:
    """CALL payload of a request of ours; one of 2.0.1 is good for 2.1 too."""
    return _encode(request)


def decode_response(action: str, payload: bytes) -> wire.Wire | CallError:
    """The station's answer to our `action`, or what is wrong with it."""
    return response_read(_RESPONSES[action], payload)


def request_from(action: str, values: Mapping[str, Any]) -> wire.Wire | CallError:
    """A request of ours from JSON values (an operator's), or what is wrong with them."""
    return request_made(wire.REQUESTS.get(action), values)


def _schedule_update(answer: m21.PullDynamicScheduleUpdateAnswer) -> dict[str, Any]:
    if not answer.accepted:  # K28.FR.12
        return {"status": "Rejected", "statusInfo": {"reasonCode": "InvalidProfile"}}
    update = answer.values or _present(limit=answer.limit_w, setpoint=answer.setpoint_w)
    return {"status": "Accepted", "scheduleUpdate": update}


def _vat_answer(answer: m21.VatNumberValidationAnswer) -> dict[str, Any]:
    """C18.FR.10: the EVSE is named again."""
    request, company = answer.request, answer.company
    echoed = _present(vatNumber=request.vat_number, evseId=request.evse_id)
    if company is None:
        return echoed | {"status": "Rejected", "statusInfo": {"reasonCode": "NotFound"}}
    address = _present(
        name=company.name,
        address1=company.address1,
        address2=company.address2,
        city=company.city,
        postalCode=company.postal_code,
        country=company.country,
    )
    return echoed | {"status": "Accepted", "company": address}


def _present(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _notice_reader(action: str, time: str | None = None) -> Reader[Any]:
    return notice_reader(action, REQUESTS[action], time)


READERS: Final[Mapping[str, Reader[Any]]] = {
    **{action: read.of(REQUESTS[action]) for action, read in codec201.READERS.items()},
    # C · payment
    "NotifySettlement": reader(wire.NotifySettlementRequest, inbound.notify_settlement),
    "VatNumberValidation": reader(wire.VatNumberValidationRequest, inbound.vat_number_validation),
    # E · transactions
    "TransactionEvent": Reader(wire.TransactionEventRequest, inbound.transaction_event),
    # J · metering
    "MeterValues": reader(wire.MeterValuesRequest, inbound.meter_values),
    # K · smart charging
    "NotifyEVChargingNeeds": reader(
        wire.NotifyEVChargingNeedsRequest, inbound.notify_ev_charging_needs
    ),
    "NotifyPriorityCharging": reader(
        wire.NotifyPriorityChargingRequest, inbound.notify_priority_charging
    ),
    "PullDynamicScheduleUpdate": reader(
        wire.PullDynamicScheduleUpdateRequest,
        lambda request: m21.PullDynamicScheduleUpdate(request.charging_profile_id),
    ),
    # M · certificates
    "GetCertificateStatus": reader(
        wire.GetCertificateStatusRequest, inbound.get_certificate_status
    ),
    "GetCertificateChainStatus": reader(
        wire.GetCertificateChainStatusRequest, inbound.get_certificate_chain_status
    ),
    "Get15118EVCertificate": reader(
        wire.Get15118EVCertificateRequest, inbound.get_15118_ev_certificate
    ),
    # N · periodic event streams
    "OpenPeriodicEventStream": reader(
        wire.OpenPeriodicEventStreamRequest, inbound.open_periodic_event_stream
    ),
    "ClosePeriodicEventStream": reader(
        wire.ClosePeriodicEventStreamRequest,
        lambda request: m21.ClosePeriodicEventStream(request.id),
    ),
    "NotifyPeriodicEventStream": reader(
        wire.NotifyPeriodicEventStream, inbound.notify_periodic_event_stream
    ),
    # R · distributed energy resources
    "ReportDERControl": reader(wire.ReportDERControlRequest, inbound.report_der_control),
    "NotifyDERAlarm": _notice_reader("NotifyDERAlarm", "timestamp"),
    "NotifyDERStartStop": reader(wire.NotifyDERStartStopRequest, inbound.notify_der_start_stop),
    # S · battery swap
    "BatterySwap": reader(wire.BatterySwapRequest, inbound.battery_swap),
}
ACTIONS: Final = frozenset(READERS)
"""What stations may call or send here."""

_RESPONSES: Final = {
    action: msgspec.json.Decoder(kind).decode for action, kind in wire.RESPONSES.items()
}
