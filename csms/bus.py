"""The bus: hints over Valkey. It knows texts and channels, not meanings, and may vanish any time.

Publishing never raises and never holds its caller longer than half a second; listening reconnects
for ever. Whoever needs certainty reads the database.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from csms.clock import monotonic_s

log = structlog.get_logger(__name__)

EVENTS: Final = "v2ghub.events"  # the newest outbox id
COMMANDS: Final = "v2ghub.commands"  # a station id with commands to take

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

    async def publish(self, channel: str, text: str) -> bool:
        """Whether Valkey took the hint; after a failure we do not try again for a second."""
        if monotonic_s() < self._pause_until_s:
            return False
        try:
            async with asyncio.timeout(PUBLISH_LIMIT_S):
                await self._publisher.publish(channel, text)
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
