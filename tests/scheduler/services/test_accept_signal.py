from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import numpy as np
import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from scheduler.domain.signal import SignalKind, SignalStatus
from scheduler.services.accept_signal import (
    Accepted,
    SignalRefusal,
    SignalRequest,
    accept_signal,
    cancel_signal,
    refusal_of,
)
from scheduler.services.planning_input import gather
from scheduler.services.replan import Replanner
from scheduler.services.settle import settle_due
from scheduler.store import plans, settlements, signals
from scheduler.store.tables import signal as table
from tests.scheduler.world import NOON, World, yard

START = NOON + timedelta(hours=2)
LESS = SignalRequest(
    site_id="yard",
    operator="dno",
    external_id="event-1",
    revision=1,
    kind=SignalKind.INSTRUCTION,
    priority=1,
    starts_at=START,
    ends_at=START + timedelta(minutes=30),
    delta_w=-10_000.0,
)


RESERVE: dict[str, Any] = {
    "kind": SignalKind.RESERVE, "delta_w": None, "reserve_down_w": 20_000.0, "reserve_s": 1_800,
}  # fmt: skip


async def accept(
    engine: AsyncEngine, request: SignalRequest, hours: float = 0.0
) -> Accepted | SignalRefusal:
    async with engine.begin() as conn:
        return await accept_signal(conn, request, now=NOON + timedelta(hours=hours))


async def accepted(engine: AsyncEngine, request: SignalRequest, hours: float = 0.0) -> Accepted:
    answer = await accept(engine, request, hours)
    assert isinstance(answer, Accepted), answer
    return answer


async def promised(engine: AsyncEngine) -> tuple[UUID, float]:
    """The signal that was accepted, and the grid power at its start that was planned without it."""
    signal = (await accepted(engine, LESS)).signal.signal
    assert signal.baseline is not None
    return signal.signal_id, signal.baseline.grid_w[0]


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"ends_at": START}, SignalRefusal.WINDOW_EMPTY),
        ({"starts_at": NOON - timedelta(hours=2)}, SignalRefusal.WINDOW_PAST),
        ({"ends_at": NOON + timedelta(days=2)}, SignalRefusal.WINDOW_BEYOND_PLAN),
        ({"delta_w": None}, SignalRefusal.POWER_MISSING),
        ({"site_power_w": 1.0}, SignalRefusal.POWER_AMBIGUOUS),
        ({"import_max_w": 1.0}, SignalRefusal.KIND_MIXED),
        ({"kind": SignalKind.ENVELOPE}, SignalRefusal.KIND_MIXED),
        (
            {
                "kind": SignalKind.ENVELOPE,
                "delta_w": None,
                "import_max_w": 1.0,
                "no_rebound_after_s": 60,
            },
            SignalRefusal.KIND_MIXED,
        ),
        ({"no_rebound_after_s": 48 * 3600}, SignalRefusal.WINDOW_BEYOND_PLAN),
        ({"kind": SignalKind.RESERVE}, SignalRefusal.KIND_MIXED),
        ({"reserve_down_w": 5_000.0}, SignalRefusal.KIND_MIXED),
        (RESERVE | {"reserve_s": 0}, SignalRefusal.RESERVE_MISSING),
        (RESERVE | {"reserve_down_w": 0.0}, SignalRefusal.RESERVE_MISSING),
        (RESERVE, None),
        ({"kind": SignalKind.ENVELOPE, "delta_w": None}, SignalRefusal.BOUNDS_MISSING),
        (
            {"kind": SignalKind.ENVELOPE, "delta_w": None, "import_max_w": -1.0},
            SignalRefusal.BOUNDS_NEGATIVE,
        ),
        ({}, None),
    ],
)
def test_a_request_is_refused_by_name(changes: dict[str, Any], refusal: SignalRefusal) -> None:
    assert refusal_of(replace(LESS, **changes), yard(), NOON) is refusal


@pytest.mark.integration
async def test_an_instruction_is_acknowledged_with_what_can_be_given_and_a_frozen_baseline(
    world: World, engine: AsyncEngine
) -> None:
    site = await world.has_site(yard())
    await world.measures(site, 20_000, since=NOON - timedelta(minutes=5), until=NOON, soc_pct=60)
    answer = await accepted(engine, LESS)
    stored = answer.signal
    assert answer.created
    assert stored.status is SignalStatus.ACCEPTED
    assert stored.acknowledgement is not None
    assert stored.acknowledgement["feasible"]
    assert stored.acknowledgement["available_down_w"] >= 10_000
    baseline = stored.signal.baseline
    assert baseline is not None
    assert baseline.starts_at <= START
    assert len(baseline.grid_w) == 2
    async with engine.connect() as conn:
        behind = await plans.at_version(conn, "yard", baseline.plan_version or 0)
        assert behind is not None
        slot = behind.plan.slot_at(START)
        assert slot is not None
        assert baseline.grid_w[0] == pytest.approx(behind.plan.grid_w[slot], abs=0.01)
        again = await signals.get(conn, stored.signal.signal_id)
    assert again == stored


@pytest.mark.integration
async def test_the_same_words_get_the_same_answer_and_other_words_are_refused(
    world: World, engine: AsyncEngine
) -> None:
    await world.has_site(yard())
    first = await accepted(engine, LESS)
    again = await accepted(engine, LESS, hours=1)
    assert not again.created
    assert again.signal == first.signal
    assert await accept(engine, replace(LESS, delta_w=-5_000.0)) is SignalRefusal.REVISION_DIFFERS
    assert await accept(engine, replace(LESS, revision=0)) is SignalRefusal.REVISION_OLD
    assert await accept(engine, replace(LESS, site_id="nowhere")) is SignalRefusal.NO_SUCH_SITE


@pytest.mark.integration
async def test_a_higher_revision_takes_the_place_of_the_lower_and_operators_do_not_collide(
    world: World, engine: AsyncEngine
) -> None:
    await world.has_site(yard())
    first = await accepted(engine, LESS)
    second = await accepted(engine, replace(LESS, revision=2, delta_w=-4_000.0))
    other = await accepted(engine, replace(LESS, operator="tso"))
    async with engine.connect() as conn:
        live = await signals.live(conn, "yard", NOON)
        old = await signals.get(conn, first.signal.signal.signal_id)
    assert {signal.signal_id for signal in live} == {
        second.signal.signal.signal_id,
        other.signal.signal.signal_id,
    }
    assert old is not None
    assert old.status is SignalStatus.SUPERSEDED


@pytest.mark.integration
async def test_what_one_operator_was_promised_another_is_not(
    world: World, engine: AsyncEngine
) -> None:
    site = await world.has_site(yard())
    await world.measures(site, 20_000, since=NOON - timedelta(minutes=5), until=NOON, soc_pct=60)
    asked = replace(LESS, delta_w=-15_000.0)
    first = (await accepted(engine, asked)).signal.acknowledgement
    second = (await accepted(engine, replace(asked, operator="tso"))).signal.acknowledgement
    assert first is not None
    assert second is not None
    assert first["feasible"]
    assert not second["feasible"]
    promised_w = first["available_down_w"] - second["available_down_w"]
    assert promised_w == pytest.approx(15_000, abs=500)


@pytest.mark.integration
async def test_the_next_plan_follows_the_instruction(world: World, engine: AsyncEngine) -> None:
    site = await world.has_site(yard())
    await world.measures(site, 20_000, since=NOON - timedelta(minutes=5), until=NOON, soc_pct=60)
    _, planned_w = await promised(engine)
    planner = Replanner(engine=engine, now=lambda: NOON)
    assert await planner.replan("yard") is not None
    async with engine.connect() as conn:
        stored = await plans.newest(conn, "yard")
    assert stored is not None
    slot = stored.plan.slot_at(START)
    assert slot is not None
    assert stored.plan.grid_w[slot] == pytest.approx(planned_w - 10_000, abs=100)


@pytest.mark.integration
async def test_delivery_is_settled_from_the_meter_and_can_be_computed_again(
    world: World, engine: AsyncEngine
) -> None:
    site = await world.has_site(yard())
    signal_id, planned_w = await promised(engine)
    await world.measures(site, planned_w - 9_800, since=START, until=LESS.ends_at)
    over = LESS.ends_at + timedelta(seconds=1)
    async with engine.begin() as conn:
        assert await settle_due(conn, "yard", now=over) == 1
        rows = await settlements.of_signal(conn, signal_id)
        stored = await signals.get(conn, signal_id)
    assert stored is not None
    assert (stored.status, stored.settled_at) == (SignalStatus.SETTLED, over)
    minutes = [row for row in rows if row.duration_s == 60]
    (half_hour,) = [row for row in rows if row.duration_s == 1800]
    assert len(minutes) == 30
    assert half_hour.complete
    assert half_hour.delivered_ratio == pytest.approx(0.98, abs=0.002)
    assert half_hour.delivered_wh == pytest.approx(sum(row.delivered_wh for row in minutes))
    async with engine.begin() as conn:
        assert await settle_due(conn, "yard", now=over) == 0


@pytest.mark.integration
async def test_settlement_waits_for_late_readings_but_not_for_ever(
    world: World, engine: AsyncEngine
) -> None:
    await world.has_site(yard())
    answer = await accepted(engine, LESS)
    async with engine.begin() as conn:
        assert await settle_due(conn, "yard", now=LESS.ends_at) == 0
        assert await settle_due(conn, "yard", now=LESS.ends_at + timedelta(minutes=16)) == 1
        rows = await settlements.of_signal(conn, answer.signal.signal.signal_id)
    assert not any(row.complete for row in rows)
    assert {row.delivered_ratio for row in rows} == {None}


@pytest.mark.integration
async def test_a_signal_cancelled_half_way_is_settled_for_the_part_that_ran(
    world: World, engine: AsyncEngine
) -> None:
    site = await world.has_site(yard())
    signal_id, planned_w = await promised(engine)
    half = START + timedelta(minutes=10)
    await world.measures(site, planned_w - 10_000, since=START, until=half)
    async with engine.begin() as conn:
        await signals.advance(conn, "yard", half)
        cancelled = await cancel_signal(conn, signal_id, now=half)
        rows = await settlements.of_signal(conn, signal_id)
        assert await signals.live(conn, "yard", half) == ()
    assert not isinstance(cancelled, SignalRefusal)
    assert cancelled is not None
    assert cancelled.status is SignalStatus.CANCELLED
    assert [row.duration_s for row in rows] == [60] * 10 + [600]
    assert all(row.delivered_ratio == pytest.approx(1.0) for row in rows)


@pytest.mark.integration
async def test_no_rebound_binds_plans_until_it_is_over(world: World, engine: AsyncEngine) -> None:
    site = await world.has_site(yard())
    answer = await accepted(
        engine, replace(LESS, no_rebound_before_s=900, no_rebound_after_s=1_800)
    )
    told, signal = answer.signal.acknowledgement, answer.signal.signal
    assert told is not None
    assert "for 15 min before and for 30 min after its window" in told["text"]
    assert signal.baseline is not None
    assert len(signal.baseline.grid_w) == 5
    after, over = LESS.ends_at + timedelta(minutes=20), LESS.ends_at + timedelta(minutes=30)
    async with engine.begin() as conn:
        await signals.advance(conn, "yard", after)
        gathered = await gather(conn, site, after)
        free = await gather(conn, site, after, instructed=False)
        assert await signals.live(conn, "yard", over) == ()
    edge_w = gathered.given.rebound_max_w
    assert edge_w is not None
    assert np.isfinite(edge_w).sum() == 1
    assert edge_w[0] == signal.baseline.grid_w[4]
    assert free.given.rebound_max_w is not None
    assert np.isinf(free.given.rebound_max_w).all()


@pytest.mark.integration
async def test_a_reserve_is_promised_to_nobody_but_who_calls_it(
    world: World, engine: AsyncEngine
) -> None:
    """Of the store's 25 kW down, 20 kW are the grid operator's."""
    site = await world.has_site(yard())
    await world.measures(site, 20_000, since=NOON - timedelta(minutes=5), until=NOON, soc_pct=60)
    free = await accepted(engine, replace(LESS, external_id="free"))
    async with engine.begin() as conn:
        await cancel_signal(conn, free.signal.signal.signal_id, now=NOON)
    held = (await accepted(engine, replace(LESS, **RESERVE))).signal
    assert held.acknowledgement is not None
    assert held.acknowledgement["feasible"], held.acknowledgement["text"]
    assert held.acknowledgement["available_down_w"] == pytest.approx(20_000)
    assert held.signal.baseline is None
    other = await accepted(engine, replace(LESS, operator="tso", delta_w=-1_000.0))
    called = await accepted(engine, replace(LESS, external_id="call"))
    told = [one.signal.acknowledgement for one in (free, other, called)]
    down_w = [one["available_down_w"] for one in told if one is not None]
    assert down_w[1] == pytest.approx(down_w[0] - 20_000, abs=2_000)
    assert down_w[2] >= down_w[0] - 1_000 - 2_000
    async with engine.begin() as conn:
        gathered = await gather(conn, site, NOON)
        await signals.advance(conn, "yard", LESS.ends_at)
        assert await settle_due(conn, "yard", now=LESS.ends_at + timedelta(minutes=16)) == 3
    asked_w = gathered.given.reserve_down
    assert asked_w is None, "an instruction is in force in all of its window: it is called"


@pytest.mark.integration
async def test_readings_that_come_after_the_settlement_are_counted(
    world: World, engine: AsyncEngine
) -> None:
    site = await world.has_site(yard())
    signal_id, planned_w = await promised(engine)
    power_w, half = planned_w - 10_000, START + timedelta(minutes=10)
    late = START + timedelta(minutes=5)
    await world.measures(site, power_w, since=START, until=late)
    async with engine.begin() as conn:
        await signals.advance(conn, "yard", half)
        await cancel_signal(conn, signal_id, now=half)
        (before,) = (r for r in await settlements.of_signal(conn, signal_id) if r.interval_s > 60)
        assert await settle_due(conn, "yard", now=half) == 0
    await world.measures(site, power_w, since=late, until=half)
    async with engine.begin() as conn:
        assert await settle_due(conn, "yard", now=half + timedelta(minutes=30)) == 1
        (after,) = (r for r in await settlements.of_signal(conn, signal_id) if r.interval_s > 60)
        stored = await signals.get(conn, signal_id)
        assert await settle_due(conn, "yard", now=half + timedelta(minutes=30)) == 0
    assert (before.complete, after.complete) == (False, True)
    assert stored is not None
    assert (stored.status, stored.settled_at) == (SignalStatus.CANCELLED, half)


@pytest.mark.integration
async def test_a_signal_that_cannot_be_settled_holds_up_no_other(
    world: World, engine: AsyncEngine
) -> None:
    await world.has_site(yard())
    bad = (await accepted(engine, LESS)).signal.signal
    good = (await accepted(engine, replace(LESS, external_id="event-2"))).signal.signal
    assert bad.baseline is not None
    none_w = msgspec.to_builtins(replace(bad.baseline, grid_w=()))
    over = LESS.ends_at + timedelta(minutes=16)
    async with engine.begin() as conn:
        mine = update(table).where(table.c.signal_id == bad.signal_id)
        await conn.execute(mine.values(baseline=none_w))
    async with engine.begin() as conn:
        assert await settle_due(conn, "yard", now=over) == 1
        settled = await signals.get(conn, good.signal_id)
        kept = await signals.get(conn, bad.signal_id)
    assert settled is not None
    assert kept is not None
    assert (settled.status, kept.status) == (SignalStatus.SETTLED, SignalStatus.ACCEPTED)


@pytest.mark.integration
async def test_a_signal_cancelled_within_its_first_minute_is_settled_for_these_seconds(
    world: World, engine: AsyncEngine
) -> None:
    site = await world.has_site(yard())
    signal_id, planned_w = await promised(engine)
    soon = START + timedelta(seconds=40)
    await world.measures(site, planned_w - 10_000, since=START, until=soon)
    async with engine.begin() as conn:
        await signals.advance(conn, "yard", soon)
        await cancel_signal(conn, signal_id, now=soon)
        rows = await settlements.of_signal(conn, signal_id)
    assert [(row.interval_s, row.duration_s) for row in rows] == [(60, 40), (1800, 40)]


@pytest.mark.integration
async def test_what_is_over_cannot_be_cancelled_and_what_never_was_is_none(
    world: World, engine: AsyncEngine
) -> None:
    await world.has_site(yard())
    answer = await accepted(engine, LESS)
    signal_id = answer.signal.signal.signal_id
    async with engine.begin() as conn:
        late = await cancel_signal(conn, signal_id, now=LESS.ends_at)
        assert late is SignalRefusal.ALREADY_OVER
        assert await cancel_signal(conn, plans.uuid4(), now=NOON) is None


@pytest.mark.integration
async def test_a_signal_moves_along_its_window(world: World, engine: AsyncEngine) -> None:
    await world.has_site(yard())
    answer = await accepted(engine, LESS)
    seen = []
    async with engine.begin() as conn:
        for minutes in (-1, 0, 29, 30):
            await signals.advance(conn, "yard", START + timedelta(minutes=minutes))
            stored = await signals.get(conn, answer.signal.signal.signal_id)
            seen.append(stored and stored.status)
    assert seen == ["accepted", "active", "active", "delivered"]
