"""`python -m web`: one process of the HTTP API and the console, until SIGTERM or SIGINT."""

import asyncio
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Final

import structlog
import uvicorn
import uvloop
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncEngine

from csms import log as logs
from csms.bus import Bus
from csms.clock import clock_from, wall_now
from csms.domain.errors import StoreUnavailable
from csms.garbage import collect_less
from csms.settings import said_of
from csms.store.engine import make_engine, outage_named
from csms.store.heartbeat import beat
from web.api.logs import folder_of
from web.main import make_app
from web.settings import WebSettings
from web.store import idempotency
from web.uploads import UploadFolder

log = structlog.get_logger(__name__)
HEARTBEAT_S: Final = 2.0
TIDY_S: Final = 3_600.0
CONNECTIONS: Final = 8  # that are kept; as many again are made when they are needed
GRACE_S: Final = 5


class Server(uvicorn.Server):
    """Signals are `run`'s: it must end the open streams before uvicorn waits for them."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield


async def say_alive(engine: AsyncEngine) -> None:
    """A sign of life every two real seconds; while the database is away there is none."""
    while True:
        try:
            with outage_named():
                await beat(engine, "web")
        except StoreUnavailable:
            log.warning("no sign of life: the database is away")
        await asyncio.sleep(HEARTBEAT_S)


async def tidy(engine: AsyncEngine, folder: UploadFolder, logs_kept: timedelta) -> None:
    """Forget old answers and old logs, every hour."""
    while True:
        with suppress(StoreUnavailable), outage_named():
            async with engine.begin() as conn:
                await idempotency.prune(conn)
        try:
            await asyncio.to_thread(folder.prune, wall_now() - logs_kept)
        except OSError as error:
            log.warning("old logs stay", error=type(error).__name__)
        await asyncio.sleep(TIDY_S)


async def run(settings: WebSettings) -> None:
    """Serve until told to stop; what is in flight gets five seconds."""
    engine = make_engine(settings.database_url, application="v2ghub-web", pool_size=CONNECTIONS)
    app = make_app(settings, engine, clock_from(), Bus(settings.redis_url))
    config = uvicorn.Config(
        app,
        host=settings.web_host,
        port=settings.web_port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
        ws="none",
    )
    server = Server(config)

    def stop() -> None:
        server.should_exit = True
        app.state.hub.live.close()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    logs_kept = timedelta(days=settings.retention_days)
    tidying = tidy(engine, folder_of(settings), logs_kept)
    jobs = [asyncio.create_task(job) for job in (say_alive(engine), tidying)]
    collect_less()
    log.info("web listens", host=settings.web_host, port=settings.web_port)
    try:
        await server.serve()
    finally:
        for job in jobs:
            job.cancel()


def main() -> None:
    """Read the settings and run."""
    try:
        settings = WebSettings()  # type: ignore[call-arg]
    except ValidationError as error:
        sys.exit(f"web: these settings are missing or wrong: {said_of(error)}")
    logs.configure(settings.log_level)
    uvloop.run(run(settings))


if __name__ == "__main__":
    main()
