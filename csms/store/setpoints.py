"""What an EVSE was told to do, and what a command to it needs to know."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from typing import Any, Final

import orjson
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.domain.commands import Setpoint
from csms.domain.discharge import NONE_LISTED, DischargeDialect, DischargeModels
from csms.domain.events import SetpointRefused
from csms.domain.frequency import curve_of
from csms.domain.ids import ChargingStationId, EvseId, TransactionId
from csms.domain.messages import RegistrationStatus
from csms.domain.quirks import NO_MODELS, QuirkTable, effective
from csms.domain.station import StationAbilities, rate_unit, supply_phases
from csms.domain.v2x import SAID_BY_LIST, V2xAbilities
from csms.store import outbox
from csms.store.direct import Direct
from csms.store.tables import charging_station


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandTarget:
    """A station, and one EVSE of it, as a command finds them."""

    abilities: StationAbilities
    transaction_id: TransactionId | None = None
    confirmed_setpoint_w: float | None = None
    last_version: int | None = None
    setpoint_at: datetime | None = None
    status: RegistrationStatus | None = None
    """What its last boot was answered; None: it never booted."""


def parse(payload: Mapping[str, Any]) -> Setpoint | None:
    """The setpoint in a command's payload; None if it is not a proper one."""
    try:
        setpoint_w, until = float(payload["setpoint_w"]), datetime.fromisoformat(payload["until"])
    except (KeyError, TypeError, ValueError):
        return None
    if not isfinite(setpoint_w) or until.tzinfo is None:
        return None
    return Setpoint(
        setpoint_w=setpoint_w,
        until=until,
        reason=str(payload.get("reason", "")),
        responds=payload.get("responds") is True,
    )


TARGET: Final = """SELECT station.station_id AS of_station, station.vendor, station.model,
    station.firmware_version, station.ocpp_version, station.discharge_dialect,
    station.discharge_proven_at, station.floor_w, station.sample_interval_s,
    station.registration_status, station.frequency_response,
    concat_ws(' ', station.vendor, station.model, station.firmware_version) AS device,
    place.transaction_id, place.setpoint_w, place.setpoint_version,
    place.setpoint_at,
    coalesce(place.setpoint_status = 'confirmed' AND place.setpoint_until > {now}, false)
        AS in_force,
    (SELECT jsonb_object_agg(name, value) FROM csms.station_quirk
        WHERE station_id = {station} AND source = 'learned' AND device = concat_ws(
            ' ', station.vendor, station.model, station.firmware_version)) AS quirks_learned,
    (SELECT jsonb_object_agg(name, value) FROM csms.station_quirk
        WHERE station_id = {station} AND source = 'operator') AS quirks_set,
    (SELECT value FROM csms.variable
        WHERE station_id = {station} AND component = 'SmartChargingCtrlr' AND variable = 'RateUnit'
        LIMIT 1) AS rate_units,
    (SELECT value FROM csms.variable
        WHERE station_id = {station} AND component IN ('ChargingStation', 'EVSE')
            AND variable = 'SupplyPhases' AND evse_id IN (0, coalesce({evse}, 0))
            AND attribute = 'Actual' AND value IS NOT NULL
        ORDER BY told_by = 'SiteFile', evse_id DESC, component DESC LIMIT 1) AS supply_phases,
    (SELECT jsonb_object_agg(component || '.' || variable
            || CASE variable_instance WHEN '' THEN '' ELSE '[' || variable_instance || ']' END,
            value ORDER BY evse_id)
        FROM csms.variable
        WHERE station_id = {station} AND component IN ('SmartChargingCtrlr', 'V2XChargingCtrlr')
            AND evse_id IN (0, coalesce({evse}, 0)) AND attribute = 'Actual' AND value IS NOT NULL
    ) AS v2x_variables,
    (SELECT needs.requested_energy_transfer FROM csms.charging_needs needs
        JOIN csms.transaction running ON running.station_id = needs.station_id
            AND running.evse_id = needs.evse_id
            AND LEAST(running.started_at, (SELECT received_at FROM csms.transaction_event first
                WHERE first.station_id = {station}
                    AND first.transaction_id = place.transaction_id
                ORDER BY seq_no LIMIT 1)) <= needs.at
        WHERE needs.station_id = {station} AND needs.evse_id = {evse}
            AND running.transaction_id = place.transaction_id) AS energy_transfer
    FROM csms.charging_station station
    LEFT JOIN csms.evse place
        ON place.station_id = station.station_id AND place.evse_id = {evse}
    WHERE station.station_id = {station}"""
"""What a command to an EVSE needs to know; of its variables what the EVSE says of itself wins (of
phases, even what the station says over what its site's file says of the EVSE), and
of the needs what the vehicle of the running transaction asked for: needs have our time, a
transaction begins by its station's clock, which may be ahead of ours."""


def target_of(
    row: Mapping[str, Any],
    models: QuirkTable = NO_MODELS,
    listed: DischargeModels = NONE_LISTED,
) -> CommandTarget | None:
    """From a row of `TARGET`; None if there is no such station."""
    if row["of_station"] is None:
        return None
    device = (row["vendor"], row["model"], row["firmware_version"], row["ocpp_version"])
    learned, told, v2x = (
        orjson.loads(row[name] or "{}")
        for name in ("quirks_learned", "quirks_set", "v2x_variables")
    )
    own = effective(models.of(*device), learned, told)
    dialect, make = DischargeDialect(row["discharge_dialect"]), (row["vendor"], row["model"])
    assumed = SAID_BY_LIST if dialect in [one.dialect for one in listed.of(*make)] else frozenset()
    abilities = StationAbilities(
        quirks=own,
        discharge_dialect=dialect,
        frequency_response=curve_of(orjson.loads(row["frequency_response"] or "[]")),
        vendor_message=listed.message(*make),
        discharge_proven_at=row["discharge_proven_at"],
        rate_unit=rate_unit(row["rate_units"], own),
        phases=supply_phases(row["supply_phases"]),
        floor_w=row["floor_w"],
        sample_interval_s=row["sample_interval_s"],
        v2x=V2xAbilities.told(v2x, row["energy_transfer"], assumed),
        device=row["device"],
    )
    return CommandTarget(
        abilities=abilities,
        transaction_id=row["transaction_id"],
        confirmed_setpoint_w=row["setpoint_w"] if row["in_force"] else None,
        last_version=row["setpoint_version"],
        setpoint_at=row["setpoint_at"],
        status=row["registration_status"] and RegistrationStatus(row["registration_status"]),
    )


async def target(
    direct: Direct,
    station_id: ChargingStationId,
    evse_id: EvseId | None,
    now: datetime,
    models: QuirkTable = NO_MODELS,
) -> CommandTarget | None:
    """What a command to the EVSE needs to know; None if there is no such station. Raises
    StoreUnavailable."""
    row = await direct.row(_TARGET, station_id, evse_id, now)
    return None if row is None else target_of(row, models)


_TARGET: Final = TARGET.format(station="$1::text", evse="$2::int", now="$3::timestamptz")


async def record_proof(
    conn: AsyncConnection,
    station_id: ChargingStationId,
    dialect: DischargeDialect | None,
    now: datetime,
) -> None:
    """The export register moved under our setpoint: the station really discharges when told in
    `dialect`, which proves nothing of the one that it has by now if that is another."""
    await conn.execute(
        update(charging_station)
        .where(
            charging_station.c.station_id == station_id,
            charging_station.c.discharge_proven_at.is_(None),
            charging_station.c.discharge_dialect == dialect,
        )
        .values(discharge_proven_at=now)
    )


async def record_fault(
    conn: AsyncConnection,
    station_id: ChargingStationId,
    evse_id: EvseId,
    reason: str,
    now: datetime,
) -> None:
    """The station charged when told to discharge: never again, until a person clears it."""
    await conn.execute(
        update(charging_station)
        .where(charging_station.c.station_id == station_id)
        .values(
            discharge_fault=reason,
            discharge_dialect=DischargeDialect.NONE.value,
            discharge_proven_at=None,
        )
    )
    event = SetpointRefused(station_id=station_id, evse_id=evse_id, reason=reason)
    await outbox.tell(conn, event, now)
