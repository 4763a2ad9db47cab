"""What the running platform says of itself: /health/ready, asked for all who want to know."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import httpx

from csms.clock import monotonic_s

FRESH_S = 0.4
PROVEN_BY = {"beat": "worker"}  # the worker's sign of life is a task that beat sent


class Health:
    """The checks of one web process, asked at most every `FRESH_S` however many want them."""

    def __init__(self, origin: str) -> None:
        self._client = httpx.AsyncClient(base_url=origin, timeout=3.0, trust_env=False)
        self._asking = asyncio.Lock()
        self._asked_s = -FRESH_S
        self._checks: Mapping[str, bool] | None = None

    async def checks(self) -> Mapping[str, bool] | None:
        """Check → whether it holds; None when the web process does not answer."""
        async with self._asking:
            if monotonic_s() - self._asked_s >= FRESH_S:
                self._checks = await self._ask()
                self._asked_s = monotonic_s()
            return self._checks

    def probe(self, process: str) -> Callable[[], Awaitable[bool]]:
        """The readiness of one process of the platform."""

        async def ready() -> bool:
            checks = await self.checks()
            if process == "web" or checks is None:
                return checks is not None
            return checks.get(PROVEN_BY.get(process, process), False)

        return ready

    async def close(self) -> None:
        """Close the connection."""
        await self._client.aclose()

    async def _ask(self) -> Mapping[str, bool] | None:
        try:
            answer = await self._client.get("/health/ready")
            told = answer.json()["checks"]
        except (httpx.HTTPError, ValueError, KeyError, TypeError):
            return None
        return {name: value in (True, "ok") for name, value in told.items()}
