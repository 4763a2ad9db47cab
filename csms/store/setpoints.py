"""What an EVSE was told to do, and what a command to it needs to know."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from typing import Any

from sqlalchemy import and_, case, func, select, update
from sqlalchemy.dialects.postgresql import aggregate_order_by, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.domain.commands import CommandStatus, Setpoint
from csms.domain.discharge import DischargeDialect
from csms.domain.events import SetpointRefused
from csms.domain.ids import ChargingStationId, EvseId, TransactionId
from csms.domain.messages import RegistrationStatus
from csms.domain.quirks import NO_MODELS, QuirkSource, QuirkTable, effective
from csms.domain.station import StationAbilities, rate_unit
from csms.domain.v2x import SMART_CHARGING, V2X_CHARGING, V2xAbilities
from csms.store import outbox, quirks
from csms.store.tables import charging_needs, charging_station, evse, transaction, variable


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandTarget:
    """A station, and one EVSE of it, as a command finds them."""

    abilities: StationAbilities
    transaction_id: TransactionId | None = None
    confirmed_setpoint_w: float | None = None
    last_version: int | None = None
    setpoint_at: datetime | None = None
    rejected: bool = False


def parse(payload: Mapping[str, Any]) -> Setpoint | None:
    """The setpoint in a command's payload; None if it is not a proper one."""
    try:
        setpoint_w, until = float(payload["setpoint_w"]), datetime.fromisoformat(payload["until"])
    except (KeyError, TypeError, ValueError):
        return None
    if not isfinite(setpoint_w) or until.tzinfo is None:
        return None
    return Setpoint(setpoint_w=setpoint_w, until=until, reason=str(payload.get("reason", "")))


async def target(
    conn: AsyncConnection,
    station_id: ChargingStationId,
    evse_id: EvseId | None,
    now: datetime,
    models: QuirkTable = NO_MODELS,
) -> CommandTarget | None:
    """What a command to the EVSE needs to know; None if there is no such station."""
    unit = select(variable.c.value).where(
        variable.c.station_id == station_id,
        variable.c.component == "SmartChargingCtrlr",
        variable.c.variable == "RateUnit",
    )
    in_force = and_(
        evse.c.setpoint_status == CommandStatus.CONFIRMED.value, evse.c.setpoint_until > now
    )
    query = (
        select(
            charging_station,
            evse.c.transaction_id,
            evse.c.setpoint_w,
            evse.c.setpoint_version,
            evse.c.setpoint_at,
            quirks.DEVICE.label("device"),
            quirks.values_of(station_id, QuirkSource.LEARNED).label("quirks_learned"),
            quirks.values_of(station_id, QuirkSource.OPERATOR).label("quirks_set"),
            func.coalesce(in_force, False).label("in_force"),
            unit.limit(1).scalar_subquery().label("rate_units"),
            _v2x_variables(station_id, evse_id).label("v2x_variables"),
            _energy_transfer(station_id, evse_id).label("energy_transfer"),
        )
        .select_from(
            charging_station.outerjoin(
                evse,
                and_(evse.c.station_id == charging_station.c.station_id, evse.c.evse_id == evse_id),
            )
        )
        .where(charging_station.c.station_id == station_id)
    )
    row = (await conn.execute(query)).mappings().first()
    if row is None:
        return None
    device = (row["vendor"], row["model"], row["firmware_version"], row["ocpp_version"])
    known = models.of(*device)
    own = effective(known, *quirks.layers(row))
    abilities = StationAbilities(
        quirks=own,
        discharge_dialect=DischargeDialect(row["discharge_dialect"]),
        discharge_proven_at=row["discharge_proven_at"],
        rate_unit=rate_unit(row["rate_units"], own),
        floor_w=row["floor_w"],
        sample_interval_s=row["sample_interval_s"],
        v2x=V2xAbilities.told(row["v2x_variables"] or {}, row["energy_transfer"]),
        device=row["device"],
    )
    return CommandTarget(
        abilities=abilities,
        transaction_id=row["transaction_id"],
        confirmed_setpoint_w=row["setpoint_w"] if row["in_force"] else None,
        last_version=row["setpoint_version"],
        setpoint_at=row["setpoint_at"],
        rejected=row["registration_status"] == RegistrationStatus.REJECTED,
    )


def _v2x_variables(station_id: ChargingStationId, evse_id: EvseId | None) -> Any:
    """`component.variable` → actual value; what the EVSE says of itself wins over the station."""
    name = variable.c.component + "." + variable.c.variable
    last_wins = aggregate_order_by(variable.c.value, variable.c.evse_id)
    return (
        select(func.jsonb_object_agg(name, last_wins))
        .where(
            variable.c.station_id == station_id,
            variable.c.component.in_((SMART_CHARGING, V2X_CHARGING)),
            variable.c.evse_id.in_((0, evse_id or 0)),
            variable.c.attribute == "Actual",
            variable.c.value.is_not(None),
        )
        .scalar_subquery()
    )


def _energy_transfer(station_id: ChargingStationId, evse_id: EvseId | None) -> Any:
    """What the vehicle of the running transaction asked for (NotifyEVChargingNeeds)."""
    since_it_began = and_(
        transaction.c.station_id == charging_needs.c.station_id,
        transaction.c.evse_id == charging_needs.c.evse_id,
        transaction.c.started_at <= charging_needs.c.at,
    )
    return (
        select(charging_needs.c.requested_energy_transfer)
        .select_from(charging_needs.join(transaction, since_it_began))
        .where(
            charging_needs.c.station_id == station_id,
            charging_needs.c.evse_id == evse_id,
            transaction.c.transaction_id == evse.c.transaction_id,
        )
        .correlate(evse)
        .scalar_subquery()
    )


async def record_version(
    conn: AsyncConnection,
    station_id: ChargingStationId,
    evse_id: EvseId,
    version: int | None,
    now: datetime,
) -> None:
    """A setpoint is about to be sent: from here on it may be in force."""
    values = {"setpoint_status": CommandStatus.SENT.value, "setpoint_at": now, "updated_at": now}
    if version is not None:
        values["setpoint_version"] = version
    row = {"station_id": station_id, "evse_id": evse_id} | values
    await conn.execute(
        insert(evse)
        .values(row)
        .on_conflict_do_update(index_elements=["station_id", "evse_id"], set_=values)
    )


async def record_outcome(
    conn: AsyncConnection,
    station_id: ChargingStationId,
    evse_id: EvseId,
    status: CommandStatus,
    now: datetime,
    *,
    in_force: Setpoint | None,
    composite_w: float | None,
) -> None:
    """What became of a setpoint, and what is in force now (None: what was before).

    A renewal is not read back: then the composite schedule's value stays.
    """
    values: dict[str, object] = {"setpoint_status": status.value, "setpoint_at": now}
    if in_force is not None:
        kept = case((evse.c.setpoint_w == in_force.setpoint_w, evse.c.composite_w), else_=None)
        values |= {
            "setpoint_w": in_force.setpoint_w,
            "setpoint_until": in_force.until,
            "composite_w": kept if composite_w is None else composite_w,
        }
    await conn.execute(
        update(evse)
        .where(evse.c.station_id == station_id, evse.c.evse_id == evse_id)
        .values(values)
    )


async def record_proof(conn: AsyncConnection, station_id: ChargingStationId, now: datetime) -> None:
    """The export register moved under our setpoint: the station really discharges."""
    await conn.execute(
        update(charging_station)
        .where(
            charging_station.c.station_id == station_id,
            charging_station.c.discharge_proven_at.is_(None),
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
