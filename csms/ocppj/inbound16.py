"""OCPP 1.6 requests of stations → domain messages: one function per message.

A connector of 1.6 is an EVSE of ours with one connector; connector 0 is the station. Start- and
StopTransaction, and MeterValues that name a transaction, are its events. They carry no seqNo: all
of them have `NOT_COUNTED`, so that their order is by type and time, whatever order they come in.
"""

import hashlib
from datetime import UTC, datetime
from math import isfinite
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from csms.domain import messages as m
from csms.domain import messages_certificates as mc
from csms.domain.certificates import CertificateUse
from csms.domain.ids import ConnectorId, EvseId, IdToken, TransactionId
from csms.domain.mending import CONNECTOR_ZERO
from csms.domain.meter import MeterReading, ReadingContext, Sample, readings
from csms.domain.station import OcppVersion
from csms.domain.transaction import NOT_COUNTED, TransactionEvent, TransactionEventType
from csms.ocppj import types_v16 as wire
from csms.ocppj.inbound201 import utc

NO_TRANSACTION_ID: Final = "transaction_id_missing"
VALUE_UNREADABLE: Final = "value_unreadable"

_Values = tuple[wire.MeterValueType, ...] | tuple[wire.TransactionDataType, ...]
_encode: Final = msgspec.json.Encoder().encode
_UNKNOWN: Final = datetime(1970, 1, 1, tzinfo=UTC)
_CONTEXTS: Final = {context.value: context for context in ReadingContext}

STATUSES: Final = {
    "Preparing": "Occupied",
    "Charging": "Occupied",
    "SuspendedEVSE": "Occupied",
    "SuspendedEV": "Occupied",
    "Finishing": "Occupied",
}
"""ChargePointStatus → ConnectorStatusEnumType; the others are called alike."""
CHARGING_STATES: Final = {
    "Preparing": "EVConnected",
    "Charging": "Charging",
    "SuspendedEVSE": "SuspendedEVSE",
    "SuspendedEV": "SuspendedEV",
    "Finishing": "EVConnected",
}
"""ChargePointStatus → ChargingStateEnumType of the transaction there."""
STOPPED: Final = {
    "DeAuthorized": ("DeAuthorized", "Deauthorized"),
    "EmergencyStop": ("EmergencyStop", "AbnormalCondition"),
    "EVDisconnected": ("EVDisconnected", "EVCommunicationLost"),
    "HardReset": ("ImmediateReset", "ResetCommand"),
    "SoftReset": ("ImmediateReset", "ResetCommand"),
    "Local": ("Local", "StopAuthorized"),
    "Other": ("Other", "AbnormalCondition"),
    "PowerLoss": ("PowerLoss", "AbnormalCondition"),
    "Reboot": ("Reboot", "AbnormalCondition"),
    "Remote": ("Remote", "RemoteStop"),
    "UnlockCommand": ("Remote", "UnlockCommand"),
}
"""Reason → ReasonEnumType and TriggerReasonEnumType; without one it was Local (4.10)."""
LOG_STATUSES: Final = {"UploadFailed": "UploadFailure"}


def boot_notification(request: wire.BootNotificationRequest) -> m.BootNotification:
    """4.2. 1.6 tells no reason."""
    serial_number = request.charge_point_serial_number or request.charge_box_serial_number
    return m.BootNotification(
        vendor=request.charge_point_vendor.strip(),
        model=request.charge_point_model.strip(),
        reason="Unknown",
        firmware_version=request.firmware_version or None,
        serial_number=serial_number or None,
    )


def authorize(request: wire.AuthorizeRequest) -> m.Authorize:
    """4.1."""
    return m.Authorize(IdToken(request.id_tag))


def status_notification(
    request: wire.StatusNotificationRequest, payload: bytes
) -> m.StatusNotification:
    """4.9. It also tells the charging state of the transaction there, which it does not name."""
    faulty = request.error_code != "NoError"
    state = CHARGING_STATES.get(request.status)
    return m.StatusNotification(
        at=None if isinstance(request.timestamp, UnsetType) else utc(request.timestamp),
        status=STATUSES.get(request.status, request.status),
        evse_id=EvseId(request.connector_id),
        connector_id=ConnectorId(1 if request.connector_id else 0),
        fault=msgspec.to_builtins(request) if faulty else None,
        event=charging_state_changed(request, payload) if state else None,
    )


def charging_state_changed(
    request: wire.StatusNotificationRequest, payload: bytes
) -> TransactionEvent:
    """The Updated event in a status; which transaction's, and when if it does not say, is for the
    handler to fill in."""
    return TransactionEvent(
        transaction_id=TransactionId(""),
        event_type=TransactionEventType.UPDATED,
        seq_no=NOT_COUNTED,
        at=_UNKNOWN if isinstance(request.timestamp, UnsetType) else utc(request.timestamp),
        content_hash=_content_hash(request),
        trigger_reason="ChargingStateChanged",
        evse_id=_evse_id(request.connector_id),
        connector_id=ConnectorId(1) if request.connector_id > 0 else None,
        charging_state=CHARGING_STATES.get(request.status),
        ocpp_version=OcppVersion.V16,
        payload=payload,
        flags=_place_flags(request.connector_id),
    )


def start_transaction(request: wire.StartTransactionRequest, payload: bytes) -> m.StartTransaction:
    """4.8: the Started event; its transaction id is ours to give."""
    at = utc(request.timestamp)
    begin = Sample(float(request.meter_start), ReadingContext.TRANSACTION_BEGIN)
    event = TransactionEvent(
        transaction_id=TransactionId(""),
        event_type=TransactionEventType.STARTED,
        seq_no=NOT_COUNTED,
        at=at,
        content_hash=_content_hash(request),
        trigger_reason="Authorized",
        evse_id=_evse_id(request.connector_id),
        connector_id=ConnectorId(1) if request.connector_id > 0 else None,
        id_token=IdToken(request.id_tag) if request.id_tag else None,
        reservation_id=request.reservation_id or None,
        readings=readings(at, [begin]),
        ocpp_version=OcppVersion.V16,
        payload=payload,
        flags=_place_flags(request.connector_id),
    )
    return m.StartTransaction(event)


def stop_transaction(request: wire.StopTransactionRequest, payload: bytes) -> TransactionEvent:
    """4.10: the Ended event, with the samples that the station kept for it. One that never learned
    its id (a lost StartTransaction.conf) is a transaction of its own: not its neighbours'."""
    at, content_hash = utc(request.timestamp), _content_hash(request)
    known = request.transaction_id > 0
    stopped_reason, trigger_reason = STOPPED[request.reason or "Local"]
    end = Sample(float(request.meter_stop), ReadingContext.TRANSACTION_END)
    sampled, flags = _taken(request.transaction_data or ())
    return TransactionEvent(
        transaction_id=TransactionId(
            str(request.transaction_id) if known else f"orphan-{content_hash[:16]}"
        ),
        event_type=TransactionEventType.ENDED,
        seq_no=NOT_COUNTED,
        at=at,
        content_hash=content_hash,
        trigger_reason=trigger_reason,
        id_token=IdToken(request.id_tag) if request.id_tag else None,
        stopped_reason=stopped_reason,
        readings=(*sampled, *readings(at, [end])),
        ocpp_version=OcppVersion.V16,
        payload=payload,
        flags=flags if known else (*flags, NO_TRANSACTION_ID),
    )


def meter_values(
    request: wire.MeterValuesRequest, payload: bytes
) -> TransactionEvent | m.MeterValues:
    """4.7: an Updated event if it names a transaction, as new as its newest sample."""
    taken, flags = _taken(request.meter_value)
    if not request.transaction_id or request.transaction_id < 0:
        return m.MeterValues(evse_id=EvseId(max(request.connector_id, 0)), readings=taken)
    return TransactionEvent(
        transaction_id=TransactionId(str(request.transaction_id)),
        event_type=TransactionEventType.UPDATED,
        seq_no=NOT_COUNTED,
        at=max(utc(value.timestamp) for value in request.meter_value),
        content_hash=_content_hash(request),
        trigger_reason=_trigger_reason(taken),
        evse_id=_evse_id(request.connector_id),
        connector_id=ConnectorId(1) if request.connector_id > 0 else None,
        readings=taken,
        ocpp_version=OcppVersion.V16,
        payload=payload,
        flags=(*flags, *_place_flags(request.connector_id)),
    )


def data_transfer(request: wire.DataTransferRequest) -> m.DataTransfer:
    """4.3."""
    return m.DataTransfer(request.vendor_id, request.message_id or None, request.data or None)


def sign_certificate(request: wire.SignCertificateRequest) -> mc.SignCertificate:
    """Security whitepaper 4.10: 1.6 knows no other than the station's own."""
    return mc.SignCertificate(csr=request.csr, use=CertificateUse.CHARGING_STATION)


def diagnostics_status(request: wire.DiagnosticsStatusNotificationRequest) -> m.Notice:
    """4.4: what 2.x calls LogStatusNotification."""
    status = LOG_STATUSES.get(request.status, request.status)
    return m.Notice(kind="LogStatusNotification", payload={"status": status})


def _evse_id(connector_id: int) -> EvseId | None:
    return EvseId(connector_id) if connector_id > 0 else None


def _place_flags(connector_id: int) -> tuple[str, ...]:
    return () if connector_id > 0 else (CONNECTOR_ZERO,)


def _content_hash(request: wire.Wire) -> str:
    """The same for every repeat: spelling does not count."""
    return hashlib.blake2b(_encode(request), digest_size=16).hexdigest()


def _trigger_reason(taken: tuple[MeterReading, ...]) -> str:
    contexts = {reading.context for reading in taken}
    if contexts == {ReadingContext.SAMPLE_CLOCK}:
        return "MeterValueClock"
    return "Trigger" if contexts == {ReadingContext.TRIGGER} else "MeterValuePeriodic"


def _taken(values: _Values) -> tuple[tuple[MeterReading, ...], tuple[str, ...]]:
    """Readings and flags. What is no number (a signed value among others) stays in the ledger."""
    found: list[MeterReading] = []
    unreadable = False
    for value in values:
        samples = [_sample(one) for one in value.sampled_value if one.format != "SignedData"]
        found.extend(readings(utc(value.timestamp), (one for one in samples if one is not None)))
        unreadable = unreadable or None in samples
    return tuple(found), ((VALUE_UNREADABLE,) if unreadable else ())


def _sample(
    told: wire.SampledValueType | wire.TransactionDataSampledValueType,
) -> Sample | None:
    try:
        value_si = float(told.value)
    except ValueError:
        return None
    if not isfinite(value_si):
        return None
    return Sample(
        value_si,
        ReadingContext.SAMPLE_PERIODIC if told.context is UNSET else _CONTEXTS[told.context],
        "Energy.Active.Import.Register" if told.measurand is UNSET else told.measurand,
        None if told.phase is UNSET else told.phase,
        "Outlet" if told.location is UNSET else told.location,
        None if told.unit is UNSET else told.unit,
    )
