"""Tables and migrations tell the same story, up and down, for all three schemas."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

from csms.store.engine import make_engine
from csms.store.migration import UPGRADE_LOCK, Schema, downgrade, upgrade
from csms.store.outbox import COMMIT_ORDER_LOCK, RELAY_LOCK
from tests.engines import Databases
from web.store.migrations import SCHEMAS

pytestmark = pytest.mark.integration


@pytest.fixture
def empty_url(databases: Databases) -> str:
    return databases.empty()


def differences(database_url: str, schema: Schema) -> list[Any]:
    def compare(connection: Connection) -> list[Any]:
        context = MigrationContext.configure(
            connection,
            opts={
                "include_schemas": True,
                "include_name": lambda name, kind, _: kind != "schema" or name == schema.name,
                "version_table_schema": schema.name,
                "compare_server_default": True,
            },
        )
        return list(compare_metadata(context, schema.metadata))

    return asyncio.run(in_database(database_url, compare))


async def in_database(database_url: str, function: Any) -> Any:
    engine = make_engine(database_url)
    try:
        async with engine.begin() as conn:
            return await conn.run_sync(function)
    finally:
        await engine.dispose()


def relations(database_url: str) -> set[str]:
    names = text(
        "SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n"
        " ON n.oid = c.relnamespace WHERE n.nspname IN ('csms', 'scheduler', 'web')"
        " AND c.relkind IN ('r', 'S')"
    )
    return asyncio.run(in_database(database_url, lambda conn: set(conn.execute(names).scalars())))


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema.name)
def test_the_migrations_make_the_tables(empty_url: str, schema: Schema) -> None:
    upgrade(empty_url, SCHEMAS)

    assert differences(empty_url, schema) == []


def test_down_takes_back_what_up_made_and_up_again_works(empty_url: str) -> None:
    upgrade(empty_url, SCHEMAS)
    made = relations(empty_url)
    downgrade(empty_url, SCHEMAS[::-1])
    left = relations(empty_url)
    upgrade(empty_url, SCHEMAS)

    assert "csms.command_version_seq" in made
    assert left == {f"{schema.name}.alembic_version" for schema in SCHEMAS}
    assert relations(empty_url) == made


def test_processes_that_start_together_upgrade_once(empty_url: str) -> None:
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: upgrade(empty_url, SCHEMAS), range(4)))

    assert all(differences(empty_url, schema) == [] for schema in SCHEMAS)


def test_a_failed_revision_leaves_nothing(empty_url: str) -> None:
    with pytest.raises(Exception, match="no_such_revision"):
        upgrade(empty_url, SCHEMAS, "no_such_revision")

    assert relations(empty_url) == set()


def test_an_upgrade_waits_for_nobody_but_another_upgrade() -> None:
    assert len({UPGRADE_LOCK, COMMIT_ORDER_LOCK, RELAY_LOCK}) == 3
