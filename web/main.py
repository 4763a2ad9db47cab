"""The composition root of the web process: the only place that adds routers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.bus import Bus
from csms.clock import Clock
from csms.store.direct import Direct
from web import errors
from web.api import (
    approvals,
    charging,
    commands,
    device_model,
    discharge,
    emergency,
    firmware,
    frequency,
    health,
    id_tokens,
    live,
    logs,
    metrics,
    payment_links,
    payments,
    plans,
    processes,
    proofs,
    quirks,
    security,
    session,
    settlements,
    signals,
    sites,
    stations,
    tariffs,
    transactions,
    vehicles,
    weather,
    what_if,
)
from web.api.routing import PREFIX
from web.description import TAGS, complete, operation_id
from web.hub import Hub
from web.limits import Limiter
from web.live import Live
from web.metrics import Metrics
from web.middleware import Edge
from web.pages import Console
from web.settings import WebSettings

API_VERSION = "1.0.0"
DIRECT_CONNECTIONS = 8
ROUTERS = (
    session, sites, weather, plans, what_if, stations, charging, device_model, quirks, discharge,
    frequency, transactions, vehicles, id_tokens, tariffs, payments, payment_links, settlements,
    commands, approvals, proofs, firmware, logs, security, signals, emergency, processes, live,
)  # fmt: skip
DESCRIPTION = """
Power is in W, energy in Wh, every name ends in its unit; power into the vehicle, the store or the
site is positive. Times are RFC 3339 in UTC and, but for logins, site time. Lists are
`{items, next}` with `?limit=&cursor=`. Errors are `application/problem+json`.
"""


def make_app(settings: WebSettings, engine: AsyncEngine, clock: Clock, bus: Bus) -> FastAPI:
    """The application. It closes `engine` and `bus` when it ends, and connects when first asked."""
    figures = Metrics()
    hub = Hub(
        settings=settings,
        clock=clock,
        engine=engine,
        direct=Direct(settings.database_url, DIRECT_CONNECTIONS, "v2ghub-web direct"),
        bus=bus,
        live=Live(partial(live.look, engine, clock), settings.stream_interval_s),
        logins=Limiter(burst=10, refill_s=6.0),
        metrics=figures,
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with hub.direct:
            yield
        hub.live.close()
        await bus.close()
        await engine.dispose()

    app = FastAPI(
        title="V2G Hub",
        version=API_VERSION,
        description=DESCRIPTION,
        lifespan=lifespan,
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
        separate_input_output_schemas=False,
        openapi_tags=[{"name": name, "description": text} for name, text in TAGS.items()],
        generate_unique_id_function=operation_id,
    )
    app.state.hub = hub
    add_routers(app)
    app.mount("/", Console(settings.static_dir), name="console")
    errors.install(app)
    complete(app)
    app.add_middleware(Edge, metrics=figures)
    return app


def add_routers(app: FastAPI) -> None:
    """Everything under /api/v1, and what machines ask outside of it."""
    for module in ROUTERS:
        app.router.routes.extend(module.router.routes)
    app.include_router(health.router)
    app.include_router(metrics.router)
