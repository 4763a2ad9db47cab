"""JSON for the database: what a station may say as a number is stored; and what becomes of
connections that end while nobody uses them."""

import asyncio
import json
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.domain.errors import StoreUnavailable
from csms.store.direct import Direct
from csms.store.engine import dump_json, make_engine, outage_named
from tests.engines import Databases

WHO_AM_I = text("SELECT pg_backend_pid()")


@pytest.mark.parametrize(
    ("told", "stored"),
    [
        (2**63, 2**63),
        (10**30, 1e30),
        (-(10**30), -1e30),
        (int("9" * 400), None),
    ],
)
def test_a_number_of_any_length_is_stored(told: int, stored: float | None) -> None:
    schedule = {"limit": [{"value": told}], "id": 1, "true": True}
    kept = {"limit": [{"value": stored}], "id": 1, "true": True}
    assert json.loads(dump_json(schedule)) == kept


def test_what_is_no_json_stays_an_error() -> None:
    with pytest.raises(TypeError):
        dump_json({"value": object()})
    assert dump_json({1: UUID(int=0)}) == '{"1":"00000000-0000-0000-0000-000000000000"}'


@pytest.mark.integration
async def test_connections_that_ended_while_they_were_idle_are_made_anew(
    engine: AsyncEngine, direct: Direct
) -> None:
    pids, ends = [], []
    async with engine.connect() as one, engine.connect() as other:
        for conn in (one, other):
            pids.append(await conn.scalar(WHO_AM_I))
            ends.append(heard := asyncio.Event())
            raw = (await conn.get_raw_connection()).driver_connection
            raw.add_termination_listener(lambda _, heard=heard: heard.set())
    await direct.rows("SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) AS pid", pids)
    await asyncio.gather(*(end.wait() for end in ends))

    async with engine.connect() as one, engine.connect() as other:
        assert {await one.scalar(WHO_AM_I), await other.scalar(WHO_AM_I)}.isdisjoint(pids)


@pytest.mark.integration
def test_who_sleeps_between_its_tasks_asks_each_connection_first(
    database_url: str, databases: Databases
) -> None:
    with asyncio.Runner() as runner:
        engine = make_engine(database_url, ping=True)

        async def who_am_i() -> int:
            async with engine.connect() as conn:
                return int(await conn.scalar(WHO_AM_I))

        pid = runner.run(who_am_i())
        databases.run(f"SELECT pg_terminate_backend({pid}, 10000)")
        assert runner.run(who_am_i()) != pid
        runner.run(engine.dispose())


def test_a_connection_that_ends_in_the_moment_it_is_asked_is_an_outage() -> None:
    cut = asyncpg.InternalClientError("cannot switch to state 11; another operation is in progress")
    with pytest.raises(StoreUnavailable), outage_named():
        raise cut
    with pytest.raises(RuntimeError), outage_named():
        raise RuntimeError("a bug")
