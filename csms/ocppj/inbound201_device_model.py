"""Reports, monitors and events of the device model → domain messages (blocks B and N)."""

from typing import Any, Final

import msgspec
from msgspec import UnsetType

from csms.domain import messages as m
from csms.domain import messages_monitoring as mm
from csms.domain.device_model import ACTUAL, Characteristics, VariableKey
from csms.domain.facts import VariableRow
from csms.domain.meter import Magnitude
from csms.domain.monitoring import Monitor, StationEvent
from csms.ocppj import types_v201 as wire
from csms.ocppj.inbound201 import given, utc

_as_told: Final = msgspec.json.Decoder(dict[str, Any]).decode


def notify_report(request: wire.NotifyReportRequest, payload: bytes) -> m.NotifyReport:
    """B07, B08: `payload` is the wire's own text."""
    data = given(request.report_data) or ()
    return m.NotifyReport(
        request_id=request.request_id,
        seq_no=request.seq_no,
        at=utc(request.generated_at),
        rows=tuple(row for one in data for row in _variable_rows(one)),
        characteristics=tuple(_characteristics(one) for one in data if _has_more(one)),
        content=_as_told(payload).get("reportData", []),
        more_follows=request.tbc is True,
    )


def notify_monitoring_report(
    request: wire.NotifyMonitoringReportRequest, payload: bytes
) -> mm.NotifyMonitoringReport:
    """N02."""
    data = given(request.monitor) or ()
    return mm.NotifyMonitoringReport(
        request_id=request.request_id,
        seq_no=request.seq_no,
        at=utc(request.generated_at),
        monitors=tuple(
            _monitor(_key(one.component, one.variable), told)
            for one in data
            for told in one.variable_monitoring
        ),
        content=_as_told(payload).get("monitor", []),
        more_follows=request.tbc is True,
    )


def notify_event(request: wire.NotifyEventRequest, payload: bytes) -> mm.NotifyEvent:
    """N07, N08: `payload` is the wire's own text."""
    return mm.NotifyEvent(
        seq_no=request.seq_no,
        at=utc(request.generated_at),
        events=tuple(_event(one) for one in request.event_data),
        payload=_as_told(payload),
        more_follows=request.tbc is True,
    )


def _variable_rows(data: wire.ReportDataType) -> list[VariableRow]:
    key = _key(data.component, data.variable)
    return [
        VariableRow(
            component=key.component,
            component_instance=key.component_instance,
            evse_id=key.evse_id,
            connector_id=key.connector_id,
            variable=key.variable,
            variable_instance=key.variable_instance,
            attribute=given(attribute.type) or ACTUAL,
            value=given(attribute.value),
            mutability=given(attribute.mutability),
            persistent=given(attribute.persistent),
            constant=given(attribute.constant),
        )
        for attribute in data.variable_attribute
    ]


def _has_more(data: wire.ReportDataType) -> bool:
    return not isinstance(data.variable_characteristics, UnsetType)


def _characteristics(data: wire.ReportDataType) -> Characteristics:
    told = data.variable_characteristics
    assert not isinstance(told, UnsetType)
    return Characteristics(
        key=_key(data.component, data.variable),
        data_type=told.data_type,
        unit=given(told.unit),
        min_limit=_magnitude(told.min_limit),
        max_limit=_magnitude(told.max_limit),
        values_list=given(told.values_list),
        supports_monitoring=told.supports_monitoring,
    )


def _monitor(key: VariableKey, told: wire.VariableMonitoringType) -> Monitor:
    return Monitor(
        monitor_id=told.id,
        key=key,
        type=told.type,
        value=float(told.value),
        severity=told.severity,
        during_transaction=told.transaction,
    )


def _event(told: wire.EventDataType) -> StationEvent:
    """OCPP 2.1 adds the severity to the event itself."""
    severity: Any = getattr(told, "severity", None)
    return StationEvent(
        event_id=told.event_id,
        at=utc(told.timestamp),
        trigger=told.trigger,
        notification_type=told.event_notification_type,
        key=_key(told.component, told.variable),
        actual_value=told.actual_value,
        cleared=told.cleared is True,
        severity=severity if isinstance(severity, int) else None,
        cause_event_id=given(told.cause),
        monitor_id=given(told.variable_monitoring_id),
        tech_code=given(told.tech_code),
        tech_info=given(told.tech_info),
        transaction_id=given(told.transaction_id),
    )


def _key(component: wire.ComponentType, variable: wire.VariableType) -> VariableKey:
    evse = given(component.evse)
    return VariableKey(
        component=component.name,
        component_instance=given(component.instance) or "",
        evse_id=evse.id if evse else 0,
        connector_id=(given(evse.connector_id) or 0) if evse else 0,
        variable=variable.name,
        variable_instance=given(variable.instance) or "",
    )


def _magnitude(value: float | UnsetType) -> Magnitude | None:
    return None if isinstance(value, UnsetType) else float(value)
