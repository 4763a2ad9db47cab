"""Migrations of the platform's schemas by Alembic: one environment, one history per schema.

Each package keeps its revisions in `store/migrations/versions` and its version table inside its
own schema. Upgrading is idempotent and safe when several processes start at once.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.ext.asyncio import create_async_engine

from csms.store.engine import normalised

ENVIRONMENT: Final = Path(__file__).parent / "migrations"
UPGRADE_LOCK: Final = 0x5632_4703


@dataclass(frozen=True, slots=True)
class Schema:
    """A PostgreSQL schema, its tables, and the folder of its revisions."""

    name: str
    metadata: MetaData
    versions: Path


def upgrade(database_url: str, schemas: Sequence[Schema], revision: str = "head") -> None:
    """Bring `schemas`, in this order, to `revision`, in one transaction."""
    asyncio.run(_migrate(database_url, schemas, lambda config: command.upgrade(config, revision)))


def downgrade(database_url: str, schemas: Sequence[Schema], revision: str = "base") -> None:
    """Take `schemas` back to `revision`; give them in the reverse order of `upgrade`."""
    asyncio.run(_migrate(database_url, schemas, lambda config: command.downgrade(config, revision)))


async def pending(database_url: str, schemas: Sequence[Schema]) -> list[str]:
    """The schemas whose tables are older than this code knows; empty if all are up to date."""
    engine = create_async_engine(normalised(database_url))
    try:
        async with engine.connect() as conn:
            return [one.name for one in schemas if not await conn.run_sync(_is_current, one)]
    finally:
        await engine.dispose()


def _is_current(connection: Connection, schema: Schema) -> bool:
    script = ScriptDirectory.from_config(config_for(schema, connection))
    options = {"version_table_schema": schema.name}
    stored = MigrationContext.configure(connection, opts=options).get_current_heads()
    return set(stored) == set(script.get_heads())


async def _migrate(
    database_url: str, schemas: Sequence[Schema], step: Callable[[Config], None]
) -> None:
    engine = create_async_engine(normalised(database_url))
    try:
        async with engine.begin() as conn:
            await conn.execute(text(f"SELECT pg_advisory_xact_lock({UPGRADE_LOCK})"))
            for schema in schemas:
                await conn.execute(text(f'CREATE SCHEMA IF NOT EXISTS "{schema.name}"'))
                await conn.run_sync(_run, schema, step)
    finally:
        await engine.dispose()


def _run(connection: Connection, schema: Schema, step: Callable[[Config], None]) -> None:
    step(config_for(schema, connection))


def config_for(schema: Schema, connection: Connection) -> Config:
    """Alembic's configuration for one schema over an open connection."""
    config = Config()
    config.set_main_option("script_location", str(ENVIRONMENT))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", str(schema.versions))
    config.attributes["connection"] = connection
    config.attributes["schema"] = schema
    return config
