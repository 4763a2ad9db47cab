"""The hub's database for a command of one go, whether the hub runs or not."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from csms.store.engine import make_engine
from v2ghub import logs, reach
from v2ghub.embedded import EmbeddedPostgres, running
from v2ghub.errors import HubError
from v2ghub.settings import LocalSettings, read_settings
from v2ghub.state import hub_lock, is_running, make_state_dir, secret

Answer = TypeVar("Answer")
Work = Callable[[AsyncConnection, str], Awaitable[Answer]]
Job = Callable[[AsyncEngine, str], Awaitable[Answer]]
NO_TABLES = ("42P01", "3F000")  # SQLSTATE: undefined table, invalid schema


@contextmanager
def database_url() -> Iterator[str]:
    """The URL: the given one, that of the running hub, or an engine started for the moment."""
    settings = read_settings()
    if settings.database_url is not None:
        asyncio.run(reach.postgres_now(settings.database_url))
        yield settings.database_url
        return
    state_dir = make_state_dir(settings.state_dir)
    engine = EmbeddedPostgres(state_dir / "postgres")
    if is_running(state_dir):
        yield _of_running_hub(engine)
        return
    log_file = state_dir / "logs" / "postgres.log"
    with hub_lock(state_dir), logs.opened(log_file) as log, running(engine, log):
        yield engine.url


def work(job: Work[Answer]) -> Answer:
    """Run `job(connection, pepper)` in one transaction on migrated books."""

    async def in_transaction(engine: AsyncEngine, pepper: str) -> Answer:
        async with engine.begin() as conn:
            return await job(conn, pepper)

    return on_engine(in_transaction)


def on_engine(job: Job[Answer]) -> Answer:
    """Run `job(engine, pepper)` on migrated books."""
    from v2ghub.bootstrap import migrate

    settings = read_settings()
    with database_url() as url:
        if settings.database_url is None:
            migrate(url)
        try:
            return asyncio.run(_run(url, settings, job))
        except ProgrammingError as error:
            if getattr(error.orig, "sqlstate", "") not in NO_TABLES:
                raise
            raise HubError("the database has no tables yet; run: v2ghub db upgrade") from error


async def _run(url: str, settings: LocalSettings, job: Job[Answer]) -> Answer:
    from v2ghub.bootstrap import ensure_pepper

    pepper = _pepper(settings)
    engine = make_engine(url, application="v2ghub-command")
    try:
        async with engine.begin() as conn:
            await ensure_pepper(conn, pepper, settings)
        return await job(engine, pepper)
    finally:
        await engine.dispose()


def _of_running_hub(engine: EmbeddedPostgres) -> str:
    if not (Path(engine.data_dir) / "PG_VERSION").exists():
        raise HubError(
            "this hub runs on a PostgreSQL of its own choice: set V2GHUB_DATABASE_URL here, too"
        )
    asyncio.run(engine.wait_ready(10))
    return engine.url


def _pepper(settings: LocalSettings) -> str:
    given = settings.secret.get_secret_value() if settings.secret else None
    return secret(make_state_dir(settings.state_dir), given)
