"""The real engines of a test run: one PostgreSQL and one Valkey, a database per test module."""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import asyncpg
from sqlalchemy import make_url

from csms.store.migration import upgrade
from v2ghub.embedded import EmbeddedPostgres, EmbeddedValkey, running
from web.store.migrations import SCHEMAS

TEMPLATE = "hub_template"


@dataclass(frozen=True)
class Databases:
    """A PostgreSQL server with a migrated template from which databases are copied."""

    url: str
    pid: int
    numbers: Iterator[int]

    def fresh(self) -> str:
        """The URL of a new database with all schemas and no rows."""
        name = f"hub_{next(self.numbers)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        return self.url_of(name)

    def empty(self) -> str:
        """The URL of a new database with nothing in it."""
        name = f"empty_{next(self.numbers)}"
        self.run(f"CREATE DATABASE {name}")
        return self.url_of(name)

    def url_of(self, name: str) -> str:
        """The URL of the database called `name`."""
        return make_url(self.url).set(database=name).render_as_string(hide_password=False)

    def run(self, statement: str) -> None:
        """Run one statement outside a transaction."""
        asyncio.run(self._run(statement))

    async def _run(self, statement: str) -> None:
        connection = await asyncpg.connect(self.url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


@contextmanager
def databases(*, durable: bool = False) -> Iterator[Databases]:
    """Run a PostgreSQL of our own for the length of the block. Unless `durable` it does not wait
    for the disk: nobody pulls the plug of a test."""
    with tempfile.TemporaryDirectory(prefix="hub-pg-") as folder:
        engine = EmbeddedPostgres(Path(folder) / "data")
        with running(engine) as pid:
            server = Databases(engine.url, pid, count(1))
            if not durable:
                server.run("ALTER SYSTEM SET fsync = off")
                server.run("SELECT pg_reload_conf()")
            server.run(f"CREATE DATABASE {TEMPLATE}")
            upgrade(server.url_of(TEMPLATE), SCHEMAS)
            yield server


@contextmanager
def valkey() -> Iterator[str]:
    """Run a Valkey of our own for the length of the block; its URL."""
    with tempfile.TemporaryDirectory(prefix="hub-vk-") as folder:
        engine = EmbeddedValkey(Path(folder) / "data")
        with running(engine):
            yield engine.url
