"""A controller that takes over finds what was ordered before it."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.domain.ids import ChargingStationId, EvseId
from csms.store import commands
from scheduler.planning.guard_types import EvseSetpoint
from scheduler.planning.profiles import dispatch
from scheduler.store import turns
from tests.scheduler.world import NOON, World, yard

pytestmark = pytest.mark.integration


async def order(engine: AsyncEngine, version: int, at: datetime, setpoint_w: float) -> None:
    wanted = EvseSetpoint(
        station_id=ChargingStationId("yard-01"), evse_id=EvseId(1), setpoint_w=setpoint_w
    )
    async with engine.begin() as conn:
        await commands.insert(conn, dispatch([], [wanted], at, 600, version))


async def found(engine: AsyncEngine, site_id: str = "yard") -> list[tuple[Any, ...]]:
    async with engine.connect() as conn:
        told = await turns.of_last_hour(conn, site_id, NOON)
    return [(one.station_id, one.at, one.setpoint_w, one.reason) for one in told]


async def test_the_changes_of_the_last_hour_are_found_oldest_first(
    world: World, engine: AsyncEngine
) -> None:
    await world.has_site(yard())
    minutes = {1: (-70, 1_000.0), 2: (-50, 5_000.0), 3: (-45, 5_000.0), 4: (-10, -4_000.0)}
    for version, (minute, setpoint_w) in minutes.items():
        await order(engine, version, NOON + timedelta(minutes=minute), setpoint_w)
    assert await found(engine) == [
        ("yard-01", NOON - timedelta(minutes=50), 5_000.0, "plan"),
        ("yard-01", NOON - timedelta(minutes=10), -4_000.0, "plan"),
    ]
    assert await found(engine, "another") == []
