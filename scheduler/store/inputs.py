"""Rows ⇄ PlanningInput: what was known when a plan was made, kept with the plan and as long.

The forecast lies in columns of its own: four rows per quantity, `model, p10, p50, p90`. All else is
one packed value, to the last bit, so that the plan can be made again as it was.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import numpy as np
from sqlalchemy import RowMapping, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from scheduler.domain.forecast import Band, Forecast
from scheduler.planning.problem import PlanningInput
from scheduler.store.packing import packed, unpacked
from scheduler.store.tables import plan
from scheduler.store.tables import planning_input as table

QUANTITIES = ("load", "solar", "wind")
ROWS = ("model_w", "p10_w", "p50_w", "p90_w")
NOTHING = Band(**dict.fromkeys(ROWS, np.zeros(0)))
FORECAST = [
    table.c.issued_at, table.c.starts_at, table.c.slot_s, table.c.load_w, table.c.solar_w,
    table.c.wind_w, table.c.foretold,
]  # fmt: skip


async def store(conn: AsyncConnection, plan_id: UUID, given: PlanningInput) -> None:
    """Keep what the plan was made of."""
    forecast = given.forecast
    rest = replace(given, forecast=replace(forecast, load=NOTHING, solar=NOTHING, wind=NOTHING))
    bands = {
        f"{name}_w": [getattr(getattr(forecast, name), row).tolist() for row in ROWS]
        for name in QUANTITIES
    }
    await conn.execute(
        insert(table).values(
            plan_id=plan_id,
            issued_at=forecast.issued_at,
            starts_at=forecast.starts_at,
            slot_s=forecast.slot_s,
            foretold=forecast.foretold,
            rest=packed(rest),
            **bands,
        )
    )


async def of_plan(conn: AsyncConnection, plan_id: UUID) -> PlanningInput | None:
    """What the plan was made of; None if it is not known any more.

    Raises msgspec.ValidationError if another version of the hub stored it and it cannot be read.
    """
    query = select(table.c.rest, *FORECAST).where(table.c.plan_id == plan_id)
    row = (await conn.execute(query)).mappings().one_or_none()
    if row is None:
        return None
    rest = unpacked(row["rest"], PlanningInput)
    return replace(rest, forecast=_forecast(row))


async def forecasts(
    conn: AsyncConnection, site_id: str, issued_from: datetime, issued_to: datetime
) -> Sequence[Forecast]:
    """The site's forecasts issued in [issued_from, issued_to), oldest first; the first of each
    half-hour, for those between tell nothing else."""
    half_hour = func.date_bin(text("'30 min'"), table.c.issued_at, issued_from)
    own = table.join(plan, plan.c.plan_id == table.c.plan_id)
    of_site = plan.c.site_id == site_id
    first = (
        select(func.min(table.c.issued_at))
        .select_from(own)
        .where(of_site, table.c.issued_at >= issued_from, table.c.issued_at < issued_to)
        .group_by(half_hour)
    )
    rows = await conn.execute(
        select(*FORECAST)
        .select_from(own)
        .where(of_site, table.c.issued_at.in_(first))
        .order_by(table.c.issued_at, plan.c.version)
    )
    return [_forecast(row) for row in rows.mappings()]


def _forecast(row: RowMapping) -> Forecast:
    bands = {
        name: Band(**dict(zip(ROWS, np.asarray(row[f"{name}_w"], np.float64), strict=True)))
        for name in QUANTITIES
    }
    return Forecast(
        issued_at=row["issued_at"],
        starts_at=row["starts_at"],
        slot_s=row["slot_s"],
        foretold=row["foretold"],
        **bands,
    )
