"""The smart charging of a station as stored: profiles held, limits of others, leases in force."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.engine import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from csms.domain.charging_state import ChargingState, OpenTransaction, is_of_another
from csms.domain.commands import CommandKind, CommandStatus, Setpoint
from csms.domain.composite import CompositeStep, Situation, composite
from csms.domain.facts_charging import (
    ChargingLimitTold,
    ChargingProfileHeld,
    ProfileReportAsked,
    ProfileSide,
)
from csms.domain.ids import ChargingStationId, EvseId, TransactionId
from csms.domain.station import StationAbilities, supply_phases
from csms.ocppj.profiles import known_profiles
from csms.store import tables
from csms.store.device_model import SITE_FILE, SUPPLY_PHASES
from csms.store.engine import outage_named

CONTROLLER: Final = "SmartChargingCtrlr"


class PostgresSmartCharging:
    """Implements `handlers.ports_charging.SmartCharging`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def charging_state(self, station_id: ChargingStationId) -> ChargingState:
        """Everything known of the station now. Raises StoreUnavailable."""
        with outage_named():
            async with self._engine.connect() as conn:
                return await charging_state(conn, station_id)

    async def set_at(
        self, station_id: ChargingStationId, evse_id: int
    ) -> tuple[ChargingProfileHeld, ...]:
        """The profiles that we set at one EVSE. Raises StoreUnavailable."""
        one = tables.charging_profile.c
        query = select(tables.charging_profile).where(
            one.station_id == station_id,
            one.side == ProfileSide.SET.value,
            one.evse_id == evse_id,
        )
        with outage_named():
            async with self._engine.connect() as conn:
                return tuple(_held(row) for row in await _rows(conn, query))

    async def being_told_w(self, station_id: ChargingStationId, evse_id: int) -> float | None:
        """The setpoint that is on its way to the EVSE, if any. Raises StoreUnavailable."""
        told = tables.command.c
        query = select(told.payload["setpoint_w"].as_float()).where(
            told.station_id == station_id,
            told.evse_id == evse_id,
            told.status == CommandStatus.SENT.value,
            told.kind == CommandKind.SET_SETPOINT.value,
        )
        with outage_named():
            async with self._engine.connect() as conn:
                setpoint_w: float | None = await conn.scalar(query.limit(1))
        return setpoint_w


async def charging_state(conn: AsyncConnection, station_id: ChargingStationId) -> ChargingState:
    """Everything known of the station now."""
    profile, limit, report = (
        tables.charging_profile,
        tables.charging_limit,
        tables.charging_profile_report,
    )
    variable, evse = tables.variable, tables.evse
    profiles = await _rows(conn, select(profile).where(profile.c.station_id == station_id))
    limits = await _rows(
        conn, select(limit).where(limit.c.station_id == station_id, limit.c.in_force)
    )
    reports = await _rows(
        conn,
        select(report).where(report.c.station_id == station_id, report.c.completed_at.is_(None)),
    )
    variables = await _rows(
        conn,
        select(variable.c.variable, variable.c.value).where(
            variable.c.station_id == station_id,
            variable.c.component == CONTROLLER,
            variable.c.attribute == "Actual",
            variable.c.variable_instance == "",
        ),
    )
    phases = await _rows(
        conn,
        select(variable.c.evse_id, variable.c.value, variable.c.told_by)
        .where(
            variable.c.station_id == station_id,
            variable.c.component.in_(("ChargingStation", "EVSE")),
            variable.c.variable == SUPPLY_PHASES,
            variable.c.attribute == "Actual",
        )
        .order_by(variable.c.component),
    )
    needs = await _rows(
        conn,
        select(tables.charging_needs.c.evse_id, tables.charging_needs.c.at).where(
            tables.charging_needs.c.station_id == station_id
        ),
    )
    started_at, first = tables.transaction.c.started_at, tables.transaction_event
    heard_at = (
        select(func.min(first.c.received_at))
        .where(
            first.c.station_id == evse.c.station_id,
            first.c.transaction_id == evse.c.transaction_id,
        )
        .scalar_subquery()
        .label("heard_at")
    )
    evses = await _rows(
        conn,
        select(evse, started_at, heard_at)
        .join(
            tables.transaction,
            (tables.transaction.c.station_id == evse.c.station_id)
            & (tables.transaction.c.transaction_id == evse.c.transaction_id),
            isouter=True,
        )
        .where(evse.c.station_id == station_id, evse.c.evse_id > 0)
        .order_by(evse.c.evse_id),
    )
    return ChargingState(
        profiles=tuple(_held(row) for row in profiles),
        limits=tuple(_limit(row) for row in limits),
        reports=tuple(_report(row) for row in reports),
        transactions={EvseId(row["evse_id"]): _open(row) for row in evses if row["started_at"]},
        leases={
            EvseId(row["evse_id"]): Setpoint(
                setpoint_w=row["setpoint_w"], until=row["setpoint_until"]
            )
            for row in evses
            if row["setpoint_until"] is not None  # whatever became of a later setpoint
            and not is_of_another(row["setpoint_at"], row["heard_at"])
        },
        needs={EvseId(row["evse_id"]): row["at"] for row in needs},
        evse_ids=tuple(EvseId(row["evse_id"]) for row in evses),
        variables={row["variable"]: row["value"] for row in variables if row["value"]},
        phases=_phases(row for row in phases if row["value"]),
    )


def _phases(rows: Iterable[RowMapping]) -> dict[int, int]:
    """What the station says, else its site's file."""
    told = [(row["told_by"] == SITE_FILE, row["evse_id"], row["value"]) for row in rows]
    own = {evse_id: supply_phases(value) for by_file, evse_id, value in told if not by_file}
    if own.keys() & {0}:
        return own
    return {evse_id: supply_phases(value) for by_file, evse_id, value in told if by_file} | own


async def _rows(conn: AsyncConnection, query: Any) -> list[RowMapping]:
    return list((await conn.execute(query)).mappings())


def _held(row: RowMapping) -> ChargingProfileHeld:
    return ChargingProfileHeld(**{**row, "side": ProfileSide(row["side"])})


def _limit(row: RowMapping) -> ChargingLimitTold:
    return ChargingLimitTold(**{**row, "schedules": tuple(row["schedules"])})


def _report(row: RowMapping) -> ProfileReportAsked:
    asked_at: datetime = row["asked_at"]
    return ProfileReportAsked(
        station_id=row["station_id"],
        request_id=row["request_id"],
        at=asked_at,
        evse_id=row["evse_id"],
        criterion=row["criterion"],
    )


def _open(row: RowMapping) -> OpenTransaction:
    return OpenTransaction(TransactionId(row["transaction_id"]), row["started_at"])


async def composite_of(
    conn: AsyncConnection,
    station_id: ChargingStationId,
    evse_id: int,
    start_at: datetime,
    end_at: datetime,
) -> tuple[CompositeStep, ...]:
    """What everything that is known to hold there allows an EVSE, or the station (EVSE 0)."""
    state = await charging_state(conn, station_id)
    known = known_profiles(state, StationAbilities())
    situation = Situation(
        evse_ids=state.evse_ids, transactions=state.transactions, phases=state.phases
    )
    return composite(known, evse_id, start_at, end_at, situation)


async def reports(
    conn: AsyncConnection, station_id: ChargingStationId, *, limit: int
) -> list[RowMapping]:
    """Reports of profiles that we asked for (K09), the newest first, with their differences."""
    report = tables.charging_profile_report
    query = select(report).where(report.c.station_id == station_id)
    return await _rows(conn, query.order_by(report.c.asked_at.desc()).limit(limit))
