"""OCPP 2.1 requests of stations → domain messages, where 2.1 says more than 2.0.1.

What both versions say is converted once, in `inbound201`.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final, cast

import msgspec
from msgspec import UnsetType, structs

from csms.domain import messages as m
from csms.domain import messages_certificates as mc
from csms.domain import messages_v21 as m21
from csms.domain.cost import Cost
from csms.domain.der import CURVE, FIELD_OF, DerControl
from csms.domain.ids import EvseId, IdToken, TransactionId
from csms.domain.limits import UNLIMITED, TransactionLimit
from csms.domain.station import OcppVersion
from csms.domain.transaction import TransactionEvent
from csms.ocppj import certificates201, inbound201
from csms.ocppj import types_v21 as wire
from csms.ocppj.inbound201 import given, utc

_TYPE_OF: Final = {field: control_type for control_type, field in FIELD_OF.items()}


def transaction_event(request: wire.TransactionEventRequest, payload: bytes) -> TransactionEvent:
    """E: the event of 2.0.1 and more of the same; the ledger must know how to read it again."""
    event = inbound201.transaction_event(cast(Any, request), payload)
    details = given(request.cost_details)
    return structs.replace(
        event,
        ocpp_version=OcppVersion.V21,
        limit=_limit(given(request.transaction_info.transaction_limit)),
        own_cost=None if details is None else _own_cost(details),
    )


def _limit(told: wire.TransactionLimitType | None) -> TransactionLimit:
    if told is None:
        return UNLIMITED
    max_cost = given(told.max_cost)
    return TransactionLimit(
        max_cost=None if max_cost is None else Decimal(str(max_cost)),
        max_energy_wh=given(told.max_energy),
        max_time_s=given(told.max_time),
        max_soc_pct=given(told.max_so_c),
    )


def _own_cost(told: wire.CostDetailsType) -> Cost | None:
    """I12; None if the station could not compute it. A price may be told with tax or without."""
    total = told.total_cost.total
    with_tax, without = given(total.incl_tax), given(total.excl_tax)
    whole = without if with_tax is None else with_tax
    if told.failure_to_calculate is True or whole is None:
        return None
    return Cost(
        currency=told.total_cost.currency,
        total=Decimal(str(whole if without is None else without)),
        total_with_tax=Decimal(str(whole)),
    )


def get_certificate_status(request: wire.GetCertificateStatusRequest) -> mc.GetCertificateStatus:
    """M06: the answer may be longer than in 2.0.1."""
    told = certificates201.get_certificate_status(cast(Any, request))
    return replace(told, longest=18_000)


def get_certificate_chain_status(
    request: wire.GetCertificateChainStatusRequest,
) -> m21.GetCertificateChainStatus:
    """M07."""
    return m21.GetCertificateChainStatus(
        tuple(
            m21.RevocationAsked(
                certificate=certificates201.certificate_hash(one.certificate_hash_data),
                source=one.source,
                urls=one.urls,
            )
            for one in request.certificate_status_requests
        )
    )


def get_15118_ev_certificate(
    request: wire.Get15118EVCertificateRequest,
) -> mc.Get15118EVCertificate:
    """M01, M02: likewise."""
    return replace(certificates201.get_15118_ev_certificate(cast(Any, request)), longest=17_000)


def meter_values(request: wire.MeterValuesRequest) -> m.MeterValues:
    """J01: a signed value need not say how it was signed, nor by which key."""
    told = inbound201.meter_values(cast(Any, request))
    return replace(
        told,
        signed=tuple(
            replace(one, signing_method=one.signing_method or "", public_key=one.public_key or "")
            for one in told.signed
        ),
    )


def notify_ev_charging_needs(
    request: wire.NotifyEVChargingNeedsRequest,
) -> m.NotifyEVChargingNeeds:
    """K15, K18–K20, Q01: the vehicle's magnitudes are positive both ways; per phase or in all."""
    told = inbound201.notify_ev_charging_needs(cast(Any, request))
    told = replace(told, requested_energy_transfer=request.charging_needs.requested_energy_transfer)
    v2x = given(request.charging_needs.v2x_charging_parameters)
    if v2x is None:
        return told
    return replace(
        told,
        edition_20=True,
        energy_wh=given(v2x.ev_target_energy_request) or told.energy_wh,
        target_soc_pct=given(v2x.target_so_c),
        max_charge_w=_sum_w(v2x.max_charge_power, v2x.max_charge_power_l2, v2x.max_charge_power_l3)
        or told.max_charge_w,
        max_discharge_w=_sum_w(
            v2x.max_discharge_power, v2x.max_discharge_power_l2, v2x.max_discharge_power_l3
        ),
    )


def _sum_w(*phases_w: float | UnsetType) -> float | None:
    """The first value is that of all phases, unless others stand beside it."""
    given_w = [abs(one_w) for one_w in phases_w if not isinstance(one_w, UnsetType)]
    return sum(given_w) if given_w else None


def battery_swap(request: wire.BatterySwapRequest) -> m21.BatterySwap:
    """S01–S03."""
    return m21.BatterySwap(
        request_id=request.request_id,
        event=m21.SwapEvent(request.event_type),
        id_token=IdToken(request.id_token.id_token),
        batteries=tuple(
            m21.Battery(
                evse_id=EvseId(one.evse_id),
                serial_number=one.serial_number,
                soc_pct=one.so_c,
                soh_pct=one.so_h,
            )
            for one in request.battery_data
        ),
    )


def open_periodic_event_stream(
    request: wire.OpenPeriodicEventStreamRequest,
) -> m21.OpenPeriodicEventStream:
    """N11."""
    stream = request.constant_stream_data
    return m21.OpenPeriodicEventStream(
        stream_id=stream.id,
        variable_monitoring_id=stream.variable_monitoring_id,
        interval_s=given(stream.params.interval),
        max_values=given(stream.params.values),
    )


def notify_periodic_event_stream(
    told: wire.NotifyPeriodicEventStream,
) -> m21.NotifyPeriodicEventStream:
    """N15: `t` is in seconds after `basetime`."""
    base = utc(told.basetime)
    values = (m21.StreamValue(at=base + _seconds(one.t), value=one.v) for one in told.data)
    return m21.NotifyPeriodicEventStream(
        stream_id=told.id, pending=told.pending, values=tuple(values)
    )


def _seconds(offset_s: float) -> timedelta:
    """At most a day: a station that counts wildly must not leave the calendar."""
    return timedelta(seconds=min(max(offset_s, -86_400.0), 86_400.0))


def notify_priority_charging(
    request: wire.NotifyPriorityChargingRequest,
) -> m21.NotifyPriorityCharging:
    """K21, K22."""
    return m21.NotifyPriorityCharging(
        transaction_id=TransactionId(request.transaction_id), activated=request.activated
    )


def report_der_control(request: wire.ReportDERControlRequest) -> m21.ReportDERControl:
    """R04."""
    return m21.ReportDERControl(
        request_id=request.request_id,
        controls=tuple(_controls(msgspec.to_builtins(request))),
        more_follows=request.tbc is True,
    )


def _controls(report: dict[str, Any]) -> Iterator[DerControl]:
    for field in (CURVE, *_TYPE_OF):
        for told in report.get(field, ()):
            values = told["fixedPF" if field.startswith("fixedPF") else field]
            yield DerControl(
                control_id=told["id"],
                control_type=_TYPE_OF[field] if field in _TYPE_OF else told["curveType"],
                is_default=told.get("isDefault", True),
                superseded=told.get("isSuperseded", False),
                **timing(values),
                values=values,
            )


def timing(values: dict[str, Any]) -> dict[str, Any]:
    """Priority and time of a control's own JSON values, as fields of a DerControl."""
    starts_at = values.get("startTime")
    return {
        "priority": values.get("priority"),
        "starts_at": None if starts_at is None else utc(msgspec.convert(starts_at, wire.DateTime)),
        "duration_s": values.get("duration"),
    }


def notify_der_start_stop(request: wire.NotifyDERStartStopRequest) -> m21.NotifyDERStartStop:
    """R04."""
    return m21.NotifyDERStartStop(
        control_id=request.control_id,
        started=request.started,
        at=utc(request.timestamp),
        superseded_ids=given(request.superseded_ids) or (),
    )


def notify_settlement(request: wire.NotifySettlementRequest) -> m21.NotifySettlement:
    """C19–C22."""
    transaction_id = given(request.transaction_id)
    return m21.NotifySettlement(
        psp_ref=request.psp_ref,
        status=request.status,
        amount=request.settlement_amount,
        at=utc(request.settlement_time),
        transaction_id=TransactionId(transaction_id) if transaction_id else None,
        receipt_id=given(request.receipt_id),
        receipt_url=given(request.receipt_url),
        payload=msgspec.to_builtins(request),
    )


def vat_number_validation(request: wire.VatNumberValidationRequest) -> m21.VatNumberValidation:
    """C18."""
    evse_id = given(request.evse_id)
    return m21.VatNumberValidation(
        vat_number=request.vat_number, evse_id=None if evse_id is None else EvseId(evse_id)
    )
