"""A whole hub on one machine, from nothing to ready and down again, in order.

engines → migrations, accounts, sites → the platform, side by side → (demo) the simulator → ready.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from csms.clock import Clock
from csms.store.engine import make_engine
from v2ghub import bootstrap, platform, reach, simulation, siteclock, watchdog
from v2ghub.embedded import EmbeddedPostgres, EmbeddedValkey, Engine
from v2ghub.settings import LocalSettings
from v2ghub.signs import Signs
from v2ghub.simulation import Simulation
from v2ghub.sitefiles import SiteFile
from v2ghub.state import HubFile, read_hub_file, write_hub_file
from v2ghub.supervisor import Say, Stopped, Supervisor


@dataclass(frozen=True, kw_only=True)
class Launch:
    """What to run. With `simulation` it is a demo, whose clock may run fast and is kept."""

    settings: LocalSettings
    state_dir: Path
    secret: str
    sites: Sequence[SiteFile]
    say: Say
    simulation: Simulation | None = None

    @property
    def engines(self) -> tuple[list[Engine], tuple[str, str]]:
        """The engines to embed, and the URLs of PostgreSQL and Valkey."""
        postgres = EmbeddedPostgres(self.state_dir / "postgres")
        valkey = EmbeddedValkey(self.state_dir / "valkey")
        given = self.settings
        embedded: list[Engine] = [postgres] if given.database_url is None else []
        embedded += [valkey] if given.redis_url is None else []
        return embedded, (given.database_url or postgres.url, given.redis_url or valkey.url)

    @property
    def origin(self) -> str:
        return f"http://{_reachable(self.settings.web_host)}:{self.settings.web_port}"

    @property
    def ocpp_url(self) -> str:
        return f"ws://{_reachable(self.settings.ocpp_host)}:{self.settings.ocpp_port}"


async def run(launch: Launch, announce: Callable[[HubFile], None]) -> None:
    """Start everything, `announce` the hub when it is ready, and stop when asked to."""
    async with (
        AsyncExitStack() as outlasting,
        Supervisor(launch.state_dir, launch.say) as supervisor,
    ):
        try:
            async with _everything(launch, supervisor, outlasting) as hub:
                announce(hub)
                await supervisor.until_asked_to_stop()
        except Stopped:
            pass
        launch.say("stopping")


@asynccontextmanager
async def _everything(
    launch: Launch, supervisor: Supervisor, outlasting: AsyncExitStack
) -> AsyncIterator[HubFile]:
    """`outlasting` is closed when all processes are gone."""
    engines, urls = launch.engines
    await supervisor.start(*(platform.engine_spec(engine) for engine in engines))
    await _require_engines(launch, urls)
    launch.say("migrating the database")
    await asyncio.to_thread(bootstrap.migrate, urls[0])
    clock = simulation.clock_of(launch.simulation)
    if launch.simulation is not None:
        await outlasting.enter_async_context(siteclock.kept_ahead(launch.state_dir, clock))
    watching: asyncio.Task[None] | None = None
    signs = Signs(*urls, launch.origin)
    try:
        hub = await _prepare(launch, urls[0], clock)
        told = platform.environment(launch.settings, launch.state_dir, launch.secret, clock, urls)
        await _start_processes(launch, supervisor, told, signs, hub)
        watching = asyncio.create_task(watchdog.watch(supervisor.processes, signs, launch.say))
        write_hub_file(launch.state_dir, hub)
        yield hub
    finally:
        if watching is not None:
            watching.cancel()
            await asyncio.wait([watching])
        await signs.close()


async def _require_engines(launch: Launch, urls: tuple[str, str]) -> None:
    if launch.settings.database_url is not None:
        await reach.postgres_now(urls[0])
    if launch.settings.redis_url is not None:
        await reach.require_valkey(urls[1])


async def _prepare(launch: Launch, database_url: str, clock: Clock) -> HubFile:
    """See to accounts, sites and (demo) the stations' passwords. What hub.json will say."""
    known = read_hub_file(launch.state_dir)
    engine = make_engine(database_url, application="v2ghub")
    try:
        async with engine.begin() as conn:
            await bootstrap.ensure_pepper(conn, launch.secret, launch.settings)
            username, password = await bootstrap.ensure_admin(conn, known)
            token = await bootstrap.ensure_token(conn, launch.secret, known)
            if launch.simulation is not None:
                await launch.simulation.know_stations(conn, launch.secret, launch.sites)
        named = [simulation.moved(one.site, launch.simulation) for one in launch.sites]
        site_ids = await bootstrap.ensure_sites(engine, named, clock.now())
    finally:
        await engine.dispose()
    return HubFile(
        console_url=f"{launch.origin}/",
        api_url=f"{launch.origin}/api/v1",
        ocpp_url=launch.ocpp_url,
        username=username,
        password=password,
        api_token=token,
        pid=os.getpid(),
        site_ids=site_ids,
        speed_ratio=clock.speed_ratio,
    )


async def _start_processes(
    launch: Launch,
    supervisor: Supervisor,
    told: Mapping[str, str],
    signs: Signs,
    hub: HubFile,
) -> None:
    given = launch.settings
    table = platform.commands(
        hub["site_ids"],
        given.csms_processes,
        given.worker_processes,
        given.controller_processes,
    )
    processes = platform.platform_specs(table, told, signs)
    if launch.simulation is None:
        launch.say("starting the platform")
        await supervisor.start(*processes)
    else:
        launch.say("starting the platform and the simulator")
        supervisor.begin(*processes)
        # A stage of its own, to stop first; its stations try until the platform is there.
        await supervisor.start(*launch.simulation.specs(launch.sites, told, hub))


def _reachable(host: str) -> str:
    """How a program on this machine reaches a server that listens on `host`."""
    if host in ("0.0.0.0", "::", ""):
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host
