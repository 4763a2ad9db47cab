"""Fixtures for the scheduler's tests that need a database."""

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.scheduler.world import World


@pytest.fixture
async def world(engine: AsyncEngine) -> World:
    """An empty world in the module's database."""
    made = World(engine)
    await made.clear()
    return made
