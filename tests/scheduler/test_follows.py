"""An instruction, second by second, while some vehicles do not do what they are told: the site's
meter is brought to what was asked by those that do, and nobody is told one thing and then another.
"""

import dataclasses
from datetime import timedelta
from itertools import pairwise

import pytest
from msgspec.structs import replace

from scheduler.domain.site import Site, StationGroup
from tests.scheduler import second
from tests.scheduler.second import NOON, World
from tests.scheduler.test_controller import LOAD_W, PLANNED_W, a_yard, asked

FROM_S, SETTLED_S, UNTIL_S = 30, 30, 120
GIVE_W = -150_000.0


def a_two_way_yard() -> Site:
    group = StationGroup(
        prefix="cs-", count=10, circuit_id="yard", vendor="V2GHubSim", model="V2X-11",
        max_charge_w=11_000, max_discharge_w=10_000,
    )  # fmt: skip
    return replace(a_yard(2e5), store=None, stations=(group,))


def noisy(at_s: int) -> tuple[float, float]:
    return LOAD_W + 200 * ((7 * at_s) % 5 - 2), 0.0


def target_w(change_w: float) -> float:
    return LOAD_W + 10 * PLANNED_W + change_w


def allowed_w(change_w: float) -> float:
    """5 % of the setpoint, and the noise of a second."""
    return 0.05 * abs(target_w(change_w)) + 400


def off_w(world: World, change_w: float, settled_s: int = SETTLED_S) -> float:
    """How far the meter is off at most once that had its time."""
    world.signals.append(asked(target_w(change_w), FROM_S))
    world.run(noisy, FROM_S + UNTIL_S)
    return max(abs(grid_w - target_w(change_w)) for grid_w in world.grid[FROM_S + settled_s :])


def turns(world: World) -> int:
    """How often a vehicle was told less, then more, or more, then less, from the instruction on."""
    told: dict[str, list[float]] = {}
    for order in world.orders:
        if order.created_at >= NOON + timedelta(seconds=FROM_S):
            told.setdefault(order.station_id, [PLANNED_W]).append(order.payload["setpoint_w"])
    ways = ([b > a for a, b in pairwise(one) if abs(b - a) > 1] for one in told.values())
    return sum(a != b for one in ways for a, b in pairwise(one))


@pytest.mark.parametrize("change_w", [-40_000.0, GIVE_W], ids=["wait", "give"])
@pytest.mark.parametrize("fault", ["none", "lies", "mute"])
def test_the_meter_comes_to_what_was_asked_and_stays(fault: str, change_w: float) -> None:
    world = World(a_two_way_yard(), PLANNED_W)
    world.run(noisy, FROM_S)
    one = next(iter(world.posts.values()))
    one.lies, one.mute = fault == "lies", fault == "mute"
    assert off_w(world, change_w) <= allowed_w(change_w)
    assert turns(world) <= 2 * len(world.posts)


def test_those_that_give_nothing_are_made_up_for_by_the_others() -> None:
    """They confirm, stop charging, and do not discharge."""
    world = World(a_two_way_yard(), PLANNED_W)
    for post in list(world.posts.values())[:2]:
        post.vehicle.spec = dataclasses.replace(post.vehicle.spec, max_discharge_w=0.0)
    world.run(noisy, FROM_S)
    assert off_w(world, GIVE_W) <= allowed_w(GIVE_W)
    assert turns(world) <= 2 * len(world.posts)


@pytest.mark.parametrize("response_s", [3, 6])
def test_stations_that_are_slow_are_waited_for(
    response_s: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody tells how slow they are: what is still to come is not asked for again and again."""
    monkeypatch.setattr(second, "RESPONSE_S", response_s)
    world = World(a_two_way_yard(), PLANNED_W)
    world.run(noisy, FROM_S)
    assert off_w(world, GIVE_W, 2 * SETTLED_S) <= allowed_w(GIVE_W)
    assert turns(world) <= 2 * len(world.posts)
