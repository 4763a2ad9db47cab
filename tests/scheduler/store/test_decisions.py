"""The controller's audit trail in the database."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from scheduler.store import decisions
from scheduler.store.decisions import Decision
from scheduler.store.tables import decision
from tests.scheduler.world import NOON, World, yard

pytestmark = pytest.mark.integration

RAMP = Decision(began_at=NOON, rule="ramp", actuator="fleet", most_w=-1_000.0, evses=1)
LATER = NOON + timedelta(minutes=5)


async def test_a_decision_that_ends_is_the_row_that_began(
    world: World, engine: AsyncEngine
) -> None:
    await world.has_site(yard())
    over = replace(RAMP, ended_at=LATER, most_w=-9_000.0)
    dwell = replace(RAMP, rule="dwell")
    async with engine.begin() as conn:
        await decisions.note(conn, "yard", [])
        await decisions.note(conn, "yard", [RAMP, dwell])
        await decisions.note(conn, "yard", [RAMP, over])
        await decisions.end_all(conn, "yard", LATER + timedelta(minutes=1))
        rows = (await conn.execute(select(decision).order_by(decision.c.rule))).all()
    assert [(row.rule, row.most_w, row.ended_at) for row in rows] == [
        ("dwell", -1_000.0, LATER + timedelta(minutes=1)),
        ("ramp", -9_000.0, LATER),
    ]
