"""From csms rows to a stored plan, over the real database."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import msgspec
import numpy as np
import pytest
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.domain.ids import IdToken, TransactionId
from csms.store import outbox
from csms.store.tables import outbox as outbox_table
from scheduler.domain.plan import FixChange, Plan, PlanPrices, PlanStatus
from scheduler.domain.site import FlexibleLoad
from scheduler.planning.make import make_plan
from scheduler.planning.problem import PlanningInput
from scheduler.services.change_demand import change_demand
from scheduler.services.planning_input import gather
from scheduler.services.replan import (
    PlannerHangs,
    Replanner,
    ask_replan,
    at_risk,
    make_plan_in_time,
)
from scheduler.store import alarms, plans, readings, sites, vehicles
from scheduler.store.plans import PlanHead, StoredPlan
from scheduler.store.readings import Quality, SiteReading
from scheduler.store.vehicles import DemandSource, Vehicle
from tests.scheduler.makers import a_demand, an_input
from tests.scheduler.world import NOON, World, yard

pytestmark = pytest.mark.integration

VAN = Vehicle(
    vehicle_id="van-7",
    site_id="yard",
    id_token=IdToken("token-7"),
    name="Van 7",
    capacity_wh=50_000,
    target_soc_pct=80,
    departure_at=NOON + timedelta(hours=4),
    demand_source=DemandSource.DRIVER,
)


def replanner(
    engine: AsyncEngine,
    now: datetime = NOON,
    plan: Callable[[PlanningInput, float], Plan] = make_plan_in_time,
) -> Replanner:
    return Replanner(engine=engine, now=lambda: now, time_limit_s=10, plan=plan)


async def newest(engine: AsyncEngine) -> StoredPlan:
    async with engine.connect() as conn:
        found = await plans.newest(conn, "yard")
    assert found is not None
    return found


async def change(engine: AsyncEngine, vehicle: Vehicle) -> None:
    async with engine.begin() as conn:
        await change_demand(conn, vehicle, expected_version=None, now=NOON)


async def test_a_vehicle_plugged_in_becomes_a_plan_that_has_it_ready(
    world: World, engine: AsyncEngine
) -> None:
    await world.has_site(yard())
    await change(engine, VAN)
    await world.plugs_in("yard-01", token="token-7", soc_pct=50)

    head = await replanner(engine).replan("yard")

    stored = await newest(engine)
    assert head == stored.head
    assert stored.head.version == 1
    (evse,) = stored.plan.evses
    assert (evse.station_id, evse.vehicle_id) == ("yard-01", "van-7")
    assert evse.departure_at == NOON + timedelta(hours=4)
    assert evse.energy_wh[15] >= 40_000 - 1
    assert stored.plan.grid_w.max() <= 100_000


async def test_the_feeder_holds_when_all_four_want_more_than_it_carries(
    world: World, engine: AsyncEngine
) -> None:
    await world.has_site(yard())
    for number in range(1, 5):
        await world.plugs_in(f"yard-0{number}", token=f"token-{number}")
    await replanner(engine).replan("yard")
    stored = await newest(engine)
    fleet_w = np.sum([evse.setpoint_w for evse in stored.plan.evses], axis=0)
    assert len(stored.plan.evses) == 4
    assert fleet_w.max() <= 30_000 + 1


async def test_a_token_nobody_registered_gets_a_vehicle_of_its_own(
    world: World, engine: AsyncEngine
) -> None:
    await world.has_site(yard())
    await world.plugs_in("yard-02", token="stranger")
    await replanner(engine).replan("yard")
    async with engine.connect() as conn:
        vehicle = await vehicles.by_token(conn, IdToken("stranger"))
    assert vehicle is not None
    assert (vehicle.vehicle_id, vehicle.demand_source) == ("stranger", None)


async def test_a_young_plan_that_knows_everything_is_left_alone(
    world: World, engine: AsyncEngine
) -> None:
    await world.has_site(yard())
    assert await replanner(engine).replan("yard") is not None
    assert await replanner(engine).replan("yard") is None
    later = replanner(engine, NOON + timedelta(seconds=301))
    assert await later.replan("yard") is not None


async def test_a_change_at_this_site_makes_a_new_plan_and_one_elsewhere_does_not(
    world: World, engine: AsyncEngine
) -> None:
    await world.has_site(yard())
    await replanner(engine).replan("yard")
    async with engine.begin() as conn:
        elsewhere = {"kind": "TransactionChanged", "station_id": "far-01", "at": NOON}
        await conn.execute(insert(outbox_table).values(**elsewhere, payload={}))
    assert await replanner(engine).replan("yard") is None
    await world.happens("yard-03")
    again = await replanner(engine).replan("yard")
    assert again is not None
    assert (again.version, again.cause) == (2, "TransactionChanged")
    async with engine.begin() as conn:
        await ask_replan(conn, "yard", now=NOON, reason="an operator asked")
    assert await replanner(engine).replan("yard") is not None


async def test_what_happens_while_planning_is_planned_next(
    world: World, engine: AsyncEngine
) -> None:
    await world.has_site(yard())
    loop = asyncio.get_running_loop()

    def slow(given: PlanningInput, limit_s: float) -> Plan:
        asyncio.run_coroutine_threadsafe(world.happens("yard-01"), loop).result(timeout=10)
        return make_plan_in_time(given, limit_s)

    first = await replanner(engine, plan=slow).replan("yard")
    assert first is not None
    assert first.as_of_outbox_id == 0
    assert await replanner(engine).replan("yard") is not None
    assert await replanner(engine).replan("yard") is None


async def test_of_two_who_replan_at_once_one_does(world: World, engine: AsyncEngine) -> None:
    await world.has_site(yard())
    both = await asyncio.gather(replanner(engine).replan("yard"), replanner(engine).replan("yard"))
    assert len([head for head in both if isinstance(head, PlanHead)]) == 1
    assert (await newest(engine)).head.version == 1


async def test_a_plan_that_breaks_a_limit_is_not_stored_and_people_hear_of_it(
    world: World, engine: AsyncEngine
) -> None:
    await world.has_site(yard())
    await world.plugs_in("yard-01", token="token-7")

    def wild(given: PlanningInput, limit_s: float) -> Plan:
        plan = make_plan_in_time(given, limit_s)
        plan.evses[0].setpoint_w[:] = 90_000
        return plan

    assert await replanner(engine, plan=wild).replan("yard") is not None
    stored = (await newest(engine)).plan
    assert stored.status is PlanStatus.FALLBACK
    assert stored.fleet_w.max() <= 30_000
    async with engine.connect() as conn:
        (alarm,) = await alarms.open_alarms(conn, "yard")
    assert alarm.code == "plan_failed"
    await replanner(engine, NOON + timedelta(minutes=6)).replan("yard")
    async with engine.connect() as conn:
        assert await alarms.open_alarms(conn, "yard") == ()


async def test_without_a_solver_the_last_plan_holds_until_its_end_then_one_by_rule(
    world: World, engine: AsyncEngine
) -> None:
    def late(given: PlanningInput, limit_s: float) -> Plan:
        return make_plan(given, 0.0)

    async def open_codes() -> list[str]:
        async with engine.connect() as conn:
            return [alarm.code for alarm in await alarms.open_alarms(conn, "yard")]

    await world.has_site(yard())
    await world.plugs_in("yard-01", token="token-7")
    good = await replanner(engine).replan("yard")
    assert good is not None
    soon, over = NOON + timedelta(minutes=6), NOON + timedelta(days=3)
    assert await replanner(engine, soon, late).replan("yard") is None
    assert (await newest(engine)).head == good
    assert await open_codes() == ["plan_failed"]
    by_rule = await replanner(engine, over, late).replan("yard")
    assert by_rule is not None
    assert (await newest(engine)).plan.status is PlanStatus.FALLBACK
    assert "plan_failed" in await open_codes()
    await replanner(engine, over + timedelta(minutes=6)).replan("yard")
    assert "plan_failed" not in await open_codes()


async def test_a_plan_by_rule_is_better_than_one_that_does_not_know_who_is_there(
    world: World, engine: AsyncEngine
) -> None:
    await world.has_site(yard())
    await replanner(engine).replan("yard")
    await world.plugs_in("yard-01", token="token-7")
    late = replanner(engine, plan=lambda given, _: make_plan(given, 0.0))
    assert await late.replan("yard") is not None
    assert len((await newest(engine)).plan.evses) == 1


def crash(given: PlanningInput, limit_s: float) -> Plan:
    raise RuntimeError("the solver fell over")


async def test_a_solver_that_crashes_leaves_the_last_plan_in_force_and_then_one_by_rule(
    world: World, engine: AsyncEngine
) -> None:
    await world.has_site(yard())
    good = await replanner(engine).replan("yard")
    soon, over = NOON + timedelta(minutes=6), NOON + timedelta(days=3)
    assert await replanner(engine, soon, crash).replan("yard") is None
    assert (await newest(engine)).head == good
    async with engine.connect() as conn:
        (alarm,) = await alarms.open_alarms(conn, "yard")
    assert "fell over" in str(alarm.data["reason"])
    assert await replanner(engine, over, crash).replan("yard") is not None
    assert (await newest(engine)).plan.status is PlanStatus.FALLBACK


async def test_a_solver_that_hangs_is_not_waited_for(world: World, engine: AsyncEngine) -> None:
    await world.has_site(yard())
    await world.plugs_in("yard-01", token="token-7")
    ended = threading.Event()

    def hang(given: PlanningInput, limit_s: float) -> Plan:
        assert ended.wait(60)
        return make_plan(given)

    hanging = replace(replanner(engine, plan=hang), time_limit_s=0.05)
    try:
        with pytest.raises(PlannerHangs, match="end"):
            await hanging.replan("yard")
        stored = await newest(engine)
    finally:
        ended.set()
    assert stored.plan.status is PlanStatus.FALLBACK
    assert len(stored.plan.evses) == 1
    assert await replanner(engine, NOON + timedelta(minutes=6)).replan("yard") is not None
    assert (await newest(engine)).plan.status is PlanStatus.OPTIMAL


async def test_a_vehicle_that_cannot_be_ready_raises_an_alarm_until_it_can(
    world: World, engine: AsyncEngine
) -> None:
    await world.has_site(yard())
    await change(engine, Vehicle(**{**vars_of(VAN), "departure_at": NOON + timedelta(hours=1)}))
    await world.plugs_in("yard-01", token="token-7", soc_pct=20)
    await replanner(engine).replan("yard")
    async with engine.connect() as conn:
        (alarm,) = await alarms.open_alarms(conn, "yard")
    assert (alarm.code, alarm.station_id) == ("vehicle_at_risk", "yard-01")
    first, *_ = (await newest(engine)).plan.evses[0].fixes
    assert (first.change, first.late_s % 60) == (FixChange.LATER_DEPARTURE, 0)
    await change(engine, Vehicle(**{**vars_of(VAN), "departure_at": NOON + timedelta(hours=6)}))
    await replanner(engine).replan("yard")
    async with engine.connect() as conn:
        assert await alarms.open_alarms(conn, "yard") == ()


async def test_a_vehicle_at_risk_is_judged_by_its_own_needs() -> None:
    """Transaction ids are their station's own: two stations may use the same."""
    late = a_demand(1, hours=9.4 / 11, transaction_id=TransactionId("1"))
    calm = a_demand(2, transaction_id=TransactionId("1"), energy_wh=0.0, target_wh=40_000.0)
    given = an_input(late, calm)
    (complaint,) = at_risk(make_plan(given), given)
    assert complaint.station_id == late.station_id


@pytest.mark.parametrize(
    ("store_w", "hours", "planned"), [(0.0, 0.0, True), (None, 0.0, False), (0.0, 2.0, False)]
)
async def test_a_store_that_nobody_can_command_is_not_planned_with(
    world: World, engine: AsyncEngine, store_w: float | None, hours: float, planned: bool
) -> None:
    """It told its state of charge, and then fell silent; or the controller did."""
    await world.has_site(yard())
    last = SiteReading(
        at=NOON - timedelta(hours=hours), quality=Quality.MEASURED, grid_w=20_000.0,
        store_w=store_w, store_soc_pct=60.0,
    )  # fmt: skip
    async with engine.begin() as conn:
        await readings.append(conn, "yard", [last])
        gathered = await gather(conn, yard(), NOON)
    assert gathered.given.store_energy_wh == (30_000 if planned else None)


async def test_a_plan_comes_back_from_the_store_as_it_was_made(
    world: World, engine: AsyncEngine
) -> None:
    await world.has_site(yard())
    await world.plugs_in("yard-01", token="token-7")
    made: list[Plan] = []

    def keep(given: PlanningInput, limit_s: float) -> Plan:
        made.append(make_plan_in_time(given, limit_s))
        return made[-1]

    await replanner(engine, plan=keep).replan("yard")
    stored = (await newest(engine)).plan
    assert (stored.starts_at, stored.status, stored.notes) == (
        made[0].starts_at,
        made[0].status,
        made[0].notes,
    )
    for name in plans.SERIES:
        assert np.allclose(getattr(stored, name), getattr(made[0], name), atol=1e-3), name
    assert [evse.why for evse in stored.evses] == [evse.why for evse in made[0].evses]
    assert [evse.fixes for evse in stored.evses] == [evse.fixes for evse in made[0].evses]
    assert stored.gap_ratio == made[0].gap_ratio
    assert stored.gap_ratio is not None


async def test_the_next_plan_begins_with_the_prices_of_the_last(
    world: World, engine: AsyncEngine
) -> None:
    await world.has_site(yard())
    for number in range(1, 5):
        await world.plugs_in(f"yard-0{number}", token=f"token-{number}")
    made: list[Plan] = []
    begun: list[PlanPrices | None] = []

    def keep(given: PlanningInput, limit_s: float) -> Plan:
        begun.append(given.prices)
        made.append(make_plan_in_time(given, limit_s))
        return made[-1]

    for minutes in (0, 20):
        await replanner(engine, NOON + timedelta(minutes=minutes), keep).replan("yard")
    assert begun[0] is None
    told, first = begun[1], made[0].prices
    assert told is not None
    assert first is not None
    assert (told.starts_at, told.circuit_ids) == (first.starts_at, first.circuit_ids)
    assert first.charge_gbp_per_kwh.any()
    for name in ("site_gbp_per_kwh", "charge_gbp_per_kwh", "discharge_gbp_per_kwh"):
        assert np.allclose(getattr(told, name), getattr(first, name), atol=1e-6), name


async def test_pruning_keeps_the_newest_plan(world: World, engine: AsyncEngine) -> None:
    await world.has_site(yard())
    for hour in range(3):
        await replanner(engine, NOON + timedelta(hours=hour)).replan("yard")
    async with engine.begin() as conn:
        assert await plans.prune(conn, before=NOON + timedelta(days=9)) == 2
        assert await plans.at_version(conn, "yard", 1) is None
        head = await plans.newest_head(conn, "yard")
        assert head is not None
        assert head.version == 3
        assert await outbox.newest_id(conn) == 0


def vars_of(vehicle: Vehicle) -> dict[str, object]:
    return {name: getattr(vehicle, name) for name in Vehicle.__dataclass_fields__}


async def test_a_plan_knows_the_highest_half_hour_of_the_month(
    world: World, engine: AsyncEngine
) -> None:
    """60 kW for half of a half-hour is 40 kW on average with 20 kW in the other; what was in May,
    or is half a half-hour, does not count."""
    site = yard()
    tariff = msgspec.structs.replace(
        site.tariff, demand_charge_gbp_per_kw=1.0, shortfall_gbp_per_kwh=9.0
    )
    await world.has_site(msgspec.structs.replace(site, tariff=tariff))
    told = [
        (NOON.replace(day=2, hour=8, minute=5), 60_000.0),
        (NOON.replace(day=2, hour=8, minute=20), 20_000.0),
        (NOON.replace(day=2, hour=8, minute=35), 39_000.0),
        (NOON.replace(month=5, day=31), 90_000.0),
        (NOON - timedelta(minutes=1), -50_000.0),
        (NOON + timedelta(minutes=1), 80_000.0),
    ]
    async with engine.begin() as conn:
        rows = [SiteReading(at=at, quality=Quality.MEASURED, grid_w=grid_w) for at, grid_w in told]
        await readings.append(conn, "yard", rows)
        gathered = await gather(conn, await sites.load(conn, "yard"), NOON + timedelta(minutes=2))
    assert gathered.given.peak_so_far_w == pytest.approx(40_000)


async def test_the_next_plan_knows_what_the_schedule_of_a_load_has_done(
    world: World, engine: AsyncEngine
) -> None:
    """A batch of half an hour that could begin now or later goes on where the last plan left it."""
    batch = FlexibleLoad(
        load_id="oven", energy_wh=10_000, max_w=20_000, opens="12:00", closes="12:30",
        interruptible=False,
    )  # fmt: skip
    await world.has_site(yard(flexible_loads=(batch,)))
    await replanner(engine).replan("yard")
    (first,) = (await newest(engine)).plan.loads
    assert first.power_w[:3].tolist() == [20_000, 20_000, 0]

    later = NOON + timedelta(minutes=21)
    await replanner(engine, now=later).replan("yard")
    (told,) = (await newest(engine)).plan.loads
    assert told.done_wh == pytest.approx(7_000)
    assert told.power_w[:2].tolist() == [20_000, 0]
    assert told.energy_wh[0] == pytest.approx(10_000)
