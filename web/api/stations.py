"""Charging stations, their EVSEs, and what each station told."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Path, Query
from sqlalchemy import RowMapping

from web.api.models import Answer, Evse, Page
from web.api.paging import Span, Text, page_of, slice_of
from web.api.routing import api_router
from web.api.views import evses_of
from web.auth import Viewer
from web.errors import not_found
from web.hub import Transaction
from web.store import evses, stations
from web.store.paging import Rows, Slice

router = api_router("", "stations", 404)
Part = Annotated[Slice, Depends(slice_of)]
EvseNumber = Annotated[int, Path(ge=0, le=2**31 - 1)]


class Station(Answer):
    """A charging station. `discharge_dialect` says how it is told to discharge, if at all."""

    station_id: str
    site_id: str | None
    circuit_id: str | None
    vendor: str | None
    model: str | None
    firmware_version: str | None
    serial_number: str | None
    ocpp_version: str | None
    connected: bool
    registration_status: str | None
    boot_policy: str
    provisioned: bool
    last_seen_at: datetime | None
    connected_at: datetime | None
    booted_at: datetime | None
    discharge_dialect: str
    discharge_proven_at: datetime | None
    discharge_fault: str | None
    floor_w: float
    evses: list[Evse]


class Readings(Answer):
    """Columns of equal length, oldest first; registers count up and never down."""

    at: list[datetime]
    power_w: list[float | None]
    import_wh: list[float | None]
    export_wh: list[float | None]
    soc_pct: list[float | None]


class OcppMessage(Answer):
    """One OCPP-J frame; `direction` is in (from the station) or out."""

    message_row_id: int
    at: datetime
    direction: str
    kind: str
    action: str
    message_id: str
    payload: Any


class Notice(Answer):
    """Something the station told that is neither energy nor status; `kind` is the OCPP action."""

    notice_id: int
    kind: str
    at: datetime
    received_at: datetime
    severity: str
    payload: Any


async def known_station(station_id: str, work: Transaction) -> str:
    """The station of the path. Raises 404."""
    if not await stations.exists(work.conn, station_id):
        raise not_found("station", station_id)
    return station_id


KnownStation = Annotated[str, Depends(known_station)]


async def stations_of(work: Transaction, rows: list[RowMapping]) -> list[Station]:
    """Station rows with their EVSEs."""
    found = await evses.of_stations(work.conn, [row["station_id"] for row in rows])
    told = await evses_of(work.conn, found, work.hub.clock.now())
    return [
        Station.model_validate(
            {**row, "evses": [evse for evse in told if evse.station_id == row["station_id"]]}
        )
        for row in rows
    ]


@router.get("/stations", summary="List the stations")
async def list_stations(
    _: Viewer,
    work: Transaction,
    part: Part,
    site_id: Text | None = None,
    q: Annotated[Text | None, Query(description="part of id, vendor or model")] = None,
    connected: bool | None = None,
) -> Page[Station]:
    """By id, each with its EVSEs."""
    rows = await stations.page(work.conn, part, site_id=site_id, text=q, connected=connected)
    return Page(items=await stations_of(work, rows.items), next=rows.next)


@router.get("/stations/{station_id}", summary="One station")
async def get_station(_: Viewer, station_id: str, work: Transaction) -> Station:
    """The station with its EVSEs."""
    row = await stations.get(work.conn, station_id)
    if row is None:
        raise not_found("station", station_id)
    return (await stations_of(work, [row]))[0]


@router.get("/evses", summary="List the EVSEs")
async def list_evses(
    _: Viewer, work: Transaction, part: Part, site_id: Text | None = None
) -> Page[Evse]:
    """By station and number, of one site or of all."""
    rows: Rows = await evses.page(work.conn, part, site_id=site_id)
    told = await evses_of(work.conn, rows.items, work.hub.clock.now())
    return Page(items=told, next=rows.next)


@router.get("/stations/{station_id}/evses/{evse_id}", summary="One EVSE")
async def get_evse(_: Viewer, station_id: str, evse_id: EvseNumber, work: Transaction) -> Evse:
    """The EVSE as it is now, with the reason of its setpoint."""
    row = await evses.get(work.conn, station_id, evse_id)
    if row is None:
        raise not_found("EVSE", f"{station_id}/{evse_id}")
    return (await evses_of(work.conn, [row], work.hub.clock.now()))[0]


@router.get("/stations/{station_id}/readings", summary="Meter values of an EVSE")
async def get_readings(
    _: Viewer,
    station_id: KnownStation,
    work: Transaction,
    span: Span,
    evse_id: Annotated[int, Query(ge=0, le=2**31 - 1)] = 1,
) -> Readings:
    """In [from, to); at most the newest 5000. EVSE 0 is the station's main meter."""
    rows = await stations.readings(work.conn, station_id, evse_id, *span)
    return Readings.model_validate(
        {name: [row[name] for row in rows] for name in Readings.model_fields}
    )


@router.get("/stations/{station_id}/messages", summary="OCPP messages of a station")
async def list_messages(
    _: Viewer,
    station_id: KnownStation,
    work: Transaction,
    part: Part,
    before: Annotated[int | None, Query(ge=0, le=2**62, description="message_row_id")] = None,
) -> Page[OcppMessage]:
    """Both directions, newest first."""
    rows = await stations.messages(work.conn, station_id, part, before=before)
    return page_of(rows, OcppMessage.model_validate)


@router.get("/stations/{station_id}/notices", summary="Notices of a station")
async def list_notices(
    _: Viewer, station_id: KnownStation, work: Transaction, part: Part
) -> Page[Notice]:
    """Alarms, security events, firmware and log states; newest first."""
    return page_of(await stations.notices(work.conn, station_id, part), Notice.model_validate)
