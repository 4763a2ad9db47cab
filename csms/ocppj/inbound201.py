"""OCPP 2.0.1 requests of stations → domain messages: one function per message.

Odd but legal input is mended and flagged, because it may tell of energy.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from csms.domain import messages as m
from csms.domain.contract import OcspQuery
from csms.domain.ids import ConnectorId, EvseId, IdToken, TransactionId
from csms.domain.mending import CONNECTOR_ZERO, EVSE_ZERO
from csms.domain.meter import (
    Magnitude,
    MeterReading,
    ReadingContext,
    Sample,
    SignedMeterValue,
    readings,
)
from csms.domain.transaction import TransactionEvent, TransactionEventType
from csms.ocppj import types_v201 as wire

SEQ_NO_NEGATIVE: Final = "seq_no_negative"

_V = TypeVar("_V")
_encode: Final = msgspec.json.Encoder().encode
_EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(2199, 12, 31, tzinfo=UTC)
_CONTEXTS: Final = {context.value: context for context in ReadingContext}


def boot_notification(request: wire.BootNotificationRequest) -> m.BootNotification:
    """B01."""
    station = request.charging_station
    return m.BootNotification(
        vendor=station.vendor_name.strip(),
        model=station.model.strip(),
        reason=request.reason,
        firmware_version=given(station.firmware_version) or None,
        serial_number=given(station.serial_number) or None,
    )


def status_notification(request: wire.StatusNotificationRequest) -> m.StatusNotification:
    """G01."""
    return m.StatusNotification(
        at=utc(request.timestamp),
        status=request.connector_status,
        evse_id=EvseId(request.evse_id),
        connector_id=ConnectorId(request.connector_id),
    )


def authorize(request: wire.AuthorizeRequest) -> m.Authorize:
    """C01, C07."""
    return m.Authorize(
        id_token=IdToken(request.id_token.id_token),
        type=request.id_token.type,
        certificate_hashes=tuple(
            _ocsp_query(one) for one in given(request.iso15118_certificate_hash_data) or ()
        ),
        certificate_pem=given(request.certificate),
    )


def _ocsp_query(told: wire.OCSPRequestDataType) -> OcspQuery:
    return OcspQuery(
        hash_algorithm=told.hash_algorithm,
        issuer_name_hash=told.issuer_name_hash,
        issuer_key_hash=told.issuer_key_hash,
        serial_number=told.serial_number,
        responder_url=told.responder_url,
    )


def transaction_event(request: wire.TransactionEventRequest, payload: bytes) -> TransactionEvent:
    """E: `payload` is the wire's own text, which the ledger keeps."""
    flags = []
    evse_id = connector_id = None
    if not isinstance(request.evse, UnsetType):
        evse_id, connector = request.evse.id, given(request.evse.connector_id)
        connector_id = ConnectorId(connector) if connector else None
        if evse_id == 0:
            flags.append(EVSE_ZERO)
        if connector == 0:
            flags.append(CONNECTOR_ZERO)
    if request.seq_no < 0:
        flags.append(SEQ_NO_NEGATIVE)
    token, info = given(request.id_token), request.transaction_info
    return TransactionEvent(
        transaction_id=TransactionId(info.transaction_id),
        event_type=TransactionEventType(request.event_type),
        seq_no=request.seq_no,
        at=utc(request.timestamp),
        content_hash=_content_hash(request, payload),
        trigger_reason=request.trigger_reason,
        offline=request.offline is True,
        evse_id=EvseId(evse_id) if evse_id else None,
        connector_id=connector_id,
        id_token=IdToken(token.id_token) if token and token.id_token else None,
        id_token_type=token.type if token else None,
        charging_state=given(info.charging_state),
        stopped_reason=given(info.stopped_reason),
        remote_start_id=given(info.remote_start_id),
        reservation_id=given(request.reservation_id),
        readings=_readings(given(request.meter_value) or ()),
        payload=payload,
        flags=tuple(flags),
    )


def _content_hash(request: wire.TransactionEventRequest, payload: bytes) -> str:
    """The same for every repeat: spelling does not count, nor `offline`, which a retry may add."""
    content = request
    if request.offline is not UNSET:
        content = msgspec.structs.replace(request, offline=UNSET)
    digest = hashlib.blake2b(_encode(content), digest_size=16)
    if b'"customData"' in payload:
        digest.update(payload)
    return digest.hexdigest()


def meter_values(request: wire.MeterValuesRequest) -> m.MeterValues:
    """J01, J02."""
    return m.MeterValues(
        evse_id=EvseId(request.evse_id),
        readings=_readings(request.meter_value),
        signed=tuple(_signed(request.meter_value)),
    )


def _signed(values: tuple[wire.MeterValueType, ...]) -> Iterator[SignedMeterValue]:
    for value in values:
        for sample in value.sampled_value:
            if isinstance(sample.signed_meter_value, UnsetType):
                continue
            told, read = sample.signed_meter_value, _sample(sample)
            yield SignedMeterValue(
                at=utc(value.timestamp),
                context=read.context,
                measurand=read.measurand,
                signed_meter_data=told.signed_meter_data,
                signing_method=told.signing_method,
                encoding_method=told.encoding_method,
                public_key=told.public_key,
            )


def _readings(values: tuple[wire.MeterValueType, ...]) -> tuple[MeterReading, ...]:
    if len(values) == 1:
        (value,) = values
        return readings(utc(value.timestamp), map(_sample, value.sampled_value))
    return tuple(
        reading
        for value in values
        for reading in readings(utc(value.timestamp), map(_sample, value.sampled_value))
    )


def _sample(told: wire.SampledValueType) -> Sample:
    unit = told.unit_of_measure
    return Sample(
        told.value,
        ReadingContext.SAMPLE_PERIODIC if told.context is UNSET else _CONTEXTS[told.context],
        "Energy.Active.Import.Register" if told.measurand is UNSET else told.measurand,
        None if told.phase is UNSET else told.phase,
        "Outlet" if told.location is UNSET else told.location,
        None if unit is UNSET or not unit.unit else unit.unit,
        0 if unit is UNSET or not unit.multiplier else unit.multiplier,
    )


_AC_PHASES: Final = {"AC_single_phase": 1, "AC_two_phase": 2, "AC_three_phase": 3}


def notify_ev_charging_needs(
    request: wire.NotifyEVChargingNeedsRequest,
) -> m.NotifyEVChargingNeeds:
    """K15. AC: `evMaxVoltage` is phase to neutral (ISO 15118-2, EVMaxVoltage)."""
    needs = request.charging_needs
    departure_at = given(needs.departure_time)
    told = m.NotifyEVChargingNeeds(
        evse_id=EvseId(request.evse_id),
        departure_at=utc(departure_at) if departure_at else None,
        payload=msgspec.to_builtins(needs),
    )
    if ac := given(needs.ac_charging_parameters):
        phases = _AC_PHASES.get(needs.requested_energy_transfer, 1)
        power_w = float(ac.ev_max_current * ac.ev_max_voltage * phases)
        return replace(told, energy_wh=float(ac.energy_amount), max_charge_w=power_w)
    if dc := given(needs.dc_charging_parameters):
        return replace(
            told,
            energy_wh=_number(dc.energy_amount),
            capacity_wh=_number(dc.ev_energy_capacity),
            soc_pct=_number(dc.state_of_charge),
            max_charge_w=_number(dc.ev_max_power) or float(dc.ev_max_current * dc.ev_max_voltage),
        )
    return told


def utc(at: datetime) -> datetime:
    """In UTC and in a range that every store can hold, however wrong the station's clock is."""
    if _EARLIEST <= at <= _LATEST:
        return at if at.tzinfo is UTC else at.astimezone(UTC)
    return _EARLIEST if at < _EARLIEST else _LATEST


def given(value: _V | UnsetType) -> _V | None:
    """None where the station did not say."""
    return None if isinstance(value, UnsetType) else value


def _number(value: int | UnsetType) -> Magnitude | None:
    return None if isinstance(value, UnsetType) else float(value)
