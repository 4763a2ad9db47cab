"""Single statements on plain connections, and what is left of them when something goes wrong."""

import asyncio
from datetime import UTC, datetime

import asyncpg
import pytest

from csms.domain.errors import StoreUnavailable
from csms.store.direct import Direct

pytestmark = pytest.mark.integration

WHO_AM_I = "SELECT pg_backend_pid()"


async def test_rows_a_row_and_a_value(direct: Direct) -> None:
    rows = await direct.rows("SELECT generate_series(1, $1::int) AS number", 3)
    assert [row["number"] for row in rows] == [1, 2, 3]
    assert await direct.row("SELECT 1 WHERE false") is None
    assert await direct.value("SELECT $1::text || 'b'", "a") == "ab"
    assert await direct.value("SELECT 1 WHERE false") is None


async def test_a_connection_is_used_again_also_after_a_wrong_statement(direct: Direct) -> None:
    first = await direct.value(WHO_AM_I)
    with pytest.raises(asyncpg.PostgresError):
        await direct.value("SELECT 1/0")
    assert await direct.value(WHO_AM_I) == first


async def test_rows_are_appended_all_or_none(direct: Direct) -> None:
    columns, told = ("kind", "station_id", "at", "payload"), datetime(2026, 6, 1, tzinfo=UTC)
    await direct.append("outbox", columns, [("one", None, told, "{}"), ("two", "cs", told, "{}")])
    with pytest.raises(asyncpg.PostgresError):
        await direct.append(
            "outbox", columns, [("three", "cs", told, "{}"), ("four",) + (None,) * 3]
        )

    kinds = await direct.rows("SELECT kind FROM csms.outbox ORDER BY outbox_id")
    assert [row["kind"] for row in kinds] == ["one", "two"]


async def test_no_more_connections_than_allowed(database_url: str) -> None:
    async with Direct(database_url, connections=2) as few:
        asked = [few.value(f"{WHO_AM_I} FROM pg_sleep(0.01)") for _ in range(6)]
        assert len(set(await asyncio.gather(*asked))) <= 2


async def test_a_connection_that_was_cut_is_not_used_again(direct: Direct) -> None:
    cut = await direct.value(WHO_AM_I)
    async with asyncio.TaskGroup() as both:
        asleep = both.create_task(unavailable(direct))
        await asyncio.sleep(0)
        async with Direct(direct._database_url) as other:
            while not await other.value(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE pid = $1 AND state = 'active'", cut
            ):  # fmt: skip
                pass
    assert asleep.result()
    assert await direct.value(WHO_AM_I) != cut


async def unavailable(direct: Direct) -> bool:
    with pytest.raises(StoreUnavailable):
        await direct.value("SELECT pg_sleep(60)")
    return True


async def test_who_gave_up_leaves_no_answer_for_the_next(direct: Direct) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await direct.value("SELECT 1 FROM pg_sleep(60)")
    assert await direct.value("SELECT 2") == 2


async def test_without_a_server() -> None:
    async with Direct("postgresql://nobody@127.0.0.1:1/nothing") as nowhere:
        with pytest.raises(StoreUnavailable):
            await nowhere.value("SELECT 1")
