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


async def test_what_ended_long_ago_goes_a_batch_at_a_time_and_what_goes_on_stays(
    world: World, engine: AsyncEngine
) -> None:
    await world.has_site(yard())
    ended = [
        replace(RAMP, rule=f"circuit:{number}", ended_at=NOON + timedelta(hours=number))
        for number in range(3)
    ]
    late = replace(RAMP, rule="dwell", ended_at=NOON + timedelta(days=2))
    async with engine.begin() as conn:
        await decisions.note(conn, "yard", [RAMP, *ended, late])
        before = NOON + timedelta(days=1)
        gone = [await decisions.prune(conn, before=before, most=2) for _ in range(3)]
        left = (await conn.scalars(select(decision.c.rule).order_by(decision.c.rule))).all()
    assert gone == [2, 1, 0]
    assert left == ["dwell", "ramp"]
