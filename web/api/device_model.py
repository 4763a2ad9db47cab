"""What a station can do, what it reported of it, what its monitors watch and say is wrong."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Path, Query
from pydantic import BaseModel, ConfigDict

from csms.domain.station import BootPolicy
from csms.store import device_model as reported
from csms.store import stations as received
from csms.store.device_model import StoredReport
from web.api.models import Answer, Page
from web.api.paging import Text, page_of, slice_of
from web.api.routing import api_router
from web.api.stations import KnownStation
from web.auth import Operator, Viewer
from web.errors import not_found
from web.hub import Transaction
from web.store import audit
from web.store import device_model as store
from web.store.device_model import VariableFilter
from web.store.paging import Slice

router = api_router("/stations/{station_id}", "stations", 404)
Part = Annotated[Slice, Depends(slice_of)]


class Place(Answer):
    """A variable of a station; EVSE 0 is the station itself, connector 0 the EVSE."""

    component: str
    component_instance: str
    evse_id: int
    connector_id: int
    variable: str
    variable_instance: str


class Variable(Place):
    """One attribute of the device model. `told_by` is the OCPP action that told it last;
    `characteristics` is OCPP's VariableCharacteristicsType, null until a report told it."""

    attribute: str
    value: str | None
    mutability: str | None
    persistent: bool | None
    constant: bool | None
    told_by: str
    reported_at: datetime
    characteristics: Any


class Report(Answer):
    """A report that was asked for: `base` is OCPP's report base, Custom or Monitoring. `missing`
    are the numbers of parts that have not come; it is complete without any once the last is there.
    """

    request_id: int
    base: str
    status: str
    asked_at: datetime
    command_id: UUID
    received: list[int]
    missing: list[int]
    complete: bool


class ReportContent(Report):
    """A report with what it told: OCPP's ReportDataType or MonitoringDataType, in order."""

    content: list[Any]


class Monitor(Place):
    """A monitor: `monitoring` is OCPP's VariableMonitoringType, `ours` that we have set it."""

    monitor_id: int
    ours: bool
    monitoring: Any
    at: datetime
    cleared_at: datetime | None


class StationEvent(Place):
    """What a monitor told. `severity` 0 is danger, 9 debugging, null not known."""

    event_id: int
    at: datetime
    received_at: datetime
    trigger: str
    notification_type: str
    actual_value: str
    cleared: bool
    severity: int | None
    cause_event_id: int | None
    monitor_id: int | None
    tech_code: str | None
    tech_info: str | None
    transaction_id: str | None


class Alert(Place):
    """What is wrong with a variable until it is `cleared`; monitor 0 is the firmware's own."""

    monitor_id: int
    at: datetime
    event_id: int
    cleared: bool
    severity: int | None
    actual_value: str
    tech_code: str | None
    tech_info: str | None


class NetworkProfile(Answer):
    """What a configuration slot holds, without its secrets, as in OCPP's SetNetworkProfile."""

    configuration_slot: int
    connection_data: Any


class BootPolicyRequest(BaseModel):
    """`provision`: Pending until it is set up again. `accept`: the device that was set up before
    is served at once. `reject`: it is not served."""

    model_config = ConfigDict(extra="forbid")

    boot_policy: BootPolicy


async def variable_filter(
    component: Text | None = None,
    variable: Text | None = None,
    evse_id: Annotated[int | None, Query(ge=0, le=2**31 - 1)] = None,
    attribute: Annotated[Text | None, Query(description="Actual, Target, MinSet, MaxSet")] = None,
    mutability: Annotated[Text | None, Query(description="ReadOnly, WriteOnly, ReadWrite")] = None,
    supports_monitoring: bool | None = None,
) -> VariableFilter:
    """The query parameters that say which variables."""
    return VariableFilter(
        component=component,
        variable=variable,
        evse_id=evse_id,
        attribute=attribute,
        mutability=mutability,
        supports_monitoring=supports_monitoring,
    )


@router.get("/variables", summary="Device model of a station")
async def list_variables(
    _: Viewer,
    station_id: KnownStation,
    work: Transaction,
    part: Part,
    wanted: Annotated[VariableFilter, Depends(variable_filter)],
) -> Page[Variable]:
    """What is known of the station's components and variables; names count without case."""
    rows = await store.variables(work.conn, station_id, part, wanted)
    return page_of(rows, _variable)


@router.get("/reports", summary="Reports of a station")
async def list_reports(_: Viewer, station_id: KnownStation, work: Transaction) -> Page[Report]:
    """The newest of each base, with what of them has come."""
    found = await reported.reports(work.conn, station_id)
    return Page(items=[Report.model_validate(_report(one)) for one in found], next=None)


@router.get("/reports/{request_id}", summary="One report of a station")
async def get_report(
    _: Viewer,
    station_id: KnownStation,
    request_id: Annotated[int, Path(ge=0, le=2**31 - 1)],
    work: Transaction,
) -> ReportContent:
    """What the station told in it, as it told it."""
    found = await reported.report(work.conn, station_id, request_id)
    if found is None:
        raise not_found("report", f"{station_id}/{request_id}")
    return ReportContent.model_validate({**_report(found), "content": found.content})


@router.get("/monitors", summary="Monitors of a station")
async def list_monitors(
    _: Viewer, station_id: KnownStation, work: Transaction, part: Part, cleared: bool = False
) -> Page[Monitor]:
    """Those that run, as set by us or reported; with `cleared` also those that ran."""
    rows = await store.monitors(work.conn, station_id, part, cleared=cleared)
    return page_of(rows, _monitor)


@router.get("/events", summary="Events of a station's monitors")
async def list_events(
    _: Viewer, station_id: KnownStation, work: Transaction, part: Part
) -> Page[StationEvent]:
    """Alerts, changes and periodic values, newest first."""
    return page_of(await store.events(work.conn, station_id, part), StationEvent.model_validate)


@router.get("/alerts", summary="Alerts of a station")
async def list_alerts(
    _: Viewer,
    station_id: KnownStation,
    work: Transaction,
    part: Part,
    is_open: Annotated[bool | None, Query(alias="open")] = None,
) -> Page[Alert]:
    """The newest word on each variable that a monitor alerted of."""
    rows = await store.alerts(work.conn, station_id, part, is_open=is_open)
    return page_of(rows, Alert.model_validate)


@router.get("/network-profiles", summary="Network profiles of a station")
async def list_network_profiles(
    _: Viewer, station_id: KnownStation, work: Transaction
) -> Page[NetworkProfile]:
    """The configuration slots that we have set."""
    slots = await reported.network_slots(work.conn, station_id)
    items = [
        NetworkProfile(configuration_slot=slot, connection_data=data)
        for slot, data in slots.items()
    ]
    return Page(items=items, next=None)


@router.put("/boot-policy", summary="How a station is received that boots")
async def put_boot_policy(
    who: Operator, station_id: KnownStation, work: Transaction, asked: BootPolicyRequest
) -> BootPolicyRequest:
    """It holds from the station's next BootNotification on."""
    await received.set_boot_policy(work.conn, station_id, asked.boot_policy)
    detail = {"boot_policy": asked.boot_policy.value}
    await audit.record(work.conn, who.actor, "station.boot_policy", station_id, detail)
    return asked


def _variable(row: dict[str, Any]) -> Variable:
    names = {
        "unit": "unit",
        "dataType": "data_type",
        "minLimit": "min_limit",
        "maxLimit": "max_limit",
        "valuesList": "values_list",
        "supportsMonitoring": "supports_monitoring",
    }
    told = {name: row[column] for name, column in names.items() if row[column] is not None}
    return Variable.model_validate({**row, "characteristics": told or None})


def _monitor(row: dict[str, Any]) -> Monitor:
    monitoring = {
        "id": row["monitor_id"],
        "transaction": row["during_transaction"],
        "value": row["value"],
        "type": row["type"],
        "severity": row["severity"],
    }
    return Monitor.model_validate({**row, "monitoring": monitoring})


def _report(found: StoredReport) -> dict[str, Any]:
    return {
        "request_id": found.request_id,
        "base": found.base,
        "status": found.status,
        "asked_at": found.asked_at,
        "command_id": found.command_id,
        "received": list(found.progress.received),
        "missing": list(found.progress.missing),
        "complete": found.progress.complete,
    }
