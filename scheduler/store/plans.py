"""Rows ⇄ Plan. Plans are never changed: a new one gets the site's next version."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import numpy as np
from sqlalchemy import RowMapping, Select, delete, exists, func, insert, select
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.ext.asyncio import AsyncConnection

from scheduler.domain.plan import (
    EvsePlan,
    Fix,
    FixChange,
    GbpPerKwh,
    LoadPlan,
    Plan,
    PlanPrices,
    PlanStatus,
    RunnerUp,
    RunnerUpAction,
    Watts,
    Why,
    WhyCode,
)
from scheduler.store.tables import plan as table
from scheduler.store.tables import plan_setpoint
from scheduler.store.tables import site as site_table

SERIES = (
    "grid_w", "load_w", "solar_w", "wind_w", "curtailed_w", "store_w", "store_energy_wh",
    "fleet_w", "import_gbp_per_kwh", "export_gbp_per_kwh",
)  # fmt: skip


BARE = plan_setpoint.c.why.op("-")(array(["runs", "fixes"])).label("why")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanHead:
    """What is known of a stored plan without reading its series."""

    plan_id: UUID
    site_id: str
    version: int
    made_at: datetime
    cause: str
    as_of_outbox_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPlan:
    """A plan as it was stored: `as_of_outbox_id` is the newest outbox row that it knew."""

    head: PlanHead
    plan: Plan


HEAD = [
    table.c.plan_id, table.c.site_id, table.c.version, table.c.made_at, table.c.cause,
    table.c.as_of_outbox_id,
]  # fmt: skip


async def store(
    conn: AsyncConnection,
    site_id: str,
    plan: Plan,
    *,
    made_at: datetime,
    cause: str,
    as_of_outbox_id: int,
) -> PlanHead:
    """Store the plan under the site's next version; two at once queue at the site row."""
    await conn.execute(
        select(site_table.c.site_id)
        .where(site_table.c.site_id == site_id)
        .with_for_update(key_share=True)
    )
    newest_version = await conn.scalar(
        select(func.max(table.c.version)).where(table.c.site_id == site_id)
    )
    head = PlanHead(
        plan_id=uuid4(),
        site_id=site_id,
        version=(newest_version or 0) + 1,
        made_at=made_at,
        cause=cause,
        as_of_outbox_id=as_of_outbox_id,
    )
    await conn.execute(insert(table).values(_plan_row(head, plan)))
    rows = [_setpoint_row(head.plan_id, evse) for evse in plan.evses]
    if rows:
        await conn.execute(insert(plan_setpoint), rows)
    return head


async def newest_head(conn: AsyncConnection, site_id: str) -> PlanHead | None:
    """Head of the newest plan."""
    row = (await conn.execute(_newest(select(*HEAD), site_id))).mappings().one_or_none()
    return None if row is None else PlanHead(**row)


async def newest(
    conn: AsyncConnection, site_id: str, *, explained: bool = True
) -> StoredPlan | None:
    """The newest plan, whole, or without the reasons and the fixes of its setpoints."""
    return await _read(conn, _newest(select(table), site_id), explained)


async def newest_prices(conn: AsyncConnection, site_id: str) -> PlanPrices | None:
    """The prices of the newest plan."""
    columns = select(table.c.prices, table.c.starts_at, table.c.slot_s, table.c.slots)
    row = (await conn.execute(_newest(columns, site_id))).mappings().one_or_none()
    return None if row is None else _prices(row)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedules:
    """The flexible loads of a plan, and when and on which grid it was made."""

    made_at: datetime
    starts_at: datetime
    slot_s: int
    loads: tuple[LoadPlan, ...]


async def newest_schedules(conn: AsyncConnection, site_id: str) -> Schedules | None:
    """The flexible loads of the newest plan, without reading its setpoints."""
    columns = [table.c.made_at, table.c.starts_at, table.c.slot_s, table.c.series]
    row = (await conn.execute(_newest(select(*columns), site_id))).mappings().one_or_none()
    if row is None:
        return None
    return Schedules(
        made_at=row["made_at"],
        starts_at=row["starts_at"],
        slot_s=row["slot_s"],
        loads=_loads(row["series"]),
    )


async def at_version(conn: AsyncConnection, site_id: str, version: int) -> StoredPlan | None:
    """The plan of that version, or None if it was pruned or never was."""
    return await _read(
        conn, select(table).where(table.c.site_id == site_id, table.c.version == version)
    )


async def prune(conn: AsyncConnection, *, before: datetime) -> int:
    """Delete plans made before `before`, save each site's newest; returns how many."""
    later = table.alias("later")
    has_later = exists().where(
        later.c.site_id == table.c.site_id, later.c.version > table.c.version
    )
    result = await conn.execute(delete(table).where(table.c.made_at < before, has_later))
    return result.rowcount


def _newest(query: Select[Any], site_id: str) -> Select[Any]:
    return query.where(table.c.site_id == site_id).order_by(table.c.version.desc()).limit(1)


async def _read(
    conn: AsyncConnection, query: Select[Any], explained: bool = True
) -> StoredPlan | None:
    row = (await conn.execute(query)).mappings().one_or_none()
    if row is None:
        return None
    why = plan_setpoint.c.why if explained else BARE
    evses = await conn.execute(
        select(*(column for column in plan_setpoint.c if column.name != "why"), why)
        .where(plan_setpoint.c.plan_id == row["plan_id"])
        .order_by(plan_setpoint.c.station_id, plan_setpoint.c.evse_id)
    )
    return StoredPlan(
        head=PlanHead(**{column.name: row[column.name] for column in HEAD}),
        plan=Plan(
            starts_at=row["starts_at"],
            slot_s=row["slot_s"],
            status=PlanStatus(row["status"]),
            solve_s=row["solve_s"],
            objective_gbp=row["objective_gbp"],
            evses=tuple(_evse_plan(evse) for evse in evses.mappings()),
            notes=tuple(row["notes"]),
            carbon_g=_optional(row["series"].get("carbon_g")),
            gap_ratio=row["gap_ratio"],
            prices=_prices(row),
            loads=_loads(row["series"]),
            **_series(row["series"]),
        ),
    )


def _plan_row(head: PlanHead, plan: Plan) -> dict[str, Any]:
    return {
        "plan_id": head.plan_id,
        "site_id": head.site_id,
        "version": head.version,
        "made_at": head.made_at,
        "cause": head.cause,
        "as_of_outbox_id": head.as_of_outbox_id,
        "starts_at": plan.starts_at,
        "slot_s": plan.slot_s,
        "slots": plan.slots,
        "status": plan.status,
        "solve_s": plan.solve_s,
        "objective_gbp": plan.objective_gbp,
        "series": {name: _numbers(getattr(plan, name)) for name in SERIES}
        | {"carbon_g": None if plan.carbon_g is None else _numbers(plan.carbon_g)}
        | {"loads": [_load_row(load) for load in plan.loads]},
        "notes": list(plan.notes),
        "gap_ratio": plan.gap_ratio,
        "prices": _told_prices(plan.prices),
    }


def _setpoint_row(plan_id: UUID, evse: EvsePlan) -> dict[str, Any]:
    return {
        "plan_id": plan_id,
        "station_id": evse.station_id,
        "evse_id": evse.evse_id,
        "vehicle_id": evse.vehicle_id,
        "transaction_id": evse.transaction_id,
        "departure_at": evse.departure_at,
        "energy_wh": _numbers(evse.energy_wh),
        "setpoint_w": _numbers(evse.setpoint_w),
        "why": {
            "shortfall_wh": evse.shortfall_wh,
            "fixes": [fix.told() for fix in evse.fixes],
            "runs": [
                {
                    "code": why.code,
                    "first_slot": why.first_slot,
                    "last_slot": why.last_slot,
                    "detail": why.detail,
                    "cost_gbp_per_kwh": why.cost_gbp_per_kwh,
                    "price_slot": why.price_slot,
                    "runner_up": why.runner_up
                    and {
                        "action": why.runner_up.action,
                        "slot": why.runner_up.slot,
                        "extra_gbp_per_kwh": why.runner_up.extra_gbp_per_kwh,
                    },
                }
                for why in evse.why
            ],
        },
    }


def _evse_plan(row: RowMapping) -> EvsePlan:
    return EvsePlan(
        station_id=row["station_id"],
        evse_id=row["evse_id"],
        vehicle_id=row["vehicle_id"],
        transaction_id=row["transaction_id"],
        departure_at=row["departure_at"],
        setpoint_w=np.asarray(row["setpoint_w"], np.float64),
        energy_wh=np.asarray(row["energy_wh"], np.float64),
        shortfall_wh=row["why"]["shortfall_wh"],
        why=tuple(_why(run) for run in row["why"].get("runs", ())),
        fixes=tuple(
            Fix(**{**fix, "change": FixChange(fix["change"])})
            for fix in row["why"].get("fixes", ())
        ),
    )


def _why(run: dict[str, Any]) -> Why:
    other = run.get("runner_up")
    if other is not None:
        other = RunnerUp(**{**other, "action": RunnerUpAction(other["action"])})
    return Why(**{**run, "code": WhyCode(run["code"]), "runner_up": other})


def _series(told: dict[str, Any]) -> dict[str, Any]:
    return {name: np.asarray(told[name], np.float64) for name in SERIES}


def _load_row(load: LoadPlan) -> dict[str, Any]:
    return {
        "load_id": load.load_id,
        "power_w": _numbers(load.power_w),
        "energy_wh": _numbers(load.energy_wh),
        "done_wh": load.done_wh,
        "shortfall_wh": load.shortfall_wh,
    }


def _loads(told: dict[str, Any]) -> tuple[LoadPlan, ...]:
    return tuple(
        LoadPlan(
            load_id=row["load_id"],
            power_w=np.asarray(row["power_w"], np.float64),
            energy_wh=np.asarray(row["energy_wh"], np.float64),
            done_wh=row["done_wh"],
            shortfall_wh=row["shortfall_wh"],
        )
        for row in told.get("loads", [])
    )


def _optional(values: list[float] | None) -> Watts | None:
    return None if values is None else np.asarray(values, np.float64)


def _told_prices(prices: PlanPrices | None) -> dict[str, Any] | None:
    """Nothing is said of circuits that are never full."""
    if prices is None:
        return None
    rows = zip(
        prices.circuit_ids, prices.charge_gbp_per_kwh, prices.discharge_gbp_per_kwh, strict=True
    )
    return {
        "circuit_ids": prices.circuit_ids,
        "site": _money(prices.site_gbp_per_kwh),
        "circuits": {
            circuit_id: {"charge": _money(charge), "discharge": _money(discharge)}
            for circuit_id, charge, discharge in rows
            if charge.any() or discharge.any()
        },
    }


def _prices(row: RowMapping) -> PlanPrices | None:
    told, slots = row["prices"], row["slots"]
    if told is None:
        return None
    free = {"charge": [0.0] * slots, "discharge": [0.0] * slots}
    circuits = [told["circuits"].get(circuit_id, free) for circuit_id in told["circuit_ids"]]
    charge, discharge = (
        np.array([one[name] for one in circuits], np.float64).reshape(len(circuits), slots)
        for name in ("charge", "discharge")
    )
    return PlanPrices(
        starts_at=row["starts_at"],
        slot_s=row["slot_s"],
        circuit_ids=tuple(told["circuit_ids"]),
        site_gbp_per_kwh=np.asarray(told["site"], np.float64),
        charge_gbp_per_kwh=charge,
        discharge_gbp_per_kwh=discharge,
    )


def _money(values: GbpPerKwh) -> list[float]:
    return [round(value, 6) for value in values.tolist()]


def _numbers(values: Watts) -> list[float]:
    return [round(value, 3) for value in values.tolist()]
