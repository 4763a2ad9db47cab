"""Engines that we did not start: whether their URLs lead to something that answers."""

from contextlib import suppress
from datetime import datetime
from urllib.parse import urlsplit

import asyncpg
import redis.asyncio
import redis.exceptions

from v2ghub.errors import HubError


async def postgres_now(url: str) -> datetime:
    """The server's clock. Raise: `HubError` if PostgreSQL cannot be reached or lets us not in."""
    try:
        connection = await asyncpg.connect(url, timeout=5)
    except (OSError, TimeoutError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as no:
        raise HubError(
            f"PostgreSQL at {without_password(url)} cannot be used: {_reason(no)}; "
            "check V2GHUB_DATABASE_URL, or unset it for the embedded one"
        ) from no
    try:
        now: datetime = await connection.fetchval("SELECT now()")
    finally:
        await connection.close()
    return now


async def require_valkey(url: str) -> None:
    """Raise: `HubError` if Valkey (or Redis) does not answer."""
    try:
        client = redis.asyncio.Redis.from_url(url, socket_connect_timeout=5, socket_timeout=5)
        try:
            await client.ping()
        finally:
            with suppress(OSError, redis.exceptions.RedisError):
                await client.aclose()
    except (OSError, ValueError, redis.exceptions.RedisError) as no:
        raise HubError(
            f"Valkey at {without_password(url)} cannot be used: {_reason(no)}; "
            "check V2GHUB_REDIS_URL, or unset it for the embedded one"
        ) from no


def without_password(url: str) -> str:
    """The URL as it may be shown."""
    parts = urlsplit(url)
    if parts.password is None:
        return url
    user, _, host = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"{user.split(':', 1)[0]}@{host}").geturl()


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__
