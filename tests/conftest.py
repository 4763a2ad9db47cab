"""Fixtures for all tests: real engines, started once per run and only if a test asks for them."""

import os
from collections.abc import AsyncIterator, Iterator

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.store.direct import Direct
from csms.store.engine import make_engine
from tests import engines

# One tree, one answer: property tests repeat their examples, and `make chaos` draws new ones. No
# example is timed: a stall of the machine is not a fault of the code.
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("same", PATIENT, derandomize=True)
settings.register_profile("new", PATIENT, derandomize=False)
settings.load_profile("new" if os.environ.get("V2GHUB_CHAOS") == "long" else "same")


@pytest.fixture(scope="session")
def databases() -> Iterator[engines.Databases]:
    """PostgreSQL of this run (of this worker, under xdist)."""
    with engines.databases() as server:
        yield server


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """Valkey of this run."""
    with engines.valkey() as url:
        yield url


@pytest.fixture(scope="module")
def database_url(databases: engines.Databases) -> str:
    """A database of the test module's own, with all schemas."""
    return databases.fresh()


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """An engine on the module's database."""
    made = make_engine(database_url)
    yield made
    await made.dispose()


@pytest.fixture
async def direct(database_url: str) -> AsyncIterator[Direct]:
    """Plain connections to the module's database."""
    async with Direct(database_url) as made:
        yield made
