"""Commands on an external database: under one pepper, whoever came first."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import delete, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from csms.store import credentials, tables
from tests.integration.csms.conftest import until
from v2ghub import books, state
from v2ghub.errors import HubError

pytestmark = pytest.mark.integration

BLOCKED = text(
    "SELECT exists(SELECT FROM pg_stat_activity WHERE datname = current_database()"
    " AND cardinality(pg_blocking_pids(pid)) > 0)"
)


@pytest.fixture
async def unpeppered(engine: AsyncEngine) -> AsyncEngine:
    async with engine.begin() as conn:
        await conn.execute(delete(tables.pepper))
    return engine


async def test_of_two_first_starts_at_a_time_one_decides(unpeppered: AsyncEngine) -> None:
    async def second() -> bool:
        async with unpeppered.begin() as conn:
            return await credentials.is_first(conn, "b" * 32)

    async with unpeppered.begin() as conn:
        assert await credentials.is_first(conn, "a" * 32)
        late = asyncio.create_task(second())

        async def waits_for_the_first() -> bool:
            async with unpeppered.connect() as watching:
                return bool(await watching.scalar(BLOCKED))

        await until(waits_for_the_first)
    assert not await late
    async with unpeppered.begin() as conn:
        assert await credentials.is_first(conn, "a" * 32)


async def test_a_second_state_folder_is_told_to_take_the_first_ones_secret(
    unpeppered: AsyncEngine, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def pepper_of(_: AsyncConnection, pepper: str) -> str:
        return pepper

    def run(folder: str) -> str:
        monkeypatch.setenv("V2GHUB_STATE_DIR", str(tmp_path / folder))
        return books.work(pepper_of)

    monkeypatch.setenv("V2GHUB_DATABASE_URL", database_url)
    monkeypatch.delenv("V2GHUB_SECRET", raising=False)
    first = await asyncio.to_thread(run, "first")
    assert await asyncio.to_thread(run, "first") == first == state.secret(tmp_path / "first", None)
    with pytest.raises(HubError, match="set V2GHUB_SECRET"):
        await asyncio.to_thread(run, "second")
    for given in (first, "of the operator's own, then " + "x" * 32):
        monkeypatch.setenv("V2GHUB_SECRET", given)
        assert await asyncio.to_thread(run, "second") == given
