"""A limit that the plan would break, held by the fleet while load and sun move: each vehicle is
told less at once, and more again only when that has lasted, never to and fro."""

import random
from itertools import pairwise

import pytest
from msgspec.structs import replace

from scheduler.domain.site import Load
from tests.scheduler.second import World
from tests.scheduler.test_controller import (
    LOAD_W,
    LOST_S,
    METER,
    PLANNED_W,
    VEHICLES,
    a_yard,
    above_s,
)

LIMIT_W = LOAD_W + VEHICLES * PLANNED_W - 30_000
WATCHED_S = 90


def a_restless_yard() -> World:
    """Its load might take far more than it does."""
    load = Load(max_w=2 * LOAD_W, profile_w=(LOAD_W,) * 48, meter=METER)
    return World(replace(a_yard(LIMIT_W), load=load), PLANNED_W)


def noisy(second: int) -> tuple[float, float]:
    """A load that no second leaves as it was."""
    return LOAD_W + random.Random(second).gauss(0, 1_000.0), 0.0


def changes_of_direction(world: World) -> dict[str, int]:
    """How often each vehicle was told less, then more, or more, then less, in the whole run."""
    told = {station_id: [PLANNED_W] for station_id in world.posts}
    for order in world.orders:
        told[order.station_id].append(order.payload["setpoint_w"])
    ways = {who: [b > a for a, b in pairwise(one) if abs(b - a) > 1] for who, one in told.items()}
    return {who: sum(a != b for a, b in pairwise(one)) for who, one in ways.items()}


@pytest.mark.parametrize("mute", [0, 2])
@pytest.mark.parametrize("fault", ["store_gone", "store_stuck"])
def test_each_vehicle_rises_once_in_a_dwell_at_most(fault: str, mute: int) -> None:
    """Lowered at once, raised when its dwell of 60 s is over, lowered again: two changes."""
    world = a_restless_yard()
    world.run(noisy, LOST_S)
    for post in list(world.posts.values())[:mute]:
        post.mute = True
    setattr(world.devices, fault, True)
    world.run(noisy, LOST_S + WATCHED_S)
    assert any(changes_of_direction(world).values()), "there is room to give back"
    assert max(changes_of_direction(world).values()) <= 2


@pytest.mark.parametrize(("fault", "longest_s"), [("store_gone", 2), ("store_stuck", 3)])
@pytest.mark.parametrize("kind", ["mute", "lies"])
def test_a_fleet_of_which_a_fifth_is_deaf_is_back_in_time(
    fault: str, longest_s: int, kind: str
) -> None:
    world = a_restless_yard()
    world.run(noisy, LOST_S)
    for post in list(world.posts.values())[:2]:
        setattr(post, kind, True)
    setattr(world.devices, fault, True)
    world.run(noisy, LOST_S + WATCHED_S)
    assert 0 < max(above_s(world, LIMIT_W)) <= longest_s


def test_once_it_is_held_it_stays_held() -> None:
    """What the hub does itself moves nobody beyond the limit again."""
    world = a_restless_yard()
    world.run(noisy, LOST_S)
    world.devices.store_gone = True
    world.run(noisy, LOST_S + WATCHED_S)
    assert [grid_w > LIMIT_W for grid_w in world.grid[LOST_S:]] == [True] * 2 + [False] * 88
