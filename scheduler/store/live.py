"""The live picture: each EVSE of a site with its station, transaction, vehicle and needs.

The csms tables are read only: what a station tells is theirs to write.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Label,
    Row,
    Select,
    Text,
    and_,
    cast,
    func,
    select,
    true,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.domain.ids import ChargingStationId, EvseId, IdToken, TransactionId
from csms.domain.monitoring import ALARMING
from csms.store.quirks import HOLDS
from csms.store.tables import (
    charging_needs,
    charging_station,
    evse,
    station_alert,
    station_quirk,
    transaction,
)
from scheduler.store.tables import site_evse, vehicle
from scheduler.store.vehicles import COLUMNS as VEHICLE
from scheduler.store.vehicles import Vehicle


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What the vehicle told the station (NotifyEVChargingNeeds)."""

    at: datetime
    departure_at: datetime | None
    energy_wh: float | None
    capacity_wh: float | None
    soc_pct: float | None
    max_charge_w: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTransaction:
    """The transaction that runs at the EVSE."""

    transaction_id: TransactionId
    id_token: IdToken | None
    started_at: datetime
    last_event_at: datetime
    imported_wh: float
    exported_wh: float
    charging_state: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveEvse:
    """One EVSE now: its place and hardware bounds, its station, and what it does."""

    station_id: ChargingStationId
    evse_id: EvseId
    circuit_id: str
    max_charge_w: float
    max_discharge_w: float
    min_charge_w: float
    phases: int = 3
    lines: str | None = None
    step_w: float = 0.0
    connected: bool
    last_seen_at: datetime | None
    booted_at: datetime | None
    discharge_dialect: str
    discharge_fault: str | None
    floor_w: float
    sample_interval_s: int
    power_w: float | None
    power_at: datetime | None
    soc_pct: float | None
    soc_at: datetime | None
    setpoint_w: float | None
    setpoint_until: datetime | None
    setpoint_version: int | None
    setpoint_status: str | None
    setpoint_at: datetime | None
    composite_w: float | None
    transaction: OpenTransaction | None
    needs: Needs | None
    vehicle: Vehicle | None
    station_alert: str | None = None
    """The worst of what its monitors say is wrong, of severity 0 (danger) to 3 (critical)."""
    alert_severity: int | None = None
    discharge_proven_at: datetime | None = None
    frequency_response: list[dict[str, float]] | None = None
    """What it shall add to its setpoints by the frequency (`csms.domain.frequency`)."""
    lease_ends: bool = True
    """Whether a lease of the station ends by itself; learned, or an operator's word."""
    setpoint_holds_s: int | None = None
    """For how long the station follows without another word; None: as long as it is told."""
    clock_off_s: float | None = None
    """How far the station's clock is ahead of ours; None: right, or not known."""


def _worst_alert(column: ColumnElement[Any], name: str) -> Label[Any]:
    return (
        select(column)
        .where(
            station_alert.c.station_id == site_evse.c.station_id,
            ~station_alert.c.cleared,
            station_alert.c.severity <= ALARMING,
        )
        .order_by(station_alert.c.severity, station_alert.c.at, station_alert.c.event_id)
        .limit(1)
        .scalar_subquery()
        .label(name)
    )


PLACE = [
    site_evse.c.station_id, site_evse.c.evse_id, site_evse.c.circuit_id, site_evse.c.max_charge_w,
    site_evse.c.max_discharge_w, site_evse.c.min_charge_w,
    site_evse.c.phases, site_evse.c.lines, site_evse.c.step_w,
]  # fmt: skip
# Of the few stations of which it is known; an operator's word stands over what was learned.
_ends = func.bool_and(cast(station_quirk.c.value, Text) == "true")
run_out = (
    select(
        station_quirk.c.station_id,
        func.coalesce(_ends.filter(station_quirk.c.source == "operator"), _ends).label("ends"),
    )
    .join(charging_station, charging_station.c.station_id == station_quirk.c.station_id)
    .where(HOLDS, station_quirk.c.name == "lease_ends", station_quirk.c.source != "proposed")
    .group_by(station_quirk.c.station_id)
    .subquery("run_out")
)
STATION = [
    func.coalesce(charging_station.c.connected, False).label("connected"),
    charging_station.c.last_seen_at,
    charging_station.c.booted_at,
    func.coalesce(charging_station.c.discharge_dialect, "none").label("discharge_dialect"),
    charging_station.c.discharge_fault,
    charging_station.c.discharge_proven_at,
    func.coalesce(charging_station.c.floor_w, 0.0).label("floor_w"),
    func.coalesce(charging_station.c.sample_interval_s, 60).label("sample_interval_s"),
    charging_station.c.clock_off_s,
    charging_station.c.setpoint_holds_s,
    charging_station.c.frequency_response,
    func.coalesce(run_out.c.ends, True).label("lease_ends"),
]
ALERT = [
    _worst_alert(station_alert.c.component + "." + station_alert.c.variable, "station_alert"),
    _worst_alert(station_alert.c.severity, "alert_severity"),
]
EVSE = [
    evse.c.power_w, evse.c.power_at, evse.c.soc_pct, evse.c.soc_at, evse.c.setpoint_w,
    evse.c.setpoint_until, evse.c.setpoint_version, evse.c.setpoint_status, evse.c.setpoint_at,
    evse.c.composite_w,
]  # fmt: skip
TRANSACTION = [
    transaction.c.transaction_id, transaction.c.id_token, transaction.c.started_at,
    transaction.c.last_event_at, transaction.c.imported_wh, transaction.c.exported_wh,
    transaction.c.charging_state,
]  # fmt: skip
NEEDS = [
    charging_needs.c.at, charging_needs.c.departure_at, charging_needs.c.energy_wh,
    charging_needs.c.capacity_wh, charging_needs.c.soc_pct, charging_needs.c.max_charge_w,
]  # fmt: skip

OWN_NAMES, RUNNING_NAMES, NEEDED_NAMES, KNOWN_NAMES = (
    [column.name for column in part]
    for part in ((*PLACE, *STATION, *ALERT, *EVSE), TRANSACTION, NEEDS, VEHICLE)
)
RUNNING = slice(len(OWN_NAMES), len(OWN_NAMES) + len(RUNNING_NAMES))
NEEDED = slice(RUNNING.stop, RUNNING.stop + len(NEEDED_NAMES))
KNOWN = slice(NEEDED.stop, None)


async def evses(conn: AsyncConnection, site_id: str) -> tuple[LiveEvse, ...]:
    """Every EVSE of the site, by station and number."""
    rows = await conn.execute(_query().where(site_evse.c.site_id == site_id))
    return tuple(_live(row) for row in rows)


def _query() -> Select[Any]:
    newest_open = (
        select(*TRANSACTION)
        .where(transaction.c.ended_at.is_(None), _same_evse(transaction.c))
        .order_by(transaction.c.started_at.desc())
        .limit(1)
        .lateral("open_transaction")
    )
    parts = [
        *PLACE,
        *STATION,
        *ALERT,
        *EVSE,
        *(newest_open.c[column.name].label(f"t_{column.name}") for column in TRANSACTION),
        *(column.label(f"n_{column.name}") for column in NEEDS),
        *(column.label(f"v_{column.name}") for column in VEHICLE),
    ]
    joined = (
        site_evse.outerjoin(
            charging_station, charging_station.c.station_id == site_evse.c.station_id
        )
        .outerjoin(run_out, run_out.c.station_id == site_evse.c.station_id)
        .outerjoin(evse, _same_evse(evse.c))
        .outerjoin(charging_needs, _same_evse(charging_needs.c))
        .outerjoin(newest_open, true())
        .outerjoin(vehicle, vehicle.c.id_token == newest_open.c.id_token)
    )
    return select(*parts).select_from(joined).order_by(site_evse.c.station_id, site_evse.c.evse_id)


def _same_evse(columns: Any) -> Any:
    return and_(
        columns.station_id == site_evse.c.station_id, columns.evse_id == site_evse.c.evse_id
    )


def _live(row: Row[Any]) -> LiveEvse:
    """By position: a large site is read each second."""
    running, needs, known = row[RUNNING], row[NEEDED], row[KNOWN]
    return LiveEvse(
        **dict(zip(OWN_NAMES, row, strict=False)),
        transaction=None
        if running[0] is None
        else OpenTransaction(**dict(zip(RUNNING_NAMES, running, strict=True))),
        needs=None if needs[0] is None else Needs(**dict(zip(NEEDED_NAMES, needs, strict=True))),
        vehicle=None if known[0] is None else Vehicle(**dict(zip(KNOWN_NAMES, known, strict=True))),
    )
