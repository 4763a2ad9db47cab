"""The bus: hints over Valkey. It knows texts and channels, not meanings, and may vanish any time.

Publishing never raises and never holds its caller longer than half a second; listening reconnects
for ever. Whoever needs certainty reads the database.

A text of a channel can be leased: while its lease lasts, hints with that text go to the holder
alone (`channel:holder`), and to everybody if that one does not listen. So with many processes each
hears of its own stations, and a lease that is wrong costs what a lost hint costs: a second.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from typing import Any, Final

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from csms.clock import monotonic_s

log = structlog.get_logger(__name__)

EVENTS: Final = "v2ghub.events"  # the newest outbox id
COMMANDS: Final = "v2ghub.commands"  # a station id with commands to take
SIGNALS: Final = "v2ghub.signals"  # a site whose grid signals changed
CONNECTIONS: Final = "v2ghub.connections"  # a station id and the epoch of its newest connection

LEASE_S: Final = 600  # a lease that outlives its truth costs what a lost hint costs
# KEYS: the lease. ARGV: channel, text.
PUBLISH_TO_HOLDER: Final = """
local holder = redis.call('GET', KEYS[1])
if holder and redis.call('PUBLISH', ARGV[1] .. ':' .. holder, ARGV[2]) > 0 then return 1 end
return redis.call('PUBLISH', ARGV[1], ARGV[2])
"""

PUBLISH_LIMIT_S = 0.5
PAUSE_AFTER_FAILURE_S = 1.0


class Bus:
    """Publish and listen on one Valkey or Redis; opening it connects nothing."""

    def __init__(self, redis_url: str) -> None:
        self._redis_url = redis_url
        self._publisher = self._client()
        self._pause_until_s = 0.0

    def _client(self) -> "Redis":
        return Redis.from_url(
            self._redis_url,
            decode_responses=True,
            socket_connect_timeout=2,
            health_check_interval=5,
        )

    async def publish(self, channel: str, *texts: str) -> bool:
        """Whether Valkey took the hints, in one go; after a failure we do not try again for a
        second."""
        pipeline = self._publisher.pipeline(transaction=False)
        for text in texts:
            pipeline.eval(PUBLISH_TO_HOLDER, 1, _lease(channel, text), channel, text)
        return await self._told(channel, pipeline.execute)

    async def publish_all(self, channel: str, texts: Collection[str]) -> bool:
        """Many hints for everybody who listens, in one go."""
        pipeline = self._publisher.pipeline(transaction=False)
        for text in texts:
            pipeline.publish(channel, text)
        return await self._told(channel, pipeline.execute)

    async def lease(self, channel: str, texts: Collection[str], holder: str) -> bool:
        """For `LEASE_S` hints with these texts go to `holder`; whether Valkey knows it."""
        pipeline = self._publisher.pipeline(transaction=False)
        for text in texts:
            pipeline.set(_lease(channel, text), holder, ex=LEASE_S)
        return await self._told(channel, pipeline.execute)

    async def _told(self, channel: str, tell: Callable[[], Awaitable[Any]]) -> bool:
        if monotonic_s() < self._pause_until_s:
            return False
        try:
            async with asyncio.timeout(PUBLISH_LIMIT_S):
                await tell()
        except (RedisError, OSError, TimeoutError) as error:
            self._pause_until_s = monotonic_s() + PAUSE_AFTER_FAILURE_S
            log.warning("hint not published", channel=channel, error=type(error).__name__)
            return False
        return True

    async def listen(self, *channels: str) -> AsyncIterator[tuple[str, str]]:
        """Each hint as (channel, text), for ever; those told while we were away are lost."""
        while True:
            client = self._client()
            try:
                async with client.pubsub(ignore_subscribe_messages=True) as subscription:
                    await subscription.subscribe(*channels)
                    while True:
                        message = await subscription.get_message(timeout=5.0)
                        if message is not None:
                            yield message["channel"], message["data"]
            except (RedisError, OSError, TimeoutError) as error:
                log.warning("bus lost", channels=channels, error=type(error).__name__)
                await asyncio.sleep(PAUSE_AFTER_FAILURE_S)
            finally:
                await client.aclose()

    async def close(self) -> None:
        """Give the connection back."""
        await self._publisher.aclose()


def _lease(channel: str, text: str) -> str:
    return f"{channel}:holder:{text}"
