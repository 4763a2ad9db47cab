"""The controller, second by second, when what it counted on is gone: books in memory, stations
that confirm and follow after two seconds, and a plant that adds up."""

import asyncio
from datetime import timedelta
from itertools import groupby
from uuid import UUID

import pytest
from msgspec.structs import replace

from scheduler.domain.dispatch import Dispatch
from scheduler.domain.signal import GridSignal, SignalKind
from scheduler.domain.site import Circuit, GridConnection, Load, ModbusDevice, Site, StationGroup
from tests.scheduler.makers import a_site, a_store
from tests.scheduler.second import NOON, World

METER = ModbusDevice(host="127.0.0.1", port=1, unit_id=1)
VEHICLES, PLANNED_W, LOAD_W = 8, 9_000.0, 40_000.0
LOST_S = 40


def a_yard(limit_w: float) -> Site:
    return a_site(
        grid_connection=GridConnection(import_limit_w=limit_w, export_limit_w=1e5, meter=METER),
        circuits=(Circuit(circuit_id="yard", limit_w=1e5),),
        load=Load(max_w=LOAD_W + 1_000, profile_w=(LOAD_W,) * 48, meter=METER),
        dispatch=Dispatch(random_delay_s=0.0),
        store=a_store(),
        stations=(
            StationGroup(
                prefix="cs-", count=VEHICLES, circuit_id="yard", vendor="V", model="M",
                max_charge_w=11_000,
            ),
        ),
    )  # fmt: skip


def asked(site_power_w: float, from_s: int) -> GridSignal:
    return GridSignal(
        signal_id=UUID(int=1), site_id="yard", operator="grid", external_id="1", revision=1,
        kind=SignalKind.INSTRUCTION, priority=1, starts_at=NOON + timedelta(seconds=from_s),
        ends_at=NOON + timedelta(hours=1), site_power_w=site_power_w,
    )  # fmt: skip


def above_s(world: World, limit_w: float) -> list[int]:
    """How long each spell above the limit lasted since the store was lost."""
    spells = groupby(world.grid[LOST_S:], lambda grid_w: grid_w > limit_w)
    return [len(list(samples)) for above, samples in spells if above]


@pytest.mark.parametrize("fault", ["store_gone", "store_stuck"])
def test_the_fleet_makes_up_for_a_lost_store_within_three_seconds_and_stays(fault: str) -> None:
    limit_w = LOAD_W + VEHICLES * PLANNED_W - 30_000
    world = World(a_yard(limit_w), PLANNED_W)
    world.run(lambda second: (LOAD_W + 100 * (second % 3), 0.0), LOST_S)
    assert world.store is not None
    assert world.store.power_w < -25_000, "the store carries what the connection does not"
    setattr(world.devices, fault, True)
    world.run(lambda second: (LOAD_W + 100 * (second % 3), 0.0), LOST_S + 70)
    assert sum(above_s(world, limit_w)) <= 3
    assert world.grid[-1] > limit_w - 20_000, "and no more than that is taken from vehicles"


def test_whoever_does_not_answer_is_made_up_for_by_the_others() -> None:
    limit_w = LOAD_W + VEHICLES * PLANNED_W - 30_000
    world = World(a_yard(limit_w), PLANNED_W)
    world.run(lambda second: (LOAD_W + 100 * (second % 3), 0.0), LOST_S)
    next(iter(world.posts.values())).mute = True
    world.devices.store_gone = True
    world.run(lambda second: (LOAD_W + 100 * (second % 3), 0.0), LOST_S + 70)
    assert above_s(world, limit_w) == [2]


def test_what_a_leader_held_back_does_not_go_on_while_it_stands_by() -> None:
    world = World(a_yard(LOAD_W + VEHICLES * PLANNED_W - 30_000), PLANNED_W)
    world.run(lambda second: (LOAD_W, 0.0), 5)
    decisions = world.controller.decisions
    assert decisions.going_on
    world.desk.picture = None
    asyncio.run(world.controller.cycle())
    assert not decisions.going_on


def test_what_a_leader_knew_of_the_fleet_is_forgotten_while_it_stands_by() -> None:
    world = World(a_yard(LOAD_W + VEHICLES * PLANNED_W), PLANNED_W)
    world.run(lambda second: (LOAD_W, 0.0), 5)
    assert world.controller.fleet.rest_w == pytest.approx(LOAD_W)
    world.desk.picture = None
    asyncio.run(world.controller.cycle())
    assert world.controller.fleet.rest_w is None


def test_vehicles_that_are_alike_follow_a_setpoint_without_taking_turns() -> None:
    world, target_w = World(replace(a_yard(2e5), store=None), PLANNED_W), LOAD_W + 40_000.0
    world.signals.append(asked(target_w, LOST_S))
    world.run(lambda second: (LOAD_W + 200 * ((7 * second) % 5 - 2), 0.0), LOST_S + 200)
    off_w = [abs(grid_w - target_w) for grid_w in world.grid[LOST_S + 30 :]]
    assert max(off_w) <= PLANNED_W, "one may go while another comes, never more"
