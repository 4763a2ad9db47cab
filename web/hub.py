"""What every request shares: settings, clock, engine, bus; and one transaction per request."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Annotated, Any, cast

from fastapi import Depends
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from starlette.requests import HTTPConnection

from csms.bus import Bus
from csms.clock import Clock
from csms.store.direct import Direct
from csms.store.engine import outage_named
from web.limits import Limiter
from web.live import Live
from web.metrics import Metrics
from web.settings import WebSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub:
    """Made once by `make_app`; the outside of the web process. `one_question`: planning what would
    be takes a core, so one is worked on at a time."""

    settings: WebSettings
    clock: Clock
    engine: AsyncEngine
    direct: Direct
    bus: Bus
    live: Live
    logins: Limiter
    metrics: Metrics
    one_question: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))

    @property
    def pepper(self) -> str:
        """The key under which tokens and session ids are hashed."""
        return self.settings.secret.get_secret_value()

    @property
    def cookie_name(self) -> str:
        """Cookies do not know ports: hubs that run side by side need names of their own."""
        return f"v2ghub_session_{self.settings.web_port}"


async def hub_of(connection: HTTPConnection) -> Hub:
    """The hub this request came to. (FastAPI asks what is not async on a thread of its own.)"""
    return cast("Hub", connection.app.state.hub)


@dataclass(slots=True)
class Work:
    """The transaction of one request. Hints leave after its commit, in order, or not at all."""

    conn: AsyncConnection
    hub: Hub
    hints: list[tuple[str, str]] = field(default_factory=list)

    def hint(self, channel: str, text: Any) -> None:
        """Publish `text` once this request's changes are durable."""
        self.hints.append((channel, str(text)))


async def unit_of_work(connection: HTTPConnection) -> AsyncIterator[Work]:
    """One transaction, committed before the answer is sent and rolled back if it is an error.

    Raises StoreUnavailable when the database is away.
    """
    hub = await hub_of(connection)
    with outage_named():
        async with hub.engine.begin() as conn:
            work = Work(conn, hub)
            yield work
    for channel, text in work.hints:
        await hub.bus.publish(channel, text)


Transaction = Annotated[Work, Depends(unit_of_work, scope="function")]
TheHub = Annotated[Hub, Depends(hub_of)]
