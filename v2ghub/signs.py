"""Signs of life: what the processes write of themselves, read for supervisor and watchdog.

A process is ready when it has given a sign since it was started: an older one is of its previous
life. Web is asked over HTTP, and beat is proven by the worker, whose sign is a task that beat sent.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

import httpx

from csms.clock import monotonic_s
from csms.domain.errors import StoreUnavailable
from csms.store.engine import make_engine, outage_named
from csms.store.heartbeat import all_heartbeats
from v2ghub import reach
from v2ghub.errors import HubError

FRESH_S = 0.4
WITHIN_S = 3.0

Ready = Callable[[datetime], Awaitable[bool]]


def sign_of(process: str, last: Mapping[str, datetime]) -> datetime | None:
    """Its last sign; beat's is the newest of the workers', whom it asks for them."""
    if process != "beat":
        return last.get(process)
    return max((at for name, at in last.items() if kind_of(name) == "worker"), default=None)


def kind_of(process: str) -> str:
    """`worker` of `worker:2`."""
    return process.partition(":")[0]


class Signs:
    """Reads them at most every `FRESH_S`, however many want to know."""

    def __init__(self, database_url: str, redis_url: str, origin: str) -> None:
        self._engine = make_engine(database_url, application="v2ghub-supervisor", pool_size=1)
        self._redis_url = redis_url
        self._http = httpx.AsyncClient(base_url=origin, timeout=WITHIN_S, trust_env=False)
        self._reading = asyncio.Lock()
        self._read_s = -FRESH_S
        self._last: Mapping[str, datetime] | None = None

    async def last(self) -> Mapping[str, datetime] | None:
        """Process → its last sign, in real time; None while the database is away."""
        async with self._reading:
            if monotonic_s() - self._read_s >= FRESH_S:
                self._last = await self._read()
                self._read_s = monotonic_s()
            return self._last

    def ready(self, process: str) -> Ready:
        """Whether the process lives, as a function of when it was started."""

        async def gave_a_sign(started_at: datetime) -> bool:
            if process == "web":
                return await self.web_answers()
            given_at = sign_of(process, await self.last() or {})
            return given_at is not None and given_at > started_at

        return gave_a_sign

    async def web_answers(self) -> bool:
        """Whether the web process answers at all."""
        try:
            return (await self._http.get("/health/live")).is_success
        except httpx.HTTPError:
            return False

    async def broker_answers(self) -> bool:
        """Whether Valkey does; without it no worker can give a sign."""
        try:
            await reach.require_valkey(self._redis_url)
        except HubError:
            return False
        return True

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()
        await self._engine.dispose()

    async def _read(self) -> Mapping[str, datetime] | None:
        try:
            with outage_named():
                async with asyncio.timeout(WITHIN_S), self._engine.connect() as conn:
                    return {one.process: one.at for one in await all_heartbeats(conn)}
        except StoreUnavailable:
            return None
